"""Network: neurons in layers, and the matrices that hold their weights."""

import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.lesson import network_controls
from digitviz.dashboard.lesson.formulas import bare, in_color, spelled_out
from digitviz.dashboard.lesson.order import next_links
from digitviz.dashboard.lesson.page import predict_first, remarks, snapshot, whole_number
from digitviz.dashboard.session import current_run
from digitviz.lesson.dot_product import dot_product, layers_of
from digitviz.lesson.shapes import count_parameters, layer_shapes
from digitviz.lesson.softmax import softmax_or_nan
from digitviz.networks.activations import ACTIVATIONS
from digitviz.training.hyperparameters import Hyperparameters

NOTEBOOK = Hyperparameters().layer_sizes

st.title("What is a network?")
st.caption("Neurons in layers: each adds up what the layer before it passes on. **Click** one.")
now, settings = snapshot(), current_run.job().run.hyperparameters
network = now.network
run_sizes = settings.layer_sizes

picture, picked_side = st.columns([3, 2], gap="large")
with picked_side:
    left, right = st.columns(2)
    with left:
        place = whole_number("Test digit", 0, len(now.test) - 1, "network_digit")
    with right:
        st.metric("It is a", int(now.test.labels[place]))
    layer, neuron = network_controls.neuron(run_sizes)
    pixels = now.test.pixels[place]
    pre_activations, entering = layers_of(network, pixels[None])
    if layer == 0:
        st.info(f"A pixel has no weights: it passes on its ink, {entering[0][0, neuron]:g}.")
    else:
        dot = dot_product(network, pixels, layer - 1, neuron)
        letter = rf"z^{{({layer})}}_{{{neuron}}}"
        plot(
            "products_of_pixels" if layer == 1 else "products",  # another kind of picture has other axes
            (now.history.serial, now.step, place, layer, neuron),
            lambda: figures.products_as_pictures(dot) if layer == 1 else figures.products_as_bars(dot),
            height=190,
        )
        st.latex(spelled_out(dot, letter))
        if layer < len(run_sizes) - 1:
            st.latex(
                rf"\begin{{aligned}} \sigma(z) &= {ACTIVATIONS[settings.activation].formula} \\"
                rf"{in_color('a', figures.SENDS)} &= \sigma({in_color(bare(dot.total), figures.ADDS)}) = "
                rf"{in_color(bare(entering[layer][0, neuron]), figures.SENDS)} \end{{aligned}}"
            )
        else:
            probability = softmax_or_nan(pre_activations[-1])[0, neuron]
            st.latex(rf"\mathrm{{softmax}}(z)_{{{neuron}}} = {bare(probability)}")
with picture:
    passed_on = [*(values[0] for values in entering), softmax_or_nan(pre_activations[-1])[0]]
    layout = figures.lay_out(network.parameters, (layer, neuron))
    plot(
        "diagram",
        (now.history.serial, now.step, place, layer, neuron),
        lambda: figures.network_diagram(layout, passed_on, (layer, neuron)),
        height=680,
        on_click=network_controls.pick_clicked,
    )
    if layout.left_out:
        st.caption(f"The strongest weights are drawn; {layout.left_out:,} weaker ones are left out.")

remarks(pre_activations, network.parameters.weights)

st.subheader("The same, as matrices")
controls, matrices = st.columns([1, 2], gap="large")
with controls:
    batch, sizes = network_controls.sizes()
    if sizes != run_sizes:
        st.caption("The diagram still shows your run; only the shapes follow these controls.")
shapes = layer_shapes(sizes, batch)
with matrices:
    committed = predict_first(
        "network_guess",
        f"How many weights does the notebook's network, {'-'.join(map(str, NOTEBOOK))}, learn?",
        (0.0, 10_000.0, 100.0),
        lambda guess: f"It learns {count_parameters(NOTEBOOK, bias=False):,}: one per edge of the diagram.",
    )
    st.markdown("For one digit, a column of 64 numbers:")
    opening = "".join(rf"\sigma(w_{number}\," for number in range(len(shapes), 1, -1))
    innermost = r"\sigma(w_1\,x + b_1)"
    closing = "".join(f" + b_{number})" for number in range(2, len(shapes) + 1))
    if len(shapes) <= 3:
        st.latex(f"y = {opening}{innermost}{closing}")
    else:  # on a phone it is too long for one line
        st.latex(rf"\begin{{aligned}} y = \;& {opening} \\ & {innermost} \\ & {closing} \end{{aligned}}")
    st.markdown(f"For a batch of {batch:,}, one row per digit, the transposed weights multiply from the right:")
    for number, shape in enumerate(shapes, start=1):
        enters, leaves = "x" if number == 1 else f"a_{number - 1}", "y" if number == len(shapes) else f"a_{number}"
        under = [rf"\underset{{{rows} \times {columns}}}{{{name}}}" for name, (rows, columns) in {
            leaves: shape.leaving, enters: shape.entering, f"w_{number}": shape.weight, f"b_{number}": shape.bias,
        }.items()]  # fmt: skip
        st.latex(rf"{under[0]} = \sigma(\,{under[1]}\;{under[2]} + {under[3]}\,)")
    if committed:
        st.markdown(
            f"Numbers to learn: {count_parameters(sizes, bias=False):,} weights, "
            f"and {count_parameters(sizes, bias=True) - count_parameters(sizes, bias=False):,} biases if it has any."
        )
    st.caption(
        "Rows instead of columns: R. Guthrie's PyTorch tutorial points out that torch does the same. He also shows why "
        "we need σ: without it, the product of all the matrices is one matrix, and all the layers are one layer."
    )
    st.caption(
        "Where the notebook is imprecise: it writes biases and a σ at the end, but its network has no biases, and its "
        "last layer has no σ: softmax turns its logits into probabilities."
        + (" Your run has biases." if settings.bias else " Your run has no biases either.")
    )
next_links("network")
