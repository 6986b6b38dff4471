"""A place of the Train page that a link leads to: it is scrolled to and circled."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from digitviz.dashboard.components.component import component
from digitviz.figures.colours import TEST_COLOUR

PARAMETER = "see"
"""In the address of the page: /train?see=losses."""

_component = component("spotlight")


@dataclass(frozen=True)
class Place:
    """A place of the Train page.

    Parameters
    ----------
    key : str
        Of the element.
    weights_shown : str, optional
        What "Before and after" is to show, so that the element is there.
    """

    key: str
    weights_shown: str | None = None


PLACES = {
    "neurons": Place("neurons", weights_shown="neurons"),
    "weights": Place("weights_1", weights_shown="matrices"),
    "batch_size": Place("hp_batch_size"),
    "guesses": Place("guesses"),
    "losses": Place("losses"),
    "step": Place("step"),
    "learning_rate": Place("hp_learning_rate"),
}


def asked() -> Place | None:
    """Return the place that the address asks for, and take that out of the address; None if there is no such place.

    To be called before any widget is shown.
    """
    place = PLACES.get(st.query_params.pop(PARAMETER, ""))
    if place is not None and place.weights_shown is not None:
        st.session_state["weights_shown"] = place.weights_shown
    return place


def show(place: Place | None) -> None:
    """Lead the visitor to a place; to be called once all else is shown."""
    if place is not None:
        _component(key="spotlight", data={"place": place.key, "color": TEST_COLOUR}, height=1)
