"""Dialog for a neuron of the first layer, opened by a click in the picture of all neurons."""

from __future__ import annotations

from collections.abc import Hashable
from functools import partial

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.plot import clicked, plot
from digitviz.dashboard.session import visit
from digitviz.explanations.neurons import effects
from digitviz.language import gettext as _
from digitviz.networks.parameters import Parameters

_KEY = "opened_neuron"
_PICTURE_HEIGHT = 360


def take_click(key: str, shown: np.ndarray, columns: int) -> None:
    """Open the neuron that the visitor clicked in a picture.

    Parameters
    ----------
    key : str
        Key of a picture from `digitviz.figures.neuron_images` or `neurons_before_after`.
    shown : ndarray of int
        Neurons in the picture, from `digitviz.figures.neurons_shown`.
    columns : int
        Number of pictures in a row.
    """
    click = clicked(key)
    neuron = None if click is None else figures.neuron_at(click["x"], click["y"], shown, columns)
    if neuron is not None:
        open_neuron(neuron)


def open_neuron(neuron: int) -> None:
    """Open a neuron of the first layer, from 0."""
    st.session_state[_KEY] = neuron


def show(parameters: Parameters, moment: str, shown: Hashable) -> None:
    """Show the opened neuron over the page until the visitor closes it. The page may run again meanwhile.

    Parameters
    ----------
    parameters : Parameters
    moment : str
        The parameters' point in training, as text.
    shown : hashable
        Identifies the parameters.
    """
    if visit.just_opened():
        _close()
    neuron: int | None = st.session_state.get(_KEY)
    if neuron is not None and neuron < parameters.weights[0].shape[1]:  # another network may have fewer neurons
        over_the_page = st.dialog(_("What does this neuron look for?"), width="large", on_dismiss=_close)
        over_the_page(_view)(parameters, neuron, moment, shown)


def _close() -> None:
    st.session_state.pop(_KEY, None)


def _view(parameters: Parameters, neuron: int, moment: str, shown: Hashable) -> None:
    reached = effects(parameters)
    if reached is not None:
        said = _("Neuron {number} votes most strongly for **{digit}**, {moment}.")
        st.markdown(said.format(number=neuron + 1, digit=int(reached[neuron].argmax()), moment=moment))
    else:
        said = _("What the output for digit {digit} looks for, {moment}.")
        st.markdown(said.format(digit=neuron, moment=moment))
    votes = None if reached is None else reached[neuron]
    picture = partial(figures.one_neuron.plain, parameters, neuron, votes)
    plot("opened_neuron_picture", (shown, neuron), picture, height=_PICTURE_HEIGHT)
