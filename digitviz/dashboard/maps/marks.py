"""What a session has clicked and selected in the large map; what a browser sends is untrusted."""

from __future__ import annotations

import numpy as np
import streamlit as st

from digitviz.dashboard.components.plot import sent

PLOT = "map_large"


def picked(kind: str, count: int) -> int | None:
    """Return the point that was clicked, of this kind."""
    of, index = st.session_state.get("map_picked", ("", 0))
    return index if of == kind and index < count else None


def selected(kind: str, count: int) -> np.ndarray:
    """Return the points that were selected, of this kind."""
    of, indices = st.session_state.get("map_selected", ("", ()))
    return np.array([index for index in indices if index < count] if of == kind else [], dtype=np.int64)


def take_click(kind: str, count: int) -> None:
    """Pick the point that was clicked."""
    click = sent(PLOT, "click")
    numbers = click.get("customdata") if isinstance(click, dict) else None
    if isinstance(numbers, dict):  # a row of numbers of one kind comes as an object
        numbers = list(numbers.values())
    if isinstance(numbers, list) and numbers and (index := _index(numbers[0], count)) is not None:
        st.session_state["map_picked"] = (kind, index)


def take_selection(kind: str, count: int) -> None:
    """Select the points in the box or lasso; none of them takes the selection back."""
    event = sent(PLOT, "select")
    points = event.get("points") if isinstance(event, dict) else None
    if isinstance(points, list) and len(points) <= count:
        found = {index for point in points if (index := _index(point, count)) is not None}
        st.session_state["map_selected"] = (kind, tuple(sorted(found)))


def _index(value: object, count: int) -> int | None:
    """Return the index of a point that a browser sent; None if there is none such."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
        return None
    return int(value) if 0 <= value < count else None


def clear_picked() -> None:
    """Take the click back."""
    st.session_state.pop("map_picked", None)


def clear_selected() -> None:
    """Take the selection back."""
    st.session_state.pop("map_selected", None)
