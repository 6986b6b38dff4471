"""The trajectories of a server: looked up by recipe, in bounded memory, with a fair share for each session."""

import threading
import weakref
from collections import OrderedDict
from collections.abc import Iterable

from digitviz.datasets import DigitDataset
from digitviz.training.pool import Job
from digitviz.training.recipe import Recipe
from digitviz.training.trajectory import Trajectory
from digitviz.values import ByteCache

MAX_BYTES = 1_000_000_000
"""Maximum size of all trajectories together. The notebook's takes 11 MB, the largest possible one about 170 MB."""
FREE_FOR_ALL = 0.5
"""Fraction of the memory for runs of any size. In the rest, a run cannot take more than a fair share."""
MIN_SESSIONS = 20
"""Minimum number of sessions by which the memory is divided to compute the fair share."""


class Full(Exception):
    """Raised if there is not enough memory for another run of this size, even after evicting others."""


class Trajectories:
    """Finds the trajectory of a recipe, shared by all runs with this recipe.

    If memory runs out, it evicts trajectories without jobs first, and then those with jobs of closed sessions only.
    Each trajectory counts once, with its size after all of its jobs have finished.

    Parameters
    ----------
    max_bytes : int
    free_for_all : float
        Fraction of the memory, 0 to 1, for runs of any size.
    cache : ByteCache, optional
        Cache from which trajectories are loaded and in which their chunks are saved.
    """

    def __init__(
        self, max_bytes: int = MAX_BYTES, free_for_all: float = FREE_FOR_ALL, cache: ByteCache | None = None
    ) -> None:
        self.max_bytes, self.free_for_all, self._cache = max_bytes, free_for_all, cache
        self._kept: OrderedDict[str, Trajectory] = OrderedDict()  # the most recently used comes last
        self._alive: weakref.WeakValueDictionary[str, Trajectory] = weakref.WeakValueDictionary()
        self._jobs: weakref.WeakKeyDictionary[Job, bool] = weakref.WeakKeyDictionary()  # True if its session is closed
        self._lock = threading.RLock()

    def find(self, recipe: Recipe, dataset: DigitDataset, parent: Trajectory | None = None) -> Trajectory:
        """Return the trajectory of a recipe: from memory, or with the steps of its saved chunks or of its parent.

        Parameters
        ----------
        recipe : Recipe
        dataset : DigitDataset
            The data set of the recipe.
        parent : Trajectory, optional
            The trajectory from which it branches.
        """
        with self._lock:
            known = self._alive.get(recipe.id)
            if known is None and parent is None and recipe.changes:
                parent = self._alive.get(recipe.up_to(recipe.changes[-1].batch).id)
        if known is None:  # without the lock, so that other threads do not wait
            known = Trajectory.found(recipe, dataset, parent, self._cache)
        with self._lock:
            known = self._alive.setdefault(recipe.id, known)
            self._kept[known.serial] = known
            self._kept.move_to_end(known.serial)
            self._make_room()
            return known

    def put(self, job: Job, always: bool = False) -> None:
        """Add a job to its trajectory.

        Parameters
        ----------
        job : Job
        always : bool
            True to add it even without enough memory, as for the first job of a session.

        Raises
        ------
        Full
            If the runs of open sessions leave too little memory, or if the run exceeds a fair share and only the
            memory for fair shares is left. Nothing is evicted in that case.
        """
        with self._lock:
            opened = [other for other, is_closed in self._jobs.items() if not is_closed]
            if not always and not self._is_welcome(job, opened):
                raise Full
            self._jobs[job] = False
            self._kept[job.run.trajectory.serial] = job.run.trajectory
            self._make_room()

    def mark(self, job: Job, closed: bool) -> None:
        """Record whether the session of a job is closed."""
        with self._lock:
            if job in self._jobs:
                self._jobs[job] = closed

    @property
    def nbytes(self) -> int:
        """Size of all trajectories in bytes."""
        with self._lock:
            as_they_are = {id: trajectory.nbytes for id, trajectory in self._kept.items()}
            return sum((as_they_are | _sizes(self._jobs)).values())

    def __len__(self) -> int:
        """Return the number of trajectories in memory."""
        return len(self._kept)

    def _is_welcome(self, job: Job, opened: list[Job]) -> bool:
        sizes, nbytes = _sizes(opened), job.run.nbytes
        more = max(0, nbytes - sizes.get(job.run.trajectory.serial, 0))
        filled, share = sum(sizes.values()) + more, self.max_bytes / max(MIN_SESSIONS, len(opened) + 1)
        within_share = filled <= self.max_bytes and nbytes <= share
        return not more or filled <= self.free_for_all * self.max_bytes or within_share

    def _make_room(self) -> None:
        """Evict trajectories until the others fit: first those without jobs, then those of closed sessions."""
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
    """Return the final size in bytes of each trajectory with jobs, by its serial."""
    sizes: dict[str, int] = {}
    for run in [job.run for job in jobs]:
        sizes[run.trajectory.serial] = max(sizes.get(run.trajectory.serial, 0), run.nbytes)
    return sizes
