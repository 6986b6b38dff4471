"""Controls shared by the question pages: buttons, choices, progress bars, and clicks."""

from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

import streamlit as st

from digitviz.dashboard.components.plot import clicked
from digitviz.dashboard.runtime.turns import fragment, on_click

T = TypeVar("T")
POLL_SECONDS = 0.2


def button(
    label: str, key: str, action: Callable[[], None], icon: str = "", leads_to: str = "", **options: Any
) -> None:
    """Show a button that calls `action`.

    Parameters
    ----------
    icon : str, optional
        Name of a Material symbol.
    leads_to : str, optional
        File of a page that it then opens.
    **options
        Passed to `st.button`.
    """
    shown = f":material/{icon}:" if icon else None
    if st.button(label, key=key, icon=shown, on_click=on_click(action), **options) and leads_to:
        st.switch_page(leads_to)


def clicked_row(key: str, count: int) -> int | None:
    """Return the row (0 to `count` - 1) clicked in a figure with rows as `customdata`, or None."""
    row = (clicked(key) or {}).get("customdata")  # untrusted: it comes from a browser
    return int(row) if isinstance(row, (int, float)) and row in range(count) else None


def clicked_pixel(key: str) -> tuple[int, int] | None:
    """Return row and column, from 0, of the pixel clicked in a figure of a digit, or None."""
    if (click := clicked(key)) is None:  # untrusted: it comes from a browser
        return None
    row, column = round(click["y"]) - 1, round(click["x"]) - 1
    return (row, column) if 0 <= row < 8 and 0 <= column < 8 else None


def watch(progress: Callable[[], tuple[float, str] | None]) -> None:
    """Show a fraction and a text as a progress bar. When `progress` returns None, rerun the page."""

    def update() -> None:
        now = progress()
        if now is None:
            st.rerun()
        st.progress(*now)

    fragment(update, run_every=POLL_SECONDS)()


class Remembered(Generic[T]):
    """A value in the session state that is dropped when the page shows another network, digit or layer.

    Parameters
    ----------
    key : str
        Name in the session state.
    default : object
        Value for owners without a stored one.
    """

    def __init__(self, key: str, default: T) -> None:
        self._key, self._default = key, default

    def of(self, owner: Hashable) -> T:
        """Return the value stored for `owner`, or the default."""
        kept_for, value = st.session_state.get(self._key, (None, None))
        return value if kept_for == owner and value is not None else self._default

    def keep(self, owner: Hashable, value: T) -> None:
        """Store a value for `owner`; it replaces the last value."""
        st.session_state[self._key] = (owner, value)

    def forget(self) -> None:
        """Reset the value to the default."""
        st.session_state.pop(self._key, None)
