"""The network at the other end of the straight line: the same one from another seed, or another of one's runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from digitviz.dashboard.components.choice import choice
from digitviz.dashboard.questions.another_seed import another_seed
from digitviz.dashboard.session import current_run, kept_runs, run_words, storage
from digitviz.dashboard.session.owner import owner
from digitviz.dashboard.session.server_wide import open_runs, trajectories
from digitviz.dashboard.session.storage import Unavailable, store
from digitviz.dashboard.session.subject import Subject, of_run
from digitviz.language import gettext as _
from digitviz.language import lazy_gettext
from digitviz.networks.network import Network
from digitviz.training.checkpoints import checkpoint_batches
from digitviz.training.run import Snapshot, TrainingRun

if TYPE_CHECKING:
    from digitviz.store import KeptRun

WHICH, RUN = "line_other", "line_run"
"""Keys of the controls."""
SEED, OWN = "seed", "own"
KINDS = {SEED: lazy_gettext("From another seed"), OWN: lazy_gettext("One of my runs")}
LAYERS = ("hidden", "activation", "bias", "input_scale")
"""Settings in which two networks have to agree for each weight of one to have its like in the other."""


@dataclass(frozen=True, eq=False)
class End:
    """The other end of a straight line.

    Parameters
    ----------
    id : str
        Tells its weights from all others.
    network : callable
        Returns it with float64 weights, in whichever thread, and how many steps it has taken, if it is that of another
        run. Raises `kept_runs.Unreadable`.
    """

    id: str
    network: Callable[[], tuple[Network, int | None]]


def other_end(asked: Subject) -> End | None:
    """Let the visitor choose the other network; None as long as there is none."""
    chosen = choice(
        _("The other network"), list(KINDS), key=WHICH, format_func=lambda kind: str(KINDS[kind]),
    )  # fmt: skip
    if chosen == OWN:
        return _own_run(asked)
    st.markdown(
        _(
            "Two networks trained alike, from different initial weights. Between them every weight moves in a straight "
            "line from one value to the other."
        )
    )
    trained = another_seed(asked, _("Train one from another seed"))
    if trained is None:
        return None
    serial, run = trained
    network = _at_the_same_moment(run, asked)
    return End(serial, lambda: (network, None))


def _at_the_same_moment(run: TrainingRun, asked: Subject) -> Network:
    """Return the other network after as many batches, or as many as are kept."""
    kept, moment = checkpoint_batches(run), asked.batch
    batch = kept[-1] if moment is None else min(kept, key=lambda stop: abs(stop - moment))
    return of_run(run, None if batch == kept[-1] else batch).network


def _own_run(asked: Subject) -> End | None:
    """Let the visitor choose another of the runs that are theirs, and have the same layers."""
    try:
        mine = store().runs_of(owner())
    except Unavailable:
        st.info(storage.trouble_in_words() or _("Your runs are being looked for."))
        return None
    opened = current_run.opened()
    others = [run for run in mine if run.step and (opened is None or run.id != opened.id)]
    fitting = {run.id: run for run in others if _has_the_layers_of(asked, run)}
    if not fitting:
        st.info(
            _(
                "None of your other runs has the layers of this one. Each weight needs its like in the other network: "
                "train one with the same hidden layers, activation, biases and range of inputs, and it is offered here."
            )
            if others
            else _("You have no other run yet. Each training that you begin is kept, and then offered here.")
        )
        return None
    if st.session_state.get(RUN) not in fitting:
        st.session_state[RUN] = next(iter(fitting))
    chosen = st.selectbox(
        _("Run"), list(fitting), key=RUN, persist_state="session", format_func=lambda id: _title(fitting.get(id))
    )
    run = fitting.get(chosen)
    if run is None:  # a browser may send anything
        return None
    if left_out := len(others) - len(fitting):
        st.caption(_("Runs with other layers are not offered: {count}.").format(count=left_out))
    assert asked.run is not None
    if run.recipe.get("dataset_id") != asked.run.recipe.dataset_id or _differ(asked, run, ("train_fraction",)):
        st.caption(
            _("It learnt from other digits than this network, perhaps also from some that are test digits here.")
        )
    return _end(run)


def _has_the_layers_of(asked: Subject, run: KeptRun) -> bool:
    return run_words.settings(run) is not None and not _differ(asked, run, LAYERS)


def _differ(asked: Subject, run: KeptRun, names: tuple[str, ...]) -> bool:
    assert asked.run is not None
    settings, own = run_words.settings(run), asked.run.hyperparameters
    return any(getattr(settings, name, None) != getattr(own, name) for name in names)


def _title(run: KeptRun | None) -> str:
    """Say which run it is; plain text, in which its title is untrusted."""
    if run is None:
        return ""
    return f"{run_words.name(run)} · {run_words.accuracy_in_words(run)} · {run_words.when(run.changed)}"


def _end(run: KeptRun) -> End | None:
    """Return what finds a run's last weights: of the run itself if it is open, else of what is kept of it."""
    opened = open_runs().find(run.id)
    if opened is not None and opened.owner == run.owner:
        serial, now = opened.job.run.serial, opened.job.run.snapshot
        return End(f"{serial} {now.weights_step} {now.is_exact}", partial(_last_weights, now))
    try:
        restored = kept_runs.training_of(run.id, trajectories().find)
    except kept_runs.Unreadable:
        st.info(_("What is kept of this run cannot be read."))
        return None
    except (kept_runs.Unmade, Unavailable):
        restored = None
    if restored is None:
        st.info(
            _(
                "This run learnt from distorted copies of the digits, which are not at hand now. Open it on My runs in "
                "another tab, and it can be compared here."
            )
        )
        return None

    def network() -> tuple[Network, int]:
        try:
            now = restored().snapshot
        except ValueError as error:
            raise kept_runs.Unreadable(str(error)) from error
        if not now.weights_step:
            raise kept_runs.Unreadable("its weights are not kept")
        return _last_weights(now)

    return End(f"kept {run.id} {run.step} {run.changed}", network)


def _last_weights(now: Snapshot) -> tuple[Network, int]:
    network = now.network
    exact = network.parameters.from_arrays([array.astype(np.float64) for array in network.parameters.arrays])
    return Network(exact, network.activation, network.input_scale), now.weights_step
