"""How the map of a layer changes while the network learns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.choice import choice
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.components.scrubber import Moment, moment, stops
from digitviz.dashboard.maps import gallery
from digitviz.dashboard.runtime.turns import fragment
from digitviz.dashboard.session import current_run, map_jobs
from digitviz.dashboard.session.map_requests import FilmRequest
from digitviz.projections import METHODS
from digitviz.projections.spaces import cloud_centres, space, space_names
from digitviz.table import csv_of
from digitviz.training.run import TrainingRun

MOST_FRAMES = 24
"""A film of 24 frames of 1797 digits is half a megabyte on its way to the browser."""
PLAYED = {"title": "how the map changes", "milliseconds": 250, "autoplay": False}


def frames_of(run: TrainingRun) -> list[Moment]:
    """Choose the moments of a film: before training, now, and evenly in between."""
    kept = stops(run)
    chosen = np.unique(np.linspace(0, len(kept) - 1, min(len(kept), MOST_FRAMES)).round().astype(int))
    return [moment(run, kept[place]) for place in chosen]


def film() -> None:
    """Show the choices and the film; it is played in the browser."""
    run, digits = current_run.job().run, current_run.mapped_digits()
    layers = [name for name in space_names(len(run.parameters.weights)) if name.startswith(("hidden", "logits"))]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        layer = st.selectbox(
            "Layer", layers, key="film_layer", format_func=gallery.space_title, persist_state="session", width=280
        )
        method = choice(
            "Method",
            [name for name in METHODS if METHODS[name].film],
            key="film_method",
            format_func=lambda name: METHODS[name].title,
        )
        st.button("Use the current weights", key="film_up_to_now")
        again = st.button("Compute again", key="film_again", icon=":material/refresh:")
    st.caption(METHODS[method].film)
    moments = frames_of(run)
    if len(moments) < 2:
        st.info("There is no film yet, because the network has not finished a batch. Train it, then come back.")
        return
    points = tuple(space(layer, digits, now.network).points for now in moments)
    keys = map_jobs.queue().ask([FilmRequest(points, method, run.history)], again=again)

    def show(running: bool) -> None:
        progress = map_jobs.queue().progress(keys[0])
        if running and progress.finished:
            st.rerun()
        if not progress.finished:
            st.progress(progress.iteration / len(moments), f"frame {progress.iteration} of {len(moments)}")

        def build() -> Any:
            if not progress.film:
                return figures.waiting.plain(progress.error or "computing")
            centres = [cloud_centres(places, digits.labels) for places in progress.film]
            words = [_words(now) for now in moments]
            return figures.digit_map.plain(
                progress.film[-1],
                digits.labels,
                centres[-1],
                list(zip(words[:-1], progress.film[:-1], centres[:-1], strict=True)),
                film={**PLAYED, "last": words[-1]},
            )

        plot("film", progress.mark if progress.finished else "under way", build, height=680)
        if progress.film:
            st.caption(f"{len(moments)} frames · {map_jobs.took(progress.seconds, progress)}")
        st.download_button(
            "Film (CSV)", lambda: film_csv([now.batch for now in moments], progress.film, digits.labels),
            f"digitviz-film-{method}-{layer}.csv", "text/csv", on_click="ignore", key="download_film",
            disabled=not progress.film,
        )  # fmt: skip

    running = map_jobs.queue().busy(keys)
    fragment(show, run_every=map_jobs.POLL_SECONDS if running else None)(running)


def film_csv(batches: Sequence[int], frames: Sequence[np.ndarray], labels: np.ndarray) -> bytes:
    """Write a film: batches finished, index of the point, its label, its coordinates."""
    rows = (
        [batch, index, int(labels[index]), *place]
        for batch, places in zip(batches, frames, strict=True)
        for index, place in enumerate(places.tolist())
    )
    return csv_of(["batch", "index", "label", "x", "y"], rows)


def _words(now: Moment) -> str:
    return f"{now.words} · accuracy {now.accuracy:.1%} · loss {now.loss:.3g}"
