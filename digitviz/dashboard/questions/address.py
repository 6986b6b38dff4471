"""Parameters of the question pages in an address: ?net=reader, ?batch=25, ?digit=test-17, ?corners=pad,test-4."""

from collections.abc import Callable, Collection

import streamlit as st

from digitviz.dashboard.runtime.outside import Wrong, WrongAddress, explain
from digitviz.dashboard.session import addresses
from digitviz.language import gettext as _, listed

NETWORK, BATCH, DIGIT, SET, KIND, CORNERS = "net", "batch", "digit", "set", "kind", "corners"
"""Names of all these parameters."""
MAX_FIGURES = 10
_WRONG = "asked_wrong"


def take(name: str, label: str, apply: Callable[[str], str | None]) -> None:
    """Apply a parameter of the address when its page is opened. If it is wrong, warn while the page is open.

    Parameters
    ----------
    name : str
        Name in the address.
    label : str
        Title of the warning.
    apply : callable
        Called with the untrusted text. Returns None, or a description of the allowed texts if it is not one of them.
    """
    held: dict[str, Wrong] = st.session_state.setdefault(_WRONG, {})
    if addresses.just_opened():
        held.pop(name, None)
    asked = st.query_params.get(name) if addresses.is_to_be_taken(name) else None
    if asked and (allowed := apply(asked)) is not None:
        held[name] = Wrong(label, allowed, {name: asked})
    if name in held:
        st.warning(explain(WrongAddress([held[name]]), _("It shows the default instead.")))


def take_choice(name: str, label: str, key: str, options: Collection[str]) -> None:
    """Apply a parameter that is one of the `options` of the control with this key. See `take`."""

    def apply(asked: str) -> str | None:
        if asked not in options:
            return _("one of {names}").format(names=listed(options))
        st.session_state[key] = asked
        return None

    take(name, label, apply)


def whole_number(text: str) -> int:
    """Parse an untrusted non-negative number; -1 if it is not valid."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < MAX_FIGURES else -1


def write(name: str, text: str | None) -> None:
    """Write a parameter to the address; None removes it."""
    if st.query_params.get(name) == text:
        return
    if text is None:
        del st.query_params[name]
    else:
        st.query_params[name] = text
