"""What is server-wide: one object owns all that the sessions of a server have in common."""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

import streamlit as st

T = TypeVar("T")


class Shared:
    """Owns what all sessions of a server have in common.

    Each thing is known by what makes it: `shared().get(Pool)` is the one pool of the server, made when it is first
    asked for. So this object needs to know none of them, and whoever asks learns the type.

    Attributes
    ----------
    loop : asyncio.AbstractEventLoop or None
        Hands the server's messages to the browsers; None outside a server.
    page_asked_at, session_closed_at : float
        When a page was asked for and when a session was closed last, on the monotonic clock; minus infinity for never.
    """

    def __init__(self) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None
        self.page_asked_at = self.session_closed_at = -math.inf
        self._made: dict[Hashable, Any] = {}
        self._locks: dict[Hashable, threading.Lock] = {}

    def get(self, make: Callable[..., T], *arguments: Hashable) -> T:
        """Return what `make` returned for these arguments when it was first asked for; all get the same object.

        Parameters
        ----------
        make : callable
            A class or a function of a module: another lambda each time would make another thing each time.
        *arguments : hashable
            Handed to `make`.
        """
        key = (make, arguments)
        if key not in self._made:
            with self._locks.setdefault(key, threading.Lock()):  # others may be made meanwhile, by this one too
                if key not in self._made:
                    self._made[key] = make(*arguments)
        return cast(T, self._made[key])


@st.cache_resource(show_spinner=False)
def shared() -> Shared:
    """Return what the sessions of this server share; the routes of the server reach the same object."""
    return Shared()
