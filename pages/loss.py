"""Loss: a number for how wrong a guess is, and who gets the blame."""

from functools import partial

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.lesson import loss_controls, page
from digitviz.dashboard.lesson.formulas import bare, tex, times
from digitviz.dashboard.lesson.order import next_links
from digitviz.dashboard.lesson.page import predict_first
from digitviz.dashboard.session import current_run
from digitviz.figures import loss_lesson
from digitviz.lesson.batch import batch_of
from digitviz.lesson.blame import Blame, blame
from digitviz.lesson.guess import losses_along, wrongness
from digitviz.lesson.softmax import softmax_or_nan

st.title("How wrong is it?")
st.caption("A loss turns a guess into one number; 0 is perfect. **Click** the bars at any height to change the guess.")
snapshot = page.snapshot()
test = snapshot.test

picture, verdict, bars = st.columns([2, 3, 5], gap="medium", vertical_alignment="center")
with picture:
    number = st.slider(
        "Test digit", 0, len(test) - 1, key="loss_digit", persist_state="session", on_change=loss_controls.reset_guess
    )
chosen = test[number : number + 1]
of_network = snapshot.network.logits(chosen.pixels).astype(float)
logits = loss_controls.guess(of_network[0])
page.remarks([of_network], snapshot.network.parameters.weights)
label, probabilities = int(chosen.labels[0]), softmax_or_nan(logits[np.newaxis])
one = wrongness(logits[np.newaxis], chosen.labels)
fingerprint = (*logits, number)
with picture:
    plot("loss_image", fingerprint, lambda: figures.guesses(chosen.images, chosen.labels, probabilities, 1), height=190)
with verdict.container(horizontal=True, gap="large"):
    st.metric("Squared error C", f"{one.cost:.4f}", width="content")
    st.metric("Cross-entropy L", f"{one.cross_entropy:.4f}", width="content")
with bars:
    plot(
        "loss_guess",
        fingerprint,
        lambda: loss_lesson.guess_and_target(probabilities[0], label),
        height=260,
        on_click=lambda: loss_controls.take_click(logits),
    )

question, curves = st.columns(2, gap="large", vertical_alignment="center")
with question:
    guessed = predict_first(
        "loss_guess_first",
        "The probability of the correct digit falls from 0.1 to 0.001. Which loss reacts more strongly?",
        ["squared error", "cross-entropy", "both the same"],
        lambda said: (
            f"{'Right' if said == 'cross-entropy' else 'No'}: cross-entropy rises by {np.log(0.1 / 0.001):.3g}, "
            f"squared error by only {np.subtract(*losses_along(logits, label, np.array([0.001, 0.1]))[0]):.3g}: no "
            "squared difference is larger than 1. The more confident a wrong guess, the flatter the squared error; "
            "that is why most classifiers are trained with cross-entropy."
        ),
    )
if guessed:
    with curves:
        along = np.linspace(0.001, 0.999, 200)
        plot(
            "loss_curves",
            fingerprint,
            lambda: loss_lesson.losses_against_probability(
                along, *losses_along(logits, label, along), (probabilities[0, label], one.cost, one.cross_entropy),
                label,
            ),
            height=320,
        )  # fmt: skip

squared, entropy = st.columns(2, gap="large")
with squared:
    squares = [rf"({float(digit == label):g} - {p:.3f})^2" for digit, p in enumerate(probabilities[0])]
    st.latex(r"C = \frac{1}{2n} \sum_x \lVert y - a \rVert^2")
    st.latex(
        r"\begin{aligned} C &= \tfrac{1}{2 \cdot 1} \big[ "
        + r" \\ &\quad + ".join(" + ".join(squares[start : start + 2]) for start in range(0, 10, 2))
        + rf" \big] \\ &= {bare(one.cost)} \end{{aligned}}"
    )
with entropy:
    st.latex(r"L = -\sum_x \sum_j y_j \ln a_j")
    st.latex(rf"L = -\ln {tex(probabilities[0, label], 3)} = {bare(one.cross_entropy)}")
batch = batch_of(current_run.job().run, snapshot.batch)
whole = wrongness(snapshot.network.logits(batch.pixels).astype(float), batch.labels)
st.markdown(
    f"The cost C and its letters y and a are M. Nielsen's (*Neural Networks and Deep Learning*, ch. 1). "
    f"**The notebook** writes $1/2n$ but its code only sums: on batch {batch.number + 1:,} of your run it would plot "
    f"**{whole.squares:.4g}**, where C is {whole.squares:.4g} / (2 × {len(batch)}) = **{whole.cost:.4g}**. "
    "The lowest point is the same; the steps that lead there differ in length."
)

st.subheader("Who gets the blame?")
st.markdown(
    "One linear neuron: its output is $o = \\sum_i x_i w_i$. The notebook's numbers: target 1, weights 0.6, 0.4, 0.1, "
    "0.2. It does not say what the inputs were; the ones below give the same output."
)
fields, answer = st.columns([2, 3], gap="large")
with fields:
    inputs, weights, target = loss_controls.linear_neuron()
with answer:
    try:
        found: Blame | None = blame(inputs, weights, target)
    except ValueError as error:
        found = None
        words = str(error)
        st.error(f"{words[0].upper()}{words[1:]}.")
    if found is not None:
        rate = st.slider("Learning rate η", 0.0, 1.0, 0.1, 0.01, key="loss_rate", persist_state="session")
        steps = -rate * found.gradient
        products = [times(x, w) for x, w in zip(inputs, weights, strict=True)]
        st.latex(
            rf"\begin{{aligned}} o &= {' + '.join(products[:2])} \\ &\quad + {' + '.join(products[2:])} "
            rf"= {bare(found.output)} \end{{aligned}}"
        )
        st.latex(rf"e = t - o = {tex(found.target)} - {tex(found.output)} = {bare(found.error)}")
        st.latex(
            rf"\begin{{aligned}} E &= \tfrac12 (t - o)^2 \\ &= \tfrac12 \cdot {tex(found.error)}^2 "
            rf"= {bare(found.squared_error)} \end{{aligned}}"
        )
        st.caption("The notebook defines e as (t − o)² / 2, but it computes and distributes t − o.")
        plot(
            "loss_blame",
            (*inputs, *weights, target, rate),
            partial(loss_lesson.blame_shares, found, steps),
            height=300,
        )
        share, descent = st.columns(2, gap="medium")
        with share:
            st.markdown("**In proportion to the weights**")
            st.latex(r"e_i = \frac{w_i}{\sum_k w_k}\, e")
            if found.shares is None:
                st.info(
                    "The weights add up to 0, so the error cannot be divided in proportion to them. Gradient descent "
                    "has no such problem."
                )
            else:
                st.latex(
                    rf"e_1 = \frac{{{bare(weights[0])}}}{{{bare(weights.sum())}}} \cdot {tex(found.error)} "
                    rf"= {bare(found.shares[0], 2)}"
                )
                st.markdown(
                    f"With this added to the weights, the output becomes {found.output_of(weights + found.shares):.4g}."
                )
        with descent:
            st.markdown("**Gradient descent**")
            st.latex(
                r"\begin{aligned} \Delta w_i &= -\eta\,\frac{\partial E}{\partial w_i} \\ &= \eta\,(t - o)\,x_i"
                r"\end{aligned}"
            )
            st.latex(
                rf"\begin{{aligned}} \Delta w_1 &= {tex(rate)} \cdot {tex(found.error)} \cdot {tex(inputs[0])} \\"
                rf"&= {bare(steps[0], 2)} \end{{aligned}}"
            )
            st.markdown(f"With this added to the weights, the output becomes {found.output_of(weights + steps):.4g}.")
        if not inputs.any():
            st.info("Every input is 0: the output is 0 whatever the weights, so the gradient is 0.")
        elif found.exact_rate is not None:
            st.caption(f"One step with η = {found.exact_rate:.4g} would land on the target exactly.")
if found is not None:
    st.markdown(
        "**Why the gradient?** Dividing in proportion asks which weight is *large*; the gradient asks which weight can "
        "*change* something. A weight whose input is 0 caused none of the error: its gradient is 0, yet it is given a "
        "part. A weight of 0 is given nothing, so it could never grow. And a part of the error is not a change of a "
        "weight: it reaches the target only by luck."
    )
    formula, parabola = st.columns(2, gap="large", vertical_alignment="center")
    with formula:
        st.latex(r"\frac{\partial E}{\partial o} = -(t - o)")
        st.latex(
            rf"\frac{{\partial E}}{{\partial o}} = -({bare(found.target)} - {tex(found.output)}) "
            rf"= {bare(found.derivative)}"
        )
        st.markdown(
            "**The notebook drops this minus sign.** Two minus signs cancel, so its steps are right all the same: "
            "*along* t − o is *against* the gradient. Drop only one of them and the steps go uphill."
        )
    with parabola:
        plot("loss_parabola", (*inputs, *weights, target), partial(loss_lesson.error_parabola, found), height=300)
next_links("loss")
