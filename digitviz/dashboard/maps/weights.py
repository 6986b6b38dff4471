"""The weights at any moment of a training: as matrices, as pictures, and as a map of the pixels."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.choice import choice
from digitviz.dashboard.components.pad import drawn
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.components.training_slider import Moment
from digitviz.dashboard.maps import gallery
from digitviz.dashboard.maps.sizes import fill_screen
from digitviz.dashboard.session import current_run, map_jobs, opened_neuron, saved_drawings
from digitviz.dashboard.session.map_jobs import Request, id_of, id_of_points
from digitviz.drawing import to_digit
from digitviz.explanations.neurons import ORDERS, sorted_neurons, votes
from digitviz.language import gettext as _
from digitviz.language import lazy_gettext
from digitviz.projections import METHODS
from digitviz.projections.manifold import fitted_to_grid, grid_places, morph
from digitviz.projections.spaces import W1_ROWS

FIRST_DIGITS = (3, 13, 4, 14)
MAX_DIGITS = 6
MAX_DRAWINGS = 2
ON_THE_PAD = 0
"""In place of a saved drawing's number."""
MANIFOLD_HEIGHT = 420
NEURONS_HEIGHT = 580
ORDER_WORDS = {
    "number": lazy_gettext("by number"), "strength": lazy_gettext("strongest first"),
    "vote": lazy_gettext("by the digit they vote for"),
}  # fmt: skip


def pixel_manifold(now: Moment) -> None:
    """Show chosen digits as we see them, and their pixels as the network sees them."""
    digits = current_run.mapped_digits()

    def named(index: int) -> str:
        return _("#{number} (label {digit})").format(number=index + 1, digit=digits.labels[index])

    with st.sidebar:
        chosen = st.multiselect(
            _("Digits of the data set"), range(len(digits)), default=FIRST_DIGITS, max_selections=MAX_DIGITS,
            key="digits", persist_state="session", format_func=named,
        )  # fmt: skip
        drawings = _drawings()
        titles = {name: _("{method} of w1").format(method=METHODS[name].title) for name in METHODS}
        method = st.selectbox(
            _("Map of the pixels"), list(titles), key="pixel_method", persist_state="session",
            format_func=titles.__getitem__,
        )  # fmt: skip
        again = st.button(_("Compute again"), key="pixels_again", icon=":material/refresh:")
    shown = {named(index): digits.images[index] for index in chosen} | drawings
    if not shown:
        st.info(_("Choose at least one digit."))
        return
    run = current_run.job().run
    request = Request(
        id_of_points(W1_ROWS, digits, id_of(run, now.batch)), lambda: now.parameters.weights[0].astype(float), method
    )
    keys = map_jobs.queue().ask([request], again=again)
    map_jobs.wait(keys, map_jobs.PATIENCE)

    def draw() -> None:
        progress = map_jobs.queue().progress(keys[0])

        def build() -> Any:
            if progress.embedding is None:
                return figures.waiting.plain(map_jobs.coming(progress))
            moments = morph(grid_places(), fitted_to_grid(progress.embedding.coordinates))
            images = np.stack(list(shown.values()))
            return figures.pixel_manifold.plain(images, list(shown), moments, now.parameters.weights[0])

        ink = tuple(image.tobytes() for image in shown.values())
        plot("manifold", (progress.mark, tuple(shown), ink), build, height=MANIFOLD_HEIGHT, main=True)
        moment = _("w1 {moment}").format(moment=now.words)
        st.caption(f"{moment} · {map_jobs.how_it_stands(progress)}")
        gallery.map_download(
            _("Map of the pixels (CSV)"), "download_pixels", progress.embedding, None, f"digitviz-pixels-{method}.csv"
        )

    fill_screen("manifold", MANIFOLD_HEIGHT, above=300)
    map_jobs.live(lambda: map_jobs.queue().busy(keys), draw)


def _drawings() -> dict[str, np.ndarray]:
    """Let the reader choose from what is on the pad and what was saved: titles and digits, shape (8, 8)."""
    canvas = drawn("pad")
    drawing = None if canvas is None else to_digit(canvas)
    there: dict[int, tuple[str, np.ndarray]] = {}
    if drawing is not None and not drawing.is_empty:
        there[ON_THE_PAD] = (_("the drawing on the pad"), drawing.digit)
    for number, saved in enumerate(saved_drawings.drawings(), start=1):
        there[number] = (_("drawing {number} (label {digit})").format(number=number, digit=saved.label), saved.digit)
    if not there:
        with st.container(gap=None, key="no_drawings"):
            st.caption(_("You have no drawings yet."))
            st.page_link("pages/draw.py", label=_("Draw a digit"), icon=":material/draw:")
        return {}
    state = st.session_state
    state["own_digits"] = [one for one in state.get("own_digits", []) if one in there]  # they may have been deleted
    chosen = st.multiselect(
        _("Your drawings"), list(there), max_selections=MAX_DRAWINGS, key="own_digits", persist_state="session",
        placeholder=_("Choose a drawing"), format_func=lambda one: there[one][0],
    )  # fmt: skip
    return dict(there[one] for one in chosen)


def matrices(now: Moment) -> None:
    """Show every matrix of weights before, at this moment, and the difference."""
    run = current_run.job().run
    for layer in range(len(now.parameters.weights)):
        plot(
            f"matrix_{layer + 1}",
            (run.serial, now.batch, run.step if now.batch else 0),
            partial(figures.weights_before_after, run.initial_parameters, now.parameters, layer),
            height=620 if layer == 0 else 480,
        )


def neurons(now: Moment) -> None:
    """Show what each neuron of the first layer looks for, and the one that was clicked."""
    with st.sidebar:
        order = choice(
            _("Order of the neurons"), ORDERS, default="vote", key="neuron_order", wrap=True,
            format_func=lambda name: str(ORDER_WORDS[name]),
        )  # fmt: skip
    serial, parameters = current_run.job().run.serial, now.parameters
    sorted_by = sorted_neurons(parameters, order)
    shown = figures.neurons_shown(parameters, order=sorted_by)
    plot(
        "neuron_pictures", (serial, now.batch, order),
        lambda: figures.neuron_images(parameters, order=sorted_by, votes=votes(parameters)), height=NEURONS_HEIGHT,
        on_click=partial(opened_neuron.take_click, "neuron_pictures", shown),
    )  # fmt: skip
    opened_neuron.show(parameters, now.words, (serial, now.batch))
