"""Where a drawing lands among the digits, on a map that the visitor chooses."""

from __future__ import annotations

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.choice import choice
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.runtime.turns import fragment
from digitviz.dashboard.session import current_run, map_jobs
from digitviz.dashboard.session.map_requests import MapProgress, Request
from digitviz.drawing import Drawing
from digitviz.networks.network import Network
from digitviz.projections import METHODS
from digitviz.projections.spaces import PIXELS, Space, cloud_centres, space

QUICK_SECONDS = 0.1
"""A map that is drawn within this, as PCA is, is shown at once; the others are watched while they are drawn."""


def star_map(drawing: Drawing, network: Network, mark: tuple, recorded: object | None) -> None:
    """Show the choice of a map, and on it the digits and the drawing.

    Parameters
    ----------
    drawing : Drawing
    network : Network
        Whose hidden layer can be mapped in place of the pixels.
    mark : tuple
        Tells this prediction from any other.
    recorded : History or None
        The recorded run that the network comes from; None if it is from none, so that its maps are kept on disk.
    """
    with st.container(horizontal=True, vertical_alignment="center", key="star_controls"):
        method = choice(
            "Map", list(METHODS), default="pca", key="star_method", format_func=lambda name: METHODS[name].title,
            label_visibility="collapsed", wrap=True,
        )  # fmt: skip
        layers = len(network.parameters.weights) - 1
        hidden = layers > 0 and st.toggle("As the hidden layer sees them", key="star_hidden", persist_state="session")
    of = space(f"hidden_{layers}" if hidden else PIXELS, current_run.mapped_digits(), network)
    request = Request(of.points, method, of.labels, recorded=recorded if hidden else None, for_placing=True)
    point = network.hidden(drawing.row)[-1] if hidden else drawing.row
    [key] = map_jobs.queue().ask([request])
    if not map_jobs.queue().progress(key).finished:
        map_jobs.wait([key], QUICK_SECONDS)

    def show(running: bool) -> None:
        progress = map_jobs.queue().progress(key)
        if running and progress.finished:
            st.session_state["star_polls"] = False
            st.rerun()
        _picture(progress, of, point, mark)
        st.caption(_words(progress, method, hidden))

    running = map_jobs.queue().busy([key])
    if st.session_state.get("star_polls") and not running:
        st.session_state["star_polls"] = False
        st.rerun()  # the whole page: only that ends the timer of a fragment within a fragment
    st.session_state["star_polls"] = running
    fragment(show, run_every=map_jobs.POLL_SECONDS if running else None)(running)


def _picture(progress: MapProgress, of: Space, point: np.ndarray, mark: tuple) -> None:
    def build() -> object:
        if progress.coordinates is None or of.labels is None:
            return figures.waiting(progress.error or "computing")
        embedding = progress.embedding
        return figures.map_with_star(
            progress.coordinates,
            of.labels,
            cloud_centres(progress.coordinates, of.labels),
            None if embedding is None else embedding.place(point).coordinates[0],
            None if embedding is None else embedding.explained_variance,
        )

    plot("map", (progress.mark, mark), build, height=420)


def _words(progress: MapProgress, method: str, hidden: bool) -> str:
    """Say what the map shows, or how far it is."""
    title = METHODS[method].title
    if not progress.finished:
        return f"{title}: {map_jobs.how_it_stands(progress)}"
    if progress.embedding is None:
        return f"No map: {progress.error}"
    what = "scikit-learn's 1,797 digits as the hidden layer sees them" if hidden else "scikit-learn's 1,797 digits"
    how = f"in {plane}" if (plane := METHODS[method].plane) else f"by {title}"
    if METHODS[method].places_exactly:
        return f"{what}, {how}. The star is your drawing."
    return f"{what}, {how}. The star is your drawing, placed approximately: {title} has no rule for new points."
