"""The network of the run as a diagram and one of its neurons, and any network as matrices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.components.predict_first import predict_first
from digitviz.dashboard.lesson import network_controls
from digitviz.dashboard.lesson.formulas import bare, in_color, spelled_out
from digitviz.dashboard.lesson.page import notebook_remark, remarks, snapshot, whole_number
from digitviz.dashboard.session import current_run
from digitviz.language import gettext as _
from digitviz.lesson.dot_product import dot_product, layers_of
from digitviz.lesson.shapes import LayerShapes, count_parameters, layer_shapes
from digitviz.lesson.softmax import softmax_or_nan
from digitviz.networks.activations import ACTIVATIONS
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.run import Snapshot

NOTEBOOK = Hyperparameters().layer_sizes
QUESTION = "network_guess"


@dataclass(frozen=True)
class Picked:
    """A digit on its way through the network of the run, and one of the neurons.

    Parameters
    ----------
    now : Snapshot
    sizes : tuple of int
        Of all layers.
    digit : int
        Index of the test digit.
    layer, neuron : int
        Layer, 0 for the input, and index in it.
    """

    now: Snapshot
    sizes: tuple[int, ...]
    digit: int
    layer: int
    neuron: int

    @cached_property
    def forward(self) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Pre-activations of each layer with weights, and what enters it."""
        return layers_of(self.now.network, self.now.test.pixels[self.digit][None])

    @property
    def is_output(self) -> bool:
        """Whether the neuron stands for a digit."""
        return self.layer == len(self.sizes) - 1

    @property
    def number(self) -> int:
        """The neuron's number, as people count: of an output, its digit."""
        return self.neuron + network_controls.first_number(self.layer, self.sizes)

    @property
    def fingerprint(self) -> tuple[str | int, ...]:
        """Tells it from others."""
        return (*self.now.moment, self.digit, self.layer, self.neuron)

    @cached_property
    def passed_on(self) -> list[np.ndarray]:
        """What each neuron of each layer passes on; of the last layer, the probabilities."""
        pre_activations, entering = self.forward
        return [*(values[0] for values in entering), softmax_or_nan(pre_activations[-1])[0]]


def picked() -> Picked:
    """Show the fields: which test digit, and which neuron."""
    run = current_run.job().run
    now = run.snapshot
    with st.container(horizontal=True, gap="xsmall"):
        digit = whole_number(_("Test digit"), 1, len(now.test), "network_digit", width=network_controls.FIELD_WIDTH) - 1
        layer, neuron = network_controls.neuron(run.hyperparameters.layer_sizes)
    return Picked(now, run.hyperparameters.layer_sizes, digit, layer, neuron)


def diagram(ask: Callable[[], Picked]) -> None:
    """Show the neurons of all layers, and what the picked one passes on.

    Parameters
    ----------
    ask : callable
        Shows the fields, if no other step has, and returns what is picked.
    """
    picture, beside = st.columns([7, 3], gap="large")
    with beside:
        one = ask()
    layout = figures.lay_out(one.now.network.parameters, (one.layer, one.neuron))
    with picture:
        plot(
            "diagram",
            one.fingerprint,
            lambda: figures.network_diagram.plain(layout, one.passed_on, (one.layer, one.neuron)),
            height=440,
            main=True,
            on_click=partial(network_controls.pick_clicked, one.sizes),
        )
    with beside:
        label, guess = st.columns(2)
        label.metric(_("Label"), int(one.now.test.labels[one.digit]))
        guess.metric(_("Read as"), int(np.nan_to_num(one.passed_on[-1]).argmax()))
        st.markdown(_says(one))
        snapshot()
        if layout.left_out:
            st.caption(
                _("The strongest weights are drawn; {weights:,} weaker ones are left out.").format(
                    weights=layout.left_out
                )
            )
        remarks(one.forward[0], one.now.network.parameters.weights)


def _says(one: Picked) -> str:
    """Return in a sentence what the picked neuron passes on."""
    value = f"{one.passed_on[one.layer][one.neuron]:.3g}".replace("-", "−")
    if one.layer == 0:
        return _("Pixel {number} passes on its ink: **{value}**").format(number=one.number, value=value)
    if one.is_output:
        return _("The output for the digit {number} gives it the probability **{value}**").format(
            number=one.number, value=value
        )
    return _("Neuron {number} of hidden layer {layer} passes on **{value}**").format(
        number=one.number, layer=one.layer, value=value
    )


def weighted_sum(ask: Callable[[], Picked]) -> None:
    """Show the products that the picked neuron adds up, and their sum.

    Parameters
    ----------
    ask : callable
        As of `diagram`.
    """
    picture, formulas = st.columns([5, 3], gap="large")
    with formulas:
        one = ask()
    network, settings = one.now.network, current_run.job().run.hyperparameters
    pre_activations, entering = one.forward
    if one.layer == 0:
        with formulas:
            ink = f"{entering[0][0, one.neuron]:g}"
            st.info(_("A pixel has no weights: it passes on its ink, {ink}. Pick another layer.").format(ink=ink))
            snapshot()
        return
    dot = dot_product(network, one.now.test.pixels[one.digit], one.layer - 1, one.neuron)
    with picture:
        of_pixels = one.layer == 1
        plot(
            "products_of_pixels" if of_pixels else "products",  # another kind of picture has other axes
            one.fingerprint,
            lambda: figures.products_as_pictures.plain(dot) if of_pixels else figures.products_as_bars.plain(dot),
            height=260 if of_pixels else 380,
            main=True,
        )
        snapshot()
        remarks(pre_activations, network.parameters.weights, "remarks_sum")
    with formulas:
        st.latex(spelled_out(dot, rf"z_{{{one.layer},{one.number}}}"))
        if one.is_output:
            probability = one.passed_on[-1][one.neuron]
            st.latex(rf"p_{{{one.number}}} = \mathrm{{softmax}}(z_{one.layer})_{{{one.number}}} = {bare(probability)}")
            return
        st.latex(
            rf"\begin{{aligned}} \sigma(z) &= {ACTIVATIONS[settings.activation].formula} \\"
            rf"{in_color('a', figures.SENDS)} &= \sigma({in_color(bare(dot.total), figures.ADDS)}) = "
            rf"{in_color(bare(entering[one.layer][0, one.neuron]), figures.SENDS)} \end{{aligned}}"
        )


def count(layers: Callable[[], tuple[int, ...]]) -> None:
    """Ask how many weights the notebook's network learns, and count them for any sizes.

    Parameters
    ----------
    layers : callable
        Shows the controls of the layers, the first time in a run, and returns all sizes.
    """
    committed = predict_first(
        QUESTION,
        _("How many weights does the notebook's network, {sizes}, learn?").format(sizes="-".join(map(str, NOTEBOOK))),
        (0.0, 10_000.0, 100.0),
        lambda guess: _("It learns {weights:,}: one per edge of the diagram.").format(
            weights=count_parameters(NOTEBOOK, bias=False)
        ),
    )
    controls, formula = st.columns([1, 2], gap="large")
    with controls:
        sizes = layers()
    with formula:
        st.markdown(_("For one digit, a row x of 64 numbers:"))
        _one_digit(len(sizes) - 1)
        if committed:
            weights = count_parameters(sizes, bias=False)
            st.markdown(
                _("Numbers to learn: {weights:,} weights, and {biases:,} biases if it has any.").format(
                    weights=weights, biases=count_parameters(sizes, bias=True) - weights
                )
            )


def _one_digit(layers: int) -> None:
    innermost = r"\sigma(" * (layers - 1) + r"x\,w_1 + b_1"
    parts = [innermost, *(rf")\,w_{number} + b_{number}" for number in range(2, layers + 1))]
    lines = [parts[:3], parts[3:]]  # on a phone more would be too long for one line
    joined = r" \\ & ".join("".join(line) for line in lines if line)
    st.latex(rf"\begin{{aligned}} z_{layers} =\; & {joined} \\ p =\; & \mathrm{{softmax}}(z_{layers}) \end{{aligned}}")


def batch_as_matrices(layers: Callable[[], tuple[int, ...]]) -> None:
    """Show the shapes of all matrices for a batch; `layers` as in `count`."""
    settings = current_run.job().run.hyperparameters
    controls, matrices = st.columns([1, 2], gap="large")
    with controls:
        batch, sizes = network_controls.batch(), layers()
        if sizes != settings.layer_sizes:
            st.caption(_("The diagram still shows your run; only the shapes follow these controls."))
    with matrices:
        st.markdown(
            _("For a batch of {batch:,}, one row per digit, the matrices of weights stay the same:").format(batch=batch)
        )
        _shapes(layer_shapes(sizes, batch))
        st.caption(
            _(
                "Many textbooks write a digit as a column instead, with the transposed weights on its left. "
                "R. Guthrie's PyTorch tutorial points out that torch takes rows, too."
            )
        )
        biases = _("Your run has biases.") if settings.bias else _("Your run has no biases either.")
        remark = _(
            "The notebook writes biases and a σ at the end, but its network has no biases, and its last layer has no "
            "σ: softmax turns its logits into probabilities."
        )
        notebook_remark(f"{remark} {biases}")


def _shapes(shapes: Sequence[LayerShapes]) -> None:
    for number, shape in enumerate(shapes, start=1):
        last = number == len(shapes)
        enters, leaves = "x" if number == 1 else f"a_{number - 1}", f"{'z' if last else 'a'}_{number}"
        under = [rf"\underset{{{rows} \times {columns}}}{{{name}}}" for name, (rows, columns) in {
            leaves: shape.leaving, enters: shape.entering, f"w_{number}": shape.weight, f"b_{number}": shape.bias,
        }.items()]  # fmt: skip
        pre_activation = rf"{under[1]}\;{under[2]} + {under[3]}"
        st.latex(f"{under[0]} = " + (pre_activation if last else rf"\sigma(\,{pre_activation}\,)"))
    rows, columns = shapes[-1].leaving
    st.latex(rf"\underset{{{rows} \times {columns}}}{{p}} = \mathrm{{softmax}}(z_{len(shapes)})")
