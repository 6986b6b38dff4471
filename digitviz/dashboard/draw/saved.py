"""The drawings that a visitor saves: how one is saved, and all of them."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.pad import pack, put
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.runtime.clicks import on_click
from digitviz.dashboard.session import saved_drawings
from digitviz.drawing import Drawing, Prediction


def keep(drawing: Drawing, prediction: Prediction, canvas: np.ndarray) -> None:
    """Ask what was drawn, and offer to save it.

    Parameters
    ----------
    drawing : Drawing
    prediction : Prediction
        What was read in it.
    canvas : ndarray of uint8, shape (280, 280)
    """

    def take() -> None:
        label = st.session_state.get("shows")
        if label is None:  # the click came a second time, or after the page was left
            return
        kept = saved_drawings.SavedDrawing(pack(canvas), drawing.digit, int(label), prediction.probabilities)
        if saved_drawings.keep(kept):
            st.session_state["shows"] = None
            st.session_state["drawings_changed"] = True
            put("pad", np.zeros_like(canvas))
        else:
            st.session_state["drawings_full"] = True

    ready = prediction.label is not None
    with st.container(horizontal=True, vertical_alignment="bottom", key="keeping"):
        shows = st.pills("What did you draw?", list(range(10)), key="shows", disabled=not ready, wrap=True)
        st.button("Save drawing", key="keep", disabled=not ready or shows is None, on_click=take)
    if st.session_state.pop("drawings_changed", False):
        st.rerun()  # the saved drawings stand outside this fragment
    if st.session_state.pop("drawings_full", False):
        st.error(
            f"You have saved {saved_drawings.MOST} drawings, and there is no room for more. "
            "Download them, then delete them."
        )


def show() -> None:
    """Show the saved drawings."""
    kept = saved_drawings.drawings()
    st.subheader("Your drawings")
    if not kept:
        st.caption("Say what you drew and press Save drawing. It stays here for as long as this page is open.")
        return
    correct = sum(drawing.answer == drawing.label for drawing in kept)
    st.markdown(f"**{correct}** correct, **{len(kept) - correct}** misclassified")
    plot(
        "tray",
        saved_drawings.names(),
        lambda: figures.guesses(
            np.stack([drawing.digit for drawing in kept]),
            np.array([drawing.label for drawing in kept]),
            np.stack([drawing.probabilities for drawing in kept]),
            columns=10,
        ),
        height=130 * -(-len(kept) // 10),
    )
    with st.container(horizontal=True):
        taken = tuple(kept)  # the file is made outside the session, when the button is pressed
        for title, make, name, kind in (
            ("Drawings (npz)", saved_drawings.npz, "digitviz-drawings.npz", "application/octet-stream"),
            ("Drawings (PNG)", saved_drawings.png, "digitviz-drawings.png", "image/png"),
        ):
            st.download_button(title, partial(make, taken), name, kind, on_click="ignore", key=f"download_{name}")
        st.button("Delete all", key="empty_tray", on_click=on_click(kept.clear))
    st.caption("To train on them, switch on “Train on my drawings too” under More settings on the Train page.")
