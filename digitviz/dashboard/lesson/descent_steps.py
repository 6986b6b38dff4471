"""The steps of the gradient descent page that walk down a loss of two weights."""

from __future__ import annotations

import streamlit as st

from digitviz.dashboard.lesson.descent_controls import MOMENTUM, RATE, VERDICTS, W1, W2, Descent
from digitviz.dashboard.lesson.numbers import in_brackets, tex_of
from digitviz.language import gettext as _


def learning_rate(descent: Descent) -> None:
    """Show what the learning rate makes of a path."""
    with descent.beside_the_picture():
        descent.presets()
        st.markdown(str(VERDICTS[descent.paths[0].verdict]))
        descent.sliders(RATE)
        descent.sliders(W1, W2)


def limits(descent: Descent) -> None:
    """Show in formulas what decides whether a path arrives, zigzags or diverges."""
    with descent.beside_the_picture():
        descent.sliders(RATE, MOMENTUM)
        along, across = descent.surface.curvatures
        rate, momentum, curvature = (tex_of(value, 3) for value in (descent.rate, descent.momentum, across))
        st.markdown(_("Without momentum, each step multiplies the distance from the valley floor by"))
        st.latex(rf"1 - \eta\,\lambda = 1 - {rate} \cdot {curvature} = {tex_of(1 - descent.rate * across, 3)}")
        st.markdown(
            _(
                "across the valley, and by {factor} along it. Below 0 it changes sides; below −1 it diverges. That "
                "happens beyond"
            ).format(factor=f"${tex_of(1 - descent.rate * along, 3)}$")
        )
        largest = tex_of(descent.surface.largest_rate(descent.momentum), 3)
        st.latex(
            rf"\eta = \frac{{2\,(1 + \beta)}}{{\lambda}} = \frac{{2\,(1 + {momentum})}}{{{curvature}}} = {largest}"
        )


def batches(descent: Descent) -> None:
    """Show how noisy the path is when a gradient uses few digits, and the first step in numbers."""
    with descent.beside_the_picture():
        descent.sliders(RATE)
        descent.table()
        _first_step(descent)


def _first_step(descent: Descent) -> None:
    start, rate = descent.start, tex_of(descent.rate)
    gradient, moved = descent.surface.gradient(descent.paths[0].points[0]), descent.paths[0].points[1]
    st.latex(r"v \leftarrow \beta\,v + \nabla w, \qquad w \leftarrow w - \eta\,v")
    with st.expander(_("The first step of the full batch, from rest, v = 0")):
        for place in range(2):
            st.latex(
                rf"\begin{{aligned}} w_{place + 1} &\leftarrow {in_brackets(tex_of(start[place]))} - {rate} \cdot "
                rf"{in_brackets(tex_of(gradient[place], 3))} \\ &= {tex_of(moved[place])} \end{{aligned}}"
            )
