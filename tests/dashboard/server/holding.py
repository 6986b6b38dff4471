"""A session that holds a run, so that tests can listen to its stream."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from digitviz import TrainingRun
from digitviz.dashboard.session import current_run
from digitviz.dashboard.session.current_run import ATTACHED, SessionRun
from digitviz.dashboard.session.lease import Lease
from digitviz.training.pool import Job

SECONDS_TO_END = 90
"""Limit for the last step of a large run on a busy machine."""


@contextmanager
def held(run: TrainingRun) -> Iterator[Lease]:
    """Attach a run to a session, so that tests can listen to its stream."""
    session, job = Lease(), Job(run)
    session.hold(ATTACHED, SessionRun(session.token, job))
    try:
        yield session
    finally:
        session.end()
        assert current_run.pool().wait(job, SECONDS_TO_END)
