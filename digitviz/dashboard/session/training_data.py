"""Training data: which digits, with or without distorted copies, with or without the visitor's own drawings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache

import streamlit as st

from digitviz.dashboard.runtime.outside import Wrong, WrongAddress
from digitviz.dashboard.runtime.shared import shared
from digitviz.dashboard.session import saved_drawings
from digitviz.dashboard.session.dataset_queue import DatasetQueue
from digitviz.dashboard.session.lease import Kind, lease
from digitviz.datasets import DigitDataset, load_digits, load_handwriting
from digitviz.drawing.practice import PracticeDataset, together

SOURCES = {
    "digits": "scikit-learn's 1,797 digits",
    "handwriting": "6,000 digits of MNIST",
    "both": "both together",
}
COPIES = {"digits": 10, "handwriting": 3, "both": 3}
"""Distorted copies of each digit: some 20,000 digits in all."""
MOST_PLAIN = 12
"""Data sets without copies that are kept: they are quick to make."""


@dataclass(frozen=True)
class TrainingData:
    """A choice of digits to train on.

    Parameters
    ----------
    source : str
        A name in `SOURCES`.
    distorted : bool
        Train on distorted copies too.
    drawings : tuple of str
        The session's saved drawings to train on; empty for none.
    """

    source: str = "digits"
    distorted: bool = False
    drawings: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Practice:
    """A choice, with the session's own drawings in it.

    Parameters
    ----------
    data : TrainingData
    train_fraction : float
    extra : DigitDataset or None
        The drawings that `data` names, as digits.
    """

    data: TrainingData
    train_fraction: float
    extra: DigitDataset | None = field(compare=False)

    def make(self) -> PracticeDataset:
        """Draw the copies; they are kept with the data set."""
        base, copies = pixels(self.data.source), COPIES[self.data.source] if self.data.distorted else 0
        dataset = PracticeDataset(base.pixels, base.labels, copies, self.extra)
        dataset.split(self.train_fraction)
        return dataset


def pixels(source: str) -> DigitDataset:
    """Return the digits of a source; scikit-learn's come last, so that they are the test digits."""
    return shared().get(_load, source)


def _load(source: str) -> DigitDataset:
    if source == "digits":
        return load_digits()
    handwriting = load_handwriting()
    plain = DigitDataset(handwriting.pixels, handwriting.labels)
    return plain if source == "handwriting" else together(plain, pixels("digits"))


def _queue() -> DatasetQueue[PracticeDataset]:
    return shared().get(DatasetQueue[PracticeDataset])


def _plain() -> Callable[[_Practice], PracticeDataset]:
    return lru_cache(MOST_PLAIN)(_Practice.make)


REQUEST = Kind[str](lambda asker: _queue().withdraw(asker))


def _asker() -> str:
    """Return the name under which this session asks the queue; nothing is made for a tab that is closed."""
    return lease().hold(REQUEST, lease().token)


def dataset(data: TrainingData, train_fraction: float) -> DigitDataset | None:
    """Return the digits of a choice, split and distorted; None while they are being made in the background.

    A session waits for one choice, the one it asked for last.
    """
    extra = saved_drawings.as_dataset() if data.drawings else None
    practice = _Practice(data, train_fraction, extra)
    if data.distorted:
        return _queue().ask(_asker(), practice, practice.make)
    _queue().withdraw(_asker())
    return pixels("digits") if data == TrainingData() else shared().get(_plain)(practice)


def how_it_stands() -> str:
    """Say what the session waits for, and how many other data sets come first."""
    ahead = _queue().ahead(_asker())
    turn = f" {ahead} other data set{'s' if ahead > 1 else ''} will be made first." if ahead else ""
    return f"Drawing distorted copies of the digits. This takes a few seconds, once.{turn}"


def still_there(data: TrainingData) -> TrainingData:
    """Return a choice without the session's drawings if they are no longer the saved ones."""
    return data if data.drawings == saved_drawings.names() else replace(data, drawings=())


def from_address(parameters: dict[str, str]) -> TrainingData:
    """Take the choice out of a page's address; what else is there stays.

    Raises
    ------
    WrongAddress
        If there is no such choice.
    """
    source, distorted = parameters.pop("digits", "digits"), parameters.pop("distorted", "false")
    wrong = []
    if source not in SOURCES:
        wrong.append(Wrong("Training data", f"one of {', '.join(SOURCES)}", {"digits": source}))
    if distorted not in {"true", "false"}:
        wrong.append(Wrong("Train on distorted copies", "true or false", {"distorted": distorted}))
    if wrong:
        raise WrongAddress(wrong)
    return TrainingData(source, distorted == "true")


def to_address(data: TrainingData) -> dict[str, str]:
    """Return what `from_address` takes; a session's own drawings are in no address."""
    digits = {} if data.source == "digits" else {"digits": data.source}
    return digits | ({"distorted": "true"} if data.distorted else {})


def choose(data: TrainingData) -> None:
    """Set the widgets to a choice; to be called before they are shown, or from a callback."""
    st.session_state["material_source"], st.session_state["material_distorted"] = data.source, data.distorted


def chosen() -> TrainingData:
    """Return the choice that the widgets are set to; plain digits before they have been shown."""
    state = st.session_state
    drawings = saved_drawings.names() if state.get("material_drawings") else ()
    source = state.get("material_source")  # a browser may send any, before the widget is shown and puts it right
    return TrainingData(source if source in SOURCES else "digits", bool(state.get("material_distorted")), drawings)


def controls() -> None:
    """Show the widgets that choose the training data."""
    st.selectbox(
        "Training data", list(SOURCES), format_func=SOURCES.__getitem__, key="material_source",
        persist_state="session", help="The last tenth of them is kept for testing.",
    )  # fmt: skip
    st.toggle(
        "Train on distorted copies", key="material_distorted", persist_state="session",
        help="Adds each digit as other people might have written it: rotated, sheared, stretched and bent.",
    )  # fmt: skip
    drawings = saved_drawings.names()
    st.toggle(
        f"Train on my drawings too ({len(drawings)})", key="material_drawings", persist_state="session",
        disabled=not drawings, help="Save drawings on the Draw page, and the network trains on them as well.",
    )  # fmt: skip
