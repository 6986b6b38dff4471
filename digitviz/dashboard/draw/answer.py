"""The answer while a digit is drawn: what is read, how surely, and the stages from the ink to the answer."""

from __future__ import annotations

import hashlib
import time

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.choice import choice
from digitviz.dashboard.components.pad import pad
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.draw import reasons, saved
from digitviz.dashboard.draw.readers import READERS, learnt_from, networks
from digitviz.dashboard.runtime.turns import turns
from digitviz.dashboard.session import current_run
from digitviz.drawing import Drawing, Prediction, read, to_digit
from digitviz.explanations.contributions import neuron_contributions
from digitviz.networks.network import Network

ANSWER_FIRST_SECONDS = 0.03
"""Between the answer and its reasons, so that the browser has the answer on the screen before it draws the rest."""

_LOOK = """<style>
[data-testid=stMainBlockContainer] { padding-top: 3.5rem; }
.st-key-reading [data-testid=stMetricValue] { font-size: clamp(3.5rem, 7.5vw, 9rem); line-height: 1; padding: 0; }
</style>"""
"""The answer can be read from the last row of a classroom, and all that leads to it is seen at once."""


def view() -> None:
    """Show the pad and every stage up to the answer; a fragment, so that only this runs while drawing."""
    drawn, answer = st.columns([1, 2], gap="large")
    st.html(_LOOK)
    with drawn:
        canvas, done = pad("pad")
    if canvas is None:
        answer.error("The drawing did not arrive completely. Press Clear on the pad and draw again.")
        return
    drawing = to_digit(canvas)
    with answer:
        box = st.container()  # the answer first, also on a phone; who reads is chosen below it
        who = choice("Who reads?", list(READERS), format_func=READERS.__getitem__, key="who", wrap=True)
    readings = {
        name: read(drawing, network, learnt_from(name)) for name, network in networks().items() if who in (name, "all")
    }
    main, alone = next(iter(readings)), len(readings) == 1
    with box:
        said, shown = st.columns([2, 3], vertical_alignment="center") if alone else (st.container(), st.container())
        with said, st.container(key="reading"):
            _answer(drawing, readings[main])
        if not drawing.is_empty:
            for column, (name, prediction) in zip(shown.columns(len(readings)), readings.items(), strict=True):
                with column:
                    _bars(name, prediction, alone)
    _stages(drawing, networks()[main], readings[main])
    saved.keep(drawing, readings[main], canvas)
    with st.container(key="details"):
        if done and not drawing.is_empty and readings[main].label is not None:
            with turns().set_aside():
                time.sleep(ANSWER_FIRST_SECONDS)
            reasons.show(drawing, networks()[main], readings[main], main)
            reasons.demo(canvas, networks()[main], readings[main])


def _answer(drawing: Drawing, prediction: Prediction) -> None:
    if prediction.label is None:
        st.subheader("Draw a digit" if drawing.is_empty else "No answer")
        words = "Use the mouse, a finger, a pen or the arrow keys."
        st.caption(words if drawing.is_empty else prediction.unlike_training_data or "")
        return
    doubt = prediction.unlike_training_data
    sure = f"{prediction.confidence:.0%}" if prediction.confidence < 0.995 else "More than 99%"
    row = st.container(horizontal=True, vertical_alignment="center", gap="small")
    row.metric("Not sure, perhaps" if doubt else "It reads", str(prediction.label), width="content")
    row.markdown(f"{sure} sure. " + (f"**But:** {doubt}" if doubt else ""), width="content")


def _bars(name: str, prediction: Prediction, alone: bool) -> None:
    if not alone:
        verdict = "no answer" if prediction.label is None else f"reads {prediction.label}"
        untrained = name == "yours" and current_run.job().run.step == 0
        st.caption(f"**{READERS[name]}** {verdict}" + (", not trained yet" if untrained else ""))
    elif name == "yours" and (steps := current_run.job().run.step) == 0:
        st.caption("Your network is not trained yet: train it, then come back.")
    elif name == "yours":
        st.caption(f"Your network after {steps:,} steps")
    plot(
        f"bars_{name}",
        prediction.probabilities.tobytes(),
        lambda: figures.probability_bars.plain(prediction.probabilities, prediction.label),
        height=260,
    )


def _stages(drawing: Drawing, network: Network, prediction: Prediction) -> None:
    mark = hashlib.sha256(np.packbits(drawing.ink).tobytes()).hexdigest()
    way, counted, hidden = st.columns([4, 2.2, 3.4], gap="medium", vertical_alignment="center")
    with way:
        plot("stages", mark, lambda: figures.stages.plain(drawing), height=190)
        if not drawing.is_empty:
            st.caption(_what_was_done(drawing))
    with counted:
        plot(
            "digit",
            drawing.digit.tobytes(),
            lambda: figures.digit_with_numbers.plain(drawing.digit, "8 x 8"),
            height=250,
        )
    activations = network.hidden(drawing.row)
    if activations and prediction.label is not None:
        order = np.argsort(prediction.probabilities, kind="stable")
        importance = neuron_contributions(network, drawing.digit, int(order[-1]), int(order[-2]))
        with hidden:
            plot(
                "hidden",
                (mark, importance.tobytes()),
                lambda: figures.hidden_cells.plain(activations[-1][0], importance),
                height=260,
            )


def _what_was_done(drawing: Drawing) -> str:
    thick = {
        -2: "thinned twice",
        -1: "thinned once",
        0: "left at its thickness",
        1: "thickened once",
        2: "thickened twice",
    }
    lean = "right" if drawing.slant > 0 else "left"
    down, across = drawing.scale
    upright = f"set upright (it slanted {abs(drawing.slant):.2f} columns per row to the {lean})"
    return (
        f"Cut out, scaled by {down:.2f} vertically and {across:.2f} horizontally, {thick[drawing.thickened]}, "
        f"{upright}; "
        "then the inked pixels of each 4 x 4 block are counted."
    )
