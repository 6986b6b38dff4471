"""Neuron: a weighted sum and an activation."""

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.lesson import neuron_controls, perceptron_view
from digitviz.dashboard.lesson.formulas import bare, in_color, sum_of, tex, times
from digitviz.dashboard.lesson.order import next_links
from digitviz.lesson.neuron import WITH_STEP, fire

st.title("What does one neuron do?")
st.caption("It weights its inputs, adds them up, and fires when the sum is large enough. Move a slider.")
neuron_controls.open_page()

drawings = st.container()
controls, shown = st.columns([2, 3], gap="large")
with controls:
    left, right = st.columns(2)
    count = left.slider("Inputs", 1, 4, key="neuron_count", persist_state="session")
    activation = WITH_STEP[
        right.selectbox(
            "Activation", list(WITH_STEP), key="neuron_activation", format_func=lambda name: WITH_STEP[name].title,
            persist_state="session",
        )
    ]  # fmt: skip
    for number in range(1, count + 1):
        left, right = st.columns(2)
        with left:
            neuron_controls.number(f"x{number}", f"Input x{number}")
        with right:
            neuron_controls.number(f"w{number}", f"Weight w{number}")
    left, right = st.columns(2, vertical_alignment="bottom")
    with left:
        neuron_controls.number("b", "Bias b")
    right.button("Reset", key="neuron_reset", on_click=neuron_controls.reset)
    st.toggle("Type numbers instead", key="neuron_typed", persist_state="session")

values = neuron_controls.numbers()
inputs, weights = ([values[f"{letter}{number}"] for number in range(1, count + 1)] for letter in "xw")
bias = values["b"]
firing = fire(inputs, weights, bias, activation)
fingerprint = (*inputs, *weights, bias, activation.name)
with drawings:
    brain, paper = st.columns(2, gap="large")
    with brain:
        st.markdown("**In the brain**")
        plot("brain", None, figures.biological_neuron, height=300)
    with paper:
        st.markdown("**On paper: the perceptron**")
        plot(
            "perceptron",
            fingerprint,
            lambda: figures.perceptron(
                inputs, weights, firing.products.tolist(), bias, firing.z, firing.output, activation.title
            ),
            height=300,
        )
with shown:
    z, a = in_color("z", figures.ADDS), in_color("a", figures.SENDS)
    x_i, w_i = in_color("x_i", figures.RECEIVES), in_color("w_i", figures.PASSES)
    st.latex(rf"{z} = \sum_i {x_i}\,{w_i} + b, \qquad {a} = \sigma({z})")
    terms = [times(x, w) for x, w in zip(inputs, weights, strict=True)]
    total, output = in_color(bare(firing.z), figures.ADDS), in_color(bare(firing.output), figures.SENDS)
    st.latex(sum_of(z, [*terms, *[tex(bias)] * bool(bias)], total))
    st.latex(rf"\sigma(z) = {activation.formula}")
    derivative = bare(firing.derivative) if np.isfinite(firing.derivative) else r"\text{none}"
    st.latex(rf"{a} = \sigma({total}) = {output}, \qquad \sigma'({total}) = {derivative}")
    with st.container(key="neuron_remarks"):
        if not np.isfinite(firing.z):
            st.warning(
                "z is beyond the largest number that a computer can hold, about "
                f"{np.finfo(float).max:.1e}: it becomes infinite, or, with two infinities of opposite sign, not a "
                "number (nan). Choose smaller numbers."
            )
        elif not any(weights):
            st.info("Every weight is zero, so the neuron is deaf: whatever the inputs, z is the bias.")
        elif not any(inputs):
            st.info("Every input is zero: whatever the weights, z is the bias.")
        if np.isfinite(firing.z) and abs(firing.z) > figures.MOST_Z:
            st.caption("The current z lies too far out to be drawn.")
    plot("activation", fingerprint, lambda: figures.activation_curves(activation, firing.z), height=330)
    st.caption(
        "A nerve cell fires or it does not; the step function imitates that. But its derivative is 0, so a network "
        "could "
        "not tell which way to move a weight: that is why networks use the other activations. The letters are those of "
        "M. Nielsen, *Neural Networks and Deep Learning*, 2015."
    )

st.subheader("What can one neuron tell apart?")
if count == 2:
    perceptron_view.show(inputs, weights, bias)
else:
    st.info("Two inputs make a plane, which can be drawn: set Inputs to 2.")
next_links("neuron")
