"""How long tests take: `make check` gives each test 0.1 seconds, and `make durations` measures them.

As a plugin of a single process (`pytest -n0 -p tests.durations`), it updates `durations.json`: for each test whose
cases together take longer, the processor time of one case. The time of a fixture that tests share is divided among
them.
"""

from __future__ import annotations

import functools
import json
import statistics
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

SECONDS_OF_A_TEST = 0.1
"""Processor time that `make check` gives the cases of a test together."""
SECONDS_OF_A_FILE = 0.5
"""Processor time that it gives a case if otherwise no test of a file would run."""
FILE = Path(__file__).with_suffix(".json")
ROOT = Path(__file__).parents[1]

Test = tuple[str, str]
"""File and name of a test, the same for all its cases."""


@functools.cache
def recorded() -> dict[Test, float]:
    """Return the seconds of one case, of the tests that take longer than `make check` gives them."""
    files = json.loads(FILE.read_text())
    return {(file, name): seconds for file, tests in files.items() for name, seconds in tests.items()}


def key_of(item: pytest.Item) -> Test:
    return item.path.relative_to(ROOT).as_posix(), getattr(item, "originalname", item.name)


def exists(file: str, name: str) -> bool:
    path = ROOT / file
    return path.exists() and f"def {name}(" in path.read_text(encoding="utf-8")


def in_turn(place: int, n: int) -> bool:
    """Return whether a case is in a sample of one in n: each time another one, so that the last parameter varies."""
    return place % n == place // n % n


def too_long(items: Iterable[pytest.Item]) -> list[pytest.Item]:
    """Return the cases that do not fit in the time of their tests.

    Each file keeps at least one case of its shortest test, unless it takes longer than `SECONDS_OF_A_FILE`.
    """
    seconds, tests, files = recorded(), defaultdict(list), defaultdict(list)
    for item in items:
        tests[key_of(item)].append(item)
    for test in tests:
        files[test[0]].append(test)
    found = []
    for those in files.values():
        shortest = min(those, key=lambda test: seconds.get(test, 0))
        for test in those:
            cases, fitting = tests[test], int(SECONDS_OF_A_TEST / seconds.get(test, 1e-9))
            fitting = max(fitting, test == shortest and seconds.get(test, 0) <= SECONDS_OF_A_FILE)
            n = -(-len(cases) // fitting) if fitting else len(cases) + 1
            found += [case for place, case in enumerate(cases) if n > len(cases) or not in_turn(place, n)]
    return found


def _used() -> float:
    """Return the processor time of this process and its children, in seconds."""
    import resource  # Windows does not have it

    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in both)


_begun: dict[pytest.Item, float] = {}
_shared: dict[tuple[str, str], float] = defaultdict(float)
"""Seconds of each fixture that tests share, by the file or folder that shares it and its name."""
_measured: dict[Test, list[float]] = defaultdict(list)
"""Seconds of the cases of each test."""


def _uses(item: Any, shared_by: str, name: str) -> bool:
    return name in getattr(item, "fixturenames", ()) and item.nodeid.startswith(shared_by)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: Any, request: Any) -> Iterator[Any]:
    before = _used()
    result = yield
    if fixturedef.scope != "function":
        _shared[request.node.nodeid, fixturedef.argname] += _used() - before
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    _begun[item] = _used()
    known = sum(_shared.values())
    yield
    _begun[item] += sum(_shared.values()) - known


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: Any, nextitem: Any) -> Iterator[None]:
    before = _used()
    yield
    ends_file = nextitem is None or nextitem.path != item.path  # and what its tests share
    seconds = (before if ends_file else _used()) - _begun.pop(item)
    for shared, taken in _shared.items():
        if _uses(item, *shared):
            seconds += taken / sum(_uses(each, *shared) for each in item.session.items)
    _measured[key_of(item)].append(seconds)


def pytest_sessionfinish() -> None:
    known = {test: each for test, each in recorded().items() if test not in _measured and exists(*test)}
    slow = {test: seconds for test, seconds in _measured.items() if sum(seconds) > SECONDS_OF_A_TEST}
    known |= {test: max(0.001, round(statistics.mean(seconds), 3)) for test, seconds in slow.items()}
    files: dict[str, dict[str, float]] = defaultdict(dict)
    for (file, name), seconds in sorted(known.items()):
        files[file][name] = seconds
    FILE.write_text(json.dumps(files, indent=1) + "\n")
