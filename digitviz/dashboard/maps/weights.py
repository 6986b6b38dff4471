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
from digitviz.dashboard.components.scrubber import Moment
from digitviz.dashboard.maps import gallery
from digitviz.dashboard.runtime.turns import fragment
from digitviz.dashboard.session import current_run, map_jobs, saved_drawings
from digitviz.dashboard.session.map_requests import Request
from digitviz.drawing import to_digit
from digitviz.explanations.neurons import ORDERS, sorted_neurons, votes
from digitviz.projections import METHODS
from digitviz.projections.manifold import fitted_to_grid, grid_places, morph

FIRST_DIGITS = (3, 13, 4, 14)
MOST_DIGITS = 6
MOST_DRAWINGS = 2
ORDER_WORDS = {"number": "by number", "strength": "strongest first", "vote": "by the digit they vote for"}


def pixel_manifold(now: Moment) -> None:
    """Show chosen digits as we see them, and their pixels as the network sees them."""
    digits = current_run.mapped_digits()
    chosen = st.multiselect(
        "Digits of the data set", range(len(digits)), default=FIRST_DIGITS, max_selections=MOST_DIGITS, key="digits",
        persist_state="session", format_func=lambda number: f"number {number}: a {digits.labels[number]}",
    )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="bottom", key="manifold_choice"):
        drawings = _drawings()
        method = st.selectbox(
            "Map of the pixels", list(METHODS), key="pixel_method", persist_state="session", width=210,
            format_func=lambda name: f"{METHODS[name].title} of w1",
        )  # fmt: skip
        again = st.button("Compute again", key="pixels_again", icon=":material/refresh:")
    shown = {f"number {number}: a {digits.labels[number]}": digits.images[number] for number in chosen} | drawings
    if not shown:
        st.info("Choose at least one digit.")
        return
    run = current_run.job().run
    request = Request(now.parameters.weights[0].astype(float), method, recorded=run.history)
    keys = map_jobs.queue().ask([request], again=again)
    map_jobs.wait(keys, map_jobs.PATIENCE)

    def show(running: bool) -> None:
        progress = map_jobs.queue().progress(keys[0])
        if running and progress.finished:
            st.rerun()

        def build() -> Any:
            if progress.embedding is None:
                return figures.waiting.plain(progress.error or "computing")
            moments = morph(grid_places(), fitted_to_grid(progress.embedding.coordinates))
            images = np.stack(list(shown.values()))
            return figures.pixel_manifold(images, list(shown), moments, now.parameters.weights[0])

        ink = tuple(image.tobytes() for image in shown.values())
        plot("manifold", (progress.mark, tuple(shown), ink), build, height=640)
        st.caption(f"w1 {now.words} · {map_jobs.how_it_stands(progress)}")
        st.download_button(
            "Map of the pixels (CSV)",
            partial(gallery.coordinates_csv, progress.embedding, None) if progress.embedding else bytes,
            f"digitviz-pixels-{method}.csv", "text/csv", on_click="ignore", key="download_pixels",
            disabled=progress.embedding is None,
        )  # fmt: skip

    running = map_jobs.queue().busy(keys)
    fragment(show, run_every=map_jobs.POLL_SECONDS if running else None)(running)


def _drawings() -> dict[str, np.ndarray]:
    """Let the reader choose from what is on the pad and what was saved: titles and digits, shape (8, 8)."""
    canvas = drawn("pad")
    drawing = None if canvas is None else to_digit(canvas)
    there = {} if drawing is None or drawing.is_empty else {"the drawing on the pad": drawing.digit}
    there |= {
        f"drawing {number}: a {saved.label}": saved.digit
        for number, saved in enumerate(saved_drawings.drawings(), start=1)
    }
    if not there:
        with st.container(width=260, gap=None, key="no_drawings"):
            st.caption("You have no drawings yet.")
            st.page_link("pages/draw.py", label="Draw a digit", icon=":material/draw:")
        return {}
    state = st.session_state
    state["own_digits"] = [
        title for title in state.get("own_digits", []) if title in there
    ]  # they may have been deleted
    chosen = st.multiselect(
        "Your drawings", list(there), max_selections=MOST_DRAWINGS, key="own_digits", persist_state="session",
        placeholder="Choose a drawing", width=420,
    )  # fmt: skip
    return {title: there[title] for title in chosen}


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
    """Show what each neuron of the first layer looks for."""
    order = choice(
        "Order", ORDERS, default="vote", key="neuron_order", format_func=ORDER_WORDS.__getitem__,
        label_visibility="collapsed",
    )  # fmt: skip
    plot(
        "neuron_pictures",
        (current_run.job().run.serial, now.batch, order),
        lambda: figures.neuron_images(
            now.parameters, order=sorted_neurons(now.parameters, order), votes=votes(now.parameters)
        ),
        height=620,
    )
