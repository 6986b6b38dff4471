"""Whose runs and drawings a session may change: those of its browser, which a cookie that no script can read tells."""

from __future__ import annotations

import hashlib
import re
import secrets

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


def owner() -> str:
    """Return the owner that this session acts for: a hash of its browser's key, 64 characters.

    A browser that keeps no cookie has a key for this session alone.
    """
    known: str | None = st.session_state.get(_OWNER)
    if known is None:
        sent = st.context.cookies.get(COOKIE)
        st.session_state[_REMEMBERED] = is_key(sent)
        key = str(sent) if is_key(sent) else new_key()
        known = st.session_state[_OWNER] = hashlib.sha256(key.encode()).hexdigest()
        if is_key(sent):
            store().visited(known)
    return known


def is_remembered() -> bool:
    """Whether the browser keeps the key, so that its next session is the same owner's."""
    owner()
    return bool(st.session_state[_REMEMBERED])
