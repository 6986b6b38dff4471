"""Where a descent on the surface starts, and how it steps: sliders, presets, and clicks on the contours."""

from __future__ import annotations

import numpy as np
import streamlit as st

from digitviz.dashboard.components.plot import clicked
from digitviz.figures.descent import REACH
from digitviz.lesson.surface import Surface

STARTS = {"descent_w1": 2.0, "descent_w2": -1.0, "descent_rate": 1.1, "descent_momentum": 0.0}
MOST_RATE = 4.0
PRESETS = {"too small": 0.02, "right": 0.5, "zigzag": 0.95, "diverging": 1.03}
"""As fractions of the largest learning rate at which a descent without momentum converges."""


def settings(surface: Surface) -> tuple[tuple[float, float], float, float]:
    """Show sliders and presets, and return start, learning rate and momentum."""
    state = st.session_state
    for key, start in STARTS.items():
        state.setdefault(key, start)

    def preset(fraction: float) -> None:
        state["descent_rate"] = round(fraction * surface.largest_rate(), 2)
        state["descent_momentum"] = 0.0

    with st.container(horizontal=True):
        for name, fraction in PRESETS.items():
            st.button(name.capitalize(), key=f"descent_{name.replace(' ', '_')}", on_click=preset, args=(fraction,))
    st.slider("Start w1", *REACH, step=0.01, key="descent_w1", persist_state="session")
    st.slider("Start w2", *REACH, step=0.01, key="descent_w2", persist_state="session")
    st.slider("Learning rate η", 0.01, MOST_RATE, step=0.01, key="descent_rate", persist_state="session")
    st.slider("Momentum β", 0.0, 0.98, step=0.01, key="descent_momentum", persist_state="session")
    return (state["descent_w1"], state["descent_w2"]), state["descent_rate"], state["descent_momentum"]


def take_click() -> None:
    """Start where the contours were clicked."""
    click = clicked("descent_contours")
    if click is not None:
        for key, place in (("descent_w1", click["x"]), ("descent_w2", click["y"])):
            st.session_state[key] = float(np.clip(round(place, 2), *REACH))
