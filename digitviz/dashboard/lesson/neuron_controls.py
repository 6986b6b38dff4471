"""The numbers on the neuron page: sliders, or fields for any number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from digitviz.dashboard.components.choice import choice, held
from digitviz.language import gettext as _
from digitviz.lesson.neuron import WITH_STEP, Firing, fire
from digitviz.lesson.perceptron import GATES
from digitviz.networks.activations import Activation

OPENS_ON = {"x1": 1.0, "w1": 0.25, "x2": 0.5, "w2": -1.5, "x3": 0.5, "w3": 1.0, "x4": 0.5, "w4": -0.5, "b": 0.0}
SETTINGS = {"neuron_count": 2, "neuron_activation": "step", "neuron_typed": False, "neuron_shown": 0}
REACH = 5.0
"""A slider goes from -5 to 5."""
MOST_INPUTS = 4


@dataclass(frozen=True)
class Neuron:
    """The neuron that the controls describe.

    Parameters
    ----------
    inputs, weights : list of float
    bias : float
    activation : Activation
    """

    inputs: list[float]
    weights: list[float]
    bias: float
    activation: Activation

    @property
    def firing(self) -> Firing:
        """What it does."""
        return fire(self.inputs, self.weights, self.bias, self.activation)

    @property
    def fingerprint(self) -> tuple[float | str, ...]:
        """Tells it from others."""
        return (*self.inputs, *self.weights, self.bias, self.activation.name)


def numbers() -> dict[str, float]:
    """Return the numbers by name: x1 to x4, w1 to w4, b."""
    values: dict[str, float] = st.session_state.setdefault("neuron_numbers", dict(OPENS_ON))
    return values


def settings() -> Neuron:
    """Show what stands in the sidebar, and return the neuron."""
    for key, start in SETTINGS.items():
        st.session_state.setdefault(key, start)
    with st.sidebar:
        count = st.slider(_("Inputs"), 1, MOST_INPUTS, key="neuron_count", persist_state="session")
        st.toggle(_("Type numbers instead"), key="neuron_typed", persist_state="session")
        st.button(_("Reset"), key="neuron_reset", icon=":material/replay:", on_click=_reset)
    values = numbers()
    inputs, weights = ([values[f"{letter}{number}"] for number in range(1, count + 1)] for letter in "xw")
    return Neuron(inputs, weights, values["b"], WITH_STEP[held("neuron_activation", list(WITH_STEP), "step")])


def _reset() -> None:
    """Set every control to its initial value."""
    st.session_state.update(SETTINGS)
    numbers().update(OPENS_ON)


class Controls:
    """What the reader moves, shown once in a run: by the first step that asks for it."""

    def __init__(self) -> None:
        self._shown: set[str] = set()

    def show(self, *rows: Sequence[str]) -> None:
        """Show controls in rows; those that the run has shown already are left out.

        Parameters
        ----------
        *rows : sequence of str
            Names: "x1", "w1", "b", "activation", "gate".
        """
        across = max(map(len, rows))
        for row in rows:
            left = [name for name in row if name not in self._shown]
            self._shown.update(left)
            for column, name in zip(st.columns(across) if left else [], left, strict=False):
                with column:
                    _CONTROLS.get(name, _number)(name)

    def strip(self, inputs: int) -> None:
        """Show all the numbers of a neuron and its activation, in two rows."""
        places = range(1, inputs + 1)
        self.show([*(f"w{place}" for place in places), "b"], [*(f"x{place}" for place in places), "activation"])


def gate() -> str:
    """Return the gate that is to be learnt, one of `GATES`."""
    return held("neuron_gate", list(GATES), "AND")


def _gate(_name: str) -> None:
    choice(_("Gate to learn"), list(GATES), default="AND", key="neuron_gate")


def _activation(_name: str) -> None:
    st.selectbox(
        _("Activation"), list(WITH_STEP), key="neuron_activation", format_func=lambda name: str(WITH_STEP[name].title),
        persist_state="session",
    )  # fmt: skip


def _number(name: str) -> None:
    """Show the slider of a number, or its field when numbers are typed."""
    typed = st.session_state["neuron_typed"]
    key = f"neuron_{name}_{'typed' if typed else 'slider'}"
    labels = {"x": _("Input x{number}"), "w": _("Weight w{number}"), "b": _("Bias b")}

    def take() -> None:
        if (value := st.session_state[key]) is not None:  # an emptied field changes nothing
            numbers()[name] = value

    label, value = labels[name[0]].format(number=name[1:]), numbers()[name]
    if typed:
        st.session_state[key] = value
        st.number_input(label, step=0.25, format="%.6g", key=key, on_change=take)
    else:
        st.session_state[key] = float(np.clip(value, -REACH, REACH))
        st.slider(label, -REACH, REACH, step=0.05, key=key, on_change=take)


_CONTROLS = {"activation": _activation, "gate": _gate}
