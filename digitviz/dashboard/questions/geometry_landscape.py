"""The loss around the trained weights, with the path of the training."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import streamlit as st

from digitviz.dashboard.components.choice import choice
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.components.predict_first import predict_first
from digitviz.dashboard.components.training_slider import BEFORE
from digitviz.dashboard.questions.asked_digit import AskedDigit
from digitviz.dashboard.questions.computed import computed
from digitviz.dashboard.questions.subject import Subject, say_whose, traced
from digitviz.dashboard.session.steps import step
from digitviz.dashboard.session.storage import LANDSCAPES
from digitviz.explanations.landscape import Landscape, landscape
from digitviz.explanations.progress import OnProgress
from digitviz.figures import loss_landscape
from digitviz.language import gettext as _
from digitviz.language import lazy_gettext
from digitviz.networks.network import Network
from digitviz.numbers import in_percent, numeral, short

MIN_POINTS = 3
"""Minimum number of points in a path that spans a plane."""
RESOLUTION, COARSE = 25, 15
"""Points per side; `COARSE` for networks with more than `MANY` weights, which need up to 0.2 s per point."""
MANY = 100_000
AT_ONCE = 5_000_000
"""Number of products for one point above which a coarse landscape is measured and shown first."""
SHOWN = "landscape_shown"
VIEWS = {"from above": lazy_gettext("From above"), "in 3D": lazy_gettext("In 3D")}


@dataclass(frozen=True, eq=False)
class Found:
    """A landscape, and the finished batches at each point of its path except the end.

    The landscape is stored without its directions, which may be large and are not drawn.
    """

    landscape: Landscape
    batches: tuple[int, ...]


@step(
    title=lazy_gettext("The landscape"),
    task=lazy_gettext(
        "The loss around the trained weights, along the two directions in which training moved most. Predict whether "
        "the path ends at the lowest point in the picture, then choose **In 3D** and rotate it."
    ),
    question=lazy_gettext(
        "The picture has two directions; the notebook's network has 3,700 weights. What does the picture hide?"
    ),
    solution=lazy_gettext(
        "All other directions. What looks like the bottom of a valley may keep falling in a direction that is not "
        "shown; the two shown are those in which this run moved most."
    ),
)
def the_landscape(asked: Subject, _pick: Callable[[], AskedDigit]) -> None:
    """Show the landscape around the network, from above or in 3D."""
    place, recorded = st.container(key="geometry_landscape"), traced(asked)
    say_whose(asked, recorded, "landscape_ask_yours")
    if recorded.run is None:
        return
    asked, kept = recorded, recorded.run.history.checkpoint_batches()
    batches = [batch for batch in kept if asked.batch is None or batch < asked.batch]
    if len(batches) + 1 < MIN_POINTS:
        words = _(
            "A path needs at least three checkpoints. Train further, or move to a later point. So far: {count}, "
            "including the start."
        )
        st.info(words.format(count=len(batches) + 1))
        return
    try:
        found = _found(asked, batches)
    except ValueError:  # the weights do not move, or are not finite
        st.info(_("No landscape: training has barely moved the weights, or the numbers overflowed."))
        return
    if found is not None:
        with place:
            _shown(asked, found)
        _is_it_the_lowest(found)


def _found(asked: Subject, batches: list[int]) -> Found | None:
    """Return the finest landscape measured so far. For a large network, a coarse one comes first."""
    network, resolution = asked.network, _resolution(asked.network)
    words, first = _("Measuring the loss around the weights: {share}"), None
    if network.parameters.size * len(asked.test) > AT_ONCE:
        first = _measured("landscape_coarse", asked, batches, (resolution + 1) // 2, words)
        if first is None:
            return None
        words = _("Measuring the points in between: {share}")
    whole = _measured("landscape", asked, batches, resolution, words, first)
    return first if whole is None else whole


def _resolution(network: Network) -> int:
    return RESOLUTION if network.parameters.size <= MANY else COARSE


def _shown(asked: Subject, found: Found) -> None:
    """Show the figure, and next to it the choice of view and a description."""
    picture, words = st.columns([7, 3], gap="medium")
    with words:
        shown = choice(_("View"), VIEWS, key=SHOWN, label_visibility="collapsed")
        st.markdown(_in_words(found))
    with picture:
        draw = loss_landscape.landscape_from_above if shown == "from above" else loss_landscape.landscape_in_space
        build = partial(draw.plain, found.landscape, _moments(asked, found))
        count, of = len(found.landscape.x), _resolution(asked.network)
        plot("landscape", (asked.id, len(found.batches), count, shown), build, height=400, main=True)
        if count < of:
            coarse = _("This is a coarse preview with {count} × {count} points. The final picture has {of} × {of}.")
            st.caption(coarse.format(count=count, of=of))


def _is_it_the_lowest(found: Found) -> None:
    """Let the visitor guess whether the path ends at the lowest point."""
    losses = found.landscape.losses[np.isfinite(found.landscape.losses)]
    end = float(found.landscape.path_losses[-1])
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


def _measured(
    question: str, asked: Subject, batches: list[int], resolution: int, words: str, coarser: Found | None = None
) -> Found | None:
    """Compute the landscape; `coarser` is a known one whose points are reused."""
    run = asked.run
    assert run is not None
    history, network, initial = run.history, asked.network, run.initial_parameters
    settings, precision = run.hyperparameters, np.float64 if network.parameters.size <= MANY else np.float32

    def measure(on_progress: OnProgress) -> Found:
        path, there = [], []
        for batch in batches:
            with contextlib.suppress(ValueError):  # a running training may drop checkpoints
                parameters = initial if batch == 0 else history.parameters_after(batch - 1)
                vector = parameters.to_vector().astype(np.float64)
                if np.isfinite(vector).all():
                    path.append(vector)
                    there.append(batch)
        points = np.array([*path, network.parameters.to_vector().astype(np.float64)])
        known = None if coarser is None or coarser.batches != tuple(there) else coarser.landscape
        found = landscape(
            network, points, asked.test, settings, resolution, on_progress=on_progress, known=known, precision=precision
        )
        return Found(replace(found, directions=np.zeros((2, 0))), tuple(there))

    id = f"landscape {asked.id} {settings.loss} {len(batches)} {asked.test.id} {resolution}"
    found: Found | None = computed(question, id, measure, words, LANDSCAPES, (ValueError,))
    return found


def _moments(asked: Subject, found: Found) -> list[str]:
    """Return labels for the points of the path, by point in training."""
    after = _("after batch {number}")
    words = [str(BEFORE) if batch == 0 else after.format(number=numeral(batch)) for batch in found.batches]
    return [*words, _("as it is now") if asked.batch is None else after.format(number=numeral(asked.batch))]


def _in_words(found: Found) -> str:
    """Describe the path, and the limits of the figure."""
    shown, losses = found.landscape, found.landscape.path_losses
    share = float(shown.explained.sum())
    words = _(
        "Along the path, the loss per test digit went from {first} to **{last}**.\n\nThe surface shows the loss of "
        "networks that were never trained: the final weights, moved along the two directions in which training moved "
        "most. These two hold {share} of the path's variance. The path runs from violet to ochre. Only its end lies on "
        "the surface; point at earlier ones, or tap them, to see their own loss."
    )
    return words.format(first=short(losses[0]), last=short(losses[-1]), share=in_percent(share, 0))
