"""What does it look like inside? The loss around the trained weights, with the path that led there."""

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
from digitviz.dashboard.components.scrubber import BEFORE
from digitviz.dashboard.questions.computed import computed
from digitviz.dashboard.runtime.clicks import on_click
from digitviz.dashboard.session.asked_digit import AskedDigit
from digitviz.dashboard.session.shared_values import LANDSCAPES
from digitviz.dashboard.session.subject import YOURS, Subject, ask
from digitviz.explanations.landscape import Landscape, landscape
from digitviz.figures import loss_landscape
from digitviz.figures.sentence import short
from digitviz.language import gettext as _
from digitviz.language import lazy_gettext
from digitviz.networks.network import Network
from digitviz.training.checkpoints import checkpoint_batches
from digitviz.training.run import TrainingRun
from digitviz.values import Report, Value

HEIGHT = 400
FEWEST = 3
"""Stops of a path that spans a plane."""
RESOLUTION, COARSE = 25, 15
"""Places on each side; the second for networks of more than `MANY` weights, where one takes up to 0.2 s."""
MANY = 100_000
AT_ONCE = 5_000_000
"""Products for one place: with more, every other place is measured and shown first."""
SHOWN = "landscape_shown"
VIEWS = {"from above": lazy_gettext("From above"), "in 3D": lazy_gettext("In 3D")}


@dataclass(frozen=True, eq=False)
class Found:
    """A landscape, and when the training was where.

    Parameters
    ----------
    landscape : Landscape
        Without its directions, which may be large and are not drawn.
    batches : tuple of int
        Finished at each point of the path but the end.
    """

    landscape: Landscape
    batches: tuple[int, ...]

    @property
    def nbytes(self) -> int:
        """Memory in bytes."""
        arrays = (self.landscape.losses, self.landscape.path, self.landscape.path_losses)
        return sum(array.nbytes for array in arrays)


def view(asked: Subject, _choice: Callable[[], AskedDigit]) -> None:
    """Show the landscape around the network, from above or in space."""
    if asked.run is None:
        no_path()
        return
    batches = before(asked.run, asked.batch)
    if len(batches) + 1 < FEWEST:
        st.info(
            _(
                "A path needs three stops or more: train on, or move to a later moment. Here are {count}, the start "
                "counted."
            ).format(count=len(batches) + 1)
        )
        return
    place = st.container(key="geometry_landscape")
    try:
        found = _found(asked, batches)
    except ValueError:  # the weights stay where they are, or are not finite
        st.info(_("There is no landscape: the training has hardly moved the weights, or their numbers overflowed."))
        return
    if found is not None:
        with place:
            _shown(asked, found)
        _is_it_the_lowest(found)


def _found(asked: Subject, batches: list[int]) -> Found | None:
    """Return the landscape as finely as it is measured so far: of a large network a coarse one comes first."""
    network, resolution = asked.network, _resolution(asked.network)
    words, first = _("Measuring the loss around the weights: {share}"), None
    if network.parameters.size * len(asked.test) > AT_ONCE:
        known = computed("landscape_coarse", [_value(asked, batches, (resolution + 1) // 2)], words, (ValueError,))
        if known is None:
            return None
        first = known[0]
        words = _("Measuring the places in between: {share}")
    whole = computed("landscape", [_value(asked, batches, resolution, first)], words, (ValueError,))
    found: Found | None = first if whole is None else whole[0]
    return found


def _resolution(network: Network) -> int:
    return RESOLUTION if network.parameters.size <= MANY else COARSE


def _shown(asked: Subject, found: Found) -> None:
    """Show the picture, and beside it how it is shown and what it is."""
    picture, words = st.columns([7, 3], gap="medium")
    with words:
        shown = choice(
            _("How it is shown"), list(VIEWS), key=SHOWN, label_visibility="collapsed",
            format_func=lambda name: str(VIEWS[name]),
        )  # fmt: skip
        st.markdown(_in_words(found))
    with picture:
        draw = loss_landscape.landscape_from_above if shown == "from above" else loss_landscape.landscape_in_space
        build = partial(draw.plain, found.landscape, _moments(asked, found))
        count, of = len(found.landscape.x), _resolution(asked.network)
        plot("landscape", (asked.id, len(found.batches), count, shown), build, height=HEIGHT, main=True)
        if count < of:
            coarse = _("This is a coarse picture of {count} × {count} places. The fine one has {of} × {of}.")
            st.caption(coarse.format(count=count, of=of))


def _is_it_the_lowest(found: Found) -> None:
    """Let the reader guess whether the path ends at the lowest place."""
    losses = found.landscape.losses[np.isfinite(found.landscape.losses)]
    end = float(found.landscape.path_losses[-1])
    lowest = min(float(losses.min(initial=np.inf)), end)

    def answer(_guess: str) -> str:
        if lowest < end:
            words = _(
                "**No**: in this picture there is a place with a loss of {lowest}, and at the end it is {end}. The "
                "loss is that of the test digits; what the training lowered is the loss of the training digits."
            )
        else:
            words = _("**Yes**: no place in this picture has a lower loss than the end, {end}.")
        return words.format(lowest=short(lowest), end=short(end))

    question = _("Does the path end at the lowest place of this picture?")
    predict_first("landscape_guess", question, {"yes": _("yes"), "no": _("no")}, answer)


def no_path() -> None:
    """Say that the ready-made network has no path, and offer the visitor's own."""
    st.info(
        _(
            "Of the ready-made network only the last weights are known, not the path that led to them. Your network "
            "has one."
        )
    )
    st.button(_("Ask your network"), key="landscape_ask_yours", type="primary", on_click=on_click(partial(ask, YOURS)))


def before(run: TrainingRun, batch: int | None) -> list[int]:
    """List the stops of a run before a moment.

    Parameters
    ----------
    run : TrainingRun
    batch : int or None
        Batches finished at that moment; None where the run stands, inside a batch.
    """
    return [stop for stop in checkpoint_batches(run) if batch is None or stop < batch]


def _value(asked: Subject, batches: list[int], resolution: int, known: Found | None = None) -> Value:
    """Return what computes the landscape; `known` is a coarser one."""
    run = asked.run
    assert run is not None
    history, network, initial = run.history, asked.network, run.initial_parameters
    loss, precision = run.hyperparameters.loss, np.float64 if network.parameters.size <= MANY else np.float32

    def compute(report: Report) -> Found:
        path, there = [], []
        for batch in batches:
            with contextlib.suppress(ValueError):  # a training that goes on drops stops
                parameters = initial if batch == 0 else history.parameters_after(batch - 1)
                vector = parameters.to_vector().astype(np.float64)
                if np.isfinite(vector).all():
                    path.append(vector)
                    there.append(batch)
        path.append(network.parameters.to_vector().astype(np.float64))
        coarse = None if known is None or known.batches != tuple(there) else known.landscape
        found = landscape(
            network, np.array(path), asked.test, loss, resolution, on_progress=lambda done, of: report((done, of)),
            known=coarse, precision=precision,
        )  # fmt: skip
        return Found(replace(found, directions=np.zeros((2, 0))), tuple(there))

    return Value(f"landscape {asked.id} {loss} {len(batches)} {asked.test.id} {resolution}", compute, LANDSCAPES)


def _moments(asked: Subject, found: Found) -> list[str]:
    """Say when the training was at each point of the path."""
    after = _("after batch {number}")
    words = [str(BEFORE) if batch == 0 else after.format(number=f"{batch:,}") for batch in found.batches]
    return [*words, _("where it stands") if asked.batch is None else after.format(number=f"{asked.batch:,}")]


def _in_words(found: Found) -> str:
    """Say what the path did, and what the picture leaves out."""
    shown, losses = found.landscape, found.landscape.path_losses
    share = float(shown.explained.sum())
    words = _(
        "On its way the loss per test digit went from {first} to **{last}**.\n\nThe ground is the loss of networks "
        "that were never trained: the last weights, moved along the two directions in which the training moved most. "
        "They hold {share} of the path's variance. The path goes from violet to ochre. Its end lies on the ground, "
        "earlier moments beside it: their own loss shows at the pointer."
    )
    return words.format(first=short(losses[0]), last=short(losses[-1]), share=f"{share:.0%}")
