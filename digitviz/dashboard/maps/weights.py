"""The weights at any point in training: as matrices, as pictures, and as a map of the pixels."""

from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.choice import choice
from digitviz.dashboard.components.pad import drawn
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.maps import gallery
from digitviz.dashboard.maps.controls import TITLES, again_button
from digitviz.dashboard.session import current_run, example, map_jobs, opened_neuron, saved_drawings
from digitviz.dashboard.session.map_jobs import Request, id_of, id_of_points
from digitviz.dashboard.session.moment import Moment, moment_slider
from digitviz.drawing import to_digit
from digitviz.explanations.neurons import like_their_digits, sorted_neurons, votes
from digitviz.figures.picture import Plain
from digitviz.language import gettext as _, lazy_gettext
from digitviz.lesson.batch import mean_digits
from digitviz.numbers import numeral
from digitviz.projections.spaces import W1_ROWS
from digitviz.training.run import TrainingRun

FIRST_DIGITS = (3, 13, 4, 14)
MAX_DIGITS = 6
MAX_DRAWINGS = 2
ON_THE_PAD = 0
"""Represents the drawing on the pad among the numbers of saved drawings."""
MANIFOLD_HEIGHT = 420
NEURONS_HEIGHT = 430
FEW, COLUMNS = 6, 10
"""Number of neurons shown at first, in one row, and number per row if all are shown."""
ALL = "all_neurons"
"""Key in the session state of whether all neurons are shown."""
ORDER_WORDS = {
    "number": lazy_gettext("by number"),
    "strength": lazy_gettext("strongest first"),
    "vote": lazy_gettext("by the digit they vote for"),
}


def pixel_manifold(run: TrainingRun, now: Moment) -> None:
    """Show the chosen digits as images, and their pixels as the network places them."""
    digits = current_run.mapped_digits()
    said = _("#{number} (label {digit})")
    names = [said.format(number=number, digit=digit) for number, digit in enumerate(digits.labels.tolist(), start=1)]

    picture = st.container()
    with st.container(horizontal=True, vertical_alignment="bottom", key="pixel_controls"):
        look: Any = {"max_selections": MAX_DIGITS, "persist_state": "session", "format_func": names.__getitem__}
        chosen = st.multiselect(_("Digits from the data set"), range(len(digits)), FIRST_DIGITS, key="digits", **look)
        drawings = _drawings()
        method = choice(_("Map of the pixels"), TITLES, key="pixel_method", style="selectbox")
        again = again_button("pixels_again")
    shown = {names[index]: digits.images[index] for index in chosen} | drawings
    if not shown:
        st.info(_("Choose at least one digit."))
        return
    id = id_of_points(W1_ROWS, digits, id_of(run, now.batch, now.steps))
    request = Request(id, lambda: now.parameters.weights[0].astype(float), method)
    [key] = map_jobs.ask([request], again, map_jobs.PATIENCE)

    def draw() -> None:
        progress = map_jobs.progress(key)

        def build() -> Plain:
            if progress.embedding is None:
                return figures.waiting.plain(map_jobs.coming(progress))
            images, places = np.stack(list(shown.values())), progress.embedding.coordinates
            return figures.pixel_manifold.plain(images, list(shown), places, now.parameters.weights[0])

        ink = tuple(image.tobytes() for image in shown.values())
        plot("manifold", (progress.mark, tuple(shown), ink), build, height=MANIFOLD_HEIGHT)
        moment = _("Weights {moment}").format(moment=now.words)
        st.caption(f"{moment} · {map_jobs.how_it_stands(progress)}")
        name = f"digitviz-pixels-{method}.csv"
        gallery.table_download(_("Map of the pixels (CSV)"), "download_pixels", progress.embedding, None, name)

    with picture:
        map_jobs.live(lambda: map_jobs.busy([key]), draw)


def _drawings() -> dict[str, np.ndarray]:
    """Let the visitor choose drawings, from the pad and saved ones. Return titles with digits, shape (8, 8)."""
    canvas = drawn("pad")
    drawing = None if canvas is None else to_digit(canvas)
    there: dict[int, tuple[str, np.ndarray]] = {}
    if drawing is not None and not drawing.is_empty:
        there[ON_THE_PAD] = (_("the drawing on the pad"), drawing.digit)
    for number, saved in enumerate(saved_drawings.drawings(), start=1):
        called = _("drawing {number} (label {digit})").format(number=number, digit=saved.label)
        there[number] = called, np.reshape(saved.digit, (8, 8))
    if not there:
        st.page_link("pages/draw.py", label=_("Draw a digit"), icon=":material/draw:")
        return {}
    state = st.session_state
    state["own_digits"] = [one for one in state.get("own_digits", []) if one in there]  # they may have been deleted
    limits: dict[str, Any] = {"max_selections": MAX_DRAWINGS, "persist_state": "session"}
    limits |= {"placeholder": _("Choose a drawing"), "format_func": lambda one: there[one][0]}
    chosen = st.multiselect(_("Your drawings"), list(there), key="own_digits", **limits)
    return dict(there[one] for one in chosen)


def matrices(run: TrainingRun, now: Moment) -> None:
    """Show every weight matrix before training, at this point, and the difference."""
    first, mark = run.initial_parameters, (run.serial, now.batch, run.step if now.batch else now.steps)
    for layer in range(len(now.parameters.weights)):
        build = partial(figures.weights_before_after.plain, first, now.parameters, layer)
        plot(f"matrix_{layer + 1}", mark, build, height=620 if layer == 0 else 480)


def neurons_in_words(run: TrainingRun) -> str:
    """Describe what `neurons` shows of a run."""
    words = _("Training turns noise into what each [neuron](#term-neuron) looks for: ink on red, none on blue.")
    if run.fault or (run.step and run.snapshot.test_accuracy < example.GUESSES):
        words = _("Ink on red excites a neuron, ink on blue calms it.")
    return words


def neurons(run: TrainingRun, is_example: bool) -> Moment:
    """Show the neurons of the first layer before training and at the point of the slider below, which is returned.

    A click opens a neuron. At first, these are the ones that are most like their digits at the end, with outlines.
    """
    picture = st.container()
    now = moment_slider(run, "weights_moment", is_example)
    parameters = now.parameters
    count = parameters.weights[0].shape[1]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large", key="neuron_controls"):
        look: dict[str, Any] = {"wrap": True, "label_visibility": "collapsed"}
        order = choice(_("Order of the neurons"), ORDER_WORDS, default="vote", key="neuron_order", **look)
        everything = _("Show all {count} neurons").format(count=numeral(count))
        help = _("Shown at first: for up to six digits, the neuron that it excites most, compared with other digits.")
        is_all = count <= FEW or st.toggle(everything, key=ALL, persist_state="session", help=help)
    snapshot = run.snapshot
    latest = snapshot.network.parameters  # so that the same neurons stay in place at every point in training
    scale = None if run.diverged else latest  # next to the last weights of a diverged run, all others would look white
    sorted_by, means = sorted_neurons(latest, order), np.nan_to_num(mean_digits(run.train))
    if not is_all:
        sorted_by = sorted_by[np.isin(sorted_by, like_their_digits(latest, means)[:FEW])]
    columns, key = COLUMNS if is_all and count > FEW else FEW, "neuron_pictures"
    take = partial(opened_neuron.take_click, key, figures.weights.neurons_shown(parameters, order=sorted_by), columns)

    def build() -> Plain:
        names = now.words, columns, sorted_by, votes(parameters), means if columns == FEW else None
        return figures.weights.neurons_before_after.plain(run.initial_parameters, parameters, *names, scale)

    with picture:
        mark = *snapshot.moment, now.batch, order, is_all
        plot(key, mark, build, height=NEURONS_HEIGHT, on_click=take, main=True)
    opened_neuron.show(parameters, now.words, (run.serial, now.batch, now.steps))
    return now
