"""Whose network a page asks about, and at which moment of its training: the session's own, or the shipped reader."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import streamlit as st

from digitviz.dashboard.components.choice import choice, held
from digitviz.dashboard.components.scrubber import BEFORE
from digitviz.dashboard.runtime.clicks import on_click
from digitviz.dashboard.runtime.outside import Wrong
from digitviz.dashboard.runtime.shared import shared
from digitviz.dashboard.session import asked_address, current_run, first_training, visit
from digitviz.dashboard.session.asked_address import BATCH, NETWORK
from digitviz.datasets import DigitDataset, load_handwriting
from digitviz.language import gettext as _
from digitviz.language import lazy_gettext
from digitviz.networks.network import Network
from digitviz.networks.parameters import Parameters
from digitviz.pretrained import load_pretrained
from digitviz.training.checkpoints import checkpoint_batches
from digitviz.training.run import Snapshot, TrainingRun

YOURS, READER = "yours", "reader"
NAMES = {YOURS: lazy_gettext("Your network"), READER: lazy_gettext("Ready-made")}
MOST_FIGURES = 10
FEW = 50
"""Digits by which is judged whether a network has answers."""
MOMENT = "asked_batch"
"""Key of the slider; the session's state holds batches finished."""
UNSEEN_HANDWRITING = slice(5000, None)
"""Rows of MNIST's digits that the shipped reader has not learnt from."""
_WHOSE = "asked_network"
_FOLLOWS = "asked_batch_follows"


@dataclass(frozen=True, eq=False)
class Subject:
    """A network at one moment; what is asked about it is a function of this.

    Parameters
    ----------
    id : str
        Tells this network from every other, for pictures and values.
    network : Network
        With float64 weights.
    title : str
        Whose it is and when, in words: "your network after batch 37".
    train, test : DigitDataset
        What it learnt from, as far as that is at hand, and what it has not seen.
    run : TrainingRun or None
        None for the shipped reader.
    batch : int or None
        Batches finished; None for the shipped reader, and where a run stands inside a batch.
    every : int
        The weights of each such batch are kept: 1 of a short run.
    """

    id: str
    network: Network
    title: str
    train: DigitDataset
    test: DigitDataset
    run: TrainingRun | None = None
    batch: int | None = None
    every: int = 1

    @cached_property
    def has_answers(self) -> bool:
        """Whether its logits are numbers; those of a network that diverged or was brought in may have overflowed."""
        some = np.concatenate([self.test.pixels[:FEW], self.train.pixels[:FEW]])
        return bool(np.isfinite(self.network.logits(some)).all())


def subject(moments: bool = True, invite: bool = True) -> Subject | None:
    """Show in the sidebar whose network is asked about, and when; return it.

    Parameters
    ----------
    moments : bool
        Whether the sidebar has a slider for the moment; False where the page has another one for that.
    invite : bool
        Whether the way to train a network is shown at once; else the page calls `invitation`.

    Returns
    -------
    Subject or None
        None as long as the visitor's network has not learnt anything: the page then shows the way to train one.
    """
    state = st.session_state
    if "job" in state:
        current_run.job()  # which opens it again if it had to make room
    asked_address.check(NETWORK, _take_network())
    asked_address.check(BATCH, _take_batch())
    if not is_there():
        asked_address.write(NETWORK, None)
        if invite:
            invitation()
        return None
    with st.sidebar:
        chosen = choice(
            _("Whose network?"), list(NAMES), key=_WHOSE, format_func=lambda name: str(NAMES[name]),
            help=_("Yours is the network that you train; the ready-made one comes with this dashboard."),
        )  # fmt: skip
    asked_address.write(NETWORK, READER if chosen == READER else None)
    if chosen == READER:
        asked_address.write(BATCH, None)
        return reader()
    run = current_run.job().run
    with st.sidebar:
        batch = _moment(run, moments)
    asked_address.write(BATCH, None if batch is None else str(batch))
    return of_run(run, batch)


def is_there() -> bool:
    """Return whether there is a network to ask: the visitor's own after some training, or the shipped one if chosen."""
    asked = st.query_params.get(NETWORK, YOURS) if visit.just_opened() else None
    if (asked if asked in NAMES else st.session_state.get(_WHOSE)) == READER:
        return True
    return current_run.begun() is not None and not first_training.is_waiting()


def go_to(batch: int | None) -> None:
    """Ask about the moment after so many batches; None is where the run stands. To be called from a callback."""
    state = st.session_state
    state[_FOLLOWS] = batch is None
    if batch is not None:
        state[MOMENT] = batch


def reader() -> Subject:
    """Return the shipped reader; what it is tested on is handwriting that it has not seen."""
    network = shared().get(load_pretrained)
    digits, unseen = shared().get(_first_digits), unseen_handwriting()
    return Subject(READER, network, _("the ready-made network"), digits, unseen)


def unseen_handwriting() -> DigitDataset:
    """Return 1,000 digits of MNIST that the shipped reader has not learnt from; not to be changed."""
    return shared().get(_unseen_handwriting)


def of_run(run: TrainingRun, batch: int | None = None) -> Subject:
    """Return a run's network after so many batches; by default as it is now.

    Parameters
    ----------
    run : TrainingRun
    batch : int, optional
        0, or a batch whose weights are kept.
    """
    now = run.snapshot
    kept = checkpoint_batches(run)
    every = int(np.diff(kept).max(initial=1))
    if batch is None or batch not in kept:
        return _as_it_is(run, now, every)
    try:
        parameters = run.initial_parameters if batch == 0 else run.history.parameters_after(batch - 1)
    except ValueError:  # a training that goes on has dropped this stop since
        return _as_it_is(run, now, every)
    title = (
        _("your network before training")
        if batch == 0
        else _("your network after batch {number}").format(number=f"{batch:,}")
    )
    return Subject(
        f"{run.serial}@{batch}", _network(parameters, now.network), title, run.train, run.test, run, batch, every
    )


def _as_it_is(run: TrainingRun, now: Snapshot, every: int) -> Subject:
    batches, left = divmod(now.weights_step, run.hyperparameters.steps_per_batch)
    if run.diverged:
        title = _("your network, which diverged, with its last finite weights")
    elif left:
        title = _("your network after {steps} steps").format(steps=f"{now.weights_step:,}")
    elif batches:
        title = _("your network after batch {number}").format(number=f"{batches:,}")
    else:
        title = _("your network before training")
    mark = f"{run.serial}@step {now.weights_step} {now.is_exact} {run.diverged}"
    network = _network(now.network.parameters, now.network)
    return Subject(mark, network, title, run.train, run.test, run, None if left else batches, every)


def _network(parameters: Parameters, like: Network) -> Network:
    arrays = [array.astype(np.float64) for array in parameters.arrays]
    return Network(parameters.from_arrays(arrays), like.activation, like.input_scale)


def _moment(run: TrainingRun, show: bool) -> int | None:
    """Let the visitor choose a moment; return the batches finished, None for where the run stands."""
    state, kept = st.session_state, checkpoint_batches(run)
    latest = kept[-1]
    if state.get(_FOLLOWS, True) or state.get(MOMENT) not in kept:
        state[MOMENT] = latest
        state[_FOLLOWS] = True
    if show and len(kept) > 1:
        st.select_slider(
            _("Moment of its training"), kept, key=MOMENT, persist_state="session", on_change=partial(_moved, latest),
            format_func=lambda batch: str(BEFORE) if batch == 0 else _("batch {number}").format(number=f"{batch:,}"),
        )  # fmt: skip
        if (every := int(np.diff(kept).max(initial=1))) > 1:
            st.caption(_("Of this long training one batch in {every} is kept.").format(every=every))
    if current_run.progress().is_running and not run.finished:
        st.button(
            _("Up to now"), key="asked_up_to_now", icon=":material/refresh:", on_click=on_click(partial(go_to, None)),
            help=_("Your network is still being trained; this page shows it as it was when the page was shown."),
        )  # fmt: skip
    return None if state.get(_FOLLOWS, True) else held(MOMENT, kept, latest)


def _moved(latest: int) -> None:
    st.session_state[_FOLLOWS] = st.session_state.get(MOMENT) == latest


def _take_network() -> Wrong | None:
    """Take whose network the address names; return what is wrong with it."""
    asked = asked_address.named(NETWORK)
    if asked in NAMES:
        st.session_state[_WHOSE] = asked
    elif asked is not None:
        allowed = _("one of {names}").format(names=", ".join(NAMES))
        return Wrong(_("Whose network?"), allowed, {NETWORK: asked})
    elif visit.just_opened():
        st.session_state[_WHOSE] = YOURS
    return None


def _take_batch() -> Wrong | None:
    """Take the moment that the address names, or the nearest that is kept; return what is wrong with it."""
    asked, job = asked_address.named(BATCH), current_run.begun()
    if visit.just_opened():
        go_to(None)
    if asked is None or job is None:
        return None
    kept = checkpoint_batches(job.run)
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < MOST_FIGURES else -1
    if not 0 <= number <= kept[-1]:
        allowed = _("0 to {last}, the batches of your network that are finished").format(last=f"{kept[-1]:,}")
        return Wrong(_("Moment of its training"), allowed, {BATCH: asked})
    nearest = min(kept, key=lambda batch: abs(batch - number))
    go_to(None if nearest == kept[-1] else nearest)
    return None


def invitation() -> None:
    """Offer to train the notebook's network or to ask the shipped reader, and show how far a training is."""
    first_training.invitation(ask)


def ask(network: str = READER) -> None:
    """Ask "yours" or "reader" from now on. To be called from a callback."""
    st.session_state[_WHOSE] = network


def _first_digits() -> DigitDataset:
    return current_run.shipped_digits().split()[0]


def _unseen_handwriting() -> DigitDataset:
    """Return MNIST digits that the shipped reader has not learnt from."""
    digits = load_handwriting()
    return DigitDataset(digits.pixels, digits.labels)[UNSEEN_HANDWRITING]
