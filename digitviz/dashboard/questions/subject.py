"""The network a page is about: the visitor's own at a point in training, or the pretrained one; and its answers."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial

import numpy as np
import streamlit as st

from digitviz.dashboard.components.choice import choice, held
from digitviz.dashboard.components.training_slider import training_slider
from digitviz.dashboard.questions import address
from digitviz.dashboard.questions.address import BATCH, NETWORK
from digitviz.dashboard.questions.computed import wanted
from digitviz.dashboard.questions.controls import button
from digitviz.dashboard.runtime.shared import shared
from digitviz.dashboard.session import addresses, current_run, example
from digitviz.dashboard.session.downloads import offer_digits
from digitviz.dashboard.session.moment import BEFORE, Moment, moment
from digitviz.dashboard.session.storage import ANSWERS
from digitviz.datasets import DigitDataset, load_handwriting
from digitviz.explanations.evaluation import when_learnt
from digitviz.explanations.progress import OnProgress, in_parts
from digitviz.language import gettext as _, joined, lazy_gettext
from digitviz.networks.forward import softmax
from digitviz.numbers import in_percent, numeral
from digitviz.pretrained import load_pretrained
from digitviz.training.run import TrainingRun
from digitviz.values import Value

YOURS, READER = "yours", "reader"
NAMES = {YOURS: lazy_gettext("Trained here"), READER: lazy_gettext("Ready-made")}
MOMENT, SLIDER = "asked_batch", "through"
"""Keys of the sliders: the one beside the title, whose value is finished batches, and the one on the page."""
UNSEEN_HANDWRITING = slice(5000, None)
"""Rows of MNIST that the pretrained network was not trained on."""
_WHOSE = "asked_network"
"""Key of the control that chooses the network."""
_FOLLOWS = "asked_batch_follows"
"""True while the page shows the current state of the run, False once the visitor has chosen a point in training.

None if the page shows the last checkpoint from before it was opened, because the run was training.
"""


def subject(moments: bool = True, row: st.delta_generator.DeltaGenerator | None = None) -> Moment:
    """Show the choice of network and of the point in training, and return the chosen network.

    Until the visitor has a trained network, this is the pretrained one, and there is an invitation to train one.

    Parameters
    ----------
    moments : bool
        True for a slider; False if the page calls `moment_slider`.
    row : DeltaGenerator, optional
        Place of a popover with these controls.

    Returns
    -------
    Moment
    """
    state = st.session_state
    if current_run.has_one():
        current_run.attach()
    if addresses.just_opened():
        ask(YOURS)
        go_to(None)
        example.of_page()  # for a step that is opened later
    address.take_choice(NETWORK, _("Network"), _WHOSE, NAMES)
    address.take(BATCH, _("Point in training"), _take_batch)
    by_default = state.get(_WHOSE) != READER and example.is_own_awaited()
    example.train_your_own(_introduction() if by_default else None)
    if by_default:
        address.write(NETWORK, None)
        return reader(by_default=True)
    named = [str(NAMES[state.get(_WHOSE, YOURS)])]
    if state.get(_WHOSE) != READER and not state.get(_FOLLOWS, True):
        named.append(_("batch {number}").format(number=numeral(state[MOMENT])))
    with nullcontext() if row is None else row.popover(" · ".join(named), width="content"):
        chosen = choice(_("Which network?"), NAMES, key=_WHOSE, label_visibility="collapsed", width="content")
        address.write(NETWORK, READER if chosen == READER else None)
        if chosen == READER:
            address.write(BATCH, None)
            return reader()
        run = current_run.job().run
        batch = _moment(run, moments)
    address.write(BATCH, None if batch is None else str(batch))
    return moment(run, batch)


def go_to(batch: int | None) -> None:
    """Choose the network after `batch` batches; None for the current state of the run. Call this from a callback."""
    state = st.session_state
    state[_FOLLOWS] = batch is None
    if batch is not None:
        state[MOMENT] = batch


def ask(network: str) -> None:
    """Choose the network, "yours" or "reader". Call this from a callback."""
    st.session_state[_WHOSE] = network


def reader(by_default: bool = False) -> Moment:
    """Return the pretrained network, with handwriting it has not seen as test digits."""
    network, digits = shared().get(load_pretrained), current_run.shipped_digits().split()[0]
    return Moment(READER, network, _("the ready-made network"), digits, unseen_handwriting(), by_default=by_default)


def traced(asked: Moment) -> Moment:
    """Return a network with a recorded training, if there is one: the example instead of the pretrained network."""
    run = example.of_page() if asked.run is None else None
    return asked if run is None else moment(run)


def say_whose(asked: Moment, key: str) -> TrainingRun | None:
    """Return the run of `traced`. Say if it replaces the pretrained network, and offer a switch to one trained here."""
    run = traced(asked).run
    if asked.run is None:
        if run is None and example.is_coming():
            example.announce()
        else:
            unknown = _("The training of the ready-made network was not recorded.")
            instead = _("This shows the notebook's network.") if run else _("Train your own network to see this.")
            st.caption(joined([unknown, instead]))
        if not asked.by_default:
            button(_("Use a network trained here"), key, partial(ask, YOURS))
    return run


def _introduction() -> str:
    """Say which network the pages show until the visitor has trained one."""
    said = _("The ready-made network, which also reads on Home: {accuracy} of {count} test digits right.")
    return said.format(accuracy=in_percent(shared().get(_accuracy)), count=numeral(len(unseen_handwriting())))


def _accuracy() -> float:
    return reader().accuracy


def unseen_handwriting() -> DigitDataset:
    """Return 1,000 digits of MNIST that the pretrained network was not trained on. Do not change them."""
    return shared().get(_unseen_handwriting)


def _moment(run: TrainingRun, show: bool) -> int | None:
    """Let the visitor choose a point in training. Return the finished batches, or None for the current state."""
    state, kept = st.session_state, run.history.checkpoint_batches()
    is_training = current_run.progress().is_running and not run.finished
    if state.get(_FOLLOWS, True) or state.get(MOMENT) not in kept:
        state[MOMENT], state[_FOLLOWS] = kept[-1], None if is_training else True
    behind = run.snapshot.weights_step != state[MOMENT] * run.hyperparameters.steps_per_batch
    is_behind = behind and state[_FOLLOWS] is None
    if show and len(kept) > 1:
        names = {batch: _("batch {number}").format(number=numeral(batch)) for batch in kept} | {0: str(BEFORE)}
        label, moved = _("Point in training"), partial(_moved, kept[-1])
        st.select_slider(
            label, kept, key=MOMENT, persist_state="session", on_change=moved, format_func=names.__getitem__, width=240
        )
        if (every := int(np.diff(kept).max(initial=1))) > 1:
            st.caption(_("This run is long, so only one checkpoint every {every} batches is kept.").format(every=every))
    if is_training or is_behind:
        help = _("The network has trained further. This page shows it as it was when the page opened.")
        button(_("Use the current weights"), "asked_up_to_now", partial(go_to, None), "refresh", help=help)
    return None if state[_FOLLOWS] else held(MOMENT, kept, kept[-1])


def _moved(latest: int) -> None:
    if (batch := st.session_state.get(MOMENT)) is not None:
        go_to(None if batch == latest else batch)


def _take_batch(asked: str) -> str | None:
    """Apply the batch in the address, or the nearest checkpoint."""
    job = current_run.begun()
    if job is None:
        return None
    kept, number = job.run.history.checkpoint_batches(), address.whole_number(asked)
    if not 0 <= number <= kept[-1]:
        return _("0 to {last}, the number of batches the network has finished").format(last=numeral(kept[-1]))
    nearest = min(kept, key=lambda batch: abs(batch - number))
    go_to(None if nearest == kept[-1] else nearest)
    return None


def moment_slider(asked: Moment, sets: Sequence[DigitDataset] = ()) -> frozenset[str]:
    """Show the slider of points in training on the page. The page reruns when the visitor releases it.

    Parameters
    ----------
    asked : Moment
        Result of `subject(moments=False)`. The pretrained network gets no slider.
    sets : sequence of DigitDataset
        Digits in figures on the page, besides the test digits.

    Returns
    -------
    frozenset of str
        Ids of the sets whose figures update while the slider moves. The others update when it is released.
    """
    if (run := asked.run) is None:
        return frozenset()
    digits, address = offer_digits(run, sets), addresses.stops_address(current_run.token(), run)
    training_slider(SLIDER, run, address, go_to, batch=asked.batch, digits=digits)
    return frozenset(digits)


def _unseen_handwriting() -> DigitDataset:
    digits = load_handwriting()
    return DigitDataset(digits.pixels, digits.labels)[UNSEEN_HANDWRITING]


ROWS_AT_ONCE = 1_000
"""Number of digits classified between two progress reports: 0.1 s with the largest network."""


@dataclass(frozen=True, eq=False)
class Answers:
    """A network's answers to a set of digits.

    Parameters
    ----------
    id : str
        Unique for each set of answers.
    digits : DigitDataset
    probabilities : ndarray of float64, shape (n, 10)
    predictions : ndarray of int64, shape (n,)
    """

    id: str
    digits: DigitDataset
    probabilities: np.ndarray
    predictions: np.ndarray

    @property
    def nbytes(self) -> int:
        """Memory in bytes, without the digits, which others share."""
        return self.probabilities.nbytes + self.predictions.nbytes

    @property
    def correct(self) -> int:
        """Number of correct answers."""
        return int((self.predictions == self.digits.labels).sum())

    def cell(self, row: int) -> tuple[int, int]:
        """Return the label of a digit and its answer, which are its cell of the confusion matrix."""
        return int(self.digits.labels[row]), int(self.predictions[row])


def answers(subject: Moment, digits: DigitDataset) -> Value:
    """Return the value that computes a network's `Answers` to some digits."""
    id = f"answers {subject.id} {digits.id}"

    def compute(on_progress: OnProgress) -> Answers:
        logits = in_parts(subject.network.logits, digits.pixels, ROWS_AT_ONCE, on_progress)
        with np.errstate(invalid="ignore"):  # a diverged network has no answer
            return Answers(id, digits, softmax(logits), logits.argmax(axis=1))

    return wanted(id, compute, ANSWERS)


def learnt(run: TrainingRun) -> Value:
    """Return the value that computes `when_learnt` for the test digits, up to the current state of the run."""
    history = run.history  # the run may continue before the computation starts
    id = f"learnt {history.serial} {history.finished_batches} {run.test.id}"
    return wanted(id, lambda on_progress: when_learnt(run, on_progress=on_progress, history=history), ANSWERS)
