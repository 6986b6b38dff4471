"""Runs that are open, each one for all tabs of its owner: saved while they move, stopped when their owner is gone."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from digitviz.dashboard.session.rounds import SECONDS, Rounds
from digitviz.dashboard.session.training_data import TrainingData
from digitviz.store.records import Standing, new_epoch
from digitviz.training.gap import GapFill
from digitviz.training.pool import Job
from digitviz.training.run import TrainingRun

GRACE_SECONDS = 5.0
"""How long a run goes on when the last tab of its owner is closed: a reload takes less."""
BYTES_PER_SECOND = 10_000_000
"""That one run that moves may have written: only the largest networks are saved less often than they are looked at."""

log = logging.getLogger(__name__)


@dataclass(eq=False)
class OpenRun:
    """A run that somebody has open, or has had until a moment ago.

    Parameters
    ----------
    id : str
        32 hexadecimal characters: whoever has it may look on.
    owner : str
        Who may move it.
    job : Job
        The same for all tabs. It becomes another when the run goes back to its start.
    learn_from : TrainingData
    created : float
        Seconds since 1970.
    parent : str, optional
        The run that this is a branch of.
    left_at : int, optional
        After how many batches it left that.
    weights : str, optional
        What the file is called from which it began; untrusted.

    Attributes
    ----------
    epoch : int
        With which this server saves it: one of its own, drawn when its owner opened it here (`OpenRuns.hold`). Another
        server that opens it draws another; what is saved here is refused then.
    is_held : bool
        Whether its owner has had it open here since the last tab was closed for long.
    standing : Standing
        Whether it was deleted, or another server has taken it: then nobody moves it here.
    mending : GapFill or None
        What computes its first batches again if they are lost, as long as its owner has it open.
    recipe_id : str
        Of what its steps follow from: it never changes.
    tabs, viewers : set of str
        Tokens of the sessions of its owner, and of others who have it open.
    """

    id: str
    owner: str
    job: Job[TrainingRun]
    learn_from: TrainingData
    created: float
    parent: str | None = None
    left_at: int | None = None
    weights: str | None = None
    epoch: int = field(default_factory=new_epoch)
    is_held: bool = True
    standing: Standing = Standing.KEPT
    mending: GapFill | None = None
    tabs: set[str] = field(default_factory=set)
    viewers: set[str] = field(default_factory=set)
    alone_since: float | None = None
    saved: object = None
    not_before: float = 0.0
    due: float = 0.0
    said: object = None

    def __post_init__(self) -> None:
        self.recipe_id = self.job.run.recipe.id

    @property
    def is_away(self) -> bool:
        """Whether nobody may move it here, not even its owner."""
        return self.standing in {Standing.TAKEN, Standing.DELETED}

    @property
    def wants_to_go_on(self) -> bool:
        """Whether it is to train to its end, also after whatever interrupts it."""
        return self.job.wants_steps and self.job.goal >= self.job.run.total_steps

    @property
    def moment(self) -> object:
        """Tells what is saved of it now from what is saved at every other moment."""
        job, judged = self.job, self.job.judged
        judged_at = None if judged is None else judged.step
        return job.run.hyperparameters, job.run.step, job.error, job.speed, self.wants_to_go_on, judged_at


class OpenRuns:
    """The runs that are open, by their ids. A thread of its own looks after them as long as there are any.

    Parameters
    ----------
    save : callable
        Is handed a run that has moved since it was saved last; returns at once, with how many bytes that was.
    stop : callable
        Is handed the job of a run whose owner is gone.
    standing : callable
        Tells what has become of a run that was saved.
    mend : callable
        Is handed a run again and again whose owner has it open: to compute what is lost of it.
    watch : callable
        Is handed the ids of runs that stand in tabs of their owners, every few seconds, to find their standing.
    tell : callable
        Is handed the token of a tab whose page has something else to say of its run.
    grace : float
        Seconds.
    """

    def __init__(
        self,
        save: Callable[[OpenRun], int],
        stop: Callable[[Job[TrainingRun]], object],
        standing: Callable[[OpenRun], Standing] = lambda run: Standing.KEPT,
        mend: Callable[[OpenRun], object] = lambda run: None,
        watch: Callable[[list[str]], object] = lambda ids: None,
        tell: Callable[[str], object] = lambda tab: None,
        grace: float = GRACE_SECONDS,
    ) -> None:
        self._save, self._stop, self._standing, self._mend = save, stop, standing, mend
        self._watch, self._tell, self._grace = watch, tell, grace
        self._rounds = Rounds()
        self._runs: dict[str, OpenRun] = {}
        self._looking: threading.Thread | None = None
        self._changed = threading.Condition(threading.RLock())

    def find(self, id: str) -> OpenRun | None:
        """Return the run with this id, if it is open."""
        return self._runs.get(id)

    def add(self, run: OpenRun) -> OpenRun:
        """Add a run; where one with its id is open already, that is returned."""
        with self._changed:
            if run.id not in self._runs:
                self._runs[run.id] = run
                run.alone_since = now = time.monotonic()
                run.due = now + SECONDS
            if self._looking is None:
                self._looking = threading.Thread(target=self._look_after, name="digitviz-open-runs", daemon=True)
                self._looking.start()
            return self._runs[run.id]

    def hold(self, run: OpenRun, epoch: int) -> None:
        """Note that this server moves a run, and under which epoch it saves it."""
        with self._changed:
            run.epoch, run.is_held, run.standing = epoch, True, Standing.KEPT

    def give_up(self, run: OpenRun) -> None:
        """Note that another server has taken a run."""
        with self._changed:
            run.standing = Standing.TAKEN
            self._stop(run.job)

    def delete(self, id: str) -> None:
        """Note that a run was deleted: work on it ends in all tabs. It is kept open, for its owner may undo that."""
        with self._changed:
            run = self.find(id)
            if run is not None:
                self._stand_still(run, Standing.DELETED)

    def restore(self, id: str) -> OpenRun | None:
        """Note that a deletion was undone; return the run if it is open."""
        with self._changed:
            run = self.find(id)
            if run is not None and run.standing is Standing.DELETED:
                run.standing = Standing.KEPT
                self._tell_tabs(run)
            return run

    def enter(self, run: OpenRun, tab: str, as_owner: bool) -> None:
        """Note that a session has an open run."""
        with self._changed:
            (run.tabs if as_owner else run.viewers).add(tab)
            if as_owner:
                run.alone_since = None

    def leave(self, run: OpenRun, tab: str) -> bool:
        """Note that a session has it open no longer; return whether that was the last tab of its owner."""
        with self._changed:
            was_owners = tab in run.tabs
            run.tabs.discard(tab)
            run.viewers.discard(tab)
            if was_owners and not run.tabs:
                run.alone_since = time.monotonic()
            return was_owners and not run.tabs

    def others(self, run: OpenRun, tab: str) -> bool:
        """Whether another session has the run open too."""
        return bool((run.tabs | run.viewers) - {tab})

    def abandon(self, run: OpenRun, tab: str) -> None:
        """Note that a session has turned to another run: it stands still at once if its owner has no other tab."""
        with self._changed:
            if self.leave(run, tab):
                run.job.pause()
                self._stop(run.job)
                self.save_soon(run)

    def save_soon(self, run: OpenRun | None) -> None:
        """Look now at a run that has come to stand, or has begun, if it is one."""
        if run is not None:
            with self._changed:
                run.due = 0.0
                self._changed.notify_all()

    def save_all(self) -> None:
        """Have all saved that have moved: the server is about to end."""
        with self._changed:
            for run in self._runs.values():
                self._save_if_moved(run, now=True)

    def _look_after(self) -> None:
        while True:
            with self._changed:
                if not self._runs:
                    self._looking = None
                    return
                now = time.monotonic()
                run, wait = self._rounds.next(self._runs.values(), now)
                if wait > 0:
                    self._changed.wait(wait)
                    continue
                if ids := self._rounds.to_watch(self._runs.values(), now):
                    self._watch(ids)
            if self._look_at(run):
                self._rounds.saved(now)

    def _look_at(self, run: OpenRun) -> bool:
        """See to one run; return whether it was saved."""
        was_saved = self._save_if_moved(run)
        self._look_for_others(run)
        self._look_for_gaps(run)
        with self._changed:
            alone = run.alone_since is not None and time.monotonic() - run.alone_since >= self._grace
            if alone and not run.job.cancelled:
                self._stop(run.job)  # it keeps its goal, and so what it wants
            if alone:
                run.is_held = False
            if alone and not run.viewers and (run.saved == run.moment or run.standing is Standing.TAKEN):
                self._runs.pop(run.id, None)
        return was_saved

    def _look_for_others(self, run: OpenRun) -> None:
        """Stand still if another server has taken a run, or deleted it."""
        epoch, found = run.epoch, self._standing(run)
        with self._changed:
            if found in {Standing.TAKEN, Standing.DELETED} and run.epoch == epoch and not run.is_away:
                self._stand_still(run, found)

    def _stand_still(self, run: OpenRun, standing: Standing) -> None:
        run.standing = standing
        self._stop(run.job)
        self._tell_tabs(run)

    def _tell_tabs(self, run: OpenRun) -> None:
        for tab in run.tabs:
            self._tell(tab)

    def _look_for_gaps(self, run: OpenRun) -> None:
        if run.tabs and not run.is_away:
            try:
                self._mend(run)
            except Exception:  # it goes on without what is lost
                log.exception("what is lost of a run could not be computed again")
        elif run.mending is not None:
            self._stop(run.mending.work)

    def _save_if_moved(self, run: OpenRun, now: bool = False) -> bool:
        moment, time_now = run.moment, time.monotonic()
        if run.job.run.recipe.id != run.recipe_id:  # it was forgotten: what stands in its place is not the run
            return False
        if run.standing is Standing.TAKEN:
            return False
        too_soon = run.job.wants_steps and not now and time_now < run.not_before
        if too_soon or (moment == run.saved and self._standing(run) is not Standing.UNKNOWN):
            return False
        try:
            run.not_before = time_now + self._save(run) / BYTES_PER_SECOND
            run.saved = moment
        except Exception:  # whatever is wrong with one must not keep the others from being saved
            log.exception("a run could not be saved")
        return True
