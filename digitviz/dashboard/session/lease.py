"""Who a session acts for, which a cookie that no script can read tells, and what it holds until its tab is closed."""

from __future__ import annotations

import hashlib
import re
import secrets
import time
import weakref
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

import streamlit as st

from digitviz.dashboard.runtime import streamlit_internals
from digitviz.dashboard.runtime.shared import shared
from digitviz.dashboard.session.storage import store

COOKIE = "digitviz_owner"
_KEY = re.compile(r"[0-9a-f]{32}")
_OWNER, _REMEMBERED = "owner", "owner_is_remembered"

T = TypeVar("T")


def new_key() -> str:
    """Return a key that nobody can guess: 128 random bits, 32 characters."""
    return secrets.token_hex(16)


def is_key(text: object) -> bool:
    """Return whether something from outside has the form of a key."""
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
    """Return whether the browser keeps the key, so that its next session is the same owner's."""
    owner()
    return bool(st.session_state[_REMEMBERED])


@dataclass(frozen=True, eq=False)
class Kind(Generic[T]):
    """A kind of thing of which a session holds one at most.

    Parameters
    ----------
    give_back : callable
        Is handed the thing when the session no longer holds it.
    """

    give_back: Callable[[T], object]


class Lease:
    """All that one session holds.

    A browser that was gone finds a new lease: whoever needs a thing sees to it that it is held again.

    Attributes
    ----------
    token : str
        A word for this session that nobody else can guess.
    session : str or None
        What Streamlit calls it.
    owner : str
        Whose it is: all sessions of an owner have one share of the server.
    """

    def __init__(self, owner: str | None = None) -> None:
        self.token, self.session = secrets.token_urlsafe(), streamlit_internals.session()
        self.owner = owner or self.token
        self._held: dict[Kind[Any], Any] = {}
        shared().get(_leases)[self.token] = self

    def held(self, kind: Kind[T]) -> T | None:
        """Return what the session holds of a kind."""
        return cast("T | None", self._held.get(kind))

    def hold(self, kind: Kind[T], thing: T) -> T:
        """Hold a thing, and return it; the one of its kind that was held before is given back."""
        before = self._held.get(kind)
        self._held[kind] = thing
        if before is not None and before is not thing:
            kind.give_back(before)
        return thing

    def held_or(self, kind: Kind[T], make: Callable[[], T]) -> T:
        """Return what the session holds of a kind; if it holds nothing, let it hold what `make` returns."""
        held = self.held(kind)
        return self.hold(kind, make()) if held is None else held

    def end(self) -> None:
        """Give everything back: the session is closed."""
        shared().session_closed_at = time.monotonic()
        shared().get(_leases).pop(self.token, None)
        with ExitStack() as all_of_them:  # also those after one that fails
            for kind, thing in self._held.items():
                all_of_them.callback(kind.give_back, thing)
            self._held = {}


def _leases() -> weakref.WeakValueDictionary[str, Lease]:
    return weakref.WeakValueDictionary()


@st.cache_resource(scope="session", on_release=Lease.end, show_spinner=False)
def lease() -> Lease:
    """Return the lease of this session."""
    return Lease(owner())


def lease_of(token: str) -> Lease | None:
    """Return the lease with this token; None if its session is closed."""
    return shared().get(_leases).get(token)


def held_by(token: str, kind: Kind[T]) -> T | None:
    """Return what the session with this token holds of a kind; None if it holds nothing, or is closed."""
    found = lease_of(token)
    return None if found is None else found.held(kind)


def owner_of(token: str) -> str:
    """Return the owner of the session with this token; the token itself if there is no such session."""
    found = lease_of(token)
    return token if found is None else found.owner


def run_again(token: str) -> None:
    """Have the page of a session run once more, soon and without a click; any thread may ask."""
    found, loop = lease_of(token), shared().loop
    if found is not None and found.session is not None and loop is not None and not loop.is_closed():
        loop.call_soon_threadsafe(streamlit_internals.run_again, found.session, loop)
