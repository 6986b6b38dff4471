"""Whose runs and drawings a session may change: those of its browser, which a cookie that no script can read tells."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable

import streamlit as st

from digitviz.dashboard.session.storage import store

COOKIE = "digitviz_owner"
_KEY = re.compile(r"[0-9a-f]{32}")
_OWNER, _REMEMBERED = "owner", "owner_is_remembered"


def new_key() -> str:
    """Return a key that nobody can guess: 128 random bits, 32 characters."""
    return secrets.token_hex(16)


def is_key(text: object) -> bool:
    """Whether something from outside has the form of a key."""
    return isinstance(text, str) and _KEY.fullmatch(text) is not None


def key_in(cookies: Iterable[str]) -> str | None:
    """Return the key that a browser sent; None if it sent none, or none that we could have given.

    All programs of a host share their cookies, on whichever port they are. Ours is found whatever the others keep.

    Parameters
    ----------
    cookies : iterable of str
        The headers of that name.
    """
    pairs = (pair.partition("=") for header in cookies for pair in header.split(";"))
    sent = [value.strip() for name, _, value in pairs if name.strip() == COOKIE]
    return next(filter(is_key, sent), None)


def owner() -> str:
    """Return the owner that this session acts for: a hash of its browser's key, 64 characters.

    A browser that keeps no cookie has a key for this session alone.
    """
    known: str | None = st.session_state.get(_OWNER)
    if known is None:
        sent = key_in(st.context.headers.get_all("Cookie"))
        st.session_state[_REMEMBERED] = sent is not None
        known = st.session_state[_OWNER] = hashlib.sha256((sent or new_key()).encode()).hexdigest()
        if sent is not None:
            store().visited(known)
    return known


def is_remembered() -> bool:
    """Whether the browser keeps the key, so that its next session is the same owner's."""
    owner()
    return bool(st.session_state[_REMEMBERED])
