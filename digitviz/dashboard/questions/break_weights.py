"""Can it be fooled? Small weights that are cut, and weights to which another value is typed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.choice import choice as one_of
from digitviz.dashboard.components.plot import clicked, plot
from digitviz.dashboard.questions.computed import computed, numbers
from digitviz.dashboard.runtime.clicks import on_click
from digitviz.dashboard.session.asked_digit import AskedDigit
from digitviz.dashboard.session.subject import Subject
from digitviz.explanations.lesions import OnProgress, accuracy_and_loss, prune, pruned_accuracies, set_weight
from digitviz.figures.sentence import short
from digitviz.language import gettext as _
from digitviz.networks.activations import ACTIVATIONS
from digitviz.networks.forward import forward
from digitviz.networks.network import INPUT_SCALES, Network

HEIGHT, BELOW = 400, 280
FRACTIONS = np.linspace(0.0, 1.0, 41)
CUT, MATRIX, TYPED = "cut_fraction", "cut_matrix", "typed_weight"
"""Keys of the controls."""
MOST_TYPED = 100
"""Weights that are typed and can be undone; the first is forgotten when there are more."""
LEAST_RANGE, LARGEST = 100.0, 1e12
"""A typed weight is not beyond the first, nor beyond ten times the largest there is; none is beyond the second."""
READERS_LOSS = "cross_entropy"
"""With which the shipped reader was trained."""
_TYPED_ONES, _CHOSEN = "typed_weights", "chosen_weight"


@dataclass(frozen=True)
class Typed:
    """A weight that was typed: the matrix, its row and column, from 0, and the value."""

    layer: int
    row: int
    column: int
    value: float


def owner_of(asked: Subject) -> str:
    """Tell the networks of a run from those of others; what is taken away stays when another moment is chosen."""
    return asked.id if asked.run is None else asked.run.serial


def weights(asked: Subject, choice: Callable[[], AskedDigit]) -> None:
    """Show a matrix of weights, of which the smallest are cut and others typed, and what the network can do then."""
    digit, owner = choice(), owner_of(asked)
    layers = asked.network.parameters.weights
    left, right = st.columns([6, 4], gap="medium")
    with right:
        layer, fraction = _controls(len(layers))
    ones = _typed_ones(owner)
    changed = _changed(asked.network, fraction, ones)
    accuracy, loss = accuracy_and_loss(changed, asked.test, _loss_of(asked))
    chosen, shown = _chosen(owner, layer), (asked.id, digit.id, fraction, tuple(ones))
    with left:
        typed = {(one.row, one.column) for one in ones if one.layer == layer}
        plot(
            "cut_weights", (shown, layer, chosen),
            lambda: figures.weight_matrix.plain(
                changed.parameters.weights[layer], layers[layer], _inputs(changed, digit)[layer], layer, len(layers),
                chosen, sorted(typed),
            ),
            height=HEIGHT, on_click=partial(_take_click, owner, layer, layers[layer].shape, layer == len(layers) - 1),
            main=True,
        )  # fmt: skip
    with right:
        st.markdown(_in_words(asked, fraction, accuracy, loss))
        _type_box(owner, layer, chosen, changed, bool(ones))
        st.markdown(reading_in_words(digit, asked.network, changed))
    below, beside = st.columns([6, 4], gap="medium")
    with below:
        _curve(asked, fraction, accuracy)
    with beside:
        readings = [network.predict_proba(digit.pixels[None])[0] for network in (asked.network, changed)]
        plot("cut_weights_readings", shown, partial(figures.two_readings.plain, *readings), height=BELOW)


def _curve(asked: Subject, fraction: float, accuracy: float) -> None:
    wanted = numbers(f"pruned {asked.id}", partial(_measured, asked))
    found = computed("pruned", [wanted], _("With more and more weights cut: {share}"))
    if found is not None:
        known = found[0].of
        here = (fraction, accuracy)
        plot(
            "pruned_curve", (asked.id, here),
            partial(figures.pruned_curve.plain, FRACTIONS, known["accuracies"], here), height=BELOW,
        )  # fmt: skip


def reading_in_words(digit: AskedDigit, before: Network, after: Network) -> str:
    """Say what a digit is read as, before and after a change of the network."""
    first, then = (network.predict_proba(digit.pixels[None])[0] for network in (before, after))
    old, new = int(first.argmax()), int(then.argmax())
    if np.array_equal(first, then):
        said = _("{digit} reads **{answer}**, with {probability}.")
    elif old == new:
        said = _("{digit} still reads **{answer}**, with {probability}.")
    else:
        said = _("{digit} now reads **{answer}**, with {probability}; before it read {before}.")
    title = digit.title[:1].upper() + digit.title[1:]
    return said.format(digit=title, answer=new, probability=f"{then[new]:.0%}", before=old)


def _controls(count: int) -> tuple[int, float]:
    """Show which matrix is seen and how much is cut; return the matrix, from 0, and the fraction."""
    st.session_state.setdefault(CUT, 0)
    percent = st.slider(_("Cut the smallest weights, %"), 0, 100, key=CUT, persist_state="session")
    names = [f"w{number + 1}" for number in range(count)]
    name = names[0] if count == 1 else one_of(_("Weights of"), names, key=MATRIX, label_visibility="collapsed")
    return names.index(name), percent / 100


def _changed(network: Network, fraction: float, ones: list[Typed]) -> Network:
    changed = prune(network, fraction)
    for one in ones:
        changed = set_weight(changed, one.layer, one.row, one.column, one.value)
    return changed


def _inputs(network: Network, digit: AskedDigit) -> list[np.ndarray]:
    """Return what enters each layer for a digit."""
    x = digit.pixels[None] * INPUT_SCALES[network.input_scale].factor
    with np.errstate(over="ignore", invalid="ignore"):  # of a network that diverged
        entering = forward(network.parameters, ACTIVATIONS[network.activation], x)[1]
    return [values[0] for values in entering]


def _loss_of(asked: Subject) -> str:
    return READERS_LOSS if asked.run is None else asked.run.hyperparameters.loss


def _in_words(asked: Subject, fraction: float, accuracy: float, loss: float) -> str:
    said = _(
        "**{accuracy}** of the {count} test digits are read correctly, with {share} of all weights cut. Loss per "
        "digit: **{loss}**."
    )
    return said.format(
        accuracy=f"{accuracy:.1%}", count=f"{len(asked.test):,}", share=f"{fraction:.0%}",
        loss=short(loss),
    )  # fmt: skip


def _type_box(owner: str, layer: int, chosen: tuple[int, int] | None, changed: Network, any_typed: bool) -> None:
    """Show the field for the chosen weight, and the ways back."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if chosen is None:
            st.caption(_("Select a weight in the picture to type another value."), width="stretch")
        else:
            _field(owner, layer, chosen, changed)
        st.button(
            _("Undo"), key="typed_undo", icon=":material/undo:", disabled=not any_typed,
            on_click=on_click(lambda: _keep(owner, _typed_ones(owner)[:-1])),
        )  # fmt: skip
        st.button(
            _("Undo all"), key="typed_undo_all", disabled=not any_typed, on_click=on_click(lambda: _keep(owner, [])),
        )  # fmt: skip


def _field(owner: str, layer: int, chosen: tuple[int, int], changed: Network) -> None:
    row, column = chosen
    matrices = changed.parameters.weights
    largest = max(float(np.abs(matrix).max(initial=0.0)) for matrix in matrices)
    most = min(max(LEAST_RANGE, 10 * largest), LARGEST)
    value = float(np.clip(matrices[layer][row, column], -most, most))
    if st.session_state.get(TYPED) != value:  # only then: what the server sets undoes what is typed meanwhile
        st.session_state[TYPED] = value
    name = _("w{number}, row {row}, column {column}")
    st.number_input(
        name.format(number=layer + 1, row=row + 1, column=column + 1), -most, most, step=0.1, format="%.5g", key=TYPED,
        on_change=partial(_take_typed, owner, layer, chosen, most), width=200,
    )  # fmt: skip


def _take_typed(owner: str, layer: int, chosen: tuple[int, int], most: float) -> None:
    """Keep the weight that was typed; what a browser sends is untrusted."""
    value = st.session_state.get(TYPED)
    if isinstance(value, (int, float)) and abs(value) <= most:  # which nan is not
        ones = _typed_ones(owner)
        if ones and (ones[-1].layer, ones[-1].row, ones[-1].column) == (layer, *chosen):
            ones = ones[:-1]
        _keep(owner, [*ones, Typed(layer, *chosen, float(value))])


def _typed_ones(owner: str) -> list[Typed]:
    """Return the weights of a network that were typed, in that order."""
    held: tuple[str, list[Typed]] | None = st.session_state.get(_TYPED_ONES)
    return held[1] if held is not None and held[0] == owner else []


def _keep(owner: str, ones: list[Typed]) -> None:
    st.session_state[_TYPED_ONES] = (owner, ones[-MOST_TYPED:])


def _chosen(owner: str, layer: int) -> tuple[int, int] | None:
    held: tuple[tuple[str, int], tuple[int, int]] | None = st.session_state.get(_CHOSEN)
    return held[1] if held is not None and held[0] == (owner, layer) else None


def _take_click(owner: str, layer: int, shape: tuple[int, int], is_last: bool) -> None:
    """Choose the weight that was clicked; what a browser sends is untrusted."""
    click = clicked("cut_weights")
    cell = None if click is None else figures.weight_at(click["x"], click["y"], shape, is_last)
    if cell is not None:
        st.session_state[_CHOSEN] = ((owner, layer), cell)


def _measured(asked: Subject, report: OnProgress) -> dict[str, np.ndarray]:
    return {"accuracies": pruned_accuracies(asked.network, asked.test, FRACTIONS.tolist(), report)}
