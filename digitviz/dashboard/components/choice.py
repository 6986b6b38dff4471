"""A choice of one option among a few. There is always a chosen option.

`required=True` of Streamlit's pills and segmented controls prevents an empty choice only in the browser. A browser can
still send an empty choice, which Streamlit returns as None.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeVar

import streamlit as st

T = TypeVar("T")


def held(key: str, options: Sequence[T], default: T) -> T:
    """Return the chosen option. Callbacks must use this, because they run before `choice` corrects an empty widget.

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
    style: Literal["segmented_control", "pills", "selectbox"] = "segmented_control",
    on_change: Callable[[], None] | None = None,
    **layout: Any,
) -> T:
    """Show the options in a row, or in a list, and return the chosen one. The choice lasts as long as the session.

    Parameters
    ----------
    options : sequence or mapping to text
        None is not allowed as an option. A mapping gives the text of each option.
    key : str
        Key of the chosen option in the session state.
    default : object, optional
        Option to choose at first, and in place of an empty choice or one that is no longer an option. The first option
        by default.
    style : {"segmented_control", "pills", "selectbox"}
    on_change : callable, optional
        Called when another option is chosen. The session state then always holds an option.
    **layout
        Passed to the function of this name in Streamlit.
    """
    if isinstance(options, Mapping):
        layout["format_func"] = {option: str(words) for option, words in options.items()}.__getitem__
    options = list(options)
    usual = options[0] if default is None else default

    def put_right() -> None:
        # Only if needed: a value set on the server goes to the browser, where it would undo a click made meanwhile.
        if key not in st.session_state or st.session_state[key] not in options:
            st.session_state[key] = usual

    def changed() -> None:
        put_right()
        if on_change is not None:
            on_change()

    put_right()
    layout |= {"persist_state": "session"} if style == "selectbox" else {"required": True, "persist_state": "session"}
    getattr(st, style)(label, options, key=key, on_change=None if on_change is None else changed, **layout)
    return held(key, options, usual)
