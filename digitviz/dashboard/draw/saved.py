"""Saving a drawing."""

from __future__ import annotations

import numpy as np
import streamlit as st

from digitviz.dashboard.components.pad import pack, put
from digitviz.dashboard.session import saved_drawings
from digitviz.drawing import Drawing, Prediction
from digitviz.language import gettext as _
from digitviz.language import lazy_gettext
from digitviz.store import NoRoom

FULL = {
    NoRoom.OWNER: lazy_gettext(
        "You have saved {count} drawings, which is the maximum. Download some and delete them to make room."
    ),
    NoRoom.SERVER: lazy_gettext("This drawing was not saved: the server has no room for more drawings."),
}


def keep(drawing: Drawing, prediction: Prediction, canvas: np.ndarray) -> None:
    """Ask which digit was drawn, and offer to save it.

    Parameters
    ----------
    drawing : Drawing
    prediction : Prediction
        Prediction for the drawing.
    canvas : ndarray of uint8, shape (280, 280)
    """

    def take() -> None:
        label = st.session_state.get("shows")
        if label is None:  # a second click, or a click after the visitor left the page
            return
        kept = saved_drawings.SavedDrawing(pack(canvas), drawing.digit, int(label), prediction.probabilities)
        why = saved_drawings.keep(kept)
        if why is None:
            st.session_state["shows"] = None
            st.session_state["drawings_changed"] = True
            put("pad", np.zeros_like(canvas))
        else:
            st.session_state["drawings_full"] = why

    ready = prediction.label is not None
    with st.container(horizontal=True, vertical_alignment="bottom", key="keeping"):
        shows = st.pills(_("What did you draw?"), list(range(10)), key="shows", disabled=not ready, wrap=True)
        about = _("First choose which digit you drew. The drawing is saved with your runs, and you can train on it.")
        st.button(_("Save drawing"), key="keep", disabled=not ready or shows is None, on_click=take, help=about)


def tell() -> None:
    """Report whether the last drawing was saved. Call this first in each run of the pad's fragment."""
    if st.session_state.pop("drawings_changed", False):
        st.rerun()  # the saved drawings are outside this fragment
    full = st.session_state.pop("drawings_full", None)
    if full is not None:
        st.error(str(FULL[full]).format(count=saved_drawings.MAX_DRAWINGS))
