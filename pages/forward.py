"""Forward: a batch on its way through the network."""

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.lesson import data_controls, forward_controls, softmax_view
from digitviz.dashboard.lesson.formulas import all_products, bare, in_color, spelled_out
from digitviz.dashboard.lesson.order import next_links
from digitviz.dashboard.lesson.page import remarks, snapshot
from digitviz.dashboard.session import current_run
from digitviz.lesson.batch import A_DIGIT
from digitviz.lesson.dot_product import dot_product, layers_of
from digitviz.lesson.softmax import softmax_or_nan, softmax_steps
from digitviz.networks.activations import ACTIVATIONS

st.title("How does a digit become a guess?")
st.caption(
    "Weights, an activation, more weights, softmax: out come ten probabilities. Blue is below 0, red above. **Click** "
    "a cell."
)
now, settings = snapshot(), current_run.job().run.hyperparameters
stage, side = st.columns([3, 1], gap="large")
with side:
    rows, sample = data_controls.batch_of_run("forward")
    hidden = forward_controls.hidden_layer(settings)
    batch = current_run.job().run.train[rows]
    pre_activations, entering = layers_of(now.network, batch.pixels)
    logits, probabilities = pre_activations[-1], softmax_or_nan(pre_activations[-1])
    names, layers = (
        (["y"], [len(pre_activations) - 1]) if hidden is None else (["h", "y"], [hidden, len(pre_activations) - 1])
    )
    which, column = forward_controls.cell(names, [pre_activations[layer].shape[1] for layer in layers])
    layer, name = layers[which], names[which]

activated = f"{ACTIVATIONS[settings.activation].title}(h)"
first = f"w{layers[0] + 1}"
matrices = {first: now.network.parameters.weights[layers[0]]}
belongs = {first: names[0]}
if hidden is not None:
    matrices |= {"h": pre_activations[hidden], activated: entering[hidden + 1]}
    belongs |= {"h": "h", activated: "h"}
counted = dict.fromkeys(matrices, (A_DIGIT, "neuron")) | {
    first: ("pixel" if layers[0] == 0 else "neuron", "digit" if hidden is None else "neuron")
}
matrices |= {"y": logits, "softmax(y)": probabilities}
belongs |= {"y": "y", "softmax(y)": "y"}
counted |= dict.fromkeys(("y", "softmax(y)"), (A_DIGIT, "digit"))
with stage:
    plot(
        "forward",
        (now.history.serial, now.step, *rows.tolist(), sample, layer, column),
        lambda: figures.forward_matrices(
            matrices, counted, sample, {title: column for title, owner in belongs.items() if owner == name}
        ),
        height=560,
        on_click=lambda: forward_controls.pick_clicked(list(belongs.values())),
    )
with side:
    plot(
        "forward_digit",
        int(rows[sample]),
        lambda: figures.digit_grid(batch.images[[sample]], batch.labels[[sample]], columns=1),
        height=200,
    )

remarks(pre_activations, now.network.parameters.weights)

dot = dot_product(now.network, batch.pixels[sample], layer, column)
letters, in_full = st.columns(2, gap="large")
with letters:
    weights, enters = f"w_{layer + 1}", "x" if layer == 0 else f"a_{layer}"
    bias = rf" + b_{{{layer + 1}}}" if settings.bias else ""
    st.markdown(f"**Row {sample}, column {column} of {name}**: a dot product of {len(dot.products)} pairs")
    st.latex(rf"{name}_{{ij}} = \sum_k ({enters})_{{ik}}\,({weights})_{{kj}}{bias}")
    st.latex(spelled_out(dot, rf"{name}_{{{sample},{column}}}"))
    if name == "h":
        st.latex(
            rf"\sigma({in_color('h', figures.ADDS)}) = {ACTIVATIONS[settings.activation].formula.replace('z', 'h')} = "
            rf"{in_color(bare(entering[layer + 1][sample, column]), figures.SENDS)}"
        )
with in_full:
    plot(
        "forward_products",
        (now.history.serial, now.step, int(rows[sample]), layer, column),
        lambda: figures.products_as_bars(dot, "pixel" if layer == 0 else "neuron"),
        height=300,
    )
    with st.expander(f"All {len(dot.products)} products, the largest first"):
        st.code(all_products(dot, "pixel" if layer == 0 else "neuron"), language=None)

st.subheader("From logits to probabilities")
lines, formula = st.columns(2, gap="large")
with lines:
    plot(
        "two_lines",
        (now.history.serial, now.step, int(rows[sample])),
        lambda: figures.logits_and_probabilities(logits[sample], probabilities[sample], int(batch.labels[sample])),
        height=360,
    )
with formula:
    guess = int(logits[sample].argmax())
    st.latex(r"\mathrm{softmax}(y)_k = \frac{e^{y_k}}{\sum_j e^{y_j}}")
    top = logits[sample].max()
    powers = softmax_steps(logits[sample]).powers
    divided = rf"\frac{{\rule{{0pt}}{{1.2em}} e^{{{bare(top)}}}}}{{\sum_j e^{{y_j}}}}"  # room for the exponent
    if np.isfinite(powers.sum()):
        divided += rf" = \frac{{{bare(powers[guess])}}}{{{bare(powers.sum())}}}"
    st.latex(
        rf"\begin{{aligned}} \mathrm{{softmax}}(y)_{guess} &= {divided} \\ &= {bare(probabilities[sample, guess])} "
        r"\end{aligned}"
    )
    st.caption(
        f"The largest logit becomes the largest probability: the guess is {guess}, and the digit is a "
        f"{batch.labels[sample]}. The ten probabilities add up to {probabilities[sample].sum():.6g}. Affine maps, "
        "non-linearities, softmax: the three building blocks of R. Guthrie's PyTorch tutorial."
    )

softmax_view.why_the_maximum(logits, sample)
next_links("forward")
