"""Reasons for an answer, the drawing on a map of the digits, and the answer with other preprocessing."""

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.choice import choice
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.draw.readers import learnt_from
from digitviz.dashboard.runtime.turns import fragment
from digitviz.dashboard.session import current_run, map_jobs
from digitviz.dashboard.session.frame_choices import is_plain, maths
from digitviz.dashboard.session.map_jobs import MapProgress, id_of_network, request_of
from digitviz.drawing import Drawing, Prediction, to_digit
from digitviz.drawing.picture import shrink
from digitviz.drawing.prediction import percent
from digitviz.explanations.receipt import Receipt, receipt
from digitviz.figures.picture import Plain
from digitviz.language import gettext as _, joined
from digitviz.networks.network import Network
from digitviz.numbers import numeral
from digitviz.projections import METHODS
from digitviz.projections.spaces import PIXELS, Space, space

_WHY = {"yours": {"digit": "pad"}, "reader": {"digit": "pad", "net": "reader"}}
"""Query parameters of the page Why for a drawing, by network."""
MEASURED = {"count": "400", "ours": "97%", "shrunk": "29%"}
"""Accuracy of the pretrained network on the drawings of `tests/data/drawn_dev.npz`."""
QUICK_SECONDS = 0.1
"""Maps that finish within this time, as PCA does, are shown at once. The others show their progress."""


def show(drawing: Drawing, network: Network, prediction: Prediction, name: str) -> None:
    """Show the pixels that argue for the answer, the nearest digits, and the drawing on a map.

    Parameters
    ----------
    drawing : Drawing
    network : Network
    prediction : Prediction
        Prediction of that network, with a label.
    name : str
        Name of the network in `READERS`.
    """
    mark = (name, drawing.digit.tobytes(), prediction.probabilities.tobytes())
    why, like, where = st.columns([1, 1, 2], gap="medium")
    told = receipt(network, drawing.digit)
    with why:
        st.markdown(_("**Why {label} and not {against}?**").format(label=told.label, against=told.against))
        if told.pixel_leads.any():
            plot("arguments", mark, lambda: figures.pixel_arguments.plain(told), 300)
        with maths():
            st.caption(_account(told))
        if name in _WHY:
            st.page_link("pages/why.py", label=_("Why?"), icon=":material/receipt_long:", query_params=_WHY[name])
    with like:
        st.markdown(_("**Which digits are nearest?**"))
        digits = learnt_from(name)
        rows = prediction.neighbours
        plot("nearest", *figures.nearest_digits.of(digits.images[rows], digits.labels[rows], prediction.distances), 140)
        st.caption(_("The nearest training digits and their distance, measured in ink. A full pixel counts as 16."))
    with where:
        st.markdown(_("**Where does it land?**"))
        _star_map(drawing, network, mark)


def _account(told: Receipt) -> str:
    """Describe how the pixels add up to the lead of the answer."""
    if not told.pixel_leads.any():
        return _("No pixel of this drawing speaks for either of them.")
    words = _("The pixels add up to {pixels}: a lead of {lead} in the scores.")
    if abs(told.remainder) > 1e-9:
        words = _("The pixels add up to {pixels}, biases and activations to {rest}: a lead of {lead} in the scores.")
    pixels, rest, lead = (numeral(each, "+.2f") for each in (told.pixel_leads.sum(), told.remainder, told.lead))
    return words.format(pixels=pixels, rest=rest, lead=lead.lstrip("+"))


def demo(canvas: np.ndarray, network: Network, prediction: Prediction) -> None:
    """Compare the answer with that of the same network when the canvas is only shrunk, once the visitor opens this.

    Parameters
    ----------
    canvas : ndarray of uint8, shape (280, 280)
    network : Network
    prediction : Prediction
        Prediction after our preprocessing.
    """
    panel = st.expander(_("Compare with typical demo apps"), key="demo", on_change="rerun")
    if not panel.open:
        return
    with panel:
        small = shrink(canvas)
        naive = network.predict_proba(small.reshape(1, 64))[0]
        ours = _("**With this page's preprocessing**: {digit} ({probability})")
        theirs = _("**With the canvas just shrunk to 8 × 8**: {digit} ({probability})")
        rows = (
            ("ours", ours, to_digit(canvas).digit, prediction.label, prediction.confidence),
            ("naive", theirs, small, naive.argmax(), naive.max()),
        )
        for column, (key, words, digit, label, confidence) in zip(st.columns(2), rows, strict=True):
            column.markdown(words.format(digit=label, probability=percent(confidence)))
            with column:
                plot(key, *figures.digit_with_numbers.of(digit), 260)
        st.caption(_compared(prediction, int(naive.argmax())))


def _compared(prediction: Prediction, naive: int) -> str:
    """Describe the difference between the two answers, and the accuracies over many drawings."""
    doubt = prediction.unlike_training_data
    if doubt is not None:
        here = _("Neither answer can be trusted. {doubt}").format(doubt=doubt)
    elif prediction.label == naive:
        here = _("This drawing gets the same answer both ways.")
    else:
        here = _("This drawing gets a different answer when the canvas is just shrunk.")
    measured = _(
        "The digits in the data set fill their 8 × 8 pixels from top to bottom. Of {count} drawn digits, the "
        "ready-made network classifies {ours} correctly with this page's preprocessing, but only {shrunk} when the "
        "canvas is just shrunk."
    )
    return joined([here, measured.format(**MEASURED)])


def _star_map(drawing: Drawing, network: Network, mark: tuple) -> None:
    """Show the choice of a map, and the map with the digits and the drawing.

    Parameters
    ----------
    drawing : Drawing
    network : Network
        Network with the hidden layer that the map can show instead of the pixels.
    mark : tuple
        Identifies this prediction.
    """
    layers, method, hidden = len(network.parameters.weights) - 1, "pca", False
    if not is_plain():
        with st.container(horizontal=True, vertical_alignment="center", key="star_controls"):
            titles = {name: method.title for name, method in METHODS.items()}
            method = choice(_("Map"), titles, default="pca", key="star_method", label_visibility="collapsed", wrap=True)
            label = _("As the hidden layer sees them")
            hidden = layers > 0 and st.toggle(label, key="star_hidden", persist_state="session")
    digits = current_run.mapped_digits()
    of = space(f"hidden_{layers}" if hidden else PIXELS, digits, network)
    request = request_of(of, digits, id_of_network(network), method, for_placing=True)
    point = network.hidden(drawing.row)[-1] if hidden else drawing.row
    [key] = map_jobs.ask([request], patience=QUICK_SECONDS)

    def show(running: bool) -> None:
        progress = map_jobs.progress(key)
        if running and progress.finished:
            st.session_state["star_polls"] = False
            st.rerun()
        _picture(progress, of, point, mark)
        st.caption(_words_on_map(progress, method, hidden))

    running = map_jobs.busy([key])
    if st.session_state.get("star_polls") and not running:
        st.session_state["star_polls"] = False
        st.rerun()  # the whole page: nothing else ends the timer of a nested fragment
    st.session_state["star_polls"] = running
    fragment(show, run_every=map_jobs.POLL_SECONDS if running else None)(running)


def _picture(progress: MapProgress, of: Space, point: np.ndarray, mark: tuple) -> None:
    def build() -> Plain:
        if progress.coordinates is None or of.labels is None:
            return figures.waiting.plain(map_jobs.coming(progress))
        done = progress.embedding
        star, axes = (None, None) if done is None else (done.place(point).coordinates[0], done.explained_variance)
        return figures.map_with_star.plain(progress.coordinates, of.labels, star, None if is_plain() else axes)

    plot("map", (progress.mark, mark, is_plain()), build, height=420)


def _words_on_map(progress: MapProgress, method: str, hidden: bool) -> str:
    """Describe the map, or its progress."""
    title, plane = METHODS[method].title, METHODS[method].plane
    if not progress.finished:
        return _("{map}: {progress}").format(map=title, progress=map_jobs.how_it_stands(progress))
    if progress.embedding is None:
        return map_jobs.why_not(progress)
    if is_plain():
        return _("Each dot is a digit. Digits with similar ink are close together. The star is your drawing.")
    by_plane = _("Each dot is one of scikit-learn's 1,797 digits, in {plane}.")
    said = (
        by_plane if plane else _("Each dot is one of scikit-learn's 1,797 digits, mapped by {map}."),
        _("They are placed as the hidden layer sees them.") if hidden else "",
        _("The star is your drawing."),
        "" if METHODS[method].places_exactly else _("Its position is approximate: {map} has no rule for new points."),
    )
    return joined(said).format(map=title, plane=plane)
