"""What a session has in the pool. It gives it back when its tab is closed."""

from __future__ import annotations

from dataclasses import dataclass

from digitviz.dashboard.session.lease import Kind, lease, lease_of
from digitviz.dashboard.session.open_runs import OpenRun
from digitviz.dashboard.session.server_wide import go_on, open_runs, stop
from digitviz.training.pool import Job
from digitviz.training.run import TrainingRun


@dataclass(eq=False)
class Seat:
    """A session's place: a training, and the run whose training it is once that has an id."""

    tab: str
    job: Job[TrainingRun] | None = None
    run: OpenRun | None = None
    may_move: bool = False


def _stand_up(seat: Seat) -> None:
    if seat.run is not None:
        open_runs().leave(seat.run, seat.tab)
    elif seat.job is not None:
        stop(seat.job)


SEAT = Kind[Seat](_stand_up)


def sit_down(job: Job[TrainingRun], run: OpenRun | None, is_owners: bool, may_move: bool) -> None:
    """Let this session have a training, and continue work on it if the session may move it.

    Parameters
    ----------
    job : Job
    run : OpenRun or None
        The run whose training it is, once it has an id.
    is_owners : bool
        True if the session belongs to the run's owner; other sessions only watch.
    may_move : bool
        False for viewers, and for the owner while the run is deleted or on another server.
    """
    seat = lease().held(SEAT) or lease().hold(SEAT, Seat(lease().token))
    if (seat.job, seat.run, seat.may_move) == (job, run, may_move):
        return
    seat.job, seat.run, seat.may_move = job, run, may_move
    if run is not None:
        open_runs().enter(run, seat.tab, is_owners)
    if may_move:
        job.owner = lease().owner
        go_on(job)


def job_of(token: str) -> Job[TrainingRun] | None:
    """Return the training of the session with this token; None if there is none."""
    seat = _seat_of(token)
    return None if seat is None else seat.job


def owner_of(token: str) -> str:
    """Return whose the session with this token is; the token itself if there is no such session."""
    found = lease_of(token)
    return token if found is None else found.owner


def has_own_run(token: str) -> bool:
    """Whether the session with this token has a run that is saved, and is its owner's."""
    seat = _seat_of(token)
    return seat is not None and seat.run is not None and seat.tab in seat.run.tabs


def _seat_of(token: str) -> Seat | None:
    found = lease_of(token)
    return None if found is None else found.held(SEAT)
