"""Training data: source, split, distorted copies and the visitor's drawings."""

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from digitviz.dashboard.runtime.shared import shared
from digitviz.dashboard.session import saved_drawings
from digitviz.dashboard.session.lease import request, withdraw
from digitviz.dashboard.session.storage import DATASETS
from digitviz.datasets import DigitDataset, load_digits, load_handwriting
from digitviz.drawing.practice import PracticeDataset, together
from digitviz.imports.settings import DATA
from digitviz.language import gettext as _, lazy_gettext
from digitviz.numbers import in_percent
from digitviz.values import Report, Value

COPIES = {"digits": 10, "handwriting": 3, "both": 3}
"""Distorted copies of each digit, for about 20,000 digits in total."""
SOURCES, SPLITS = (DATA[name][1] for name in ("digits", "split"))
"""Sources of digits, and seeds of random splits."""
FIELDS = {name: "source" if name == "digits" else name for name in DATA}
"""Field of `TrainingData` of each setting in `DATA`."""
OFFERED = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8, 1.0)
"""Fractions on the control."""
COMING = lazy_gettext("Generating distorted copies of the digits. This takes a few seconds, but only once.")
_OF_RUN, _DIGITS_OF_RUN = "drawings_of_followed_run", "digits_of_followed_run"  # if they are not the saved ones


@dataclass(frozen=True)
class TrainingData:
    """A choice of digits to train on.

    Parameters
    ----------
    source : str
        Name in `SOURCES`.
    distorted : bool
        True to train on distorted copies, too.
    drawings : tuple of str
        Ids of the saved drawings to train on, in order.
    split : int or None
        Seed of a random split, in `SPLITS`. None holds out the end of the file.
    wrong_labels : float
        Fraction of the training digits with a wrong label, 0 to 1. Drawings keep their labels.
    """

    source: str = "digits"
    distorted: bool = False
    drawings: tuple[str, ...] = ()
    split: int | None = None
    wrong_labels: float = 0.0

    @property
    def has_random_test_digits(self) -> bool:
        """True if the test digits are a random sample. MNIST's are shuffled already, scikit-learn's are not."""
        return self.split is not None or self.source == "handwriting"


def pixels(source: str) -> DigitDataset:
    """Return the digits of a source. Scikit-learn's come last, so that they are the test digits."""
    return shared().get(_load, source)


def _load(source: str) -> DigitDataset:
    if source == "digits":
        return load_digits()
    handwriting = load_handwriting()
    plain = DigitDataset(handwriting.pixels, handwriting.labels)
    return plain if source == "handwriting" else together(plain, pixels("digits"))


def dataset(data: TrainingData, train_fraction: float) -> DigitDataset | None:
    """Return the digits of a choice. None while their distorted copies are being made in the background.

    A session waits only for its latest choice.

    Raises
    ------
    ValueError
        If a part of the split would have no digits. The next call tries again.
    """
    if not data.distorted:
        withdraw(DATASETS)
        return pixels("digits") if data == TrainingData() else practice(data)
    [standing] = request(DATASETS, [_value(practice(data), train_fraction)])
    if standing.finished:
        withdraw(DATASETS)
    if standing.error is not None:
        raise standing.error
    return standing.value


def practice(data: TrainingData) -> PracticeDataset:
    """Return a data set with the id of a choice. Its distorted copies are made when it is split."""
    if not data.drawings:
        extra = None
    elif data.drawings == st.session_state.get(_OF_RUN):  # every rerun of Train asks for them
        extra = st.session_state[_DIGITS_OF_RUN]
    else:
        extra = saved_drawings.as_dataset(data.drawings)
    base = pixels(data.source) if data.split is None else pixels(data.source).shuffled(data.split)
    base = base.mislabelled(data.wrong_labels) if data.wrong_labels else base
    return PracticeDataset.of(base, COPIES[data.source] if data.distorted else 0, extra)


def _value(practice: PracticeDataset, train_fraction: float) -> Value:
    def make(report: Report) -> PracticeDataset:
        practice.split(train_fraction)
        return practice

    return Value(practice.split_id(train_fraction), make, DATASETS)


def still_there(data: TrainingData) -> TrainingData:
    """Return a choice, without the visitor's drawings if they are no longer the saved ones."""
    same = not data.drawings or data.drawings == saved_drawings.names()  # no store access without drawings
    return data if same else replace(data, drawings=())


def from_kept(kept: dict[str, Any], drawings: tuple[str, ...]) -> TrainingData:
    """Return the choice that `to_kept` described.

    Raises
    ------
    ValueError
        If it is damaged or from a later version.
    """
    given = {"wrong_labels": 0.0} | kept
    names = [name for name in DATA if name != "split" or given.get(name) is not None]
    try:
        values = {FIELDS[name]: DATA[name][1].read(given.get(FIELDS[name])) for name in names}
    except ValueError:
        raise ValueError("the training data of this run is unknown") from None
    return TrainingData(drawings=drawings, **values)


def to_kept(data: TrainingData) -> dict[str, Any]:
    """Return a choice as data for the store, without the drawings: the store saves them separately."""
    wrong = {"wrong_labels": data.wrong_labels} if data.wrong_labels else {}
    return {"source": data.source, "distorted": data.distorted, "split": data.split, **wrong}


def choose(data: TrainingData) -> None:
    """Set the widgets to a choice. Call this before they are shown, or from a callback."""
    state = st.session_state
    state["material_source"], state["material_distorted"] = data.source, data.distorted
    state["material_split"] = data.split is not None
    if data.split is not None:
        state["material_split_seed"] = data.split
    state["material_wrong_labels"] = data.wrong_labels
    if state.pop(_OF_RUN, None):
        state["material_drawings"] = False


def follow(data: TrainingData, dataset: DigitDataset) -> None:
    """Set the widgets to the choice of a run, with the drawings in its data set even if they are not the saved ones."""
    choose(data)
    st.session_state["material_drawings"] = bool(data.drawings)
    st.session_state[_OF_RUN] = () if data.drawings == saved_drawings.names() else data.drawings
    st.session_state[_DIGITS_OF_RUN] = dataset.extra if isinstance(dataset, PracticeDataset) else None


def chosen() -> TrainingData:
    """Return the choice in the widgets. The plain digits before they have been shown."""
    state = st.session_state
    drawings = (state.get(_OF_RUN) or saved_drawings.names()) if state.get("material_drawings") else ()
    source, distorted = _chosen("digits", "material_source", "digits"), bool(state.get("material_distorted"))
    split = _chosen("split", "material_split_seed", 0) if state.get("material_split") else None
    return TrainingData(source, distorted, drawings, split, _chosen("wrong_labels", "material_wrong_labels", 0.0))


def _chosen(name: str, key: str, usual: Any) -> Any:
    """Return the value of a widget. A browser may send any value, until the widget corrects it."""
    with suppress(ValueError):
        return DATA[name][1].read(st.session_state.get(key))
    return usual


def controls() -> None:
    """Show the widgets for the training data."""
    last = _("The last of these digits are held out for testing: a tenth, unless you change the training fraction.")
    key = "material_source"
    title, options, in_words = _("Training data"), SOURCES.options, SOURCES.title
    st.selectbox(title, options, format_func=in_words, key=key, persist_state="session", help=last)
    shuffled = _(
        "Shuffles the digits before the last are held out. The end of scikit-learn's file was written by different "
        "people than most of the rest, so those test digits are harder: with the notebook's settings, a network "
        "classifies 94% of them correctly, but 96% to 98% after a random split."
    )
    st.toggle(_("Split at random"), key="material_split", persist_state="session", help=shuffled)
    if st.session_state["material_split"]:
        seeds, title = (int(SPLITS.low), int(SPLITS.high)), _("Seed of the split")
        st.number_input(title, *seeds, step=1, key="material_split_seed", persist_state="session")
    wrong, key = _("Some training digits get a wrong label. The test digits keep theirs."), "material_wrong_labels"
    options = sorted({*OFFERED, _chosen("wrong_labels", key, 0.0)})
    st.select_slider(_("Wrong labels"), options, format_func=in_percent, key=key, persist_state="session", help=wrong)
    copies = _("Adds each digit as other people might have written it: rotated, sheared, stretched and bent.")
    st.toggle(_("Train on distorted copies"), key="material_distorted", persist_state="session", help=copies)
    drawings = st.session_state.get(_OF_RUN) or saved_drawings.names()
    is_runs = bool(st.session_state.get(_OF_RUN))
    title = _("Train on this run's drawings too ({count})") if is_runs else _("Train on my drawings too ({count})")
    title = title.format(count=len(drawings))
    how, key = _("Save drawings on the Draw page to train the network on them as well."), "material_drawings"
    own: dict[str, Any] = {"disabled": not drawings, "on_change": lambda: st.session_state.pop(_OF_RUN, None)}
    st.toggle(title, key=key, persist_state="session", help=how, **own)
