"""A choice of one option among a few, of which one is always chosen.

`required=True` of Streamlit's pills and segmented controls keeps a reader from emptying them, but only in the browser:
what comes from there may be empty all the same, and Streamlit then gives None for the choice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeVar

import streamlit as st

T = TypeVar("T")


def held(key: str, options: Sequence[T], default: T) -> T:
    """Return the chosen option. Callbacks must use this: they run before `choice` corrects an empty widget.

    Parameters
    ----------
    default : object
        Returned if no option is chosen.
    """
    value = st.session_state.get(key, default)
    return value if value in options else default


def choice(
    label: str,
    options: Sequence[T] | Mapping[T, object],
    *,
    key: str,
    default: T | None = None,
    style: Literal["segmented_control", "pills"] = "segmented_control",
    on_change: Callable[[], None] | None = None,
    **layout: Any,
) -> T:
    """Show the options in a row, and return the one that is chosen; it is kept while the session lasts.

    Parameters
    ----------
    options : sequence or mapping to text
        None is not one of them. A mapping gives each option its words.
    key : str
        The session's state holds an option under it from now on.
    default : object, optional
        The option chosen at first, and when the browser empties the widget; else the first.
    style : {"segmented_control", "pills"}
    on_change : callable, optional
        Called when another option is chosen; the session's state holds one then, too.
    **layout
        As for `st.segmented_control`.
    """
    if isinstance(options, Mapping):
        layout["format_func"] = {option: str(words) for option, words in options.items()}.__getitem__
    options = list(options)
    usual = options[0] if default is None else default

    def put_right() -> None:
        # Only where it is needed: what the server sets goes to the browser, where it would undo a click made meanwhile.
        if key not in st.session_state or st.session_state[key] not in options:
            st.session_state[key] = usual

    def changed() -> None:
        put_right()
        if on_change is not None:
            on_change()

    put_right()
    layout |= {"required": True, "persist_state": "session"}
    getattr(st, style)(label, options, key=key, on_change=None if on_change is None else changed, **layout)
    return held(key, options, usual)
