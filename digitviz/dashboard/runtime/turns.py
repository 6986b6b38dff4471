"""Turns for running pages one after another, their fragments, and clicks that count once.

The waiting time is shared fairly between owners.

Python runs only one thread at a time. If thirty pages ran at once, they would compete for its lock with each other and
with training, and each page would wait for all the others many times.
"""

import asyncio
import functools
import math
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Hashable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakValueDictionary

import streamlit as st

from digitviz.dashboard.runtime.shared import shared
from digitviz.dashboard.runtime.streamlit_internals import only_fragments_run
from digitviz.language import language, speaking

AT_ONCE = 1
"""Number of pages that run at the same time. With two, clicks in a class of 30 took a third less time, and training
took a tenth longer (measured)."""
PATIENCE = 1.0
"""Time in seconds after which other pages stop waiting for a slow one and run next to it."""
MIN_PART = 0.1
"""Minimum fraction of a core for an owner's pages. While fewer than ten owners use pages, each has an equal part."""
AHEAD = 20.0
"""Time in seconds for which an owner may use that part in advance, so that only lasting use is limited."""
RECENT = 60.0
"""Time in seconds for which an owner counts after making up for the last turn."""
MAX_SLOW = 2
"""Maximum number of an owner's slow pages that run next to the others."""
MAX_WAITING = 50
"""Maximum number of an owner's requests that wait at a gate: more than anyone has tabs open."""
REST = 3.0
"""Pause before an owner's next answer at a gate, as a multiple of the time that an answer took."""
LONGEST_DELIVERY = 10.0
"""Maximum time in seconds that a run waits for the server to receive its messages. A broken page is worse than a late
one."""

HEADLINE = "progress"
"""Key of the headline, which reports the progress and the end of training."""


@dataclass(eq=False)
class _Turn:
    """A thread's turn, for which the thread waits. If a turn takes too long, others no longer wait for it."""

    owner: Hashable
    began: float = 0.0
    processor_time: float = 0.0  # of the thread, when the turn began
    came: threading.Event = field(default_factory=threading.Event)


class Turns:
    """Lets a few threads run at a time. Owners who have used the least time come first.

    Pages go before training, so an owner who asks for more and more of them waits even if nobody else does: in the long
    run, none gets more of the processor than an equal part of a core.

    Parameters
    ----------
    patience : float
        Maximum time in seconds that the others wait for a turn. If one takes longer, its owner's next turn comes last.
    """

    def __init__(self, at_once: int = AT_ONCE, patience: float = PATIENCE) -> None:
        self._at_once, self._patience = at_once, patience
        self._waiting: list[_Turn] = []
        self._held: list[_Turn] = []
        self._overtaken: list[_Turn] = []
        self._paid_at: dict[Hashable, float] = {}  # when the part of an owner makes up for the turns so far
        self._lock = threading.Lock()
        self._mine = threading.local()

    @property
    def owner(self) -> Hashable:
        """Owner of this thread's turn."""
        held: _Turn | None = getattr(self._mine, "holds", None)
        return None if held is None else held.owner

    @contextmanager
    def take(self, owner: Hashable = None) -> Iterator[bool]:
        """Wait for a turn and hold it. A thread that already holds one continues, and gets False."""
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
        """Release this thread's turn while it waits for something else."""
        held: _Turn | None = getattr(self._mine, "holds", None)
        if held is not None:
            self._leave()
        try:
            yield
        finally:
            if held is not None:
                self._mine.holds = self._enter(held.owner)

    def _enter(self, owner: Hashable) -> _Turn:
        mine = _Turn(owner)
        with self._lock:
            self._waiting.append(mine)
            self._let_through()
        while not mine.came.wait(min(self._patience, self._rest(owner) or self._patience)):
            with self._lock:
                self._let_through()
        mine.processor_time = time.thread_time()
        return mine

    def _rest(self, owner: Hashable) -> float:
        """Return the time in seconds until an owner may have another turn."""
        return max(0.0, self._paid_at.get(owner, -math.inf) - time.monotonic() - AHEAD)

    def _leave(self) -> None:
        mine: _Turn = self._mine.holds
        used, now = time.thread_time() - mine.processor_time, time.monotonic()
        with self._lock:
            self._paid_at = {owner: at for owner, at in self._paid_at.items() if at > now - RECENT}
            part = max(MIN_PART, 1 / len({*self._paid_at, mine.owner}))
            self._paid_at[mine.owner] = max(self._paid_at.get(mine.owner, now), now) + used / part
            (self._held if mine in self._held else self._overtaken).remove(mine)
            self._let_through()

    def _let_through(self) -> None:
        now = time.monotonic()
        while self._held and now - self._held[0].began >= self._patience:
            self._overtaken.append(self._held.pop(0))
        while self._waiting and len(self._held) < self._at_once:
            slow = Counter(turn.owner for turn in self._overtaken)
            may_run = [turn for turn in self._waiting if slow[turn.owner] < MAX_SLOW and not self._rest(turn.owner)]
            if not may_run:
                return
            following = min(may_run, key=lambda turn: (slow[turn.owner], self._paid_at.get(turn.owner, 0.0)))
            self._waiting.remove(following)
            self._held.append(following)
            following.began = now
            following.came.set()


class Gate:
    """Answers one request of each owner at a time, with a pause after it.

    This leaves most of the server's time for others, even if an owner has many connections.

    Parameters
    ----------
    rest : float
        Pause before the owner's next answer, as a multiple of the time that an answer took.
    """

    def __init__(self, rest: float = REST) -> None:
        self._rest = rest
        self._owners = WeakValueDictionary[Hashable, _Asking]()

    @asynccontextmanager
    async def take(self, owner: Hashable) -> AsyncIterator[None]:
        """Wait for the turn of a request.

        Raises
        ------
        TooMany
            If `MAX_WAITING` requests of this owner are already waiting.
        """
        loop, asking = asyncio.get_running_loop(), self._owners.setdefault(owner, _Asking())
        if asking.count >= MAX_WAITING:
            raise TooMany
        asking.count += 1
        try:
            await asking.lock.acquire()
            began = loop.time()
            try:
                yield
            finally:
                loop.call_later(self._rest * (loop.time() - began), asking.end)
        finally:
            asking.count -= 1


@dataclass(eq=False)
class _Asking:
    """Number of an owner's requests at a gate, and a lock that is held for an answer and the pause after it."""

    count: int = 0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def end(self) -> None:
        """End the pause. Until then, the event loop keeps this object."""
        self.lock.release()


class TooMany(Exception):
    """Raised if an owner has too many waiting requests."""


def turns() -> Turns:
    """Return the turns of this server."""
    return shared().get(Turns)


def delivered() -> None:
    """Wait until the server has received all messages of this run so far.

    Once the session's next run has begun, Streamlit's `AppSession` drops messages of a finished run that the server has
    not yet received. On a busy server this happens often, and a browser that misses a message shows an error instead of
    the page. So a run does not finish earlier.
    """
    loop = shared().loop
    if loop is not None and not loop.is_closed():
        taken = threading.Event()
        loop.call_soon_threadsafe(taken.set)
        taken.wait(LONGEST_DELIVERY)


def fragment(
    function: Callable[..., None], run_every: float | None = None, key: str | None = None
) -> Callable[..., None]:
    """Make `function` a fragment of the page. It takes a turn if it runs alone. `key` names it for `st.rerun`."""
    spoken, owner = language(), turns().owner  # from the page's run, because a fragment's own run has neither

    @functools.wraps(function)
    def in_turn(*arguments: Any) -> None:
        with turns().take(owner) as by_itself, speaking(spoken):
            function(*arguments)
            if by_itself:
                delivered()

    return st.fragment(in_turn, run_every=run_every, key=key)


def end_was_told() -> bool:
    """Return whether the browser reported the end of training in this fragment's run. False if the whole page runs."""
    return only_fragments_run() and (st.session_state.get(HEADLINE) or {}).get("ended") is not None


def on_click(action: Callable[..., object]) -> Callable[..., None]:
    """Make `action` run once per click on a button outside the fragments.

    If a fragment's timer fires between a click and its message, the click reaches the server twice: with the fragment's
    request, and with its own message for the whole page. Only the second counts. But if training ends at the moment of
    the click, the browser sends a single message for both.
    """

    @functools.wraps(action)
    def act(*arguments: Any) -> None:
        if not only_fragments_run() or end_was_told():
            action(*arguments)

    return act
