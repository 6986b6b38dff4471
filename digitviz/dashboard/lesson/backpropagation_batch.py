"""What all steps of the backpropagation page speak of: one batch, its gradients, and the weight that is picked."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np
import streamlit as st

from digitviz.dashboard.components.choice import choice
from digitviz.dashboard.lesson import page
from digitviz.dashboard.lesson.page import whole_number
from digitviz.dashboard.session import current_run
from digitviz.explanations.gradient_check import EPSILONS, GradientCheck, check_weight
from digitviz.language import gettext as _
from digitviz.lesson.batch import batch_of, digits_in_reach
from digitviz.lesson.chain_rule import ChainRule, chain_rule, in_float64, sides_of_weights

LAYER, ROW, COLUMN = "backpropagation_layer", "backpropagation_row", "backpropagation_column"


class Place(NamedTuple):
    """Of a weight: its layer, row and column, each counted from 0."""

    layer: int
    row: int
    column: int


class ShownBatch:
    """The batch of this run of the page; what it shows itself stands in the sidebar, once.

    Attributes
    ----------
    run, settings, snapshot, parameters, batch
        Of the session's training; parameters in float64.
    how : (str, str, str)
        Names of activation, loss and gradient.
    moment : tuple
        Tells the training's moment from every other.
    """

    def __init__(self) -> None:
        with st.sidebar:
            self.snapshot = page.snapshot()
        self.run = current_run.job().run
        self.settings = self.run.hyperparameters
        self.parameters = in_float64(self.snapshot.network.parameters)
        self.batch = batch_of(self.run, self.snapshot.batch, most=digits_in_reach(self.parameters))
        self.how = (self.settings.activation, self.settings.loss, self.settings.gradient)
        self.moment = self.snapshot.moment
        with st.sidebar:
            st.caption(self._whose_numbers())

    def _whose_numbers(self) -> str:
        few, all_of_them = len(self.batch), self.settings.batch_size
        if few < all_of_them:
            return _(
                "The numbers are those of batch {number} of your run: the first {few} of {all} digits, because the "
                "network is large."
            ).format(number=f"{self.batch.number + 1:,}", few=f"{few:,}", all=f"{all_of_them:,}")
        return _("The numbers are those of batch {number} of your run: {digits} digits.").format(
            number=f"{self.batch.number + 1:,}", digits=f"{few:,}"
        )

    @cached_property
    def rule(self) -> ChainRule:
        """The chain rule of the batch."""
        return chain_rule(self.parameters, self.batch, *self.how)

    @cached_property
    def picked(self) -> Place:
        """The weight that is picked, by a click on a picture or in the sidebar."""
        with st.sidebar:
            return _pick(self.rule.gradients)

    @cached_property
    def checks(self) -> list[GradientCheck]:
        """The gradient of the picked weight by finite differences, one for each of `EPSILONS`."""
        settings = self.settings
        return check_weight(
            self.parameters, *self.picked, self.batch.x, self.batch.one_hot, settings.activation, settings.loss,
            EPSILONS,
        )  # fmt: skip

    @property
    def weight_letter(self) -> str:
        """The picked weight in LaTeX, its row and column as people count them."""
        layer, row, column = self.picked
        down, across = sides_of_weights(layer, len(self.parameters.weights))
        return f"w_{{{layer + 1},{row + down.first},{column + across.first}}}"


def _pick(gradients: list[np.ndarray]) -> Place:
    """Show fields for the layer, row and column of one weight, which open on the largest gradient of each layer."""
    state = st.session_state
    names = [f"w{number}" for number in range(1, len(gradients) + 1)]

    def largest_gradient() -> None:
        layer = names.index(state[LAYER])
        sizes = np.abs(np.nan_to_num(gradients[layer]))
        row, column = np.unravel_index(sizes.argmax(), sizes.shape)
        _set(Place(layer, int(row), int(column)), len(gradients))

    if state.get(LAYER) not in names:
        state[LAYER] = names[0]
        largest_gradient()
    choice(_("Weights"), names, key=LAYER, on_change=largest_gradient)
    layer = names.index(state[LAYER])
    down, across = sides_of_weights(layer, len(gradients))
    rows, columns = gradients[layer].shape
    left, right = st.columns(2)
    with left:
        row = whole_number(_("From {side}").format(side=down), down.first, rows - 1 + down.first, ROW)
    with right:
        column = whole_number(_("To {side}").format(side=across), across.first, columns - 1 + across.first, COLUMN)
    st.caption(_("The weight that is picked. The largest gradient is picked first."))
    return Place(layer, row - down.first, column - across.first)


def _set(place: Place, layers: int) -> None:
    down, across = sides_of_weights(place.layer, layers)
    st.session_state[ROW], st.session_state[COLUMN] = place.row + down.first, place.column + across.first


def pick_cell(layer: int, x: float, y: float) -> None:
    """Pick the weight at a place of a picture, whose axes count as people do."""
    st.session_state[LAYER] = f"w{layer + 1}"
    st.session_state[ROW], st.session_state[COLUMN] = int(y), int(x)
