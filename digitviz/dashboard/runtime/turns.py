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

from digitviz.dashboard.runtime.shared import shared
from digitviz.language import language, speaking

AT_ONCE = 1
"""With two, a class of 30 had its clicks answered a third sooner, and its trainings done a tenth later (measured)."""
PATIENCE = 1.0
"""Seconds after which a page goes on without a turn, so that one that is slow holds nobody up for longer."""
LONGEST_DELIVERY = 10.0
"""Seconds that a run waits for the server to take up what it sent: a page in pieces is worse than a late one."""


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
    def take(self) -> Iterator[bool]:
        """Wait for a turn and hold it; a thread that already does goes on, and is given False."""
        if getattr(self._mine, "holds", None) is not None:
            yield False
            return
        self._mine.holds = self._enter()
        try:
            yield True
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


def turns() -> Turns:
    """Return the turns of this server."""
    return shared().get(Turns)


def delivered() -> None:
    """Wait until all that this run of a page has sent so far is in the hands of the server.

    Streamlit forgets what a finished run has sent but its server has not yet taken up, once the next run of the session
    is asked for (`streamlit_internals.UNSENT_IS_FORGOTTEN`). On a busy server that is often, and a browser that misses
    a message shows an error in place of the page. So a run does not finish before.
    """
    loop = shared().loop
    if loop is not None and not loop.is_closed():
        taken = threading.Event()
        loop.call_soon_threadsafe(taken.set)
        taken.wait(LONGEST_DELIVERY)


def fragment(function: Callable[..., None], run_every: float | None = None) -> Callable[..., None]:
    """Make `function` a fragment of the page that takes its turn whenever it is run by itself."""
    spoken = language()  # by the page's run: that of a fragment alone is asked by nobody

    @functools.wraps(function)
    def in_turn(*arguments: Any) -> None:
        with turns().take() as by_itself, speaking(spoken):
            function(*arguments)
        if by_itself:
            delivered()

    return st.fragment(in_turn, run_every=run_every)
