"""The gallery: every method's maps side by side, each shown as far as it is computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.maps.sizes import squares
from digitviz.dashboard.session import current_run, map_jobs
from digitviz.dashboard.session.downloads import CSV, File, download
from digitviz.dashboard.session.map_jobs import MapProgress, MapState, Request, id_of, request_of
from digitviz.language import gettext as _
from digitviz.language import lazy_gettext
from digitviz.projections import METHODS, Embedding
from digitviz.projections.registry import PANEL_POINTS
from digitviz.projections.spaces import LABELS, LOGITS, PIXELS, Space, cloud_centres, space
from digitviz.table import csv_of

PANEL_TITLES = {
    PIXELS: lazy_gettext("{method} · raw, {dimensions}-D"),
    LABELS: lazy_gettext("{method} · encoded label, {dimensions}-D"),
    LOGITS: lazy_gettext("{method} · logits, {dimensions}-D"),
}
ENCODED_TITLE = lazy_gettext("{method} · encoded, {dimensions}-D")
"""Of a panel that shows the activations of a hidden layer."""
HOW_TO_READ = (
    lazy_gettext(
        "Each point is a digit of the data set; its colour and the number in the middle of its cloud say which."
    ),
    lazy_gettext(
        "**Trustworthiness**: to what extent neighbours in the map are also neighbours in the data. 50% is chance."
    ),
    lazy_gettext(
        "**Neighbour accuracy**: how often the ten nearest points in the map vote for the correct digit. 10% is chance."
    ),
)
COLUMNS = 3
HEIGHT = 424
"""Of a panel, until the browser makes it a square."""


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


def gallery_panels() -> list[Panel]:
    """List the panels of all methods, each in its place, for the network as it is now."""
    now, digits = current_run.job().run.snapshot, current_run.mapped_digits()
    hidden = "hidden_1" if len(now.network.parameters.weights) > 1 else LOGITS
    spaces = {points: space(hidden if points == "hidden" else points, digits, now.network) for points in PANEL_POINTS}
    placed = sorted(
        ((panel, method) for method in METHODS.values() for panel in method.gallery), key=lambda one: one[0].place
    )
    panels = []
    for panel, method in placed:
        of = spaces[panel.points]
        title = PANEL_TITLES.get(of.name, ENCODED_TITLE).format(method=method.title, dimensions=of.dimensions)
        panels.append(Panel(title, of, request_of(of, digits, id_of(now), method.name)))
    return panels


def gallery(panels: list[Panel], keys: list[str], theme: str | None) -> None:
    """Show all panels, each as far as it is; live while one of them is not finished."""

    def draw() -> None:
        _how_far(keys)
        for start in range(0, len(panels), COLUMNS):
            places = st.columns(COLUMNS, gap="small")
            for number, place in enumerate(places[: len(panels) - start], start):
                with place, st.container(key=f"panel_{number + 1}"):
                    _panel(f"map_{number + 1}", panels[number], map_jobs.queue().progress(keys[number]), theme)
        with places[-1] if len(panels) % COLUMNS else st.container():
            st.caption("\n\n".join(map(str, HOW_TO_READ)))
            if any(map_jobs.queue().progress(key).moments for key in keys):
                st.caption(_("Press ▶ to watch a map settle again."))

    squares("panel_", [number for number, panel in enumerate(panels, start=1) if _settles(panel)])
    map_jobs.wait(keys[:1], map_jobs.PATIENCE)
    map_jobs.live(lambda: map_jobs.queue().busy(keys), draw)


def _settles(panel: Panel) -> bool:
    """Whether a map is laid out step by step, so that a film shows how it settled."""
    return any(option.name in ("iterations", "epochs") for option in METHODS[panel.request.method].options)


def _how_far(keys: list[str]) -> None:
    """Say in one line how many maps are finished, and which network the encoded ones show."""
    done = sum(map_jobs.queue().progress(key).finished for key in keys)
    run = current_run.job().run
    step = run.step
    shown = _("The encoded maps show the network after {step} steps.").format(step=f"{step:,}")
    if run.recipe.start is not None and step == 0:
        shown = _("The encoded maps show the network with the weights that you brought in.")
    elif step == 0:
        shown = _("The network is not trained yet: the two encoded maps show its random initial weights.")
    finished = _("{done} of {count} maps finished").format(done=done, count=len(keys))
    with st.container(key="gallery_progress"):
        st.caption(f"**{finished}** · {shown}")


def _panel(name: str, panel: Panel, progress: MapProgress, theme: str | None) -> None:
    st.markdown(f"**{panel.title}**", help=str(METHODS[panel.request.method].description))

    def build() -> Any:
        if progress.state == MapState.FAILED or progress.coordinates is None or panel.of.labels is None:
            return figures.waiting.plain(map_jobs.coming(progress), theme, panel.title)
        centres = cloud_centres(progress.coordinates, panel.of.labels)
        moments = [
            (_("iteration {number}").format(number=iteration), places, cloud_centres(places, panel.of.labels))
            for iteration, places in progress.moments
        ]
        return figures.digit_map.plain(progress.coordinates, panel.of.labels, centres, moments, theme, marker_size=5)

    plot(name, (progress.mark, theme), build, height=HEIGHT, main=name == "map_1")
    st.caption(map_jobs.how_it_stands(progress))


def coordinates_csv(embedding: Embedding, labels: np.ndarray | None) -> bytes:
    """Write a map: index of the point, from 0, its label (empty where it has none), its coordinates."""
    rows = (
        [index, "" if labels is None else int(labels[index]), *place]
        for index, place in enumerate(embedding.coordinates.tolist())
    )
    return csv_of(["index", "label", *"xyz"[: embedding.coordinates.shape[1]]], rows)


def map_download(label: str, key: str, embedding: Embedding | None, labels: np.ndarray | None, name: str) -> None:
    """Show the button for a map as a table; disabled until the map is there."""

    def make() -> File:
        assert embedding is not None
        return File(coordinates_csv(embedding, labels), name, CSV)

    download(label, key, make, disabled=embedding is None)


def downloads(panels: list[Panel], keys: list[str]) -> None:
    """Show one button per map; the file is made when it is pressed."""
    st.header(_("Downloads"))
    with st.container(horizontal=True, key="downloads"):
        for number, (panel, key) in enumerate(zip(panels, keys, strict=True), start=1):
            map_download(
                _("{title} (CSV)").format(title=panel.title), f"download_map_{number}",
                map_jobs.queue().progress(key).embedding, panel.of.labels,
                f"digitviz-{panel.request.method}-{panel.of.name}.csv",
            )  # fmt: skip
    st.caption(_("For a picture, point at a map and press PNG or SVG; on a phone, open its tools (⋯) first."))
