"""The places on Train to which a link can lead: the page scrolls there and circles the place."""

from __future__ import annotations

import streamlit as st

from digitviz.dashboard.components.component import component
from digitviz.figures.colours import TEST_COLOUR

PARAMETER = "see"
"""In the address of the page: /train?see=losses."""

_component = component("spotlight")


PLACES = {
    "neurons": "neurons",
    "weights": "weights_1",
    "batch_size": "hp_batch_size",
    "guesses": "guesses",
    "losses": "losses",
    "step": "step",
    "learning_rate": "hp_learning_rate",
}
"""The keys of the elements on Train, by their names in the address."""
_WEIGHTS_SHOWN = {"neurons": "neurons", "weights": "matrices"}
"""What "Before and after" must show, so that the element is there."""


def asked() -> str | None:
    """Return the key of the place in the address, and take it out of the address; None if there is no such place.

    Call this before any widget.
    """
    name = st.query_params.pop(PARAMETER, "")
    if name in _WEIGHTS_SHOWN:
        st.session_state["weights_shown"] = _WEIGHTS_SHOWN[name]
    return PLACES.get(name)


def show(place: str | None) -> None:
    """Lead the visitor to a place. Call this once all else is shown."""
    if place is not None:
        _component(key="spotlight", data={"place": place, "color": TEST_COLOUR}, height=1)
