"""The answer while a digit is drawn: the digit, its confidence, and the stages from ink to answer."""

from __future__ import annotations

import hashlib
import time
from functools import partial

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.frame import announce
from digitviz.dashboard.components.pad import pad
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.components.term import terms
from digitviz.dashboard.draw import readers, reasons, saved
from digitviz.dashboard.runtime.turns import turns
from digitviz.dashboard.session import current_run, given_weights
from digitviz.drawing import Drawing, Prediction, read, to_digit
from digitviz.explanations.receipt import receipt
from digitviz.language import gettext as _
from digitviz.language import lazy_gettext
from digitviz.networks.network import Network
from digitviz.numbers import numeral

ANSWER_FIRST_SECONDS = 0.03
"""Delay between the answer and its reasons, so that the browser shows the answer before it draws the rest."""

_LOOK = """<style>
.st-key-reading [data-testid=stMetricValue] { font-size: clamp(3.5rem, 7.5vw, 9rem); line-height: 1; padding: 0; }
</style>"""
"""Makes the answer readable from the last row of a classroom."""

_SCALED = {
    -2: lazy_gettext("Cropped, scaled by {down} vertically and {across} horizontally, and thinned twice."),
    -1: lazy_gettext("Cropped, scaled by {down} vertically and {across} horizontally, and thinned once."),
    0: lazy_gettext("Cropped, and scaled by {down} vertically and {across} horizontally."),
    1: lazy_gettext("Cropped, scaled by {down} vertically and {across} horizontally, and thickened once."),
    2: lazy_gettext("Cropped, scaled by {down} vertically and {across} horizontally, and thickened twice."),
}
"""Captions, by the number of times the strokes were thickened."""


def view() -> None:
    """Show the pad and every stage up to the answer. A fragment, so that drawing reruns nothing else."""
    saved.tell()
    drawn, answer = st.columns([3, 5], gap="medium")
    st.html(_LOOK)
    with drawn:
        canvas, done = pad("pad")
    if canvas is None:
        answer.error(_("Part of the drawing got lost on its way to the server. Press Clear and draw it again."))
        return
    drawing = to_digit(canvas)
    who = readers.who()
    networks = readers.networks()
    with answer:  # the same blocks with and without ink: a browser may keep the content of a replaced block
        alone = who in networks
        said, shown = st.columns([2, 3], vertical_alignment="center") if alone else (st.container(), st.container())
    if drawing.is_empty:
        with said, st.container(key="reading"):
            st.markdown(_("Draw a digit on the pad, with the mouse, a finger, a pen or the arrow keys."))
        with said:
            st.caption(read(drawing, networks[readers.main()]).words)
        return
    asked = networks if who == "all" else (who,)
    main = readers.main()
    readings = {name: read(drawing, networks[name], readers.learnt_from(name)) for name in asked}
    with said, st.container(key="reading"):
        _answer(readings[main])
    with drawn:
        announce("answer_spoken", _spoken(readings[main]) if done else None)
    for column, (name, prediction) in zip(shown.columns(len(readings)), readings.items(), strict=True):
        with column:
            _bars(name, prediction, alone)
    with answer:
        saved.keep(drawing, readings[main], canvas)
    _stages(drawing, networks[main], readings[main])
    terms("probability", "logits", "hidden_layer", "activation")
    with st.container(key="details"):
        if done and readings[main].label is not None:
            with turns().set_aside():
                time.sleep(ANSWER_FIRST_SECONDS)
            reasons.show(drawing, networks[main], readings[main], main)
            reasons.demo(canvas, networks[main], readings[main])


def _answer(prediction: Prediction) -> None:
    if prediction.label is None:
        st.header(_("No answer"))
        st.caption(prediction.words)
        return
    row = st.container(horizontal=True, vertical_alignment="center", gap="small")
    row.metric(_("Read as"), str(prediction.label), width="content")
    row.markdown(prediction.words, width="content")


def _spoken(prediction: Prediction) -> str:
    """Return the sentence for screen readers."""
    if prediction.label is None:
        return prediction.words
    return _("Read as {digit}. {words}").format(digit=prediction.label, words=prediction.words)


def _bars(name: str, prediction: Prediction, alone: bool) -> None:
    run = current_run.job().run
    steps, untrained = run.step, name == "yours" and not given_weights.is_trained(run)
    if not alone:
        st.caption(_verdict(name, prediction, untrained))
    elif untrained:
        st.caption(_("Your network is not trained yet: train it, then come back."))
    elif name == "yours" and steps == 0:
        st.caption(_("Your network, with your imported weights"))
    elif name == "yours":
        st.caption(_("Your network after {steps} steps").format(steps=numeral(steps)))
    build = partial(figures.probability_bars.plain, prediction.probabilities, prediction.label)
    plot(f"bars_{name}", prediction.probabilities.tobytes(), build, height=260)


def _verdict(name: str, prediction: Prediction, untrained: bool) -> str:
    """Describe the answer of one of several networks."""
    if prediction.label is None:
        words = _("**{reader}** has no answer (not trained yet)") if untrained else _("**{reader}** has no answer")
    else:
        words = _("**{reader}** reads {digit} (not trained yet)") if untrained else _("**{reader}** reads {digit}")
    return words.format(reader=readers.READERS[name], digit=prediction.label)


def _stages(drawing: Drawing, network: Network, prediction: Prediction) -> None:
    mark = hashlib.sha256(np.packbits(drawing.ink).tobytes()).hexdigest()
    way, counted, hidden = st.columns([4, 2.2, 3.4], gap="medium", vertical_alignment="center")
    with way:
        plot("stages", mark, lambda: figures.stages.plain(drawing), height=190)
        st.caption(_what_was_done(drawing))
    with counted:
        build = partial(figures.digit_with_numbers.plain, drawing.digit, _("8 × 8"))
        plot("digit", drawing.digit.tobytes(), build, height=250)
    activations = network.hidden(drawing.row)
    if activations and prediction.label is not None:
        importance = receipt(network, drawing.digit).leads
        build = partial(figures.hidden_cells.plain, activations[-1][0], importance)
        with hidden:
            plot("hidden", (mark, importance.tobytes()), build, height=260)


def _what_was_done(drawing: Drawing) -> str:
    down, across = drawing.scale
    scaled = _SCALED[drawing.thickened].format(down=numeral(down, ".2f"), across=numeral(across, ".2f"))
    leant = _("Straightened: it slanted {slant} columns to the left per row.")
    if drawing.slant > 0:
        leant = _("Straightened: it slanted {slant} columns to the right per row.")
    counted = _("Then the inked pixels in each 4 × 4 block are counted.")
    return " ".join([scaled, leant.format(slant=numeral(abs(drawing.slant), ".2f")), counted])
