"""Pages are run one after the other; the rest wait for their turn.

Python runs one thread at a time whatever they do. Thirty pages at once only take its lock from each other, from the
trainings between two batches above all: each of them then waits for all others many times over.
"""

from __future__ import annotations

import functools
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import streamlit as st

AT_ONCE = 1
"""With two, a class of 30 had its clicks answered a third sooner, and its trainings done a tenth later (measured)."""
PATIENCE = 1.0
"""Seconds after which a page goes on without a turn, so that one that is slow holds nobody up for longer."""


class Turns:
    """Lets a few threads through at a time, in the order they came.

    Parameters
    ----------
    at_once : int
    patience : float
        Seconds that a thread waits at most.
    """

    def __init__(self, at_once: int = AT_ONCE, patience: float = PATIENCE) -> None:
        self._free, self._patience = at_once, patience
        self._waiting: deque[threading.Lock] = deque()
        self._lock = threading.Lock()
        self._mine = threading.local()

    @contextmanager
    def take(self) -> Iterator[None]:
        """Wait for a turn and hold it; a thread that already does goes on."""
        if getattr(self._mine, "holds", None) is not None:
            yield
            return
        self._mine.holds = self._enter()
        try:
            yield
        finally:
            self._leave()
            self._mine.holds = None

    @contextmanager
    def set_aside(self) -> Iterator[None]:
        """Let others have this thread's turn while it waits for something else."""
        held = getattr(self._mine, "holds", None) is not None
        if held:
            self._leave()
        try:
            yield
        finally:
            if held:
                self._mine.holds = self._enter()

    def _enter(self) -> bool:
        """Wait in line; False if it took too long, so that there is nothing to give back."""
        with self._lock:
            if self._free:
                self._free -= 1
                return True
            mine = threading.Lock()
            mine.acquire()
            self._waiting.append(mine)
        if mine.acquire(timeout=self._patience):
            return True
        with self._lock:
            if mine not in self._waiting:  # it came at the last moment
                return True
            self._waiting.remove(mine)
            return False

    def _leave(self) -> None:
        if not self._mine.holds:
            return
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._free += 1


@st.cache_resource(show_spinner=False)
def turns() -> Turns:
    """Return the turns of this server."""
    return Turns()


def fragment(function: Callable[..., None], run_every: float | None = None) -> Callable[..., None]:
    """Make `function` a fragment of the page that takes its turn whenever it is run by itself."""

    @functools.wraps(function)
    def in_turn(*arguments: Any) -> None:
        with turns().take():
            function(*arguments)

    return st.fragment(in_turn, run_every=run_every)
