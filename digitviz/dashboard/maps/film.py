"""Animation of the map of a layer while the network learns."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.choice import choice
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.maps.controls import TITLES, again_button, equal_words
from digitviz.dashboard.maps.gallery import rows_of, sheet_address
from digitviz.dashboard.session import current_run, example, map_jobs
from digitviz.dashboard.session.downloads import CSV, File, download
from digitviz.dashboard.session.map_jobs import FilmRequest, id_of, id_of_points
from digitviz.dashboard.session.moment import Moment, moment
from digitviz.datasets import DigitDataset
from digitviz.figures.colours import DIGIT_COLOURS
from digitviz.figures.draw import evenly
from digitviz.figures.picture import Plain
from digitviz.language import gettext as _, joined, lazy_gettext, ngettext, pgettext
from digitviz.numbers import numeral
from digitviz.projections import METHODS
from digitviz.projections.spaces import DIGITS, LOGITS, space, space_names, space_title
from digitviz.table import csv_of
from digitviz.training.run import TrainingRun

MAX_FRAMES = 24
"""Maximum number of frames. With 1797 digits, the server sends half a megabyte."""
PLAYED = {"title": lazy_gettext("how the map changes"), "milliseconds": 160, "autoplay": True}
HEIGHT = 500
MARKER = 6
"""Size of a point in pixels, for the last row of a class."""


def frames_of(run: TrainingRun) -> list[Moment]:
    """Choose the points in training for an animation: before training, now, and evenly spaced ones in between."""
    kept = run.history.checkpoint_batches()
    return [moment(run, kept[place]) for place in evenly(len(kept), MAX_FRAMES)]


def film() -> None:
    """Show the controls and the animation, which plays in the browser."""
    (run, is_example), digits = example.shown(), current_run.mapped_digits()
    names = space_names(len(run.initial_parameters.weights))
    picture = st.container()
    with st.container(horizontal=True, vertical_alignment="bottom", key="film_settings"):
        layers = {name: space_title(name) for name in names if name.startswith(("hidden", "logits"))}
        layer = choice(_("Layer"), layers, key="film_layer", style="selectbox", width=240)
        method = choice(_("Method"), {name: TITLES[name] for name in METHODS if METHODS[name].film}, key="film_method")
        if not is_example:
            st.button(_("Use the current weights"), key="film_up_to_now")
        again = again_button("film_again")
    with picture:
        what = _film(run, digits, layer, method, again)
    st.caption(joined([what, METHODS[method].film, _("Each frame is enlarged until its digits fill the picture.")]))


def _film(run: TrainingRun, digits: DigitDataset, layer: str, method: str, again: bool) -> str:
    """Show the animation, or why there is none, and say what a dot is."""
    moments = frames_of(run)
    if len(moments) < 2 and not example.is_coming():
        _say_why_none(run)
    of = id_of_points(layer, digits, ", ".join(id_of(run, now.batch) for now in moments))
    request = FilmRequest(of, lambda: [space(layer, digits, now.recorded).points for now in moments], method)
    [key] = map_jobs.ask([request], again=again)
    last, hidden = space(layer, digits, moments[-1].recorded), _("hidden layer {number}")
    hidden = _("the last layer") if layer == LOGITS else hidden.format(number=layer.removeprefix("hidden_"))

    def draw() -> None:
        progress = map_jobs.progress(key)
        frames = progress.film
        if len(moments) > 1 or example.is_coming():
            said = _("Each dot is one digit. **Ringed** dots are mixed: the dot nearest to them is the other digit.")
            st.container(key="film_says").markdown(joined([said, equal_words(last) if frames else ""]))

        def build() -> Plain:
            if not frames:
                return figures.waiting.plain(map_jobs.coming(progress))
            shown = [fitted(places, frames[-1]) for places in frames]
            words = [_words(now) for now in moments]
            before = list(zip(words[:-1], shown[:-1], strict=True))
            played = {**PLAYED, "last": words[-1], "again": pgettext("on a button", "Play from start")}
            first = figures.digit_map.plain(shown[0], digits.labels, marker_size=MARKER)
            figure = figures.digit_map.plain(shown[-1], digits.labels, before, film=played, marker_size=MARKER)
            lit = {
                "titles": [[now.words for now in moments], [_("Before training")] * len(moments)],
                "asks": key if len(frames) > 1 else None,
                "words": _("{first} and {second}: {share} mixed"),
                "film": True,
            }
            faces = {"sheet": sheet_address(DIGITS), "colours": DIGIT_COLOURS}
            figure["layout"]["meta"] |= {"lit": lit, "faces": faces, "phone_marker": 4}
            return figures.beside(figure, first)

        plot("film", progress.mark if progress.finished else "under way", build, height=HEIGHT, main=True)
        if not progress.finished:
            frame = _("frame {number} of {count}").format(number=progress.iteration, count=len(moments))
            st.progress(progress.iteration / len(moments), frame)
        batches, name = [now.batch or 0 for now in moments], f"digitviz-film-{method}-{layer}.csv"

        def make() -> File:
            return File(film_csv(batches, frames, digits.labels), name, CSV)

        with st.expander(_("Downloads"), key="film_downloads"):
            if frames:
                count = ngettext("{count} frame", "{count} frames", len(moments)).format(count=len(moments))
                st.caption(f"{count} · {map_jobs.took(progress.seconds, progress)}")
            download(_("Animation (CSV)"), "download_film", make, disabled=not frames)

    map_jobs.live(lambda: map_jobs.busy([key]), draw)
    count = last.points.shape[1]
    what = _("Each dot or picture is one digit: the {count} outputs of {layer}, flattened to a plane.")
    what = _("Each dot or picture is one digit: the only output of {layer}, on a line.") if count == 1 else what
    return what.format(count=count, layer=hidden)


def _say_why_none(run: TrainingRun) -> None:
    """Say why there is no animation of a run, and link to Train if the title does not."""
    words = _("There is no animation, because batch 1 is not finished. The picture shows the network before training.")
    with st.container(horizontal=True, vertical_alignment="center", key="film_train"):
        st.markdown(words)
        if not example.still_guesses(run):
            st.page_link("pages/train.py", label=_("Train"), icon=":material/play_arrow:")


def fitted(places: np.ndarray, last: np.ndarray) -> np.ndarray:
    """Move and scale the points of a frame, shape (n, 2), into the extent of the last frame."""
    (low, high), (left, right) = ((points.min(axis=0), points.max(axis=0)) for points in (places, last))
    room = right - left  # none upwards if all points lie on a line
    scale = float((room / np.maximum(high - low, 1e-12))[room > 0].min()) if room.any() else 0.0
    return (places - (low + high) / 2) * scale + (left + right) / 2


def film_csv(batches: Sequence[int], frames: Sequence[np.ndarray], labels: np.ndarray) -> bytes:
    """Return an animation as CSV, with the number of finished batches and the rows of the map for each frame."""
    rows = ([batch, *row] for batch, at in zip(batches, frames, strict=True) for row in rows_of(at, labels))
    return csv_of(["batch", "index", "label", "x", "y"], rows)


def _words(now: Moment) -> str:
    count = min(100 * now.accuracy, 99 + (now.accuracy == 1))  # 100 only if it reads all
    return _("{moment} · reads {count} of 100").format(moment=now.words, count=numeral(count, ".0f"))
