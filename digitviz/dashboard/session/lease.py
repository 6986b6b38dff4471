"""A session's owner, identified by a cookie that scripts cannot read, and its resources until the session closes.

The resources include the values that the session requests from the server's threads.
"""

import hashlib
import re
import secrets
import time
import weakref
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

import streamlit as st

from digitviz.dashboard.runtime import streamlit_internals
from digitviz.dashboard.runtime.shared import shared
from digitviz.dashboard.runtime.turns import turns
from digitviz.dashboard.session.storage import store, values
from digitviz.values import Standing, Value

COOKIE = "digitviz_owner"
_KEY = re.compile(r"[0-9a-f]{32}")
_OWNER, _REMEMBERED = "owner", "owner_is_remembered"

T = TypeVar("T")


def new_key() -> str:
    """Return an unguessable key: 128 random bits, 32 characters."""
    return secrets.token_hex(16)


def is_key(text: object) -> bool:
    """Return whether an untrusted value has the form of a key."""
    return isinstance(text, str) and _KEY.fullmatch(text) is not None


def key_in(cookies: Iterable[str]) -> str | None:
    """Return the key that a browser sent. None if it is missing or invalid.

    All programs on a host share their cookies, even on different ports, so the header may contain anything else.

    Parameters
    ----------
    cookies : iterable of str
        Cookie headers.
    """
    pairs = (pair.partition("=") for header in cookies for pair in header.split(";"))
    sent = [value.strip() for name, _, value in pairs if name.strip() == COOKIE]
    return next(filter(is_key, sent), None)


def owner() -> str:
    """Return the owner of this session: a hash of its browser's key, 64 characters.

    A browser that rejects cookies gets a key for this session only.
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
    """Return whether the browser keeps the key, so that its next session has the same owner."""
    owner()
    return bool(st.session_state[_REMEMBERED])


def share() -> str:
    """Return the owner whose share of the server this session uses.

    Browsers that reject cookies share one with all others at their address, because a program could open any number of
    sessions.
    """
    return owner() if is_remembered() else f"at {st.context.ip_address}"


@dataclass(frozen=True, eq=False)
class Kind(Generic[T]):
    """A kind of resource. A session holds at most one of each kind.

    Parameters
    ----------
    give_back : callable
        Called with the resource when the session releases it.
    """

    give_back: Callable[[T], object]


class Lease:
    """All resources of one session.

    A browser that was disconnected for long gets a new lease. Its pages must then acquire their resources again.

    Attributes
    ----------
    token : str
        Unguessable token of the session.
    session : str or None
        Streamlit's id of the session.
    owner : str
        Owner whose share of the server the session uses, see `share`.
    """

    def __init__(self, owner: str | None = None) -> None:
        self.token, self.session = secrets.token_urlsafe(), streamlit_internals.session()
        self.owner = owner or self.token
        self._held: dict[Kind[Any], Any] = {}
        shared().get(_leases)[self.token] = self

    def held(self, kind: Kind[T]) -> T | None:
        """Return the session's resource of a kind."""
        return cast("T | None", self._held.get(kind))

    def hold(self, kind: Kind[T], thing: T) -> T:
        """Hold a resource and return it. Release the previous one of its kind."""
        before = self._held.get(kind)
        self._held[kind] = thing
        if before is not None and before is not thing:
            kind.give_back(before)
        return thing

    def held_or(self, kind: Kind[T], make: Callable[[], T]) -> T:
        """Return the session's resource of a kind. If there is none, hold the one that `make` returns."""
        held = self.held(kind)
        return self.hold(kind, make()) if held is None else held

    def end(self) -> None:
        """Release everything when the session closes."""
        shared().session_closed_at = time.monotonic()
        shared().get(_leases).pop(self.token, None)
        with ExitStack() as all_of_them:  # if one fails, still release the others
            for kind, thing in self._held.items():
                all_of_them.callback(kind.give_back, thing)
            self._held = {}


def _leases() -> weakref.WeakValueDictionary[str, Lease]:
    return weakref.WeakValueDictionary()


@st.cache_resource(scope="session", on_release=Lease.end, show_spinner=False)
def lease() -> Lease:
    """Return the lease of this session."""
    return Lease(share())


def lease_of(token: str) -> Lease | None:
    """Return the lease with this token. None if its session is closed."""
    return shared().get(_leases).get(token)


def held_by(token: str, kind: Kind[T]) -> T | None:
    """Return the resource of a kind of the session with this token. None if it has none, or is closed."""
    found = lease_of(token)
    return None if found is None else found.held(kind)


def owner_of(token: str) -> str:
    """Return the owner of the session with this token. Without such a session, return the token."""
    found = lease_of(token)
    return token if found is None else found.owner


def run_again(token: str) -> None:
    """Rerun the page of a session soon, without a click. Any thread may call this."""
    found, loop = lease_of(token), shared().loop
    if found is not None and found.session is not None and loop is not None and not loop.is_closed():
        loop.call_soon_threadsafe(streamlit_internals.run_again, found.session, loop)


Asker = tuple[str, str]
"""Name of a request and token of the session."""


def _withdraw_all(askers: set[Asker]) -> None:
    for asker in askers:
        values().withdraw(asker)


_ASKERS = Kind[set[Asker]](_withdraw_all)


def request(name: str, wanted: Sequence[Value], patience: float = 0.0, again: bool = False) -> list[Standing]:
    """Request values instead of those that the session has requested under this name. Return the state of each.

    Parameters
    ----------
    name : str
    wanted : sequence of Value
    patience : float
        Time in seconds to wait for all of them. Other pages run meanwhile.
    again : bool
        True to compute the values even if they exist.
    """
    asker = name, lease().token
    lease().held_or(_ASKERS, set).add(asker)
    values().ask(asker, wanted, again, lease().owner)
    if lease_of(asker[1]) is None:  # the session has closed meanwhile
        values().withdraw(asker)
    found = [standing(name, value.id) for value in wanted]
    if patience and not all(each.finished for each in found):
        with turns().set_aside():
            values().wait(asker, [value.id for value in wanted], patience)
        found = [standing(name, value.id) for value in wanted]
    return found


def standing(name: str, id: str) -> Standing:
    """Return the state of a value that the session has requested under a name."""
    return values().standing((name, lease().token), id)


def withdraw(name: str) -> None:
    """Withdraw what the session has requested under a name."""
    asker, held = (name, lease().token), lease().held(_ASKERS)
    if held and asker in held:
        held.remove(asker)
        values().withdraw(asker)
