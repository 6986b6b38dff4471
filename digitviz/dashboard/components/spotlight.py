"""Places of a page that a link can lead to. The page scrolls to the first place and circles all of them."""

import re

import streamlit as st

from digitviz.dashboard.components.component import component
from digitviz.figures.colours import TEST_COLOUR

PARAMETER = "see"
"""Query parameter of a page's URL, with one or more places: /train?see=losses or /train?see=train,losses."""
BETWEEN = ","
MAX_PLACES = 4
_KEY = re.compile(r"[a-zA-Z][\w-]{0,63}", re.ASCII)
"""Form of an element's key."""
_WANTED, _COUNT = "spotlight_wanted", "spotlight_count"

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
"""Keys of elements on Train, by shorter names in the URL. All other places are named by their keys."""


def take() -> None:
    """Take the places from the URL and remove them there. Call this before any widget, in a run of the whole page."""
    names = st.query_params.pop(PARAMETER, "").split(BETWEEN)[:MAX_PLACES]
    keys = [PLACES.get(name, name) for name in names if _KEY.fullmatch(name)]
    if keys:
        st.session_state[_WANTED] = keys
        st.session_state[_COUNT] = st.session_state.get(_COUNT, 0) + 1


def is_wanted() -> bool:
    """Return whether the page will circle a place."""
    return _WANTED in st.session_state


def show() -> None:
    """Scroll to the places. Call this after everything else is shown."""
    if (keys := st.session_state.pop(_WANTED, None)) is not None:
        data = {"places": keys, "number": st.session_state[_COUNT], "color": TEST_COLOUR}
        _component(key="spotlight", data=data, height=1)
