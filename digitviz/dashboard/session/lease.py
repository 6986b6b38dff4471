"""What a session holds of what is shared: it is given back when the browser's tab is closed."""

from __future__ import annotations

import secrets
import time
import weakref
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

import streamlit as st

from digitviz.dashboard.runtime import streamlit_internals
from digitviz.dashboard.runtime.shared import shared
from digitviz.dashboard.session.owner import owner

T = TypeVar("T")


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


def owner_of(token: str) -> str:
    """Return the owner of the session with this token; the token itself if there is no such session."""
    found = lease_of(token)
    return token if found is None else found.owner


def run_again(token: str) -> None:
    """Have the page of a session run once more, soon and without a click; any thread may ask."""
    found, loop = lease_of(token), shared().loop
    if found is not None and found.session is not None and loop is not None and not loop.is_closed():
        loop.call_soon_threadsafe(streamlit_internals.run_again, found.session, loop)
