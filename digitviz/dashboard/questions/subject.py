"""The network a page is about: the visitor's own at a point in training, or the pretrained one; and its answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
import streamlit as st

from digitviz.dashboard.components.choice import choice, held
from digitviz.dashboard.components.training_slider import BEFORE, released, slider_data, training_slider
from digitviz.dashboard.questions import address
from digitviz.dashboard.questions.address import BATCH, NETWORK
from digitviz.dashboard.questions.computed import wanted
from digitviz.dashboard.questions.controls import button
from digitviz.dashboard.runtime.shared import shared
from digitviz.dashboard.session import current_run, example, visit
from digitviz.dashboard.session.addresses import stops_address
from digitviz.dashboard.session.downloads import offer_digits
from digitviz.dashboard.session.storage import ANSWERS
from digitviz.datasets import DigitDataset, load_handwriting
from digitviz.explanations.evaluation import when_learnt
from digitviz.explanations.progress import OnProgress, in_parts
from digitviz.language import gettext as _
from digitviz.language import lazy_gettext
from digitviz.networks.forward import softmax
from digitviz.networks.network import Network
from digitviz.networks.parameters import Parameters
from digitviz.numbers import in_percent, numeral
from digitviz.pretrained import load_pretrained
from digitviz.training.run import TrainingRun
from digitviz.values import Value

YOURS, READER = "yours", "reader"
NAMES = {YOURS: lazy_gettext("Trained here"), READER: lazy_gettext("Ready-made")}
FEW = 50
"""Number of digits that are enough to check whether a network has answers."""
MOMENT, SLIDER = "asked_batch", "through"
"""Keys of the sliders: the one beside the title, whose value is finished batches, and the one on the page."""
UNSEEN_HANDWRITING = slice(5000, None)
"""Rows of MNIST that the pretrained network was not trained on."""
_WHOSE = "asked_network"
"""Key of the choice of network."""
_FOLLOWS = "asked_batch_follows"
"""True while the page shows the current state of the run, False once the visitor has chosen a point in training.

None if the page shows the last checkpoint from before it was opened, because the run was training.
"""


@dataclass(frozen=True, eq=False)
class Subject:
    """A network at a point in training. All answers on a page depend only on this.

    Parameters
    ----------
    id : str
        Unique for each network, for figures and cached values.
    network : Network
        Network with float64 weights.
    title : str
        Owner and point in training: "the network after batch 37".
    train, test : DigitDataset
        Its training digits, if they are available, and digits it has not seen.
    run : TrainingRun or None
        None for the pretrained network.
    batch : int or None
        Finished batches; None for the pretrained network, and inside a batch.
    by_default : bool
        True for the pretrained network if nobody chose it, because the visitor's own is not trained.
    """

    id: str
    network: Network
    title: str
    train: DigitDataset
    test: DigitDataset
    run: TrainingRun | None = None
    batch: int | None = None
    by_default: bool = False

    @cached_property
    def has_answers(self) -> bool:
        """True if its logits are finite. A network that diverged or was imported may overflow."""
        some = np.concatenate([self.test.pixels[:FEW], self.train.pixels[:FEW]])
        return bool(np.isfinite(self.network.logits(some)).all())

    @property
    def has_moments(self) -> bool:
        """True if there are several points in training to choose from."""
        return self.run is not None and len(self.run.history.checkpoint_batches()) > 1

    @cached_property
    def gives_one_answer(self) -> bool:
        """True if it gives different test digits all the same answer, as a network that is stuck does."""
        return len(np.unique(self.network.predict(self.test.pixels))) == 1 < len(np.unique(self.test.labels))


def subject(moments: bool = True, row: Callable[[], st.delta_generator.DeltaGenerator] | None = None) -> Subject:
    """Show the choice of network and of the point in training, and return the chosen network.

    Until the visitor has a trained network, this is the pretrained one, and there is an invitation to train one.

    Parameters
    ----------
    moments : bool
        True for a slider; False if the page calls `moment_slider`.
    row : callable, optional
        Returns the place of a popover with these controls.

    Returns
    -------
    Subject
    """
    state = st.session_state
    if current_run.has_one():
        current_run.attach()
    if visit.just_opened():
        ask(YOURS)
        go_to(None)
        example.of_page()  # for a step that is opened later
    address.take_choice(NETWORK, _("Network"), _WHOSE, NAMES)
    address.take(BATCH, _("Point in training"), _take_batch)
    by_default = state.get(_WHOSE) != READER and example.is_own_awaited()
    example.train_your_own(_introduction() if by_default else None)
    if by_default:
        address.write(NETWORK, None)
        return replace(reader(), by_default=True)
    named = [str(NAMES[state.get(_WHOSE, YOURS)])]
    if state.get(_WHOSE) != READER and not state.get(_FOLLOWS, True):
        named.append(_("batch {number}").format(number=numeral(state[MOMENT])))
    with nullcontext() if row is None else row().popover(" · ".join(named), width="content"):
        chosen = choice(_("Which network?"), NAMES, key=_WHOSE, label_visibility="collapsed", width="content")
        address.write(NETWORK, READER if chosen == READER else None)
        if chosen == READER:
            address.write(BATCH, None)
            return reader()
        run = current_run.job().run
        batch = _moment(run, moments)
    address.write(BATCH, None if batch is None else str(batch))
    return of_run(run, batch)


def go_to(batch: int | None) -> None:
    """Choose the network after `batch` batches; None for the current state of the run. Call this from a callback."""
    state = st.session_state
    state[_FOLLOWS] = batch is None
    if batch is not None:
        state[MOMENT] = batch


def ask(network: str) -> None:
    """Choose the network, "yours" or "reader". Call this from a callback."""
    st.session_state[_WHOSE] = network


def reader() -> Subject:
    """Return the pretrained network, with handwriting it has not seen as test digits."""
    network, digits = shared().get(load_pretrained), shared().get(_first_digits)
    return Subject(READER, network, _("the ready-made network"), digits, unseen_handwriting())


def traced(asked: Subject) -> Subject:
    """Return a network whose training was recorded, if there is one: the example in place of the pretrained network."""
    run = example.of_page() if asked.run is None else None
    return asked if run is None else of_run(run)


def say_whose(asked: Subject, recorded: Subject, key: str) -> None:
    """Say what takes the place of the pretrained network, and offer the visitor's. `recorded` is from `traced`."""
    if asked.run is None:
        if recorded.run is not None:
            words = _("The training of the ready-made network was not recorded. This shows the notebook's network.")
            st.caption(words)
        elif example.is_coming():
            example.announce()
        else:
            words = _("The training of the ready-made network was not recorded. Train your own network to see this.")
            st.caption(words)
        if not asked.by_default:
            button(_("Use a network trained here"), key, partial(ask, YOURS))


def _introduction() -> str:
    """Say which network the pages show until the visitor has trained one."""
    said = _("The ready-made network, which also reads on Home: {accuracy} of {count} test digits right.")
    share, count = shared().get(_accuracy)
    return said.format(accuracy=in_percent(share), count=numeral(count))


def _accuracy() -> tuple[float, int]:
    digits = unseen_handwriting()
    return shared().get(load_pretrained).accuracy(digits.pixels, digits.labels), len(digits)


def unseen_handwriting() -> DigitDataset:
    """Return 1,000 digits of MNIST that the pretrained network was not trained on. Do not change them."""
    return shared().get(_unseen_handwriting)


def of_run(run: TrainingRun, batch: int | None = None) -> Subject:
    """Return a run's network after `batch` batches, or the current one if that checkpoint is missing."""
    if batch is not None and batch in run.history.checkpoint_batches():
        try:
            parameters = run.initial_parameters if batch == 0 else run.history.parameters_after(batch - 1)
        except ValueError:  # a running training dropped this checkpoint
            return _as_it_is(run)
        network = _network(parameters, run.snapshot.network)
        return Subject(f"{run.serial}@{batch}", network, _after(run, batch), run.train, run.test, run, batch)
    return _as_it_is(run)


def _as_it_is(run: TrainingRun) -> Subject:
    now, step = run.snapshot, run.snapshot.weights_step
    batches, left = divmod(step, run.hyperparameters.steps_per_batch)
    if run.diverged:
        title = _("the diverged network with its last finite weights")
    elif left:
        title = _("the network after {steps} steps").format(steps=numeral(step))
    else:
        title = _after(run, batches)
    mark = f"{run.serial}@step {step} {now.is_exact} {run.diverged}"
    network = _network(now.network.parameters, now.network)
    return Subject(mark, network, title, run.train, run.test, run, None if left else batches)


def _after(run: TrainingRun, batch: int) -> str:
    if batch == 0:
        return _("the network before training") if run.recipe.start is None else _("the network as it was imported")
    return _("the network after batch {number}").format(number=numeral(batch))


def _network(parameters: Parameters, like: Network) -> Network:
    arrays = [array.astype(np.float64) for array in parameters.arrays]
    return Network(parameters.from_arrays(arrays), like.activation, like.input_scale)


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


def title(question: object, moments: bool = True) -> Subject:
    """Show the title of a page and beside it the choice of network, and return the network. See `subject`."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="page_top"):
        st.title(str(question), width="content")
        return subject(moments)


def moment_slider(subject: Subject, sets: Sequence[DigitDataset] = ()) -> frozenset[str]:
    """Show the slider of points in training on the page. The page reruns when the visitor releases it.

    Parameters
    ----------
    subject : Subject
        Result of `subject(moments=False)`. The pretrained network gets no slider.
    sets : sequence of DigitDataset
        Digits in figures on the page, besides the test digits.

    Returns
    -------
    frozenset of str
        Ids of the sets whose figures update while the slider moves. The others update when it is released.
    """
    run = subject.run
    if run is None:
        return frozenset()

    def take() -> None:
        batch = released(SLIDER, run)
        if batch is not None:
            go_to(None if batch == "now" else batch)

    token, digits = current_run.token(), offer_digits(run, sets)
    training_slider(SLIDER, slider_data(run, stops_address(token, run), subject.batch, digits=digits), take)
    return frozenset(digits)


def _first_digits() -> DigitDataset:
    return current_run.shipped_digits().split()[0]


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


def answers(subject: Subject, digits: DigitDataset) -> Value:
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
