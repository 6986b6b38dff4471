"""The gallery: every method's maps side by side, each shown as far as it is computed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.runtime.turns import fragment
from digitviz.dashboard.session import current_run, map_jobs
from digitviz.dashboard.session.map_requests import MapProgress, MapState, Request
from digitviz.projections import METHODS, Embedding
from digitviz.projections.registry import PANEL_POINTS
from digitviz.projections.spaces import LABELS, LOGITS, PIXELS, W1_ROWS, Space, cloud_centres, space
from digitviz.table import csv_of
from digitviz.training.history import History

POINTS_WORDS = {PIXELS: "raw", LABELS: "encoded label", LOGITS: "logits"}
"""What the points of a panel are, as in its title; activations of a hidden layer are "encoded"."""
HOW_TO_READ = """
Each point is a digit of the data set; its colour and the number in the middle of its cloud say which.

**Trustworthiness**: how far neighbours in the map are neighbours in the data too. 50% is chance.

**Neighbour accuracy**: how often the ten nearest points in the map vote for the correct digit. 10% is chance.
"""


@dataclass(frozen=True, eq=False)
class Panel:
    """One picture of the gallery.

    Parameters
    ----------
    title : str
    of : Space
    request : Request
    """

    title: str
    of: Space
    request: Request


def space_title(name: str) -> str:
    """Return what a space is called on the screen."""
    if name.startswith("hidden_"):
        return f"hidden layer {name.removeprefix('hidden_')} activations"
    return {PIXELS: "raw pixels", LOGITS: "logits", W1_ROWS: "pixels through w1", LABELS: "labels through the last w"}[
        name
    ]


def recorded(of: Space) -> History | None:
    """Return the recorded run of this session if the points come from it: their maps are kept with it."""
    return current_run.job().run.history if of.of_run else None


def gallery_panels() -> list[Panel]:
    """List the panels of all methods, each in its place, for the network as it is now."""
    network = current_run.job().run.network
    digits = current_run.mapped_digits()
    hidden = "hidden_1" if len(network.parameters.weights) > 1 else LOGITS
    spaces = {points: space(hidden if points == "hidden" else points, digits, network) for points in PANEL_POINTS}
    placed = sorted(
        ((panel, method) for method in METHODS.values() for panel in method.gallery), key=lambda one: one[0].place
    )
    panels = []
    for panel, method in placed:
        of = spaces[panel.points]
        title = f"{method.title} · {POINTS_WORDS.get(of.name, 'encoded')}, {of.dimensions}-D"
        panels.append(Panel(title, of, Request(of.points, method.name, of.labels, recorded=recorded(of))))
    return panels


def gallery(panels: list[Panel], keys: list[str], theme: str | None, columns: int = 4, height: int = 290) -> None:
    """Show all panels, each as far as it is; live while one of them is not finished."""

    def show(running: bool) -> None:
        busy = map_jobs.queue().busy(keys)
        if running and not busy:
            st.rerun()
        done = sum(map_jobs.queue().progress(key).finished for key in keys)
        with st.container(key="gallery_progress"):
            st.progress(done / len(keys), f"{done} of {len(keys)} maps finished")
        for start in range(0, len(panels), columns):
            for number, place in enumerate(st.columns(columns)[: len(panels) - start], start):
                with place, st.container(key=f"panel_{number + 1}"):
                    _panel(f"map_{number + 1}", panels[number], map_jobs.queue().progress(keys[number]), theme, height)
        st.caption(HOW_TO_READ)
        if any(map_jobs.queue().progress(key).moments for key in keys):
            st.caption("Press ▶ to watch a map settle again.")

    map_jobs.wait(keys[:1], map_jobs.PATIENCE)
    running = map_jobs.queue().busy(keys)
    fragment(show, run_every=map_jobs.POLL_SECONDS if running else None)(running)


def _panel(name: str, panel: Panel, progress: MapProgress, theme: str | None, height: int) -> None:
    st.markdown(f"**{panel.title}**", help=METHODS[panel.request.method].description)

    def build() -> Any:
        if progress.state == MapState.FAILED:
            return figures.waiting.plain(progress.error, theme)
        if progress.coordinates is None or panel.of.labels is None:
            return figures.waiting.plain("waiting" if progress.state == MapState.WAITING else "computing", theme)
        centres = cloud_centres(progress.coordinates, panel.of.labels)
        moments = [
            (f"iteration {iteration}", places, cloud_centres(places, panel.of.labels))
            for iteration, places in progress.moments
        ]
        return figures.digit_map.plain(progress.coordinates, panel.of.labels, centres, moments, theme, marker_size=4)

    plot(name, (progress.mark, theme), build, height=height)
    st.caption(map_jobs.how_it_stands(progress))


def coordinates_csv(embedding: Embedding, labels: np.ndarray | None) -> bytes:
    """Write a map: index of the point, its label (empty where it has none), its coordinates."""
    rows = (
        [index, "" if labels is None else int(labels[index]), *place]
        for index, place in enumerate(embedding.coordinates.tolist())
    )
    return csv_of(["index", "label", *"xyz"[: embedding.coordinates.shape[1]]], rows)


def downloads(panels: list[Panel], keys: list[str]) -> None:
    """Show one button per map; the file is made when it is pressed."""
    st.subheader("Downloads")
    with st.container(horizontal=True, key="downloads"):
        for number, (panel, key) in enumerate(zip(panels, keys, strict=True), start=1):
            embedding = map_jobs.queue().progress(key).embedding
            st.download_button(
                f"{panel.title} (CSV)", partial(coordinates_csv, embedding, panel.of.labels) if embedding else bytes,
                f"digitviz-{panel.request.method}-{panel.of.name}.csv", "text/csv", on_click="ignore",
                key=f"download_map_{number}", disabled=embedding is None,
            )  # fmt: skip
    st.caption("For a picture, point at a map and press its camera (PNG) or its disk (SVG). On a phone, use One map.")
