"""The trajectories of a server: found by their recipe, in bounded memory, with a fair share for everybody."""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict
from collections.abc import Iterable

from digitviz.datasets import DigitDataset
from digitviz.training.chunks import ChunkCache
from digitviz.training.pool import Job
from digitviz.training.recipe import Recipe
from digitviz.training.trajectory import Trajectory

MAX_BYTES = 1_000_000_000
"""All trajectories together; the notebook's takes 11 MB, the largest some 170 MB."""
FREE_FOR_ALL = 0.5
"""Part of it that trainings of open sessions fill as they come; of the rest, none takes more than its fair share."""
MIN_SESSIONS = 20
"""The fair share is that of one among so many sessions, or among as many as are open if those are more."""


class Full(Exception):
    """There is no room for another training of that size, and none that could make way."""


class Trajectories:
    """Finds the trajectory of a recipe: one for all who ask.

    What nobody follows is kept as long as there is room, and goes first; then what only closed sessions follow. A
    trajectory counts once, with all that it holds or will hold when those who follow it reach their ends.

    Parameters
    ----------
    max_bytes : int
    free_for_all : float
        Part of it, 0 to 1, that is not divided fairly.
    cache : ChunkCache, optional
        Where what is not in memory may be found, and what is computed is kept.
    """

    def __init__(
        self, max_bytes: int = MAX_BYTES, free_for_all: float = FREE_FOR_ALL, cache: ChunkCache | None = None
    ) -> None:
        self.max_bytes, self.free_for_all, self._cache = max_bytes, free_for_all, cache
        self._kept: OrderedDict[str, Trajectory] = OrderedDict()  # the one that was asked for last comes last
        self._alive: weakref.WeakValueDictionary[str, Trajectory] = weakref.WeakValueDictionary()
        self._jobs: weakref.WeakKeyDictionary[Job, bool] = weakref.WeakKeyDictionary()  # is it closed?
        self._lock = threading.RLock()

    def find(self, recipe: Recipe, dataset: DigitDataset, parent: Trajectory | None = None) -> Trajectory:
        """Return the trajectory of a recipe: from memory, or with what is kept of it, or with what its parent knows.

        Parameters
        ----------
        recipe : Recipe
        dataset : DigitDataset
            That of the recipe.
        parent : Trajectory, optional
            What it branches from.
        """
        with self._lock:
            known = self._alive.get(recipe.id)
            if known is None and parent is None and recipe.changes:
                parent = self._alive.get(recipe.up_to(recipe.changes[-1].batch).id)
        if known is None:  # others do not wait for it
            known = Trajectory.found(recipe, dataset, parent, self._cache)
        with self._lock:
            known = self._alive.setdefault(recipe.id, known)
            self._kept[known.serial] = known
            self._kept.move_to_end(known.serial)
            return known

    def put(self, job: Job, always: bool = False) -> None:
        """Admit a job as a follower of its trajectory.

        Parameters
        ----------
        job : Job
        always : bool
            Admit it even if there is no room: a session's first.

        Raises
        ------
        Full
            If the trainings of open sessions alone leave no room for it, or if it is larger than a fair share and they
            have filled the rest. Then nothing has made way.
        """
        with self._lock:
            opened = [other for other, is_closed in self._jobs.items() if not is_closed]
            if not always and not self._is_welcome(job, opened):
                raise Full
            self._jobs[job] = False
            self._kept[job.run.trajectory.serial] = job.run.trajectory
            self._make_room()

    def mark(self, job: Job, closed: bool) -> None:
        """Say whether the session of a job is closed."""
        with self._lock:
            if job in self._jobs:
                self._jobs[job] = closed

    @property
    def nbytes(self) -> int:
        """Memory of all trajectories, in bytes."""
        with self._lock:
            as_they_are = {id: trajectory.nbytes for id, trajectory in self._kept.items()}
            return sum((as_they_are | _sizes(self._jobs)).values())

    def __len__(self) -> int:
        """How many trajectories are kept."""
        return len(self._kept)

    def _is_welcome(self, job: Job, opened: list[Job]) -> bool:
        sizes, nbytes = _sizes(opened), job.run.nbytes
        more = max(0, nbytes - sizes.get(job.run.trajectory.serial, 0))
        filled, share = sum(sizes.values()) + more, self.max_bytes / max(MIN_SESSIONS, len(opened) + 1)
        within_share = filled <= self.max_bytes and nbytes <= share
        return not more or filled <= self.free_for_all * self.max_bytes or within_share

    def _make_room(self) -> None:
        """Let trajectories go until the others fit: first those that nobody follows, then those of closed sessions."""
        followed = {job.run.trajectory.serial for job in self._jobs}
        opened = {job.run.trajectory.serial for job, is_closed in self._jobs.items() if not is_closed}
        free = [id for id in self._kept if id not in followed]
        closed = [id for id in self._kept if id in followed - opened]
        for id in [*free, *closed]:
            if self.nbytes <= self.max_bytes:
                return
            for job in [job for job in self._jobs if job.run.trajectory.serial == id]:
                del self._jobs[job]
                job.forget()
            del self._kept[id]


def _sizes(jobs: Iterable[Job]) -> dict[str, int]:
    """Return the memory of the trajectories that jobs follow, by their serials, with what they hold at the ends."""
    sizes: dict[str, int] = {}
    for run in [job.run for job in jobs]:
        sizes[run.trajectory.serial] = max(sizes.get(run.trajectory.serial, 0), run.nbytes)
    return sizes
