"""The example: the notebook's network, trained once on this server. Pages show it until the visitor's own has begun."""

import threading
import time
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import streamlit as st

from digitviz.dashboard.runtime.shared import shared
from digitviz.dashboard.runtime.turns import fragment, on_click
from digitviz.dashboard.session import addresses, current_run, kept_runs, training_data
from digitviz.dashboard.session.lease import new_key, owner
from digitviz.dashboard.session.storage import Unavailable, store
from digitviz.dashboard.session.training_data import TrainingData
from digitviz.datasets import DigitDataset
from digitviz.language import gettext as _, joined, lazy_gettext
from digitviz.networks.parameters import OUTPUTS
from digitviz.numbers import in_percent, numeral
from digitviz.store import KeptRun
from digitviz.training.faults import Divergence
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.pool import Job
from digitviz.training.run import TrainingRun

POLL_SECONDS = 0.2
NOBODY = 64 * "0"
"""Owner of the example, which no browser has."""
EARLY = (10, 20)
"""Batches after which My runs also shows the example: after 10 it is clearly worse than at its end, after 20 it may not
be."""
GUESSES = 0.3
"""Test accuracy up to which a network still counts as guessing. Chance is 0.1."""
SETTINGS = Hyperparameters()
REST_SECONDS = 0.005
"""Pause after each batch for the server's other threads."""
PLACES = 3
"""Number of decimals of an accuracy."""
WAY_BACK = lazy_gettext(
    "To see the notebook's network here again, choose the preset “The notebook” on Train and train it."
)
_TRAINS, _EXAMPLE, _CAME = "trains_own", "example", "example_came"


class Example:
    """Trains the notebook's network in the background, and holds it; all visitors share it, so do not advance it.

    It records the data of the start page's small picture for each batch.

    Attributes
    ----------
    run : TrainingRun or None
        None until the server has trained it. It is not in the pool or the store, and has no owner.
    is_coming : bool
        True while the server prepares and trains it.
    trained_at : float
        Seconds since 1970.
    """

    def __init__(self) -> None:
        self.run: TrainingRun | None = None
        self.is_coming, self.trained_at = False, 0.0
        self._moments: list[dict[str, Any]] = []  # one per batch
        self._seconds: float | None = None

    @cached_property
    def _test(self) -> DigitDataset:
        return training_data.pixels("digits").split(SETTINGS.train_fraction)[1]

    @cached_property
    def _digits(self) -> DigitDataset:
        """The first test digit of each label."""
        return self._test[np.array([np.flatnonzero(self._test.labels == label)[0] for label in range(OUTPUTS)])]

    def train(self, over: threading.Event) -> None:
        """Train to the end, or until `over` is set, and keep the finished run."""
        begun, run = time.monotonic(), TrainingRun(training_data.pixels("digits"), SETTINGS)
        moments = []
        while not run.finished and not over.wait(REST_SECONDS):
            run.advance(SETTINGS.steps_per_batch)
            moments.append(self._moment(run))
        if run.finished:
            self._moments, self._seconds = moments, time.monotonic() - begun
            self.trained_at, self.run = time.time(), run

    def replay(self) -> dict[str, Any]:
        """Return what the start page replays, as plain data for JSON.

        Returns
        -------
        dict
            The "digits", the number of "tested" digits, the number of "batches", the "steps" on each, the "moments" of
            the batches, and the "seconds" that training took. Without moments and seconds until training ends.
        """
        digits = self._digits.images.reshape(OUTPUTS, -1).astype(int).tolist()
        told = {"batches": SETTINGS.batches, "steps": SETTINGS.steps_per_batch, "tested": len(self._test)}
        return told | {"digits": digits, "moments": self._moments, "seconds": self._seconds}

    def _moment(self, run: TrainingRun) -> dict[str, Any]:
        guesses = run.network.predict_proba(self._digits.pixels).argmax(axis=1)
        return {"accuracy": round(run.test_accuracy, PLACES), "guesses": guesses.tolist()}


class Shown(NamedTuple):
    """The run that a page shows."""

    run: TrainingRun
    is_example: bool


def example() -> TrainingRun | None:
    """Return the finished example. None in the first seconds of a server."""
    return shared().get(Example).run


def as_runs() -> list[KeptRun]:
    """Return the example at a few points in training, the last one first, as rows that are not in the store."""
    held = shared().get(Example)
    if held.run is None:
        return []
    named = _("Example, {share} trained")
    return [
        replace(row, title=named.format(share=in_percent(row.step / row.total_steps, 0)), changed=held.trained_at)
        for row in shared().get(_rows)
    ]


def _rows() -> list[KeptRun]:
    held = shared().get(Example)
    assert held.run is not None
    rows = []
    for batch in sorted({*EARLY, held.run.batch}, reverse=True):
        run = held.run.at(batch)
        opened = kept_runs.OpenRun(new_key(), NOBODY, Job(run), TrainingData(), held.trained_at + batch)
        rows.append(kept_runs.as_kept(opened, run))
    return rows


def of_page() -> TrainingRun | None:
    """Return the example if it was finished when the page opened or has been announced since."""
    state = st.session_state
    if addresses.just_opened():
        state[_EXAMPLE], state[_CAME] = example(), False
    return state.get(_EXAMPLE)


def shown() -> Shown:
    """Return the visitor's run, or the example while the visitor has none. Call `current_run.attach` first."""
    held = of_page()
    return Shown(current_run.job().run, False) if held is None or not is_own_awaited() else Shown(held, True)


def is_own_awaited() -> bool:
    """Return True if the visitor's run has not begun, or `train_your_own` is still training it."""
    state = st.session_state
    if state.get(_TRAINS) and not current_run.progress().is_running:
        state[_TRAINS] = False
    return bool(state.get(_TRAINS)) or current_run.begun() is None


def is_coming() -> bool:
    """Return whether the page will show the example as soon as the server has trained it."""
    held = shared().get(Example)
    is_there = held.is_coming or held.run is not None
    return is_there and st.session_state.get(_EXAMPLE) is None and is_own_awaited()


def introduce(names_own: bool = False) -> None:
    """If the page shows the example, name it and offer to train a network. Rerun the page when the example is ready.

    If the visitor's own network has hardly learnt anything yet, say so. Otherwise name it only if `names_own`.
    """
    run, is_example = shown()
    if is_coming():
        with st.container(width="content", key="train_your_own"):
            announce()
        return
    if not is_example and (still_guesses(run) or (names_own and (run.step or current_run.begun()))):
        words = _("This network: {accuracy} of the test digits right.")
        if isinstance(run.fault, Divergence):
            words = _("The training diverged at step {step}. Its last weights get {accuracy} of the test digits right.")
        elif run.fault is not None and still_guesses(run):
            words = _(
                "This network is stuck: since step {step} no weight moves, so it only guesses: {accuracy} of the test "
                "digits right."
            )
        elif still_guesses(run):
            words = _("At step {step}, this network still guesses: {accuracy} of the test digits right.")
        with st.container(horizontal=True, vertical_alignment="center", width="content", key="train_your_own"):
            step = numeral((run.fault or run).step)
            words = words.format(step=step, accuracy=in_percent(run.test_accuracy))
            st.markdown(words, width="content", help=str(WAY_BACK))
            st.page_link("pages/train.py", label=_("Train"), icon=":material/play_arrow:")
        return
    said = _("The notebook's network, trained on this server: {accuracy} of the test digits right.")
    if st.session_state.get(_CAME):
        said = joined([_("The example is ready, and the numbers have changed."), said])
    train_your_own(said.format(accuracy=in_percent(run.test_accuracy)) if is_example else None)


def still_guesses(run: TrainingRun) -> bool:
    """Return whether a run has diverged or hardly learnt anything yet. If so, `introduce` says so and links to it."""
    fault = run.fault
    learns = run.step == 0 or run.snapshot.test_accuracy >= GUESSES or (run.finished and fault is None)
    return isinstance(fault, Divergence) or not learns


def title(question: str, key: str = "page_top") -> None:
    """Show the title of a page, and the example's line beside it."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key=key):
        st.title(question, width="content")
        introduce(names_own=True)


def train_your_own(said: str | None) -> None:
    """Say whose network the page shows, with a button that trains the notebook's for the visitor.

    During the training, the button shows the progress, so that nothing on the page moves.

    Parameters
    ----------
    said : str or None
        None if it is the visitor's own. The place remains: otherwise the browser would rebuild the rest of the page.
    """
    place = st.container(horizontal=True, vertical_alignment="center", width="content", key="train_your_own")
    if said is None:
        return
    with place:
        both = _(
            "Until you train or open your own, two networks answer. The notebook's network is trained when this server "
            "starts, with the settings of the notebook that this dashboard grew from. The ready-made one comes with "
            "the dashboard and has also seen other people's handwriting."
        )
        st.markdown(said, width="content", help=both)
        if st.session_state.get(_TRAINS):
            fragment(_progress, run_every=POLL_SECONDS)()
        else:
            with st.container():  # like the fragment above, so that the browser replaces one button by the other
                _button(_("Train your own"), on_click=on_click(_train))
            offer_latest()


def offer_latest() -> None:
    """Show a button that opens the visitor's latest run, unless this tab has one."""
    if current_run.opened() or current_run.begun():
        return
    with suppress(Unavailable):
        runs = [run for run in store().runs_of(owner()) if run.step]
        if runs and st.button(_("Open your latest run"), key="open_latest", icon=":material/history:"):
            st.query_params[current_run.RUN] = max(runs, key=lambda run: run.changed).id
            st.rerun()


def announce() -> None:
    """Say that the example is coming, and rerun the page when it is ready."""
    fragment(_await, run_every=POLL_SECONDS)()


def _await() -> None:
    if not shared().get(Example).is_coming:
        st.session_state[_EXAMPLE], st.session_state[_CAME] = example(), True
        st.rerun()
    st.markdown(_("The server is training an example. When it is ready, this page will show its numbers."))


def _progress() -> None:
    now = current_run.progress()
    if not now.is_running:
        st.rerun()
    told = _("{step} of {total} steps").format(step=numeral(now.step), total=numeral(now.total_steps))
    _button(told, disabled=True)


def _button(label: str, **options: object) -> None:
    st.button(label, key="train_notebook", icon=":material/play_arrow:", **options)  # type: ignore[arg-type]


def _train() -> None:
    current_run.train(Hyperparameters(), None, TrainingData())
    st.session_state[_TRAINS] = True
