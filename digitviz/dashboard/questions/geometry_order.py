"""The order of neurons: irrelevant to the answers, but not to the straight line to another network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.choice import choice
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.components.predict_first import predict_first
from digitviz.dashboard.questions.asked_digit import AskedDigit
from digitviz.dashboard.questions.computed import computed
from digitviz.dashboard.questions.controls import Remembered, button
from digitviz.dashboard.questions.extra_training import another_seed
from digitviz.dashboard.questions.subject import Subject, of_run, say_whose, traced
from digitviz.dashboard.session import current_run, kept_runs, run_words, storage
from digitviz.dashboard.session.lease import owner
from digitviz.dashboard.session.open_runs import open_runs, trajectories
from digitviz.dashboard.session.steps import step
from digitviz.dashboard.session.storage import LANDSCAPES, Unavailable, store
from digitviz.explanations.matching import StraightLine, match_neurons, permute_neurons, random_orders, straight_line
from digitviz.explanations.progress import OnProgress, in_parts
from digitviz.figures import straight_line as picture
from digitviz.figures.picture import Plain
from digitviz.figures.straight_line import AS_THEY_ARE, MATCHED
from digitviz.language import gettext as _
from digitviz.language import lazy_gettext, ngettext
from digitviz.networks.network import Network
from digitviz.numbers import in_percent, numeral, short

if TYPE_CHECKING:
    from digitviz.store import KeptRun

COLUMNS, MAX_NEURONS = 10, 50
"""Layout of the pictures of neurons."""
AT_ONCE = 250
"""Number of digits classified between two progress reports."""
GUESSES = {
    "none": lazy_gettext("none"),
    "few": lazy_gettext("a few"),
    "half": lazy_gettext("about half"),
    "most": lazy_gettext("nearly all"),
}
SHUFFLED = Remembered("neurons_shuffled_of", 0)
"""Number of times that a network's neurons were shuffled, by `Subject.id`."""


@step(
    title=lazy_gettext("Does the order of neurons matter?"),
    task=lazy_gettext("**Predict** what shuffling the hidden neurons does to the accuracy. Then shuffle them."),
    question=lazy_gettext(
        "50 hidden neurons can be arranged in 50! orders, all with the same answers. Why can two networks not be "
        "compared weight by weight?"
    ),
    solution=lazy_gettext(
        "Neuron 1 of one network may do the work of neuron 37 in the other. First you have to find out which neurons "
        "belong together; the average of two unmatched networks mixes neurons that do different things."
    ),
)
def order_of_neurons(asked: Subject, _pick: Callable[[], AskedDigit]) -> None:
    """Let the visitor shuffle the neurons, and show the straight line between two networks."""
    network = asked.network
    if len(network.parameters.weights) == 1:
        st.info(_("This network has no hidden layer, so there are no neurons to reorder."))
        straight_line_to_another(asked, main=True)
        return
    times = SHUFFLED.of(asked.id)
    orders = random_orders(network, max(times, 1))
    with st.container(key="geometry_order"):
        _pictures(asked, orders, times)

        def shuffle() -> None:
            SHUFFLED.keep(asked.id, SHUFFLED.of(asked.id) + 1)

        button(_("Shuffle the neurons"), "shuffle_neurons", shuffle, "shuffle", type="primary")
    _what_changes(asked, max(times, 1), bool(times))
    st.divider()
    straight_line_to_another(asked)


def _pictures(asked: Subject, orders: list[np.ndarray], times: int) -> None:
    """Show the neurons in their original order, and next to them in the new order."""
    before, after = st.columns(2, gap="medium")
    with before:
        plot("neurons_in_order", asked.id, partial(_neurons, asked), height=320, main=True)
        st.caption(_("Before: the weights of each neuron of the first hidden layer"))
    with after:
        build = partial(_neurons, asked, orders[0] if times else None)
        plot("neurons_shuffled", (asked.id, times), build, height=320)
        if times and (np.diff(orders[0]) != 1).any():  # a few neurons may stay in their places
            st.caption(_("Now: the same neurons in new positions, with their old numbers"))
        else:
            st.caption(_("Now: every neuron is still in its place"))


def _neurons(asked: Subject, order: np.ndarray | None = None) -> Plain:
    """Draw the neurons of the first hidden layer, without the colour scale, which takes the space of three neurons."""
    figure = figures.neuron_images.plain(asked.network.parameters, COLUMNS, MAX_NEURONS, order=order)
    figure["layout"]["coloraxis"]["showscale"] = False
    return figure


def _what_changes(asked: Subject, seed: int, done: bool) -> None:
    """Let the visitor guess how many answers change, and show that none changes."""
    network = asked.network

    def read(on_progress: OnProgress) -> np.ndarray:
        networks = network, permute_neurons(network, random_orders(network, seed))

        def both(rows: np.ndarray) -> np.ndarray:
            return np.stack([each.logits(rows) for each in networks], axis=1)

        return in_parts(both, asked.test.pixels, AT_ONCE, on_progress)

    id, words = f"shuffled {asked.id} {seed} {asked.test.id}", _("Reading the test digits before and after: {share}")
    logits = computed("order", id, read, words)
    if logits is None:
        return
    one, other, labels = logits[:, 0], logits[:, 1], asked.test.labels
    if not np.isfinite(one).all():
        st.info(_("The numbers overflowed, so the network has no answer."))
        return
    changed = int((one.argmax(axis=1) != other.argmax(axis=1)).sum())
    largest = float(np.abs(one - other).max())

    def answer(_guess: str) -> str:
        said = _(
            "**{changed}** of {count}. Each neuron takes its incoming and outgoing weights with it, and a sum does not "
            "depend on the order of its terms."
        )
        return said.format(changed=changed, count=numeral(len(one)))

    question = _("The hidden neurons change places. How many of the {count} test digits get a different answer?")
    guessed = predict_first("order_guess", question.format(count=numeral(len(one))), GUESSES, answer)
    if not (guessed and done):
        return
    words = _(
        "Different answers: **{changed}** of {count}. Test accuracy: {before} before, **{after}** after. Largest "
        "change of a logit: **{largest}**, with logits up to {logit}. That is rounding error, because the numbers are "
        "added in a different order."
    )
    before, after = (in_percent(np.mean(each.argmax(axis=1) == labels)) for each in (one, other))
    said = {"changed": changed, "count": numeral(len(one)), "before": before, "after": after}
    st.markdown(words.format(**said, largest=short(largest), logit=short(np.abs(one).max())))


POINTS = 21
WHICH, RUN = "line_other", "line_run"
"""Keys of the controls."""
SEED, OWN = "seed", "own"
KINDS = {SEED: lazy_gettext("Another seed"), OWN: lazy_gettext("One of my runs")}
LAYERS = ("hidden", "activation", "bias", "input_scale")
"""Settings that must be equal for the weights of two networks to correspond."""


@dataclass(frozen=True, eq=False)
class Lines:
    """The straight line to another network, with its neurons as they are and matched.

    Parameters
    ----------
    of : mapping of str to StraightLine
        Lines by name; networks without a hidden layer have only the first.
    moved, neurons : int
        Number of hidden neurons of the other network that the matching moves, and their total.
    step : int or None
        Steps of the other network, if it is another run.
    """

    of: Mapping[str, StraightLine]
    moved: int
    neurons: int
    step: int | None


def straight_line_to_another(asked: Subject, main: bool = False) -> None:
    """Let the visitor choose another network with the same layers, and show the line between the two.

    `main` is True if the figure is the main one of its step.
    """
    st.subheader(_("The straight line between two networks"))
    recorded = traced(asked)
    say_whose(asked, recorded, "line_ask_yours")
    if recorded.run is None:
        return
    asked = recorded
    other = _other_end(asked)
    if other is None:
        return
    id = f"line {asked.id} {other.id} {recorded.run.hyperparameters.loss} {asked.test.id}"
    words = _("Matching the neurons and measuring along the line: {share}")
    try:
        lines = computed("line", id, partial(_measured, asked, other), words, LANDSCAPES, (ValueError,))
    except kept_runs.Unreadable:
        st.info(_("The saved data of this run cannot be read."))
        return
    except ValueError:  # matching requires finite numbers
        st.info(_("The numbers overflowed, so the network has no answer."))
        return
    if lines is not None:
        plot("straight_line", id, partial(picture.straight_line.plain, lines.of), height=380, main=main)
        st.markdown(_line_in_words(lines))
        if lines.step is not None:
            taken = ngettext(
                "The other network has taken {steps} step.", "The other network has taken {steps} steps.", lines.step
            )
            st.caption(taken.format(steps=numeral(lines.step)))


def _measured(asked: Subject, end: End, on_progress: OnProgress) -> Lines:
    """Measure the line before and after matching."""
    assert asked.run is not None
    network, settings, (other, step) = asked.network, asked.run.hyperparameters, end.network()
    orders = match_neurons(network, other)  # empty without a hidden layer
    networks = {AS_THEY_ARE: other, **({MATCHED: permute_neurons(other, orders)} if orders else {})}
    lines: dict[str, StraightLine] = {}

    def progress(done: int, _of: int) -> None:
        on_progress(len(lines) * POINTS + done, len(networks) * POINTS)

    for name, each in networks.items():
        lines[name] = straight_line(network, each, asked.test, settings, POINTS, progress)
    moved = sum(int((order != np.arange(len(order))).sum()) for order in orders)
    return Lines(lines, moved, sum(map(len, orders)), step)


def _line_in_words(lines: Lines) -> str:
    """Describe the lowest accuracy on the line, before and after matching."""
    as_they_are = lines.of[AS_THEY_ARE]
    if MATCHED not in lines.of:
        words = _(
            "Without a hidden layer, there is nothing to match. At the ends of the line, accuracy is {start} and "
            "{end}. In between, the lowest is **{worst}** ({at} of the way)."
        )
        return words.format(**_numbers(as_they_are))
    matched = lines.of[MATCHED]
    words = ngettext(
        "At the ends of the line, accuracy is {start} and {end}. In between, with the neurons as they are, the lowest "
        "is **{worst}** ({at} of the way). Matching reorders the neurons of the other network so that, taken together, "
        "their weights come as close to the weights here as it can get them; {moved} of {count} neuron changes places. "
        "The lowest accuracy is then **{then}**.",
        "At the ends of the line, accuracy is {start} and {end}. In between, with the neurons as they are, the lowest "
        "is **{worst}** ({at} of the way). Matching reorders the neurons of the other network so that, taken together, "
        "their weights come as close to the weights here as it can get them; {moved} of {count} neurons change places. "
        "The lowest accuracy is then **{then}**.",
        lines.moved,
    )
    then = in_percent(matched.accuracies[1:-1].min())
    return words.format(**_numbers(as_they_are), then=then, moved=lines.moved, count=lines.neurons)


def _numbers(line: StraightLine) -> dict[str, str]:
    worst = int(line.accuracies[1:-1].argmin()) + 1
    places = {"start": 0, "end": -1, "worst": worst}
    numbers = {name: in_percent(line.accuracies[place]) for name, place in places.items()}
    return {**numbers, "at": in_percent(line.fractions[worst], 0)}


@dataclass(frozen=True, eq=False)
class End:
    """The other end of a straight line.

    Parameters
    ----------
    id : str
        Unique for each set of weights.
    network : callable
        Returns the network with float64 weights, and its steps if it is another run. Any thread may call it. Raises
        `kept_runs.Unreadable`.
    """

    id: str
    network: Callable[[], tuple[Network, int | None]]


def _other_end(asked: Subject) -> End | None:
    """Let the visitor choose the other network. Return None until there is one."""
    chosen = choice(_("The other network"), KINDS, key=WHICH)
    if chosen == OWN:
        return _own_run(asked)
    words = _(
        "Two networks trained in the same way, from different initial weights. **Follow** the straight line between "
        "them, along which every weight moves from one value to the other, before and after matching their neurons."
    )
    st.markdown(words)
    run = another_seed(asked, _("Train one with another seed"))
    if run is None:
        return None
    kept, moment = run.history.checkpoint_batches(), asked.batch
    batch = kept[-1] if moment is None else min(kept, key=lambda checkpoint: abs(checkpoint - moment))
    other = of_run(run, None if batch == kept[-1] else batch)
    return End(other.id, lambda: (other.network, None))


def _own_run(asked: Subject) -> End | None:
    """Let the visitor choose another of their runs with the same layers."""
    try:
        mine = store().runs_of(owner())
    except Unavailable:
        st.info(storage.trouble_in_words() or _("Looking for your runs…"))
        return None
    opened = current_run.opened()
    here = opened.id if opened is not None and opened.job.run is asked.run else None
    others = [run for run in mine if run.step and run.id != here]
    fitting = {run.id: run for run in others if not _differ(asked, run, LAYERS)}
    if not fitting:
        words = _("You have no other runs yet. Every run you start is saved and will appear here.")
        if others:
            words = _(
                "None of your other runs has matching layers. Each weight needs a counterpart in the other network: "
                "train one with the same hidden layers, activation, biases and pixel range, and it will appear here."
            )
        st.info(words)
        return None
    if st.session_state.get(RUN) not in fitting:
        st.session_state[RUN] = next(iter(fitting))
    chosen = st.selectbox(
        _("Run"), list(fitting), key=RUN, persist_state="session", format_func=lambda id: _title(fitting.get(id))
    )
    run = fitting.get(chosen)
    if run is None:  # the browser's value is untrusted
        return None
    if left_out := len(others) - len(fitting):
        st.caption(_("Runs with different layers are not listed: {count}.").format(count=left_out))
    assert asked.run is not None
    if run.recipe.get("dataset_id") != asked.run.recipe.dataset_id or _differ(asked, run, ("train_fraction",)):
        st.caption(_("It was trained on different digits, perhaps including some that are test digits here."))
    return _end(run)


def _differ(asked: Subject, run: KeptRun, names: tuple[str, ...]) -> bool:
    """Return whether one of the settings differs from those of the run here. Unreadable ones differ in their layers."""
    assert asked.run is not None
    settings, own = run_words.settings(run), asked.run.hyperparameters
    return any(getattr(settings, name, None) != getattr(own, name) for name in names)


def _title(run: KeptRun | None) -> str:
    """Return a plain-text title for a run; the run's own title is untrusted."""
    if run is None:
        return ""
    return f"{run_words.name(run)} · {run_words.accuracy_in_words(run)} · {run_words.when(run.changed)}"


def _end(run: KeptRun) -> End | None:
    """Return the last weights of a run: from the open run, otherwise from the saved one."""
    opened = open_runs().find(run.id)
    if opened is not None and opened.owner == run.owner:
        there, steps = of_run(opened.job.run), opened.job.run.snapshot.weights_step
        return End(there.id, lambda: (there.network, steps))
    try:
        restored = kept_runs.training_of(run.id, trajectories().find)
    except kept_runs.Unreadable:
        st.info(_("The saved data of this run cannot be read."))
        return None
    except (kept_runs.Unmade, Unavailable):
        restored = None
    if restored is None:
        words = _(
            "This run was trained on distorted copies of the digits, which are not loaded now. Open it in My runs "
            "in another tab to compare it here."
        )
        st.info(words)
        return None

    def network() -> tuple[Network, int]:
        try:
            found = restored()
        except ValueError as error:
            raise kept_runs.Unreadable(str(error)) from error
        if not found.snapshot.weights_step:
            raise kept_runs.Unreadable("the weights are not saved")
        return of_run(found).network, found.snapshot.weights_step

    return End(f"kept {run.id} {run.step} {run.changed}", network)
