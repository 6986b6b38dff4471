"""The neuron whose receipt is shown: one of each hidden layer, from the pixels to the answer."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import streamlit as st

from digitviz.dashboard.components import receipt as component
from digitviz.explanations.receipt import Receipt

PICTURE = "receipt"
_CHOSEN = "why_neurons"
_AGAINST = "why_against"


@dataclass(frozen=True)
class Opened:
    """What of a receipt is opened.

    Parameters
    ----------
    layer : int
        From 0; that of the output where there is no hidden one.
    path : tuple of int
        A neuron of each hidden layer; the answer where there is none.
    """

    layer: int
    path: tuple[int, ...]

    @property
    def neuron(self) -> int:
        """The neuron whose receipt is shown, in its layer."""
        return self.path[self.layer]


def against(shown: Hashable) -> int | None:
    """Return the digit that was chosen to compare the answer with; None for the runner-up.

    Parameters
    ----------
    shown : hashable
        Tells the network and its digit from others.
    """
    asked_for, digit = st.session_state.get(_AGAINST, (None, None))
    return digit if asked_for == shown else None


def opened(told: Receipt, shown: Hashable) -> Opened:
    """Return what is opened: what was chosen, and where nothing was, the neurons that the answer owes most to.

    Parameters
    ----------
    told : Receipt
    shown : hashable
        Tells the network and its digit from others.
    """
    asked_for, layer, chosen = st.session_state.get(_CHOSEN, (None, 0, {}))
    if asked_for != shown:
        layer, chosen = 0, {}
    hidden = len(told.layers) - 1
    if not hidden:
        return Opened(0, (chosen.get(0, told.label),))
    path: list[int] = []
    for level in reversed(range(hidden)):
        usual = told.decisive(level, path[0] if path else None)
        path.insert(0, chosen.get(level, usual))
    return Opened(layer, tuple(path))


def take_opened(told: Receipt, now: Opened, shown: Hashable) -> None:
    """Open the neuron that was chosen in the picture; below it the neurons that it owes most to."""
    asked = component.opened(PICTURE, told)
    if asked is None:
        return
    layer, neuron = asked
    above = dict(enumerate(now.path[layer + 1 :], layer + 1))
    below = dict(enumerate(now.path[:layer])) if neuron == now.path[layer] else {}
    st.session_state[_CHOSEN] = (shown, layer, {**below, layer: neuron, **above})


def take_compared(told: Receipt, shown: Hashable) -> None:
    """Compare with the digit that was chosen in the picture."""
    digit = component.compared(PICTURE)
    if digit is not None and digit != told.label:
        st.session_state[_AGAINST] = (shown, digit)
