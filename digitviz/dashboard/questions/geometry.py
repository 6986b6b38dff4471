"""The page Geometry: decision boundaries, walks, the loss landscape, and the order of the neurons."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.choice import choice
from digitviz.dashboard.components.plane_point import plane_point
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.components.predict_first import predict_first
from digitviz.dashboard.questions import address, asked_digit as asking
from digitviz.dashboard.questions.computed import computed
from digitviz.dashboard.questions.controls import Remembered, button
from digitviz.dashboard.questions.extra_training import another_seed
from digitviz.dashboard.questions.subject import say_whose, traced
from digitviz.dashboard.session import current_run, kept_runs, run_words, storage
from digitviz.dashboard.session.frame_choices import maths
from digitviz.dashboard.session.lease import owner
from digitviz.dashboard.session.moment import Moment, moment, words_at
from digitviz.dashboard.session.open_runs import trajectories
from digitviz.dashboard.session.steps import maths_step, step
from digitviz.dashboard.session.storage import LANDSCAPES, Unavailable, store
from digitviz.datasets import DigitDataset
from digitviz.drawing.prediction import percent
from digitviz.explanations.geometry import border_plane, vector_walk, walk_plane
from digitviz.explanations.landscape import Landscape, landscape
from digitviz.explanations.matching import StraightLine, match_neurons, permute_neurons, random_orders, straight_line
from digitviz.explanations.progress import OnProgress, in_parts
from digitviz.figures import loss_landscape, straight_line as picture
from digitviz.figures.geometry import border_regions, walk_picture
from digitviz.figures.picture import Plain
from digitviz.figures.straight_line import AS_THEY_ARE, MATCHED
from digitviz.language import gettext as _, joined, lazy_gettext, listed
from digitviz.networks.activations import ACTIVATIONS
from digitviz.networks.network import Network
from digitviz.numbers import in_percent, numeral, short
from digitviz.store import KeptRun

WALK = "geometry_walk"
HEIGHT = 372
"""Minimum height of a picture in pixels. `page.css` makes it fill the window."""
LARGEST_WEIGHT = 1e30
"""Limit beyond which products of weights may overflow."""


@maths_step(
    title="A walk through the hidden layer",
    task="**Play**: each pixel, or each neuron of the layer below, pushes the digit a little further, and the "
    "activation bends its path. The ten circles stand for the ten answers: the further the digit ends along a long "
    "line to a circle, the larger that [logit](#term-logits). Watch which one becomes the largest.",
    question="Two different digits land in the same place in the hidden layer. Can the network tell them apart?",
    solution="No. The logits are dot products of that place with the label vectors, so the same place gives the same "
    "logits, no matter how it was reached.",
)
def walk(asked: Moment, digit: Callable[[], asking.AskedDigit]) -> None:
    """Show the walk of the chosen digit."""
    chosen, layers = digit(), len(asked.network.parameters.weights)
    if layers == 1:
        words = _(
            "This network has no hidden layer: its pixels vote for the digits directly, so there is no space "
            "between them to walk through. Train one with a hidden layer, or use the ready-made network."
        )
        st.info(words)
        return
    if is_too_large(asked):
        return
    plot(WALK, (asked.id, chosen.id), lambda: _walk_picture(asked, chosen), height=HEIGHT, main=True)
    about = _about_walk(asked, chosen)
    if layers > 2:
        more = _(
            "This is the last of {count} hidden layers. The vectors added here are those of the neurons in the layer "
            "below, each scaled by its activation."
        ).format(count=layers - 1)
        about = joined([about, more])
    st.caption(about)


def is_too_large(asked: Moment) -> bool:
    """Return whether a network's weights are too large to calculate with. If so, show a message."""
    too_large = any(not np.abs(array).max(initial=0.0) < LARGEST_WEIGHT for array in asked.network.parameters.arrays)
    if too_large:
        words = _("The weights of this network are too large to calculate with.")
        if asked.has_moments:
            words = joined([words, _("Choose an earlier point in training.")])
        st.info(words)
    return too_large


def _about_walk(asked: Moment, chosen: asking.AskedDigit) -> str:
    answer = int(asked.network.predict(chosen.pixels[None])[0])
    neurons = asked.network.parameters.weights[-1].shape[0]
    said = _("{digit} (label {label}), read as {answer} by {network}.")
    if chosen.label is None:
        said = _("{digit}, read as {answer} by {network}.")
    said = said.format(digit=chosen.title.capitalize(), label=chosen.label, answer=answer, network=asked.title)
    seen = [_("Vectors marked × are drawn that many times their real length.")]
    if neurons > 2:
        plane = _("You see one plane out of {neurons} dimensions, so a right angle may not look like one.")
        seen.append(plane.format(neurons=neurons))
    return joined([said, *seen])


def _walk_picture(asked: Moment, chosen: asking.AskedDigit) -> Plain:
    network = asked.network
    states, plane = network.hidden(asked.test.pixels)[-1], walk_plane(network, asked.test.pixels)
    activation = str(ACTIVATIONS[network.activation].title)
    walk, (*lower, weights, _last) = vector_walk(network, chosen.pixels), network.parameters.weights
    words = activation, not lower
    return walk_picture.plain(walk, plane, weights, states, asked.test.labels, chosen.pixels, *words)


BORDERS, POINT = "geometry_borders", "geometry_point"
_COARSEST, _FINEST, _PRODUCTS = 40, 176, 2.4e8
"""Minimum and maximum of rows of points, and the total number of products; more weights allow fewer points."""
ASPECT = 2.2
"""Ratio of width to height of the plane, enough for the widest window in which the picture is shown."""
CORNERS = ("geometry_set_b", "geometry_number_b"), ("geometry_set_c", "geometry_number_c")
"""Keys of the set and the number of the corners besides the page's digit."""


@step(
    title="A map between three digits",
    task="**Drag** the digit to the question mark. What will the network say there?",
    question="Far outside the triangle, no point is a valid picture. Why can the network still be sure of its answer "
    "there?",
    solution="Its probabilities come from differences between logits, and nothing makes these small where there are "
    "no digits. Very far away they keep growing with ReLU; with tanh or sigmoid they level off, at values that may be "
    "large. Nothing in the network measures how much a point resembles the digits it has seen.",
)
def borders(asked: Moment, digit: Callable[[], asking.AskedDigit]) -> None:
    """Show the plane through the chosen digit and two others."""
    first = digit()
    place = st.container()
    with st.container(key="corners"), st.popover(_("Change the other two digits")):
        corners = [first, *_other_corners(asked, first)]
    with place:
        _plane(asked, corners)


def _plane(asked: Moment, corners: list[asking.AskedDigit]) -> None:
    """Show the plane through three digits, and the point in it."""
    if is_too_large(asked):
        return
    pixels = np.array([corner.pixels for corner in corners])
    try:
        plane = border_plane(asked.network, pixels, 2, aspect=ASPECT)  # for the point; the figure has a finer one
    except ValueError:
        st.info(_("These three lie on one line, so they do not define a plane. Choose another digit for A, B or C."))
        return
    picture, there = st.columns([2, 1], gap="medium")
    with picture:
        sure = _regions(asked, corners)
    with there:
        plane_point(POINT, BORDERS, asked.network, plane, [corner.label for corner in corners])
    st.markdown(_("In the triangle, the surer the network, the stronger the colour."))
    with maths():
        st.markdown(_("The lines between the colours are its [decision boundaries](#term-decision_boundary)."))
        a, b, c = map(_corner_title, corners)
        about = _(
            "Every point in the triangle is a mixture of A (left: {a}), B (right: {b}) and C (top: {c}), read by "
            "{network}. Outside, at least one of the three is subtracted: drag the point there to see the colours."
        ).format(a=a, b=b, c=c, network=asked.title)
        st.caption(joined([about, sure]))


def _corner_title(digit: asking.AskedDigit) -> str:
    if digit.label is None:
        return digit.title
    return _("{digit}, label {label}").format(digit=digit.title, label=digit.label)


def _regions(asked: Moment, corners: list[asking.AskedDigit]) -> str:
    """Compute and show the answers over the plane. Return a sentence about their confidence."""
    network, pixels = asked.network, np.array([corner.pixels for corner in corners])
    resolution = min(max(int((_PRODUCTS / network.parameters.size) ** 0.5), _COARSEST), _FINEST)
    mark = (asked.id, *(corner.id for corner in corners))

    compute = partial(border_plane, network, pixels, resolution, aspect=ASPECT)
    words = _("Reading the points of the plane: {share}")
    whole = computed("borders", f"borders {resolution} {' '.join(mark)}", compute, words)
    if whole is None:
        return ""
    labels = [corner.label for corner in corners]
    plot(BORDERS, mark, lambda: border_regions.plain(whole, pixels, labels), height=HEIGHT, main=True)
    inside, outside = (whole.confidence[whole.is_digit == is_digit] for is_digit in (True, False))
    if not len(inside) or not len(outside):
        return ""
    said = _(
        "On average, its answer has a probability of {inside} at points that are valid pictures, and {outside} "
        "elsewhere."
    )
    return said.format(outside=percent(outside.mean()), inside=percent(inside.mean()))


def _other_corners(asked: Moment, first: asking.AskedDigit) -> list[asking.AskedDigit]:
    """Let the visitor choose the two other corners, from any set or the drawing on the pad."""
    there, state, corners = asking.Digits(asked), st.session_state, []
    address.take(address.CORNERS, _("Corners B and C"), partial(_take_corners, there))
    usual = _usual_corners(there.sets[asking.TEST], first.label, asking.clear_digits(asked))
    for (kind, number), letter, index in zip(CORNERS, "BC", usual, strict=True):
        if state.get(kind) not in there.names:  # at first, or a drawing that has been deleted
            state[kind], state[number] = asking.TEST, index + 1
        labels = _("Corner {letter}").format(letter=letter), _("Number for corner {letter}").format(letter=letter)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            corners.append(there.choice((kind, number), labels))
    address.write(address.CORNERS, ",".join(corner.code for corner in corners))
    return corners


def _take_corners(there: asking.Digits, asked: str) -> str | None:
    """Apply the corners in the address."""
    wanted = [asking.parsed(code) for code in asked.split(",", len(CORNERS))]
    if len(wanted) != len(CORNERS) or not all(there.has(*each) for each in wanted):
        return _("two of {names}").format(names=listed(asking.codes(there.sets)))
    for keys, chosen in zip(CORNERS, wanted, strict=True):
        st.session_state.update(zip(keys, chosen, strict=True))
    return None


def _usual_corners(digits: DigitDataset, label: int | None, clear: list[int]) -> tuple[int, int]:
    """Return the first two digits, `clear` ones first, whose labels differ from `label` and from each other."""
    first: dict[int | None, int] = {label: -1}
    for index in [*clear, *range(len(digits))]:
        first.setdefault(int(digits.labels[index]), index)
    found = [index for index in first.values() if index >= 0][:2]
    found += [index for index in range(len(digits)) if index not in found]
    return found[0], found[min(1, len(found) - 1)]


MIN_POINTS = 3
"""Minimum number of points in a path that spans a plane."""
RESOLUTION, COARSE = 25, 15
"""Points per side; `COARSE` for networks with more than `MANY_WEIGHTS` weights, which need up to 0.2 s per point."""
MANY_WEIGHTS = 100_000
LANDSCAPE_VIEW = "landscape_shown"
VIEWS = {"from above": lazy_gettext("From above"), "in 3D": lazy_gettext("In 3D")}


Found = tuple[Landscape, list[int]]
"""A landscape without its directions, which may be large and are not drawn; and the finished batches at each point of
its path except the end."""


@maths_step(
    title="The landscape",
    task="The loss around the trained weights, along the two directions in which training moved most. Predict whether "
    "the path ends at the lowest point in the picture, then choose **In 3D** and rotate it.",
    question="The picture has two directions; the notebook's network has 3,700 weights. What does the picture hide?",
    solution="All other directions. What looks like the bottom of a valley may keep falling in a direction that is "
    "not shown; the two shown are those in which this run moved most.",
)
def the_landscape(asked: Moment, _pick: Callable[[], asking.AskedDigit]) -> None:
    """Show the landscape around the network, from above or in 3D."""
    place = st.container(key="geometry_landscape")
    if (run := say_whose(asked, "landscape_ask_yours")) is None:
        return
    asked, kept = traced(asked), run.history.checkpoint_batches()
    batches = [batch for batch in kept if asked.batch is None or batch < asked.batch]
    if len(batches) + 1 < MIN_POINTS:
        words = _(
            "A path needs at least three checkpoints. Train further, or move to a later point. So far: {count}, "
            "including the start."
        )
        st.info(words.format(count=len(batches) + 1))
        return
    try:
        found = _landscape(asked, batches)
    except ValueError:  # the weights do not move, or are not finite
        st.info(_("No landscape: training has barely moved the weights, or the numbers overflowed."))
        return
    if found is not None:
        with place:
            _show_landscape(asked, *found)
        _is_it_the_lowest(found[0])


def _show_landscape(asked: Moment, shown: Landscape, batches: list[int]) -> None:
    """Show the figure, and next to it the choice of view and a description."""
    picture, words = st.columns([7, 3], gap="medium")
    with words:
        view = choice(_("View"), VIEWS, key=LANDSCAPE_VIEW, label_visibility="collapsed")
        st.markdown(_landscape_in_words(shown))
    with picture:
        draw = loss_landscape.landscape_from_above if view == "from above" else loss_landscape.landscape_in_space
        end = _("as it is now") if asked.batch is None else asked.words
        build = partial(draw.plain, shown, [*map(words_at, batches), end])  # `of` would read all directions
        plot("landscape", (asked.id, len(batches), view), build, 400, main=True)


def _is_it_the_lowest(shown: Landscape) -> None:
    """Let the visitor guess whether the path ends at the lowest point."""
    losses = shown.losses[np.isfinite(shown.losses)]
    end = float(shown.path_losses[-1])
    lowest = min(float(losses.min(initial=np.inf)), end)

    def answer(_guess: str) -> str:
        if lowest < end:
            words = _(
                "**No**: somewhere in this picture the loss is {lowest}, while the path ends at {end}. The picture "
                "shows the loss on the test digits; training lowered the loss on the training digits."
            )
        else:
            words = _("**Yes**: nowhere in this picture is the loss lower than at the end, {end}.")
        digits = 3 if short(lowest) != short(end) else 6  # two equal numbers would contradict the answer
        return words.format(lowest=short(lowest, digits), end=short(end, digits))

    question = _("Does the path end at the lowest point in this picture?")
    predict_first("landscape_guess", question, {"yes": _("yes"), "no": _("no")}, answer)


def _landscape(asked: Moment, batches: list[int]) -> Found | None:
    """Compute the landscape."""
    run = asked.run
    assert run is not None
    history, network, settings = run.history, asked.network, run.hyperparameters
    is_small = network.parameters.size <= MANY_WEIGHTS
    resolution, precision = (RESOLUTION, np.float64) if is_small else (COARSE, np.float32)

    def measure(on_progress: OnProgress) -> Found:
        path, there = [], []
        for batch in batches:
            if (recorded := history.recorded_after(batch)) is not None:
                vector = recorded.to_vector().astype(np.float64)
                if np.isfinite(vector).all():
                    path.append(vector)
                    there.append(batch)
        points = np.array([*path, network.parameters.to_vector().astype(np.float64)])
        found = landscape(
            network, points, asked.test, settings, resolution, on_progress=on_progress, precision=precision
        )
        return replace(found, directions=np.zeros((2, 0))), there

    id = f"landscape {asked.id} {settings.loss} {len(batches)} {asked.test.id} {resolution}"
    words = _("Measuring the loss around the weights: {share}")
    return computed("landscape", id, measure, words, LANDSCAPES, (ValueError,))


def _landscape_in_words(shown: Landscape) -> str:
    """Describe the path, and the limits of the figure."""
    losses, share = shown.path_losses, float(shown.explained.sum())
    words = _(
        "Along the path, the loss per test digit went from {first} to **{last}**.\n\nThe surface shows the loss of "
        "networks that were never trained: the final weights, moved along the two directions in which training moved "
        "most. These two hold {share} of the path's variance. The path runs from violet to ochre. Only its end lies on "
        "the surface; point at earlier ones, or tap them, to see their own loss."
    )
    return words.format(first=short(losses[0]), last=short(losses[-1]), share=in_percent(share, 0))


NEURON_COLUMNS, MAX_NEURONS = 10, 50
"""Number of pictures of neurons in a row, and in total."""
AT_ONCE = 250
"""Number of digits classified between two progress reports."""
GUESSES = {
    "none": lazy_gettext("none"),
    "few": lazy_gettext("a few"),
    "half": lazy_gettext("about half"),
    "most": lazy_gettext("nearly all"),
}
SHUFFLED = Remembered("neurons_shuffled_of", 0)
"""Number of times that a network's neurons were shuffled, by `Moment.id`."""


@step(
    title="Does the order of neurons matter?",
    task="**Predict** what shuffling the hidden neurons does to the accuracy. Then shuffle them.",
    question="50 hidden neurons can be arranged in 50! orders, all with the same answers. Why can two networks not be "
    "compared weight by weight?",
    solution="Neuron 1 of one network may do the work of neuron 37 in the other. First you have to find out which "
    "neurons belong together; the average of two unmatched networks mixes neurons that do different things.",
)
def order_of_neurons(asked: Moment, _pick: Callable[[], asking.AskedDigit]) -> None:
    """Let the visitor shuffle the neurons, and show the straight line between two networks."""
    network = asked.network
    if len(network.parameters.weights) == 1:
        st.info(_("This network has no hidden layer, so there are no neurons to reorder."))
        straight_line_to_another(asked, main=True)
        return
    times = SHUFFLED.of(asked.id)
    orders = random_orders(network, max(times, 1))
    with st.container(key="geometry_order"):
        _two_orders(asked, orders, times)

        def shuffle() -> None:
            SHUFFLED.keep(asked.id, SHUFFLED.of(asked.id) + 1)

        button(_("Shuffle the neurons"), "shuffle_neurons", shuffle, "shuffle", type="primary")
    _what_changes(asked, max(times, 1), bool(times))
    st.divider()
    straight_line_to_another(asked)


def _two_orders(asked: Moment, orders: list[np.ndarray], times: int) -> None:
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


def _neurons(asked: Moment, order: np.ndarray | None = None) -> Plain:
    """Draw the neurons of the first hidden layer, without the colour scale, which takes the space of three neurons."""
    figure = figures.neuron_images.plain(asked.network.parameters, NEURON_COLUMNS, MAX_NEURONS, order=order)
    figure["layout"]["coloraxis"]["showscale"] = False
    return figure


def _what_changes(asked: Moment, seed: int, done: bool) -> None:
    """Let the visitor guess how many answers change, and show that none changes."""
    network = asked.network

    def read(on_progress: OnProgress) -> np.ndarray:
        networks = network, permute_neurons(network, random_orders(network, seed))
        both = [in_parts(each.logits, asked.test.pixels, AT_ONCE, on_progress) for each in networks]
        return np.stack(both, axis=1)

    id, words = f"shuffled {asked.id} {seed} {asked.test.id}", _("Reading the test digits before and after: {share}")
    logits = computed("order", id, read, words)
    if logits is None:
        return
    one, other, labels = logits[:, 0], logits[:, 1], asked.test.labels
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


LINE_POINTS = 21
LINE_TO, LINE_RUN = "line_other", "line_run"
"""Keys of the controls."""
SEED, OWN = "seed", "own"
LINES_TO = {SEED: lazy_gettext("Another seed"), OWN: lazy_gettext("One of my runs")}
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
    steps : int or None
        Steps of the other network, if it is another of the visitor's runs.
    """

    of: Mapping[str, StraightLine]
    moved: int
    neurons: int
    steps: int | None = None


def straight_line_to_another(asked: Moment, main: bool = False) -> None:
    """Let the visitor choose another network with the same layers, and show the line between the two.

    `main` is True if the figure is the main one of its step.
    """
    st.subheader(_("The straight line between two networks"))
    if (run := say_whose(asked, "line_ask_yours")) is None:
        return
    asked, words = traced(asked), _("Matching the neurons and measuring along the line: {share}")
    try:
        other = _other_end(asked)
        if other is None:
            return
        id = f"line {asked.id} {other.id} {run.hyperparameters.loss} {asked.test.id}"
        lines = computed("line", id, partial(_lines, asked, other), words, LANDSCAPES, (ValueError,))
    except kept_runs.Unreadable:
        st.info(_("The saved data of this run cannot be read."))
        return
    except ValueError:  # matching requires finite numbers
        st.info(_("The numbers overflowed, so the network has no answer."))
        return
    if lines is not None:
        plot("straight_line", *picture.straight_line.of(lines.of), 380, main=main)
        st.markdown(_line_in_words(lines))
        if lines.steps is not None:
            st.caption(_("Steps of the other network: {steps}.").format(steps=numeral(lines.steps)))


def _lines(asked: Moment, end: End, on_progress: OnProgress) -> Lines:
    """Measure the line before and after matching."""
    assert asked.run is not None
    network, settings, (other, steps) = asked.network, asked.run.hyperparameters, end.network()
    orders = match_neurons(network, other)  # empty without a hidden layer
    networks = {AS_THEY_ARE: other, **({MATCHED: permute_neurons(other, orders)} if orders else {})}
    lines: dict[str, StraightLine] = {}

    def progress(done: int, _of: int) -> None:
        on_progress(len(lines) * LINE_POINTS + done, len(networks) * LINE_POINTS)

    for name, each in networks.items():
        lines[name] = straight_line(network, each, asked.test, settings, LINE_POINTS, progress)
    moved = sum(int((order != np.arange(len(order))).sum()) for order in orders)
    return Lines(lines, moved, sum(map(len, orders)), steps)


def _line_in_words(lines: Lines) -> str:
    """Describe the lowest accuracy on the line, before and after matching."""
    as_they_are = lines.of[AS_THEY_ARE]
    words = [_("At the ends of the line, accuracy is {start} and {end}.")]
    words.append(_("In between, the lowest is **{worst}** ({at} of the way)."))
    if MATCHED not in lines.of:
        nothing = _("Without a hidden layer, there is nothing to match.")
        return joined([nothing, *words]).format(**_numbers(as_they_are))
    matching = _(
        "Matching moves **{moved}** of {count} neurons of the other network, so that its weights, taken together, come "
        "as close to the weights here as it can get them. The lowest accuracy is then **{then}**."
    )
    then = in_percent(lines.of[MATCHED].accuracies[1:-1].min())
    numbers = {"then": then, "moved": lines.moved, "count": lines.neurons}
    return joined([*words, matching]).format(**_numbers(as_they_are), **numbers)


def _numbers(line: StraightLine) -> dict[str, str]:
    worst = int(line.accuracies[1:-1].argmin()) + 1
    places = {"start": 0, "end": -1, "worst": worst}
    numbers = {name: in_percent(line.accuracies[place]) for name, place in places.items()}
    return {**numbers, "at": in_percent(line.fractions[worst], 0)}


class End(NamedTuple):
    """The other end of a straight line.

    Parameters
    ----------
    id : str
        Unique for each set of weights.
    network : callable
        Returns the network with float64 weights, and its steps if it is another of the visitor's runs. Any thread may
        call it. Raises `kept_runs.Unreadable`.
    """

    id: str
    network: Callable[[], tuple[Network, int | None]]


def _other_end(asked: Moment) -> End | None:
    """Let the visitor choose the other network. Return None until there is one."""
    chosen = choice(_("The other network"), LINES_TO, key=LINE_TO)
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
    kept, there = run.history.checkpoint_batches(), asked.batch
    is_end = there is None or there >= kept[-1]
    other = moment(run, None if is_end else min(kept, key=lambda batch: abs(batch - (there or 0))))
    return End(other.id, lambda: (other.network, None))


def _own_run(asked: Moment) -> End | None:
    """Let the visitor choose another of their runs with the same layers."""
    try:
        mine = store().runs_of(owner())
    except Unavailable:
        st.info(storage.trouble_in_words() or _("Looking for your runs…"))
        return None
    opened = current_run.opened()
    here = opened.id if opened is not None and opened.job.run is asked.run else None
    others = [run for run in mine if _has_weights(run) and run.id != here]
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
    if st.session_state.get(LINE_RUN) not in fitting:
        st.session_state[LINE_RUN] = next(iter(fitting))
    titles = {id: _run_title(run) for id, run in fitting.items()}
    chosen = st.selectbox(
        _("Run"), list(titles), key=LINE_RUN, persist_state="session", format_func=lambda id: titles.get(id, "")
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


def _has_weights(run: KeptRun) -> bool:
    """Return whether saved data contains trained or imported weights. Within its first batch, a run has saved none."""
    settings = run_words.settings(run)
    has_batch = settings is None or run.step >= settings.steps_per_batch
    return run.step > 0 and (has_batch or run.recipe.get("start") is not None)


def _differ(asked: Moment, run: KeptRun, names: tuple[str, ...]) -> bool:
    """Return whether one of the settings differs from those of the run here. Unreadable ones differ in their layers."""
    assert asked.run is not None
    settings, own = run_words.settings(run), asked.run.hyperparameters
    return any(getattr(settings, name, None) != getattr(own, name) for name in names)


def _run_title(run: KeptRun) -> str:
    """Return a plain-text title for a run; the run's own title is untrusted."""
    return f"{run_words.name(run)} · {run_words.accuracy_in_words(run)} · {run_words.when(run.changed)}"


def _end(run: KeptRun) -> End | None:
    """Return the last weights of a run that are saved. An open run is saved every few seconds.

    Raises
    ------
    kept_runs.Unreadable
        If the saved data cannot be read.
    """
    restored = None
    with contextlib.suppress(kept_runs.Unmade, Unavailable):
        restored = kept_runs.training_of(run.id, trajectories().find)
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
        if not found.snapshot.weights_step and found.recipe.start is None:
            raise kept_runs.Unreadable("the weights are not saved")
        return moment(found).network, found.snapshot.weights_step

    return End(f"kept {run.id} {run.step} {run.changed}", network)


STEPS = borders, walk, the_landscape, order_of_neurons
"""Steps of the page, in order."""
