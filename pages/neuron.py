"""Neuron: a weighted sum, bent."""

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard import neuron_controls
from digitviz.dashboard.lesson import bare, next_links, predict_first, tex
from digitviz.dashboard.plot import plot
from digitviz.lesson.neuron import NEURON_ACTIVATIONS, decision_line, fire, firing_region
from digitviz.lesson.perceptron import GATES, POINTS, RATE, answers, perceptron_step

BOUNDS = (-1.5, 2.5)

st.title("What does one neuron do?")
st.caption("It weighs what comes in, adds it up, and fires when the sum is large enough. Move a slider.")
for name, start in (("neuron_count", 2), ("neuron_activation", "step"), ("neuron_typed", False), ("neuron_shown", 0)):
    st.session_state.setdefault(name, start)

drawings = st.container()
controls, shown = st.columns([2, 3], gap="large")
with controls:
    count = st.slider("Inputs", 1, 4, key="neuron_count", persist_state="session")
    activation = NEURON_ACTIVATIONS[
        st.selectbox("Activation", list(NEURON_ACTIVATIONS), key="neuron_activation", persist_state="session")
    ]
    for number in range(1, count + 1):
        left, right = st.columns(2)
        with left:
            neuron_controls.number(f"x{number}", f"Input x{number}")
        with right:
            neuron_controls.number(f"w{number}", f"Weight w{number}")
    neuron_controls.number("b", "Bias b")
    st.toggle("Type the numbers", key="neuron_typed", persist_state="session")

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
            lambda: figures.perceptron(inputs, weights, bias, firing.z, firing.output, activation.name),
            height=300,
        )
with shown:
    st.latex(r"z = \sum_i x_i\,w_i + b, \qquad a = \sigma(z)")
    st.latex(r"\sigma(z) = " + activation.formula)
    terms = [rf"{tex(x)} \times {tex(w)}" for x, w in zip(inputs, weights, strict=True)] + [tex(bias)] * bool(bias)
    if len(terms) < 3:
        st.latex(rf"z = {' + '.join(terms)} = {bare(firing.z)}")
    else:  # a line for each, so that a narrow screen holds them
        sum_of_lines = r" \\ &+ ".join(terms)
        st.latex(rf"\begin{{aligned}} z =\; & {sum_of_lines} \\ =\; & {bare(firing.z)} \end{{aligned}}")
    st.latex(rf"a = \sigma({bare(firing.z)}) = {bare(firing.output)}")
    with st.container(key="neuron_remarks"):
        if not np.isfinite(firing.z):
            st.warning(
                "The sum is beyond the largest number a computer holds, about "
                f"{np.finfo(float).max:.1e}: it becomes infinite, or, with two infinities of opposite sign, not a "
                "number (nan). Choose smaller numbers."
            )
        elif not any(weights):
            st.info("Every weight is zero: the neuron is deaf. Whatever comes in, its sum is the bias.")
        elif not any(inputs):
            st.info("Nothing comes in: whatever the weights, the sum is the bias.")
        if np.isfinite(firing.z) and abs(firing.z) > figures.MOST_Z:
            st.caption("The working point lies too far out to be drawn.")
    plot("activation", fingerprint, lambda: figures.activation_curves(activation, firing.z), height=330)
    st.caption(
        "A nerve cell sends all or nothing; the step copies it. Its slope is 0, so a network could not tell which way "
        "to move a weight: that is why networks use the smooth or bent ones. The letters are those of "
        "M. Nielsen, *Neural Networks and Deep Learning*, 2015."
    )

st.subheader("What can one neuron tell apart?")
if count != 2:
    st.info("Two inputs make a plane that can be drawn: set Inputs to 2.")
else:
    predict_first(
        "neuron_guess",
        "A neuron with two inputs learns AND, OR and XOR. Which of them will it never get right?",
        ["AND", "OR", "XOR", "none: it learns all"],
        lambda guess: (
            f"{'Right' if guess == 'XOR' else 'No'}: its sum is zero along a straight line, and no straight line has "
            "the two ones of XOR on one side and its two zeros on the other. Try it below."
        ),
    )
    plane, rule = st.columns([3, 2], gap="large")
    with rule:
        gate = st.segmented_control(
            "To be learnt", list(GATES), default="AND", key="neuron_gate", required=True, persist_state="session"
        )
        targets, said = GATES[gate], answers(weights, bias)
        neuron_controls.rule_buttons()
        st.metric("Points told apart", f"{(targets == said).sum()} of {len(POINTS)}")
        st.latex(r"w \leftarrow w + \eta\,(t - a)\,x")
        following = st.session_state["neuron_shown"] % len(POINTS)
        point, error = POINTS[following], int(targets[following] - said[following])
        moved, _ = perceptron_step(weights, bias, point, int(targets[following]))
        st.latex(
            rf"\begin{{aligned}} w \leftarrow\; & ({bare(weights[0])},\ {bare(weights[1])}) \\"
            rf"& + {RATE} \times {tex(error)} \times ({point[0]:g},\ {point[1]:g}) \\"
            rf"=\; & ({bare(moved[0])},\ {bare(moved[1])}) \end{{aligned}}"
        )
        st.caption(
            f"{st.session_state['neuron_shown']} points shown. The bias is a weight whose input is always 1. "
            "F. Rosenblatt's rule of 1958: where it is wrong, the "
            "line moves; where it is right, nothing does. It ends if a line exists; for XOR it goes round for ever. "
            "The rule always uses the step."
        )
    with plane:
        plot(
            "plane",
            (*fingerprint, gate, following),
            lambda: figures.decision_plane(
                firing_region(weights, bias, *BOUNDS), decision_line(weights, bias, *BOUNDS), POINTS, targets, said,
                inputs, BOUNDS, following,
            ),
            height=460,
        )  # fmt: skip
        if not any(weights):
            st.caption("No line: with every weight zero the sum is the same everywhere.")
next_links("neuron")
