"""What every test of training may use."""

from __future__ import annotations

import pytest

from digitviz.training.engines import warm_up
from digitviz.training.pool import Job, Pool
from tests.waiting import wait_until


@pytest.fixture(autouse=True, scope="session")
def _compiled():
    """Let trainings that leave the engine open have the quickest, whichever test comes first."""
    warm_up()


@pytest.fixture
def pool():
    """Two workers, which have nothing left to do when the test is over."""
    pool = Pool(workers=2)
    jobs: list[Job] = []
    submit = pool.submit
    pool.submit = lambda job: (jobs.append(job), submit(job))
    yield pool
    for job in jobs:
        pool.cancel(job)
    wait_until(lambda: pool.counts()["threads"] == 0)
