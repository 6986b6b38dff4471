"""Places on Train that a link can lead to. The page scrolls to the place and circles it."""

from __future__ import annotations

import streamlit as st

from digitviz.dashboard.components.component import component
from digitviz.figures.colours import TEST_COLOUR

PARAMETER = "see"
"""Query parameter of the page's URL: /train?see=losses."""

_component = component("spotlight")


PLACES = {
    "neurons": "net-living",
    "weights": "weights_1",
    "batch_size": "hp_batch_size",
    "guesses": "net-living",
    "losses": "losses",
    "step": "step",
    "learning_rate": "hp_learning_rate",
}
"""Keys of the elements on Train, by their names in the URL."""


def asked() -> str | None:
    """Return the key of the place in the URL and remove it from the URL. None if there is no such place.

    Call this before any widget.
    """
    return PLACES.get(st.query_params.pop(PARAMETER, ""))


def show(place: str | None) -> None:
    """Scroll to a place. Call this after everything else is shown."""
    if place is not None:
        _component(key="spotlight", data={"place": place, "color": TEST_COLOUR}, height=1)
