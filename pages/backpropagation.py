"""Backpropagation: the chain rule passes the error back, layer by layer."""

import numpy as np
import streamlit as st

from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.lesson import backpropagation_view as view
from digitviz.dashboard.lesson import page
from digitviz.dashboard.lesson.formulas import bare, tex
from digitviz.dashboard.lesson.order import next_links
from digitviz.dashboard.lesson.page import predict_first
from digitviz.dashboard.session import current_run
from digitviz.explanations.gradient_check import EPSILONS, check_weight, relative_error
from digitviz.figures import gradient_checks, gradients
from digitviz.lesson.batch import batch_of, digits_in_reach
from digitviz.lesson.chain_rule import chain_rule, in_float64, one_step
from digitviz.lesson.notebook_gradient import gradients_along
from digitviz.networks.activations import ACTIVATIONS
from digitviz.networks.losses import LOSSES

RATES = (0.1, 1.0, 10.0, 100.0, 1_000.0, 10_000.0)
"""Multiples of the run's learning rate."""
TWICE = "twice the cross-entropy's"

st.title("Who is to blame?")
st.caption(
    "The gradient says how much each weight changes the loss. The chain rule finds it for all weights in one backward "
    "pass."
)
snapshot = page.snapshot()
run, settings = current_run.job().run, current_run.job().run.hyperparameters
parameters = in_float64(snapshot.network.parameters)
batch = batch_of(run, snapshot.batch, most=digits_in_reach(parameters))
how = (settings.activation, settings.loss, settings.gradient)
here = (snapshot.history.serial, snapshot.step)

st.subheader("The chain rule, factor by factor")
rule = chain_rule(parameters, batch, *how)
page.remarks([rule.probabilities], parameters.weights)
st.markdown("One equation per row, computed from top to bottom. **Click** a picture to enlarge it.")
view.chain(rule, here)
shown_digits = f"{len(batch):,} digits"
if len(batch) < settings.batch_size:
    shown_digits = f"the first {len(batch):,} of {settings.batch_size:,} digits, because the network is large"
st.caption(
    f"The numbers are those of batch {batch.number + 1:,} of your run: {shown_digits}. ⊤ transposes a matrix, "
    "⊙ multiplies cell by cell. The letter δ follows M. Nielsen (*Neural Networks and Deep Learning*, ch. 2)."
)

st.subheader("One step on one batch")
rate = settings.learning_rate * st.select_slider(
    "Learning rate η", RATES, 1.0, key="backpropagation_rate", persist_state="session",
    format_func=lambda times: f"{times * settings.learning_rate:.3g}",
)  # fmt: skip
step = one_step(parameters, batch, *how, rate)
before, after, change = st.columns(3)
before.metric("Loss before", f"{step.loss_before:.6g}")
after.metric("Loss after", f"{step.loss_after:.6g}")
change.metric("Change", f"{step.loss_after - step.loss_before:+.2g}")
if step.loss_after > step.loss_before:
    change.caption("The step is too long: it overshoots, and the loss rises.")
with st.container(key="backpropagation_stuck"):  # always there, so that the pictures below are not rebuilt
    if not any(gradient.any() for gradient in rule.gradients):
        st.info("Every gradient is 0: no error reaches the weights, and no step, however long, changes them.")
picked = view.picked_weight(rule.gradients)
layer, row, column = picked
w, derivative, moved = (part.weights[layer][row, column] for part in (step.before, step.gradient, step.after))
update, sum_of_digits = st.columns(2, gap="large")
with update:
    st.latex(rf"L = {LOSSES[settings.loss].formula}, \qquad w \leftarrow w - \eta\,\nabla w")
    st.latex(
        rf"\begin{{aligned}} w_{{{layer + 1},{row},{column}}} \leftarrow\; & {{{bare(w)}}} \\"
        rf"& - {tex(rate)} \cdot {tex(derivative)} \\ =\; & {{{bare(moved, 6)}}} \end{{aligned}}"
    )
with sum_of_digits:
    view.weight_formula(rule, picked)
with st.container(key="backpropagation_hidden"):  # always there, so that the pictures below are not rebuilt
    if layer + 1 < len(parameters.weights):
        sample = 0
        if len(batch) > 1:
            sample = st.slider("Digit of the batch n", 0, len(batch) - 1, key="backpropagation_sample")
        view.hidden_delta_formula(rule, layer, sample, column)
st.caption(
    "**Click a cell** to pick its weight; the largest gradient is picked first. A pixel that is 0 in the whole batch "
    "gives its weights no gradient."
)
view.step_pictures(step, (*here, rate), picked)

st.subheader("The derivative of each activation")
curves, words = st.columns([3, 2], gap="large", vertical_alignment="center")
with words:
    bend = st.selectbox(
        "Activation", list(ACTIVATIONS), list(ACTIVATIONS).index(settings.activation), key="backpropagation_bend",
        format_func=lambda name: ACTIVATIONS[name].title, persist_state="session",
    )  # fmt: skip
    z = st.slider("Pre-activation z", -5.0, 5.0, 1.0, 0.1, key="backpropagation_z", persist_state="session")
    value, derivative_at_z = (float(part) for part in ACTIVATIONS[bend].value_and_derivative(np.array(z)))
    st.latex(rf"\sigma(z) = {ACTIVATIONS[bend].formula}")
    st.latex(rf"\sigma'(z) = {ACTIVATIONS[bend].derivative_formula}")
    st.latex(rf"\sigma({bare(z)}) = {bare(value)}, \qquad \sigma'({bare(z)}) = {bare(derivative_at_z)}")
    st.caption(
        "Where the derivative is 0, no error passes back: a relu neuron below zero learns nothing from that digit."
    )
    if ACTIVATIONS[bend].derivative_from_the_right is not None:
        at_corner = float(ACTIVATIONS[bend].value_and_derivative(np.array(0.0))[1])
        st.caption(
            f"At z = 0 the curve has a corner and no derivative. By convention we use {at_corner:g} there, as torch "
            "does; only the notebook's own gradient uses 1."
        )
with curves:
    plot("backpropagation_slopes", (bend, z), lambda: gradients.activation_derivatives(bend, z), height=440)

st.subheader("Is the gradient right?")
st.markdown("Move the picked weight a little up and down, run the network forward, and see how the loss changes.")
letters, numbers = st.columns(2, gap="large")
letters.latex(r"\frac{\partial L}{\partial w} \approx \frac{L(w + \varepsilon) - L(w - \varepsilon)}{2\,\varepsilon}")
epsilon = st.select_slider(
    "ε", EPSILONS, 1e-5, key="backpropagation_epsilon", format_func=lambda value: f"{value:.0e}",
    persist_state="session",
)  # fmt: skip
checks = check_weight(parameters, *picked, batch.x, batch.one_hot, settings.activation, settings.loss, EPSILONS)
check = checks[EPSILONS.index(epsilon)]
numbers.latex(
    rf"\begin{{aligned}} & \frac{{{bare(check.loss_above, 9)} - {tex(check.loss_below, 9)}}}{{2 \cdot {tex(epsilon)}}} "
    rf"\\ &= {bare(check.by_differences, 6)} \end{{aligned}}"
)
table, course = st.columns(2, gap="large", vertical_alignment="center")
with table:
    st.markdown(
        f"| $w_{{{layer + 1},{row},{column}}}$ | derivative |\n|---|---|\n"
        f"| exact, by the chain rule | {check.by_hand:.8g} |\n"
        f"| by differences of the loss | {check.by_differences:.8g} |"
    )
    st.markdown(f"Relative error: **{relative_error(check.by_hand, check.by_differences):.1e}**")
    st.caption(
        "If ε is too large, the loss curves in between; if it is too small, rounding errors swamp the difference."
    )
with course:
    errors = np.array([relative_error(each.by_hand, each.by_differences) for each in checks])
    plot(
        "backpropagation_check",
        (*here, *picked, epsilon),
        lambda: gradient_checks.check_errors(np.array(EPSILONS), errors, epsilon),
        height=300,
    )

st.subheader("The notebook's secret")
along = gradients_along(run, snapshot.batch)
found = "."
if settings.loss == "squared_error":
    found = (
        f": for $w_{{{layer + 1},{row},{column}}}$ that gives {check.notebook:.4g}, where the derivative of the "
        f"squared error is {check.by_hand:.4g}."
    )
said = predict_first(
    "backpropagation_secret",
    f"The notebook plots the squared error, but starts its backward pass from 2 (p − y){found} Whose gradient is it?",
    ["twice the squared error's", TWICE, "no loss's"],
    lambda guess: (
        f"{'Right' if guess == TWICE else 'No'}: it leaves out the softmax between logits and "
        "probabilities, and the result is exactly the gradient of 2 × cross-entropy: on your run the two differ by "
        f"at most {max(along.strangeness, np.finfo(float).eps):.0e} of their size, which is rounding."
    ),
)
if said:
    if np.isfinite(along.angles[-1]):
        st.markdown(
            f"Now it points **{along.angles[-1]:.1f}°** away from the gradient of the squared error and is "
            f"**{along.lengths[-1]:.3g}** times as long. Below 90°, both still lead downhill."
        )
    else:
        st.info("One of the two gradients is zero now, so there is no angle between them.")
    st.markdown(
        f"| $w_{{{layer + 1},{row},{column}}}$ | derivative |\n|---|---|\n"
        f"| the notebook's, from 2 (p − y) | {check.notebook:.8g} |\n"
        f"| by differences of 2 × cross-entropy | {check.twice_cross_entropy:.8g} |"
    )
    if len(along.batches) == 1:
        st.caption("So far there is only the start: train, then come back to see angle and length along the run.")
    plot(
        "backpropagation_secret_picture",
        (snapshot.history.serial, snapshot.batch),
        lambda: gradient_checks.angle_and_length(along),
        height=380,
    )
next_links("backpropagation")
