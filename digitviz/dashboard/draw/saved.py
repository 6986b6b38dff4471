"""Saving a drawing."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st

from digitviz.dashboard.components.pad import pack, put
from digitviz.dashboard.session import saved_drawings
from digitviz.drawing import Drawing, Prediction
from digitviz.drawing.prediction import ALIKE
from digitviz.language import gettext as _
from digitviz.language import lazy_gettext
from digitviz.numbers import a_digit
from digitviz.store import NoRoom

FULL = {
    NoRoom.OWNER: lazy_gettext(
        "You have saved {count} drawings, which is the maximum. Download them, then delete some to make room."
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
    now, forget = hash(canvas.tobytes()), partial(st.session_state.pop, "marked_drawing", None)
    marked = st.session_state.setdefault("marked_drawing", now)
    with st.container(horizontal=True, vertical_alignment="bottom", key="keeping"):
        asked = _("What did you draw?")
        shows = st.pills(asked, range(10), key="shows", disabled=not ready, wrap=True, on_change=forget)
        about = _("First choose which digit you drew. The drawing is saved with your runs, and you can train on it.")
        st.button(_("Save drawing"), key="keep", disabled=not ready or shows is None, on_click=take, help=about)
    answered = ready and marked == now and np.ptp(prediction.probabilities) >= ALIKE
    if answered and shows not in (None, prediction.label):
        said = _("You fooled it: you drew {a_label}, and it says **{answer}**.")
        st.markdown(said.format(a_label=a_digit(shows), answer=prediction.label))


def tell() -> None:
    """Report whether the last drawing was saved. Call this first in each run of the pad's fragment."""
    if st.session_state.pop("drawings_changed", False):
        st.rerun()  # the saved drawings are outside this fragment
    full = st.session_state.pop("drawings_full", None)
    if full is not None:
        st.error(str(FULL[full]).format(count=saved_drawings.MAX_DRAWINGS))
