"""The object that owns everything that the sessions of a server share."""

import asyncio
import math
import threading
from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

import streamlit as st

T = TypeVar("T")


class Shared:
    """Owner of everything that the sessions of a server share.

    The key of an object is the function that makes it: `shared().get(Pool)` returns the server's only pool, which the
    first call makes. So this class does not depend on any of the objects, and callers get the right type.

    Attributes
    ----------
    loop : asyncio.AbstractEventLoop or None
        Event loop of the server. None outside a server.
    session_closed_at : float
        Time of the latest closed session, on the monotonic clock. Minus infinity if there was none.
    """

    def __init__(self) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None
        self.session_closed_at = -math.inf
        self._made: dict[Hashable, Any] = {}
        self._locks: dict[Hashable, threading.Lock] = {}

    def get(self, make: Callable[..., T], *arguments: Hashable) -> T:
        """Return the result of `make` for these arguments. It is called only once, so all callers get the same object.

        Parameters
        ----------
        make : callable
            A class, or a function at the top of a module. A new lambda in every call would make a new object.
        *arguments : hashable
            Passed to `make`.
        """
        key = (make, arguments)
        if key not in self._made:
            with self._locks.setdefault(key, threading.Lock()):  # `make` may call `get` for other objects
                if key not in self._made:
                    self._made[key] = make(*arguments)
        return cast(T, self._made[key])


@st.cache_resource(show_spinner=False)
def shared() -> Shared:
    """Return the object that the server's sessions share. The server's routes get the same one."""
    return Shared()
