"""The straight line between the weights of this network and those of another one, which the visitor chooses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.questions.computed import computed
from digitviz.dashboard.questions.controls import button, one_of
from digitviz.dashboard.questions.extra_training import another_seed
from digitviz.dashboard.questions.subject import YOURS, Subject, ask, of_run
from digitviz.dashboard.session import current_run, kept_runs, run_words, storage
from digitviz.dashboard.session.lease import owner
from digitviz.dashboard.session.open_runs import open_runs, trajectories
from digitviz.dashboard.session.storage import LANDSCAPES, Unavailable, store
from digitviz.explanations.matching import StraightLine, match_neurons, permute_neurons, straight_line
from digitviz.explanations.progress import OnProgress
from digitviz.figures import straight_line as picture
from digitviz.figures.straight_line import AS_THEY_ARE, MATCHED
from digitviz.language import gettext as _
from digitviz.language import lazy_gettext, ngettext
from digitviz.networks.network import Network
from digitviz.training.checkpoints import checkpoint_batches

if TYPE_CHECKING:
    from digitviz.store import KeptRun

POINTS = 21
WHICH, RUN = "line_other", "line_run"
"""Keys of the controls."""
SEED, OWN = "seed", "own"
KINDS = {SEED: lazy_gettext("From another seed"), OWN: lazy_gettext("One of my runs")}
LAYERS = ("hidden", "activation", "bias", "input_scale")
"""Settings in which two networks have to agree for each weight of one to have its like in the other."""


@dataclass(frozen=True, eq=False)
class Lines:
    """The straight line to another network, as it is and with matched neurons.

    Parameters
    ----------
    of : mapping of str to StraightLine
        Without a hidden layer only the first.
    moved, neurons : int
        Hidden neurons of the other network that the matching moves, and all of them.
    step : int or None
        Steps of the other network, if it is another run.
    """

    of: Mapping[str, StraightLine]
    moved: int
    neurons: int
    step: int | None


def show(asked: Subject, main: bool = False) -> None:
    """Let the visitor choose another network with the same layers, and show the line between the two.

    `main` is true if the picture is the main one of its step.
    """
    st.subheader(_("The straight line between two networks"))
    if asked.run is None:
        st.info(_("The ready-made network cannot be trained again from another seed here. Yours can."))
        button(_("Ask your network"), "line_ask_yours", partial(ask, YOURS))
        return
    other = _other_end(asked)
    if other is None:
        return
    id = f"line {asked.id} {other.id} {asked.run.hyperparameters.loss} {asked.test.id}"
    words = _("Matching the neurons and measuring along the line: {share}")
    try:
        lines = computed("line", id, partial(_measured, asked, other), words, LANDSCAPES, (ValueError,))
    except kept_runs.Unreadable:
        st.info(_("What is kept of this run cannot be read."))
        return
    except ValueError:  # numbers that are not finite cannot be matched
        st.info(_("The network's numbers have overflowed: it has no answer."))
        return
    if lines is not None:
        plot("straight_line", id, partial(picture.straight_line.plain, lines.of), height=380, main=main)
        st.markdown(_in_words(lines))
        if lines.step is not None:
            taken = ngettext(
                "The other network has taken {steps} step.", "The other network has taken {steps} steps.", lines.step
            )
            st.caption(taken.format(steps=f"{lines.step:,}"))


def _measured(asked: Subject, end: End, on_progress: OnProgress) -> Lines:
    """Measure the line, and the one after matching."""
    assert asked.run is not None
    network, loss, (other, step) = asked.network, asked.run.hyperparameters.loss, end.network()
    orders = match_neurons(network, other)  # none without a hidden layer
    networks = {AS_THEY_ARE: other, **({MATCHED: permute_neurons(other, orders)} if orders else {})}
    lines: dict[str, StraightLine] = {}

    def progress(done: int, _of: int) -> None:
        on_progress(len(lines) * POINTS + done, len(networks) * POINTS)

    for name, each in networks.items():
        lines[name] = straight_line(network, each, asked.test, loss, POINTS, progress)
    moved = sum(int((order != np.arange(len(order))).sum()) for order in orders)
    return Lines(lines, moved, sum(map(len, orders)), step)


def _in_words(lines: Lines) -> str:
    """Say where accuracy is lowest on the line, before and after matching."""
    as_they_are = lines.of[AS_THEY_ARE]
    if MATCHED not in lines.of:
        words = _(
            "Without a hidden layer there is nothing to match. On the line the accuracy is at worst **{worst}**, {at} "
            "of the way; at its ends it is {start} and {end}."
        )
        return words.format(**_numbers(as_they_are))
    matched = lines.of[MATCHED]
    words = ngettext(
        "At the ends of the line, accuracy is {start} and {end}. In between, with the neurons as they are, the lowest "
        "is **{worst}** ({at} of the way). Matching reorders the neurons of the other network so that, all together, "
        "their weights come as close to those here as it can bring them; {moved} of {count} neuron changes places. The "
        "lowest accuracy is then **{then}**.",
        "At the ends of the line, accuracy is {start} and {end}. In between, with the neurons as they are, the lowest "
        "is **{worst}** ({at} of the way). Matching reorders the neurons of the other network so that, all together, "
        "their weights come as close to those here as it can bring them; {moved} of {count} neurons change places. The "
        "lowest accuracy is then **{then}**.",
        lines.moved,
    )
    then = f"{matched.accuracies.min():.1%}"
    return words.format(**_numbers(as_they_are), then=then, moved=lines.moved, count=lines.neurons)


def _numbers(line: StraightLine) -> dict[str, str]:
    worst = int(line.accuracies.argmin())
    accuracies = [line.accuracies[place] for place in (0, -1, worst)]
    numbers = zip(("start", "end", "worst"), (f"{each:.1%}" for each in accuracies), strict=True)
    return {**dict(numbers), "at": f"{line.fractions[worst]:.0%}"}


@dataclass(frozen=True, eq=False)
class End:
    """The other end of a straight line.

    Parameters
    ----------
    id : str
        Differs for all weights.
    network : callable
        Returns the network with float64 weights, and its steps if it is another run. Any thread may call it. Raises
        `kept_runs.Unreadable`.
    """

    id: str
    network: Callable[[], tuple[Network, int | None]]


def _other_end(asked: Subject) -> End | None:
    """Let the visitor choose the other network; None while there is none."""
    chosen = one_of(_("The other network"), KINDS, WHICH)
    if chosen == OWN:
        return _own_run(asked)
    st.markdown(
        _(
            "Two networks trained alike, from different initial weights. Between them every weight moves in a straight "
            "line from one value to the other."
        )
    )
    run = another_seed(asked, _("Train one from another seed"))
    if run is None:
        return None
    kept, moment = checkpoint_batches(run), asked.batch
    batch = kept[-1] if moment is None else min(kept, key=lambda checkpoint: abs(checkpoint - moment))
    other = of_run(run, None if batch == kept[-1] else batch)
    return End(other.id, lambda: (other.network, None))


def _own_run(asked: Subject) -> End | None:
    """Let the visitor choose another of their runs with the same layers."""
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
    """Name a run as plain text; its title is untrusted."""
    if run is None:
        return ""
    return f"{run_words.name(run)} · {run_words.accuracy_in_words(run)} · {run_words.when(run.changed)}"


def _end(run: KeptRun) -> End | None:
    """Return the last weights of a run: of the run itself if it is open, otherwise of the saved one."""
    opened = open_runs().find(run.id)
    if opened is not None and opened.owner == run.owner:
        there, steps = of_run(opened.job.run), opened.job.run.snapshot.weights_step
        return End(there.id, lambda: (there.network, steps))
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
            found = restored()
        except ValueError as error:
            raise kept_runs.Unreadable(str(error)) from error
        if not found.snapshot.weights_step:
            raise kept_runs.Unreadable("its weights are not kept")
        return of_run(found).network, found.snapshot.weights_step

    return End(f"kept {run.id} {run.step} {run.changed}", network)
