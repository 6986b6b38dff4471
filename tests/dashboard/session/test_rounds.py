"""The order in which open runs take their turns."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import pytest

from digitviz.dashboard.session.open_runs import SECONDS, Rounds


def runs(count: int, moving: bool = True) -> list[SimpleNamespace]:
    """Runs that are all due at the same time, as when a class starts training together."""
    return [SimpleNamespace(due=1000.0, job=SimpleNamespace(wants_steps=moving)) for _ in range(count)]


def looks(rounds: Rounds, every: list[SimpleNamespace], until: float, takes: float = 0.0, saves: bool = True):
    """Return the times of each run's turns."""
    now, seen = 1000.0, [[] for _ in every]
    while now < until:
        run, wait = rounds.next(every, now)
        if wait > 0:
            now += wait
            continue
        seen[next(place for place, each in enumerate(every) if each is run)].append(now)
        if saves:
            rounds.saved(now)
        now += takes
    return seen


@pytest.mark.parametrize(("count", "takes"), [(1, 0.0), (4, 0.03), (10, 0.0), (10, 0.03), (30, 0.01), (100, 0.01)])
def test_each_is_saved_often_enough_and_never_all_at_once(count, takes):
    seen = looks(Rounds(), runs(count), 1020.0, takes)
    assert max(later - one for times in seen for one, later in itertools.pairwise(times)) < 1.9
    every = sorted(time for times in seen for time in times)
    within = max(sum(one <= other < one + 0.1 for other in every) for one in every)
    assert within <= max(2, count // 8)


def test_what_stands_is_looked_at_as_often():
    seen = looks(Rounds(), runs(500, moving=False), 1000.0 + 3.5 * SECONDS, saves=False)
    assert {len(times) for times in seen} == {4}


def test_who_has_come_to_stand_waits_for_nobody():
    rounds, every = Rounds(), runs(10)
    looks(rounds, every, 1001.2)
    every[7].due = 0.0
    assert rounds.next(every, 1001.2) == (every[7], 0.0)
    rounds.saved(1001.2)
    assert every[7].due > 1002
