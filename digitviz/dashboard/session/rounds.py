"""Whose turn it is to be looked at, of the runs that are open: one by one, so that nobody who clicks is held up."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol, TypeVar

SECONDS = 1.0
"""Between two looks at a run, to save it if it has moved."""
FEW_RUNS = 4
LONG_SECONDS = 1.5
"""Where more runs than those few move: none is ever more than two seconds behind."""
TOGETHER_SECONDS = 0.05
"""Runs that are due within so long are looked at one after another, unless they are to be saved."""
WATCH_SECONDS = 3.0
"""After which runs that stand are looked for again: another server may have taken or deleted one."""


class Open(Protocol):
    """What there is to know of a run: an `OpenRun` has it."""

    id: str
    job: Any
    tabs: set[str]
    due: float

    @property
    def is_away(self) -> bool:
        """Whether nobody may move it here."""


Run = TypeVar("Run", bound=Open)


class Rounds:
    """Spreads the runs that are saved evenly over the time in which each of them has its turn."""

    def __init__(self) -> None:
        self._free = 0.0  # when the next may be saved whose turn it is
        self._apart = 0.0
        self._watched = 0.0

    def next(self, runs: Iterable[Run], now: float) -> tuple[Run, float]:
        """Return the run that is to be looked at next, and in how many seconds; at once if that is not above 0.

        Then it counts as looked at. One whose `due` is 0 comes first.

        Parameters
        ----------
        runs : iterable of Open
            One at least.
        now : float
            Seconds on the monotonic clock.
        """
        every = list(runs)
        moving = sum(run.job.wants_steps for run in every)
        run = min(every, key=lambda each: each.due)
        wait = max(run.due - TOGETHER_SECONDS, self._free) - now if run.due else 0.0
        if wait <= 0:
            seconds = SECONDS if moving <= FEW_RUNS else LONG_SECONDS
            self._apart = seconds / (moving + 1) if run.due else 0.0
            run.due = now + seconds
        return run, wait

    def saved(self, now: float) -> None:
        """Note that the run was to be saved, and when it was looked at: that of another has to wait."""
        self._free = max(self._free, now + self._apart)

    def to_watch(self, runs: Iterable[Open], now: float) -> list[str]:
        """Return the ids of runs that stand in tabs of their owners, once in a few seconds; else none."""
        if now - self._watched < WATCH_SECONDS:
            return []
        self._watched = now
        return [run.id for run in runs if run.tabs and not run.is_away and not run.job.wants_steps]
