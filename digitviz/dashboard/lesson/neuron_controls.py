"""The numbers on the neuron page: sliders, or fields for any number."""

from __future__ import annotations

import numpy as np
import streamlit as st

OPENS_ON = {"x1": 1.0, "w1": 0.25, "x2": 0.5, "w2": -1.5, "x3": 0.5, "w3": 1.0, "x4": 0.5, "w4": -0.5, "b": 0.0}
SETTINGS = {"neuron_count": 2, "neuron_activation": "step", "neuron_typed": False, "neuron_shown": 0}
REACH = 5.0
"""A slider goes from -5 to 5."""


def numbers() -> dict[str, float]:
    """Return the numbers by name: x1 to x4, w1 to w4, b."""
    values: dict[str, float] = st.session_state.setdefault("neuron_numbers", dict(OPENS_ON))
    return values


def open_page() -> None:
    """Set every control that has no value yet to its initial value."""
    for key, start in SETTINGS.items():
        st.session_state.setdefault(key, start)


def reset() -> None:
    """Set every control to its initial value."""
    st.session_state.update(SETTINGS)
    numbers().update(OPENS_ON)


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
