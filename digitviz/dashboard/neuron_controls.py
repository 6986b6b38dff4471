"""The numbers on the neuron page: sliders, or fields for any number at all; the perceptron rule moves them too."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st

from digitviz.lesson.perceptron import GATES, POINTS, perceptron_step

OPENS_ON = {"x1": 1.0, "w1": 0.25, "x2": 0.5, "w2": -1.5, "x3": 0.5, "w3": 1.0, "x4": 0.5, "w4": -0.5, "b": 0.0}
REACH = 5.0
"""A slider goes from -5 to 5."""


def numbers() -> dict[str, float]:
    """Return the numbers by name: x1 to x4, w1 to w4, b."""
    values: dict[str, float] = st.session_state.setdefault("neuron_numbers", dict(OPENS_ON))
    return values


def number(name: str, label: str) -> None:
    """Show the slider of a number, or its field when numbers are typed."""
    typed = st.session_state["neuron_typed"]
    key = f"neuron_{name}_{'typed' if typed else 'slider'}"

    def take() -> None:
        if (value := st.session_state[key]) is not None:  # an emptied field changes nothing
            numbers()[name] = value

    value = numbers()[name]
    if typed:
        st.session_state[key] = value
        st.number_input(label, step=0.25, format="%.6g", key=key, on_change=take)
    else:
        st.session_state[key] = float(np.clip(value, -REACH, REACH))
        st.slider(label, -REACH, REACH, step=0.05, key=key, on_change=take)


def _show_points(how_many: int) -> None:
    """Show the next points to the neuron, by the perceptron rule."""
    values, targets = numbers(), GATES[st.session_state["neuron_gate"]]
    for _ in range(how_many):
        point = st.session_state["neuron_shown"] % len(POINTS)
        weights, bias = perceptron_step([values["w1"], values["w2"]], values["b"], POINTS[point], int(targets[point]))
        values.update(w1=float(weights[0]), w2=float(weights[1]), b=float(bias))
        st.session_state["neuron_shown"] += 1
    if max(abs(values[name]) for name in ("w1", "w2", "b")) > REACH:
        st.session_state["neuron_typed"] = True  # no slider goes that far


def _start_over() -> None:
    numbers().update({name: OPENS_ON[name] for name in ("w1", "w2", "b")})
    st.session_state["neuron_shown"] = 0


def rule_buttons() -> None:
    """Show the buttons that let the neuron learn."""

    def button(label: str, key: str, action: Callable[..., None], *arguments: int, primary: bool = False) -> None:
        st.button(label, key=key, on_click=action, args=arguments, type="primary" if primary else "secondary")

    with st.container(horizontal=True):
        button("Show it the next point", "rule_step", _show_points, 1, primary=True)
        button("All four points", "rule_round", _show_points, len(POINTS))
        button("25 rounds", "rule_rounds", _show_points, 25 * len(POINTS))
        button("Start over", "rule_reset", _start_over)
