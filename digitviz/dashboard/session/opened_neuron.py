"""Dialog for a neuron, opened by a click in the picture of all neurons or in the living network."""

from collections.abc import Hashable
from functools import partial, reduce

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.plot import clicked, plot
from digitviz.dashboard.session import addresses
from digitviz.explanations.neurons import effects
from digitviz.language import gettext as _, listed
from digitviz.networks.parameters import Parameters
from digitviz.numbers import numeral

_KEY = "opened_neuron"
_PICTURE_HEIGHT = 360
STRONGEST = 4
"""Number of inputs that the dialog names."""


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
    if click and (neuron := figures.weights.neuron_at(click["x"], click["y"], shown, columns)) is not None:
        open_neuron(neuron)


def open_neuron(neuron: int) -> None:
    """Open a neuron, by its index among those of all layers and the outputs."""
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
    if addresses.just_opened():
        _close()
    neuron: int | None = st.session_state.get(_KEY)
    if neuron is not None and neuron < sum(_sizes(parameters)):  # another network may have fewer neurons
        over_the_page = st.dialog(_("What does this neuron look for?"), width="large", on_dismiss=_close)
        over_the_page(_view)(parameters, neuron, moment, shown)


def _close() -> None:
    st.session_state.pop(_KEY, None)


def _sizes(parameters: Parameters) -> list[int]:
    return [weight.shape[1] for weight in parameters.weights]


def _view(parameters: Parameters, neuron: int, moment: str, shown: Hashable) -> None:
    ends, weights = np.cumsum([0, *_sizes(parameters)]), parameters.weights
    layer = int(np.searchsorted(ends, neuron, "right")) - 1
    number = neuron - int(ends[layer])
    with np.errstate(over="ignore", invalid="ignore"):  # imported weights may be huge
        seen = Parameters([reduce(np.matmul, weights[: layer + 1]), *weights[layer + 1 :]])
        reached = effects(seen)
    said, votes = _("What the output for digit {digit} looks for, {moment}."), None
    if reached is not None:
        votes, said = reached[number], _("Neuron {number} votes most strongly for **{digit}**, {moment}.")
        if layer:
            said = _("Neuron {number} of layer {layer} votes most strongly for **{digit}**, {moment}.")
    digit = number if votes is None else int(votes.argmax())
    st.markdown(said.format(number=number + 1, layer=layer + 1, digit=digit, moment=moment))
    if layer:
        inputs = weights[layer][:, number]
        strongest = [f"{at + 1} ({numeral(inputs[at], '+.2g')})" for at in np.argsort(-np.abs(inputs))[:STRONGEST]]
        words = _("Its strongest inputs are these neurons of layer {layer}: {neurons}. Through them, it looks for:")
        st.markdown(words.format(neurons=listed(strongest), layer=layer))
    picture = partial(figures.weights.one_neuron.plain, seen, number, votes)
    plot("opened_neuron_picture", (shown, neuron), picture, height=_PICTURE_HEIGHT)
