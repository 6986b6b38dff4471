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
from digitviz.networks.parameters import OUTPUTS, Parameters
from digitviz.numbers import a_digit, numeral
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
"""Number of neurons whose digit is to guess, and number per row if all are shown."""
ALL, TURN = "all_neurons", "neuron_turn"
"""Keys in the session state of whether all neurons are shown, and of how many were passed on the way."""
DIGITS = range(OUTPUTS)
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


def asks(run: TrainingRun) -> bool:
    """Return whether the page asks which digit a neuron looks for. Otherwise it shows all neurons."""
    return _has_learnt(run) and not st.session_state.get(ALL)


def _has_learnt(run: TrainingRun) -> bool:
    """Return whether a hidden layer looks for anything but noise."""
    learns = run.step > 0 and not run.fault and run.snapshot.test_accuracy >= example.GUESSES
    return learns and len(run.initial_parameters.weights) > 1


def neurons_in_words(run: TrainingRun) -> str:
    """Describe what `neurons` shows of a run."""
    words = _("Training turns noise into what each [neuron](#term-neuron) looks for: ink on red, none on blue.")
    if run.fault or (run.step and run.snapshot.test_accuracy < example.GUESSES):
        words = _("Ink on red excites a neuron, ink on blue calms it.")
    return words


def neurons(run: TrainingRun, is_example: bool) -> Moment:
    """Show neurons of the first layer before training and at the point of the slider below, which is returned.

    At first only one, and a guess which digit it looks for. A click opens a neuron.
    """
    place, key, order = st.container(), "neuron_pictures", "vote"
    now = moment_slider(run, "weights_moment", is_example)
    parameters, latest = now.parameters, run.snapshot.network.parameters  # the same neurons at every point in training
    with st.container(horizontal=True, vertical_alignment="center", gap="large", key="neuron_controls"):
        everything = _("Show all {count} neurons").format(count=numeral(latest.weights[0].shape[1]))
        is_all = not _has_learnt(run) or st.toggle(everything, key=ALL, persist_state="session")
        if is_all:
            look: dict[str, Any] = {"wrap": True, "label_visibility": "collapsed"}
            order = choice(_("Order of the neurons"), ORDER_WORDS, default="vote", key="neuron_order", **look)
            if _has_learnt(run):
                st.caption(
                    _("Many look for a stroke that several digits share, not for one digit. Pale ones hardly count.")
                )
    shown, voted, outline, is_told = sorted_neurons(latest, order), votes(parameters), None, True
    if not is_all:
        means, voted = np.nan_to_num(mean_digits(run.train)), None
        alike = like_their_digits(latest, means)[:FEW]
        shown = alike[[st.session_state.get(TURN, 0) % len(alike)]]
        guess = st.session_state.get(guessed := f"neuron_digit_{run.serial}_{shown[0]}")
        if is_told := guess in DIGITS:
            outline = means[guess]
    take = partial(opened_neuron.take_click, key, figures.weights.neurons_shown(parameters, order=shown), COLUMNS)
    # Next to the last weights of a diverged run, all others would look white.
    how = now.words, COLUMNS, shown, voted, None if run.diverged else latest, outline
    build = partial(figures.weights.neurons_before_after.plain, run.initial_parameters, parameters, *how)
    mark = *run.snapshot.moment, now.batch, order, shown.tobytes(), None if outline is None else outline.tobytes()
    with place.container(key="neurons_shown"):
        plot(key, mark, build, height=NEURONS_HEIGHT, on_click=take if is_told else None, main=True)
        if not is_all:
            _ask(guessed, shown[0], latest)
    opened_neuron.show(parameters, now.words, (run.serial, now.batch, now.steps))
    return now


def _ask(key: str, neuron: int, latest: Parameters) -> None:
    """Ask which digit a neuron votes for at the end, and answer a guess. It is under `key` in the session state."""
    with st.container(key="told_neuron_digit"):
        said = st.empty()
        look: dict[str, Any] = {"label_visibility": "collapsed", "persist_state": "session"}
        guess = st.pills(_("Which digit is it?"), DIGITS, key=key, **look)
        if guess is None:
            said.markdown(_("**Which digit is it?** Press one to lay its outline over the picture."))
            return
        right = _("**Right: it votes for {digit}.** Press the picture to see how much.")
        wrong = _("**Not {digit}.** Try one with its ink on red, not on blue.")
        voted = votes(latest)
        is_right = voted is not None and guess == voted[neuron]
        said.markdown(right.format(digit=guess) if is_right else wrong.format(digit=a_digit(guess)))
        st.button(_("Next neuron"), type="primary" if is_right else "secondary", key="next_neuron", on_click=_next)


def _next() -> None:
    st.session_state[TURN] = st.session_state.get(TURN, 0) + 1
