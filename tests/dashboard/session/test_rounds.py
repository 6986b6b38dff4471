"""The order in which open runs take their turns."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import pytest

from digitviz.dashboard.session.open_runs import following


def runs(count: int) -> list[SimpleNamespace]:
    """Runs that begin at the same time, as when a class starts training together."""
    return [SimpleNamespace(checked=1000.0) for _ in range(count)]


def looks(every: list[SimpleNamespace], until: float, takes: float = 0.0) -> list[list[float]]:
    """Return the times of each run's turns."""
    now, last, seen = 1000.0, 1000.0, [[] for _ in every]
    while True:
        run, at = following(every, last)
        now = max(now, at)
        if now >= until:
            return seen
        seen[next(place for place, each in enumerate(every) if each is run)].append(now)
        run.checked = last = now
        now += takes


@pytest.mark.parametrize(
    ("count", "takes"), [(1, 0.0), (4, 0.03), (10, 0.0), (10, 0.03), (30, 0.01), (100, 0.01), (500, 0.0)]
)
def test_each_is_saved_often_enough_and_never_all_at_once(count, takes):
    seen = looks(runs(count), 1020.0, takes)
    assert max(later - one for times in seen for one, later in itertools.pairwise(times)) < 1.9
    every = sorted(time for times in seen for time in times)
    within = max(sum(one <= other < one + 0.1 for other in every) for one in every)
    assert within <= max(2, count // 8)


def test_who_has_come_to_stand_waits_for_nobody():
    every = runs(10)
    looks(every, 1001.2)
    every[7].checked = 0.0
    assert following(every, 1001.2) == (every[7], 0.0)
