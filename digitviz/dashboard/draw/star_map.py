"""Where a drawing lands among the digits, on a map that the visitor chooses."""

from __future__ import annotations

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.choice import choice
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.runtime.turns import fragment
from digitviz.dashboard.session import current_run, map_jobs
from digitviz.dashboard.session.map_jobs import MapProgress, id_of_network, request_of
from digitviz.drawing import Drawing
from digitviz.language import gettext as _
from digitviz.networks.network import Network
from digitviz.projections import METHODS
from digitviz.projections.spaces import PIXELS, Space, cloud_centres, space

QUICK_SECONDS = 0.1
"""A map that is drawn within this, as PCA is, is shown at once; the others are watched while they are drawn."""


def star_map(drawing: Drawing, network: Network, mark: tuple) -> None:
    """Show the choice of a map, and on it the digits and the drawing.

    Parameters
    ----------
    drawing : Drawing
    network : Network
        Whose hidden layer can be mapped in place of the pixels.
    mark : tuple
        Tells this prediction from any other.
    """
    with st.container(horizontal=True, vertical_alignment="center", key="star_controls"):
        method = choice(
            _("Map"), list(METHODS), default="pca", key="star_method", label_visibility="collapsed", wrap=True,
            format_func=lambda name: str(METHODS[name].title),
        )  # fmt: skip
        layers = len(network.parameters.weights) - 1
        hidden = layers > 0 and st.toggle(
            _("As the hidden layer sees them"), key="star_hidden", persist_state="session"
        )
    digits = current_run.mapped_digits()
    of = space(f"hidden_{layers}" if hidden else PIXELS, digits, network)
    request = request_of(of, digits, id_of_network(network), method, for_placing=True)
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
            return figures.waiting.plain(map_jobs.coming(progress))
        embedding = progress.embedding
        return figures.map_with_star.plain(
            progress.coordinates,
            of.labels,
            cloud_centres(progress.coordinates, of.labels),
            None if embedding is None else embedding.place(point).coordinates[0],
            None if embedding is None else embedding.explained_variance,
        )

    plot("map", (progress.mark, mark), build, height=420)


def _words(progress: MapProgress, method: str, hidden: bool) -> str:
    """Say what the map shows, or how far it is."""
    title, plane = METHODS[method].title, METHODS[method].plane
    if not progress.finished:
        return _("{map}: {progress}").format(map=title, progress=map_jobs.how_it_stands(progress))
    if progress.embedding is None:
        return map_jobs.why_not(progress)
    if not METHODS[method].places_exactly:
        words = _(
            "scikit-learn's 1,797 digits by {map}. The star is your drawing, placed approximately: {map} has no rule "
            "for new points."
        )
        if hidden:
            words = _(
                "scikit-learn's 1,797 digits as the hidden layer sees them, by {map}. The star is your drawing, placed "
                "approximately: {map} has no rule for new points."
            )
    elif plane:
        words = _("scikit-learn's 1,797 digits in {plane}. The star is your drawing.")
        if hidden:
            words = _(
                "scikit-learn's 1,797 digits as the hidden layer sees them, in {plane}. The star is your drawing."
            )
    else:
        words = _("scikit-learn's 1,797 digits by {map}. The star is your drawing.")
        if hidden:
            words = _("scikit-learn's 1,797 digits as the hidden layer sees them, by {map}. The star is your drawing.")
    return words.format(map=title, plane=plane)
