"""A batch on its way through the network: matrices, one cell of them, and the probabilities of one digit."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.lesson import data_controls, forward_controls
from digitviz.dashboard.lesson.formulas import all_products, bare, in_color, spelled_out
from digitviz.dashboard.lesson.page import remarks, snapshot
from digitviz.dashboard.session import current_run
from digitviz.datasets import DigitDataset
from digitviz.language import gettext as _
from digitviz.lesson.dot_product import DotProduct, dot_product, layers_of
from digitviz.lesson.softmax import softmax_or_nan, softmax_steps
from digitviz.networks.activations import ACTIVATIONS
from digitviz.networks.network import Network


@dataclass(frozen=True, eq=False)
class Pass:
    """A batch in the network, and what is picked of it.

    Parameters
    ----------
    network : Network
    batch : DigitDataset
    fingerprint : tuple of int
        Tells networks and batches apart.
    sample : int
        Row of the batch that is followed.
    hidden : int or None
        Hidden layer that is shown, from 0.
    layer, column : int
        The picked cell: its layer of weights, from 0, and its column.
    pre_activations, entering : list of ndarray
        Of each layer of weights: see `layers_of`.
    """

    network: Network
    batch: DigitDataset
    fingerprint: tuple[int, ...]
    sample: int
    hidden: int | None
    layer: int
    column: int
    pre_activations: list[np.ndarray]
    entering: list[np.ndarray]

    @property
    def logits(self) -> np.ndarray:
        """Of the digit that is followed, shape (10,)."""
        row: np.ndarray = self.pre_activations[-1][self.sample]
        return row

    @property
    def name(self) -> str:
        """Of the matrix of the picked cell."""
        return "y" if self.layer == len(self.pre_activations) - 1 else "h"


def settings() -> Pass:
    """Show what is followed: the batch, its digit, the cell; and whose weights these are."""
    hyperparameters = current_run.job().run.hyperparameters
    now = snapshot()
    warnings = st.container()
    rows, sample = data_controls.batch_of_run("forward")
    batch = current_run.job().run.train[rows]
    plot(
        "forward_digit",
        int(rows[sample]),
        lambda: figures.digit_grid.plain(batch.images[[sample]], batch.labels[[sample]], columns=1),
        height=130,
    )
    hidden = forward_controls.hidden_layer(hyperparameters)
    pre_activations, entering = layers_of(now.network, batch.pixels)
    last = len(pre_activations) - 1
    layers = [last] if hidden is None else [hidden, last]
    which, column = forward_controls.cell(
        ["h", "y"][-len(layers) :], [pre_activations[layer].shape[1] for layer in layers]
    )
    with warnings:
        remarks(pre_activations, now.network.parameters.weights)
    fingerprint = (now.moment, *rows.tolist())
    return Pass(
        now.network, batch, fingerprint, sample, hidden, layers[which], column, pre_activations, entering
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Panel:
    """A matrix in the picture: its values, what its rows and columns are, whose columns it has, the sign before it."""

    values: np.ndarray
    counted: tuple[str, str]
    belongs_to: str | None
    sign: str = ""


def _panels(shown: Pass) -> dict[str, _Panel]:
    """Return the matrices from the input to the probabilities, by their titles."""
    last, biases = len(shown.pre_activations) - 1, shown.network.parameters.biases
    panels: dict[str, _Panel] = {}

    def multiply(layer: int, result: str, first: bool) -> None:
        enters = "pixel" if layer == 0 else "neuron"
        leaves = "digit" if layer == last else "neuron"
        if first:
            title = "x" if layer == 0 else f"a{layer}"
            panels[title] = _Panel(shown.entering[layer], ("sample", enters), None)
        weights = shown.network.parameters.weights[layer]
        panels[f"w{layer + 1}"] = _Panel(weights, (enters, leaves), result, "×")
        equals = "=" if biases is None else f"+ b{layer + 1}<br>="
        panels[result] = _Panel(shown.pre_activations[layer], ("sample", leaves), result, equals)

    if shown.hidden is not None:
        multiply(shown.hidden, "h", first=True)
        title = f"{ACTIVATIONS[shown.network.activation].title}(h)"
        panels[title] = _Panel(shown.entering[shown.hidden + 1], ("sample", "neuron"), "h", "→")
    if shown.hidden is None or shown.hidden == last - 1:
        multiply(last, "y", first=shown.hidden is None)
    else:
        panels["y"] = _Panel(shown.pre_activations[-1], ("sample", "digit"), "y", "…")
    panels["softmax(y)"] = _Panel(softmax_or_nan(shown.pre_activations[-1]), ("sample", "digit"), "y", "→")
    return panels


def matrices(shown: Pass) -> None:
    """Show the matrices of the forward pass; a click picks a cell."""
    panels = _panels(shown)
    plot(
        "forward",
        (*shown.fingerprint, shown.sample, shown.layer, shown.column),
        lambda: figures.forward_matrices.plain(
            {title: panel.values for title, panel in panels.items()},
            {title: panel.counted for title, panel in panels.items()},
            [panel.sign for panel in panels.values()][1:],
            shown.sample,
            {title: shown.column for title, panel in panels.items() if panel.belongs_to == shown.name},
        ),
        height=375,
        main=True,
        on_click=lambda: forward_controls.pick_clicked(
            [(panel.belongs_to, panel.counted[0] == "sample") for panel in panels.values()]
        ),
    )
    st.caption(_("Blue is below 0, red above; grey is ink in x, and probability in softmax(y)."))


def one_cell(shown: Pass) -> None:
    """Show the dot product behind the picked cell, as bars and as a sum."""
    dot = dot_product(shown.network, shown.batch.pixels[shown.sample], shown.layer, shown.column)
    source = "pixel" if shown.layer == 0 else "neuron"
    bars, letters = st.columns([3, 2], gap="large")
    with bars:
        plot(
            "forward_products",
            (*shown.fingerprint, shown.sample, shown.layer, shown.column),
            lambda: figures.products_as_bars.plain(dot, source),
            height=330,
            main=True,
        )
        title = _("All {count} products, the largest first").format(count=len(dot.products))
        with st.popover(title):
            st.code(all_products(dot, source), language=None)
    with letters:
        _cell_formula(shown, dot)


def _cell_formula(shown: Pass, dot: DotProduct) -> None:
    """Write out the dot product, in letters and in its largest products."""
    row, name = shown.sample + 1, shown.name
    if name == "y":
        words = _("**Digit {row} of the batch, logit of {digit}**: a dot product of {count} pairs")
        column = shown.column
    else:
        words = _("**Digit {row} of the batch, neuron {neuron}**: a dot product of {count} pairs")
        column = shown.column + 1
    st.markdown(words.format(row=row, digit=column, neuron=column, count=len(dot.products)))
    weights, enters = f"w_{shown.layer + 1}", "x" if shown.layer == 0 else f"a_{shown.layer}"
    bias = "" if dot.bias is None else rf" + b_{{{shown.layer + 1}}}"
    st.latex(rf"{name}_{{ij}} = \sum_k ({enters})_{{ik}}\,({weights})_{{kj}}{bias}")
    st.latex(spelled_out(dot, rf"{name}_{{{row},{column}}}"))
    if name == "h":
        formula = ACTIVATIONS[shown.network.activation].formula.replace("z", "h")
        activation = shown.entering[shown.layer + 1][shown.sample, shown.column]
        st.latex(
            rf"\sigma({in_color('h', figures.ADDS)}) = {formula} = {in_color(bare(activation), figures.SENDS)}"
        )  # fmt: skip


def probabilities(shown: Pass) -> None:
    """Show what softmax makes of the logits of one digit."""
    logits, label = shown.logits, int(shown.batch.labels[shown.sample])
    row = softmax_or_nan(logits[None])[0]
    bars, formula = st.columns([3, 2], gap="large")
    with bars:
        plot(
            "two_lines",
            (*shown.fingerprint, shown.sample),
            partial(figures.logits_and_probabilities.plain, logits, row, label),
            height=380,
            main=True,
        )
    with formula:
        guess = int(logits.argmax())
        st.latex(r"\mathrm{softmax}(y)_k = \frac{e^{y_k}}{\sum_j e^{y_j}}")
        powers = softmax_steps(logits).powers
        divided = (
            rf"\frac{{\rule{{0pt}}{{1.2em}} e^{{{bare(logits.max())}}}}}{{\sum_j e^{{y_j}}}}"  # room for the exponent
        )
        if np.isfinite(powers.sum()):
            divided += rf" = \frac{{{bare(powers[guess])}}}{{{bare(powers.sum())}}}"
        st.latex(
            rf"\begin{{aligned}} \mathrm{{softmax}}(y)_{guess} &= {divided} \\ &= {bare(row[guess])} \end{{aligned}}"
        )
        words = _(
            "The largest logit becomes the largest probability: the answer is {guess}, and the label is {label}. The "
            "ten probabilities add up to {total:.6g}."
        )
        st.markdown(words.format(guess=guess, label=label, total=row.sum()))
        st.caption(
            _(
                "Affine maps, non-linearities, softmax: the three building blocks of R. Guthrie's PyTorch tutorial."
            )
        )  # fmt: skip
