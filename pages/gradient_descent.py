"""Gradient descent: how long the steps are, and how many digits each of them uses."""

from functools import partial

import streamlit as st

from digitviz.dashboard.components.choice import choice
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.lesson import descent_controls, descent_race
from digitviz.dashboard.lesson.formulas import bare, tex
from digitviz.dashboard.lesson.order import next_links
from digitviz.dashboard.lesson.page import predict_first
from digitviz.dashboard.session import current_run
from digitviz.figures import descent
from digitviz.lesson.comparison import MINI_BATCH
from digitviz.lesson.surface import BATCHES, PIXELS, STEPS, descend, two_pixel_surface

VERDICTS = {
    "too small": "**too small**: every step goes the right way, but hardly moves. It has not arrived yet.",
    "right": "**right**: it goes straight down the steep side, then along the valley to the lowest point.",
    "zigzag": "**zigzag**: each step jumps across the valley to the other side, and moves along it only slowly.",
    "diverging": "**diverging**: each step lands higher up the other side than it started. It never comes back.",
}

st.title("How should it step?")
st.caption("Downhill, along the gradient. But how far, and how many digits should each step look at?")
st.subheader("Full batch, mini-batch, or one digit at a time")
guessed = predict_first(
    "descent_guess",
    f"Three trainings start from the same weights. Each step uses all {len(descent_race.training_digits()):,} digits, "
    f"{MINI_BATCH}, or only one. Which is the first to halve the loss, by the clock?",
    list(BATCHES),
    descent_race.answer,
)
descent_race.controls()
descent_race.view(show_clock=guessed)
st.caption(
    "All start from the initial weights of your run, with pixels from 0 to 1. The loss is that of all training digits; "
    "the time to measure it is not counted. Mini-batches are how R. Guthrie's PyTorch tutorial and M. Nielsen's book "
    "(ch. 1) train; Nielsen calls it stochastic gradient descent whatever the size."
)

st.subheader("A loss you can see whole")
surface = two_pixel_surface(current_run.job().run.train)
st.markdown(
    f"One linear neuron with two weights: from pixels {PIXELS[0]} and {PIXELS[1]} it tells a 1 from a 0. It learns "
    f"from {len(surface.x)} of your run's training digits."
)
picture, controls = st.columns(2, gap="large")
with controls:
    start, rate, momentum = descent_controls.settings(surface)
paths = [descend(surface, start, rate, momentum, name) for name in BATCHES]
full, here = paths[0], (current_run.job().run.train.id, start, rate, momentum)
with picture:
    shown = choice("View", ["from above", "as a landscape"], key="descent_shown", label_visibility="collapsed")
    with st.container(key="descent_picture"):
        if shown == "from above":
            plot(
                "descent_contours",
                here,
                lambda: descent.contours(surface, paths),
                height=480,
                on_click=descent_controls.take_click,
            )
            st.caption("**Click** the map to start there.")
        else:
            plot("descent_landscape", here, partial(descent.surface_3d, surface, paths), height=480)
with controls:
    st.markdown(f"The full batch: {VERDICTS[full.verdict]}")
    st.markdown(
        "\n".join(
            [f"| | E at the start | E after {STEPS} steps |", "|---|---|---|"]
            + [
                f"| {path.name} | {path.losses[0]:.4g} | "
                + (
                    f"{path.losses[-1]:.4g} |"
                    if len(path.losses) > STEPS
                    else f"left in {len(path.losses) - 1} steps |"
                )
                for path in paths
            ]
        )
    )
st.caption(
    f"A mini-batch here is {BATCHES['mini-batch']} digits. The fewer digits a gradient uses, the noisier it is: "
    "near the lowest point the path of single samples never comes to rest, unless the learning rate shrinks."
)

letters, numbers = st.columns(2, gap="large")
gradient = surface.gradient(full.points[0])
with letters:
    st.latex(r"E = \frac{1}{2n} \sum (t - w_1 x_1 - w_2 x_2)^2")
    st.latex(r"v \leftarrow \beta\,v + \nabla E, \qquad w \leftarrow w - \eta\,v")
    st.markdown("The first step of the full batch, from rest, $v = 0$:")
    for place in range(2):
        st.latex(
            rf"\begin{{aligned}} w_{place + 1} &\leftarrow {tex(start[place])} - {tex(rate)} \cdot "
            rf"{tex(gradient[place], 3)} \\ &= {bare(full.points[1, place])} \end{{aligned}}"
        )
with numbers:
    along, across = surface.curvatures
    st.markdown("Without momentum, each step multiplies the distance from the valley floor by")
    st.latex(rf"1 - \eta\,\lambda = 1 - {tex(rate)} \cdot {tex(across, 3)} = {bare(1 - rate * across, 3)}")
    st.markdown(
        f"across the valley, and by {1 - rate * along:.3g} along it. Below 0 it changes sides; below −1 it diverges. "
        "That happens beyond"
    )
    st.latex(
        rf"\eta = \frac{{2\,(1 + \beta)}}{{\lambda}} = "
        rf"\frac{{2\,(1 + {tex(momentum)})}}{{{bare(across, 3)}}} = {bare(surface.largest_rate(momentum), 3)}"
    )
    st.caption("Momentum β keeps part of the last step: it evens out the zigzag and rolls on along the valley.")
next_links("gradient_descent")
