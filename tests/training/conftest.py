"""Fixtures for all tests of training."""

from __future__ import annotations

import pytest

from digitviz.training.engines import warm_up
from digitviz.training.pool import Job, Pool
from tests.waiting import wait_until


@pytest.fixture(autouse=True, scope="session")
def _compiled():
    """Compile the fastest engine first, so that it is used in every test that leaves the engine open."""
    warm_up()


@pytest.fixture
def pool():
    """Pool of two workers. Its jobs are cancelled after the test."""
    pool = Pool(workers=2)
    jobs: list[Job] = []
    submit = pool.submit
    pool.submit = lambda job: (jobs.append(job), submit(job))
    yield pool
    for job in jobs:
        pool.cancel(job)
    wait_until(lambda: pool.counts()["threads"] == 0)
