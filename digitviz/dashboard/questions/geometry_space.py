"""The hidden layer and the pixels as spaces: a digit's walk in one, and decision boundaries in the other."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import streamlit as st

from digitviz.dashboard.components.plane_point import plane_point
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.questions import address
from digitviz.dashboard.questions import asked_digit as asking
from digitviz.dashboard.questions.computed import computed
from digitviz.dashboard.questions.subject import Subject
from digitviz.dashboard.session.level import maths
from digitviz.dashboard.session.steps import step
from digitviz.datasets import DigitDataset
from digitviz.drawing.prediction import percent
from digitviz.explanations.geometry import BorderPlane, border_plane, vector_walk, walk_plane
from digitviz.explanations.progress import OnProgress
from digitviz.figures.geometry import border_regions, walk_picture
from digitviz.figures.picture import Plain
from digitviz.language import gettext as _
from digitviz.language import joined, lazy_gettext, listed
from digitviz.networks.activations import ACTIVATIONS

WALK = "geometry_walk"
HEIGHT = 372
"""Minimum height of a picture in pixels. `page.css` makes it fill the window."""
LARGEST = 1e30
"""Limit beyond which products of weights may overflow."""


@step(
    title=lazy_gettext("A walk through the hidden layer"),
    task=lazy_gettext(
        "**Play**: each pixel, or each neuron of the layer below, pushes the digit a little further, and the "
        "activation bends its path. The ten circles stand for the ten answers: the further the digit ends along a long "
        "line to a circle, the larger that [logit](#term-logits). Watch which one becomes the largest."
    ),
    question=lazy_gettext(
        "Two different digits land in the same place in the hidden layer. Can the network tell them apart?"
    ),
    solution=lazy_gettext(
        "No. The logits are dot products of that place with the label vectors, so the same place gives the same "
        "logits, no matter how it was reached."
    ),
)
def walk(asked: Subject, digit: Callable[[], asking.AskedDigit]) -> None:
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


def is_too_large(asked: Subject) -> bool:
    """Return whether a network's weights are too large to calculate with. If so, show a message."""
    too_large = any(not np.abs(array).max(initial=0.0) < LARGEST for array in asked.network.parameters.arrays)
    if too_large:
        words = _("The weights of this network are too large to calculate with.")
        if asked.has_moments:
            words = joined([words, _("Choose an earlier point in training.")])
        st.info(words)
    return too_large


def _about_walk(asked: Subject, chosen: asking.AskedDigit) -> str:
    answer = int(asked.network.predict(chosen.pixels[None])[0])
    neurons = asked.network.parameters.weights[-1].shape[0]
    said = _("{digit} (label {label}), read as {answer} by {network}.")
    if chosen.label is None:
        said = _("{digit}, read as {answer} by {network}.")
    said = said.format(digit=chosen.title.capitalize(), label=chosen.label, answer=answer, network=asked.title)
    seen = [_("Vectors marked × are drawn that many times their real length.")]
    if neurons > 2:
        plane = _("You see one plane out of {neurons} dimensions, so right angles may not look right.")
        seen.append(plane.format(neurons=neurons))
    return joined([said, *seen])


def _walk_picture(asked: Subject, chosen: asking.AskedDigit) -> Plain:
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
OTHERS = ("b", "c")
"""Corners besides the page's digit, as in keys."""
_SHOWN = "geometry_corner_shown"


@step(
    title=lazy_gettext("A map between three digits"),
    task=lazy_gettext(
        "Each colour is the answer there. Predict the answer in the middle of the three, then **drag** the point there."
    ),
    question=lazy_gettext(
        "Far outside the triangle, no point is a valid picture. Why can the network still be sure of its answer there?"
    ),
    solution=lazy_gettext(
        "Its probabilities come from differences between logits, and nothing makes these small where there are no "
        "digits. Very far away they keep growing with ReLU; with tanh or sigmoid they level off, at values that may be "
        "large. Nothing in the network measures how much a point resembles the digits it has seen."
    ),
)
def borders(asked: Subject, digit: Callable[[], asking.AskedDigit]) -> None:
    """Show the plane through the chosen digit and two others."""
    first = digit()
    place = st.container()
    with st.popover(_("Change the other two digits")):
        corners = [first, *_others(asked, first)]
    with place:
        _plane(asked, corners)


def _plane(asked: Subject, corners: list[asking.AskedDigit]) -> None:
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
    words = _(
        "The colour is stronger where the network is surer. The lines between the colours are its [decision "
        "boundaries](#term-decision_boundary)."
    )
    st.markdown(words)
    with maths():
        about = _(
            "Every point in the triangle is a mixture of A ({a}), B ({b}) and C ({c}), read by {network}. Outside, at "
            "least one of the three is subtracted."
        ).format(a=_title(corners[0]), b=_title(corners[1]), c=_title(corners[2]), network=asked.title)
        st.caption(joined([about, sure]))


def _title(digit: asking.AskedDigit) -> str:
    if digit.label is None:
        return digit.title
    return _("{digit}, label {label}").format(digit=digit.title, label=digit.label)


def _regions(asked: Subject, corners: list[asking.AskedDigit]) -> str:
    """Compute and show the answers over the plane. Return a sentence about their confidence."""
    network, pixels = asked.network, np.array([corner.pixels for corner in corners])
    resolution = min(max(int((_PRODUCTS / network.parameters.size) ** 0.5), _COARSEST), _FINEST)
    mark = (asked.id, *(corner.id for corner in corners))

    def compute(on_progress: OnProgress) -> BorderPlane:
        return border_plane(network, pixels, resolution, on_progress, ASPECT)

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
        "On average, its answer has a probability of {inside} where all ink is between none and full, and {outside} "
        "elsewhere."
    )
    return said.format(outside=percent(outside.mean()), inside=percent(inside.mean()))


def _others(asked: Subject, first: asking.AskedDigit) -> list[asking.AskedDigit]:
    """Let the visitor choose the two other corners, from any set or the drawing on the pad."""
    there = asking.Digits(asked)
    address.take(address.CORNERS, _("Corners B and C"), partial(_take, there))
    corners = []
    for corner, usual in zip(
        OTHERS, _of_other_labels(there.sets[asking.TEST], first.label, asking.clear_digits(asked)), strict=True
    ):
        _put_right(corner, there, usual)
        letter = corner.upper()
        labels = _("Corner {letter}").format(letter=letter), _("Number for corner {letter}").format(letter=letter)
        corners.append(there.choice(_keys(corner), labels, beside=True))
        st.session_state[f"{_SHOWN}_{corner}"] = (corners[-1].set, corners[-1].index + 1)
    address.write(address.CORNERS, ",".join(corner.code for corner in corners))
    return corners


def _keys(corner: str) -> tuple[str, str]:
    return f"geometry_set_{corner}", f"geometry_number_{corner}"


def _take(there: asking.Digits, asked: str) -> str | None:
    """Apply the corners in the address."""
    wanted = [asking.parsed(code) for code in asked.split(",", len(OTHERS))]
    if len(wanted) == len(OTHERS) and all(there.has(*each) for each in wanted):
        for corner, each in zip(OTHERS, wanted, strict=True):
            for key, value in zip(_keys(corner), each, strict=True):
                st.session_state[key] = value
        return None
    readable = len(wanted) == len(OTHERS) and all(name in asking.SETS and number > 0 for name, number in wanted)
    gone = {name for name, number in wanted if not there.has(name, number)}
    if readable and gone == {asking.PAD}:
        return _("the drawing on the pad can be a corner as soon as there is one")
    if readable and gone <= {asking.DRAWINGS, asking.PAD}:
        return _("one of your saved drawings; this one was deleted or belongs to someone else")
    names = [*asking.codes(there.sets), *([] if there.pad is None else [asking.PAD])]
    return _("two of {names}").format(names=listed(names))


def _put_right(corner: str, there: asking.Digits, usual: int) -> None:
    """Replace a corner that no longer exists with a test digit, and warn if it was a drawing."""
    kind, number = _keys(corner)
    state = st.session_state
    name, held = state.get(kind), state.get(number)
    was_shown = state.get(f"{_SHOWN}_{corner}") == (name, held)  # otherwise the number belongs to the last set
    is_there = there.has(name, held) if was_shown and isinstance(held, int) else name in there.names
    if is_there:
        return
    state[kind], state[number] = asking.TEST, usual + 1
    if name in {asking.DRAWINGS, asking.PAD}:
        gone = _("The drawing at corner {letter} is gone, so a test digit has taken its place.")
        st.warning(gone.format(letter=corner.upper()))


def _of_other_labels(digits: DigitDataset, label: int | None, clear: list[int]) -> tuple[int, int]:
    """Return the first two digits, `clear` ones first, whose labels differ from `label` and from each other."""
    first: dict[int | None, int] = {label: -1}
    for index in [*clear, *range(len(digits))]:
        first.setdefault(int(digits.labels[index]), index)
    found = [index for index in first.values() if index >= 0][:2]
    found += [index for index in range(len(digits)) if index not in found]
    return found[0], found[min(1, len(found) - 1)]
