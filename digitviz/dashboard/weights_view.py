"""The weights, at any moment of a training: as matrices, as pictures, and as the place where each pixel lies."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from digitviz import figures
from digitviz.dashboard import maps, session
from digitviz.dashboard.map_desk import Request
from digitviz.dashboard.plot import plot
from digitviz.dashboard.scrubber import Moment
from digitviz.dashboard.turns import fragment
from digitviz.explanations.neurons import ORDERS, sorted_neurons, votes
from digitviz.manifold import fitted_to_grid, grid_places, morph
from digitviz.projections import METHODS

FIRST_DIGITS = (3, 13, 4, 14)
MOST_DIGITS = 6
PATIENCE = 0.15
"""Seconds a rerun waits for a map of 64 pixels before it shows the page without it."""
ORDER_WORDS = {"number": "by number", "strength": "strongest first", "vote": "by the digit they vote for"}


def pixel_manifold(now: Moment) -> None:
    """Show chosen digits as we see them, and their pixels where the network has them."""
    digits = session.digits()
    left, right = st.columns([2, 1])
    chosen = left.multiselect(
        "Digits of the data set", range(len(digits)), default=FIRST_DIGITS, max_selections=MOST_DIGITS, key="digits",
        persist_state="session", format_func=lambda number: f"number {number}: a {digits.labels[number]}",
    )  # fmt: skip
    method = right.selectbox(
        "Map of the pixels", list(METHODS), key="pixel_method", persist_state="session",
        format_func=lambda name: f"{METHODS[name].title} of w1",
    )  # fmt: skip
    if not chosen:
        st.info("Choose a digit to look at.")
        return
    request = Request(now.parameters.weights[0].astype(float), method, of_run=True)
    keys = maps.desk().ask([request])
    maps.desk().wait(PATIENCE)

    def show(running: bool) -> None:
        sheet = maps.desk().sheet(keys[0])
        if running and sheet.finished:
            st.rerun()

        def build() -> Any:
            if sheet.embedding is None:
                return figures.waiting(sheet.error or "at work")
            moments = morph(grid_places(), fitted_to_grid(sheet.embedding.coordinates))
            titles = [f"number {number}: a {digits.labels[number]}" for number in chosen]
            return figures.pixel_manifold(digits.images[chosen], titles, moments, now.parameters.weights[0])

        plot("manifold", (sheet, tuple(chosen)), build, height=640)
        st.caption(f"w1 {now.words} · {maps.how_it_stands(sheet)}")
        st.download_button(
            "Map of the pixels (CSV)", partial(maps.coordinates_csv, sheet.embedding, None) if sheet.embedding else b"",
            f"digitviz-pixels-{method}.csv", "text/csv", on_click="ignore", key="download_pixels",
            disabled=sheet.embedding is None,
        )  # fmt: skip

    running = maps.desk().busy(keys)
    fragment(show, run_every=maps.POLL_SECONDS if running else None)(running)


def matrices(now: Moment) -> None:
    """Show every matrix of weights before, at this moment, and the difference."""
    run = session.job().run
    for layer in range(len(now.parameters.weights)):
        plot(
            f"matrix_{layer + 1}",
            (id(run.history), now.batch, run.step if now.batch else 0),
            partial(figures.weights_before_after, run.initial_parameters, now.parameters, layer),
            height=620 if layer == 0 else 480,
        )


def neurons(now: Moment) -> None:
    """Show what each neuron of the first layer looks for."""
    order = st.segmented_control(
        "Order", ORDERS, default="vote", key="neuron_order", required=True, persist_state="session",
        format_func=ORDER_WORDS.__getitem__, label_visibility="collapsed",
    )  # fmt: skip
    plot(
        "neuron_pictures",
        (id(session.job().run.history), now.batch, order),
        lambda: figures.neuron_images(
            now.parameters, order=sorted_neurons(now.parameters, order), votes=votes(now.parameters)
        ),
        height=620,
    )
