"""Pages are run one after the other; the rest wait for their turn, each owner's no longer than any other's.

Python runs one thread at a time whatever they do. Thirty pages at once only take its lock from each other, from the
trainings between two batches above all: each of them then waits for all others many times over.
"""

from __future__ import annotations

import asyncio
import functools
import threading
import time
from collections.abc import AsyncIterator, Callable, Hashable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from digitviz.dashboard.runtime.shared import shared
from digitviz.language import language, speaking
from digitviz.shares import Shares

AT_ONCE = 1
"""With two, a class of 30 had its clicks answered a third sooner, and its trainings done a tenth later (measured)."""
PATIENCE = 1.0
"""Seconds after which a page goes on without a turn, so that one that is slow holds nobody up for longer."""
MAX_WAITING = 50
"""Requests of an owner that wait at a gate: more tabs than anybody looks at."""
LONGEST_DELIVERY = 10.0
"""Seconds that a run waits for the server to take up what it sent: a page in pieces is worse than a late one."""


@dataclass(eq=False)
class _Turn:
    """What a thread waits for or holds, and for which owner; without a turn it went on because it had waited long."""

    owner: Hashable
    is_held: bool = False
    began: float = 0.0
    came: threading.Event = field(default_factory=threading.Event)


class Turns:
    """Lets a few threads through at a time, those of the owner first who has had the least time so far.

    Parameters
    ----------
    patience : float
        Seconds that a thread waits at most. Of each owner only one at a time goes on without a turn.
    """

    def __init__(self, at_once: int = AT_ONCE, patience: float = PATIENCE) -> None:
        self._free, self._patience = at_once, patience
        self._waiting: list[_Turn] = []
        self._without: set[Hashable] = set()
        self._shares = Shares()
        self._lock = threading.Lock()
        self._mine = threading.local()

    @property
    def owner(self) -> Hashable:
        """For whom this thread holds a turn."""
        held: _Turn | None = getattr(self._mine, "holds", None)
        return None if held is None else held.owner

    @contextmanager
    def take(self, owner: Hashable = None) -> Iterator[bool]:
        """Wait for a turn and hold it; a thread that already does goes on, and is given False."""
        if getattr(self._mine, "holds", None) is not None:
            yield False
            return
        self._mine.holds = self._enter(owner)
        try:
            yield True
        finally:
            self._leave()
            self._mine.holds = None

    @contextmanager
    def set_aside(self) -> Iterator[None]:
        """Let others have this thread's turn while it waits for something else."""
        held: _Turn | None = getattr(self._mine, "holds", None)
        if held is not None:
            self._leave()
        try:
            yield
        finally:
            if held is not None:
                self._mine.holds = self._enter(held.owner)

    def _enter(self, owner: Hashable) -> _Turn:
        """Wait for a turn, or until there is nothing to give back because it took too long."""
        mine = _Turn(owner)
        with self._lock:
            self._waiting.append(mine)
            self._let_through()
        while not mine.came.wait(self._patience):
            with self._lock:
                if not mine.is_held and owner not in self._without:
                    self._waiting.remove(mine)
                    self._without.add(owner)
                    return mine
        return mine

    def _leave(self) -> None:
        mine: _Turn = self._mine.holds
        with self._lock:
            if mine.is_held:
                self._shares.charge(mine.owner, time.monotonic() - mine.began)
                self._free += 1
                self._let_through()
            else:
                self._without.discard(mine.owner)

    def _let_through(self) -> None:
        while self._free and self._waiting:
            following = min(self._waiting, key=lambda turn: self._shares.had(turn.owner))
            self._waiting.remove(following)
            self._shares.serve(following.owner)
            self._free -= 1
            following.is_held, following.began = True, time.monotonic()
            following.came.set()


class Gate:
    """Lets one request of each owner be answered at a time, and rest after it.

    So however many connections an owner has, all others have most of the server's time.

    Parameters
    ----------
    rest : float
        For so many times as long as an answer took, its owner's next one waits.
    """

    def __init__(self, rest: float) -> None:
        self._rest = rest
        self._owners: dict[Hashable, _Asking] = {}

    @asynccontextmanager
    async def take(self, owner: Hashable) -> AsyncIterator[None]:
        """Wait for the turn of a request.

        Raises
        ------
        TooMany
            If `MAX_WAITING` requests of this owner wait already.
        """
        loop = asyncio.get_running_loop()
        asking = self._owners.setdefault(owner, _Asking())
        if asking.count >= MAX_WAITING:
            raise TooMany
        asking.count += 1
        try:
            async with asking.lock:
                await asyncio.sleep(max(0.0, asking.rests_until - loop.time()))
                began = loop.time()
                try:
                    yield
                finally:
                    now = loop.time()
                    asking.rests_until = now + self._rest * (now - began)
        finally:
            asking.count -= 1
            for other, one in [*self._owners.items()]:
                if not one.count and one.rests_until < loop.time():
                    del self._owners[other]


@dataclass(eq=False)
class _Asking:
    """How many requests an owner has at a gate, and when the next may be answered."""

    count: int = 0
    rests_until: float = 0.0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class TooMany(Exception):
    """An owner has too many requests that wait."""


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
    spoken, owner = language(), turns().owner  # by the page's run: that of a fragment alone is asked by nobody

    @functools.wraps(function)
    def in_turn(*arguments: Any) -> None:
        with turns().take(owner) as by_itself, speaking(spoken):
            function(*arguments)
        if by_itself:
            delivered()

    return st.fragment(in_turn, run_every=run_every)
