"""File upload and download: a file uploader and a download button."""

from collections.abc import Callable
from typing import Literal

import streamlit as st

from digitviz.dashboard.components.component import component
from digitviz.dashboard.runtime import streamlit_internals
from digitviz.dashboard.runtime.outside import as_code
from digitviz.dashboard.runtime.shared import shared
from digitviz.imports import Unreadable
from digitviz.language import Lazy, gettext as _, lazy_gettext

Taker = Callable[[str, bytes], object]
"""Called with a file's name and content, both untrusted. Returns the outcome, which is shown as Markdown."""

OWNER_IS_FULL = lazy_gettext(
    "Your file was not accepted: you are sending more files at once than the server accepts from one visitor. Wait a "
    "moment, or close other tabs, and try again."
)
SERVER_IS_FULL = lazy_gettext(
    "Your file was not accepted: visitors are sending more files at once than this server can hold. Try again in a "
    "minute."
)


def refusals() -> dict[str, Lazy]:
    """Return the refusals that visitors have not seen yet, by Streamlit's session id."""
    return {}


def tell_refusal() -> None:
    """Show the reason for the latest refusal of a file from this browser, once."""
    why = shared().get(refusals).pop(streamlit_internals.session() or "", None)
    if why is not None:
        st.error(str(why), icon=":material/error:")


def with_limit(label: str, megabytes: int) -> str:
    """Return the label of a file uploader with its limit. `page.css` hides what Streamlit says in English."""
    return _("{label}, up to {megabytes} MB").format(label=label, megabytes=megabytes)


def upload(label: str, key: str, take: Taker, help: str | None = None) -> bool:
    """Show a file uploader, and the outcome until the visitor removes the file.

    Parameters
    ----------
    take : callable
        Called before the page runs with the file, so it may set any widget. Raises `Unreadable` for an invalid file.

    Returns
    -------
    bool
        True if there is a file and `take` could read it.
    """
    outcome = f"{key}_outcome"

    def taken() -> None:
        file = st.session_state.get(key)
        if file is None:
            st.session_state.pop(outcome, None)
            return
        try:
            st.session_state[outcome] = take(file.name, file.getvalue())
        except Unreadable as error:
            st.session_state[outcome] = error
        streamlit_internals.forget_content(file)

    label = with_limit(label, st.get_option("server.maxUploadSize"))
    there = st.file_uploader(label, key=key, on_change=taken, help=help) is not None
    became = st.session_state.get(outcome) if there else None
    if isinstance(became, Unreadable):
        st.error(became.told(as_code), icon=":material/error:")
    elif words := str(became or ""):
        st.success(words, icon=":material/check:")
    return there and not isinstance(became, Unreadable)


_CSS = """
.digitviz-download button {
  display: flex; align-items: center; justify-content: center; gap: .5rem; width: 100%; min-height: 2.5rem;
  padding: .25rem .75rem; font-size: .875rem; line-height: 1.6;
  background: color-mix(in srgb, var(--st-background-color) 98%, white); /* like Streamlit: lighter in the dark theme */
}
.digitviz-download button:disabled { opacity: .4; cursor: not-allowed; }
.digitviz-download button[aria-busy=true] { cursor: progress; }
.digitviz-download svg { flex: none; width: 1.25rem; height: 1.25rem; fill: currentColor; }
.digitviz-download .said button { width: auto; min-height: 2rem; margin-top: .5rem; }
"""
_component = component("download", _CSS)


def download_button(
    key: str, label: str, address: str | None, with_icon: bool = False, width: Literal["content", "stretch"] = "content"
) -> None:
    """Show the button. A click requests the file, even while the page is running.

    Parameters
    ----------
    address : str or None
        URL of the file. Without one, the button is disabled.
    width : {"content", "stretch"}
    """
    data = {"label": label, "address": address, "icon": with_icon}
    _component(key=key, data=data, width=width)
