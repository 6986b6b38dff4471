"""A digit's walk through the hidden layer: its vectors added up, bent by the activation, measured along the labels."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st

from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.questions.asked_digit import AskedDigit
from digitviz.dashboard.questions.subject import Subject
from digitviz.explanations.geometry import vector_walk, walk_plane
from digitviz.figures.geometry import walk_picture
from digitviz.figures.picture import Plain
from digitviz.language import gettext as _
from digitviz.networks.activations import ACTIVATIONS

KEY = "geometry_walk"
_LARGEST = 1e30
"""Larger weights have products that are not finite."""


def view(asked: Subject, digit: Callable[[], AskedDigit]) -> None:
    """Show the walk of the chosen digit."""
    chosen, layers = digit(), len(asked.network.parameters.weights)
    if layers == 1:
        st.info(
            _(
                "This network has no hidden layer: its pixels vote for the digits directly, and there is no space "
                "between them to walk through. Train one with a hidden layer, or ask the ready-made network."
            )
        )
        return
    if is_too_large(asked):
        return
    plot(KEY, (asked.id, chosen.id), lambda: _picture(asked, chosen), height=372, main=True)
    about = _about(asked, chosen)
    if layers > 2:
        about += " " + _(
            "Of {count} hidden layers this is the last. What is added are neurons of the layer below, each as much as "
            "it is active."
        ).format(count=layers - 1)
    st.caption(about)


def is_too_large(asked: Subject) -> bool:
    """Return whether a network's weights are so large, as after it diverged, that sums overflow; if so, say it."""
    too_large = any(not np.abs(array).max(initial=0.0) < _LARGEST for array in asked.network.parameters.arrays)
    if too_large:
        st.info(
            _("The weights of this network are too large to calculate with. Choose an earlier moment of its training.")
        )
    return too_large


def _about(asked: Subject, chosen: AskedDigit) -> str:
    answer = int(asked.network.predict(chosen.pixels[None])[0])
    neurons = asked.network.parameters.weights[-1].shape[0]
    said = (
        _("{digit}, read as {answer} by {network}.")
        if chosen.label is None
        else _("{digit} (label {label}), read as {answer} by {network}.")
    )
    said = said.format(digit=chosen.title.capitalize(), label=chosen.label, answer=answer, network=asked.title)
    seen = _(
        "Vectors with × are drawn so many times as long as they are. It is seen in one plane of {neurons} dimensions, "
        "so right angles need not look right."
    )
    return f"{said} {seen.format(neurons=neurons)}"


def _picture(asked: Subject, chosen: AskedDigit) -> Plain:
    network = asked.network
    states, plane = network.hidden(asked.test.pixels)[-1], walk_plane(network, asked.test.pixels)
    activation = str(ACTIVATIONS[network.activation].title)
    walk, weights = vector_walk(network, chosen.pixels), network.parameters.weights[-2]
    return walk_picture.plain(walk, plane, weights, states, asked.test.labels, chosen.pixels, activation)
