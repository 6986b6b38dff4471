from __future__ import annotations

from types import SimpleNamespace

import pytest

from tests import durations
from tests.durations import ROOT, exists, recorded, too_long


def items_of(**tests: int) -> list[SimpleNamespace]:
    """Return that many cases of each test of a file."""
    path = ROOT / "tests" / "test_some.py"
    cases = [(name, case) for name, count in tests.items() for case in range(count)]
    return [SimpleNamespace(path=path, originalname=name, name=f"{name}[{case}]") for name, case in cases]


@pytest.mark.parametrize(
    ("seconds", "run"),
    [
        ({}, {"test_a": 6, "test_b": 1}),  # nothing is known of new tests, so they run
        ({"test_a": 0.09}, {"test_a": 3, "test_b": 1}),
        ({"test_a": 0.2}, {"test_a": 1, "test_b": 1}),
        ({"test_a": 0.4}, {"test_a": 0, "test_b": 1}),
        ({"test_a": 0.4, "test_b": 0.5}, {"test_a": 1, "test_b": 0}),  # one of each file runs
        ({"test_a": 1.1, "test_b": 1.2}, {"test_a": 0, "test_b": 0}),
        ({"test_a": 0.001, "test_b": 9}, {"test_a": 6, "test_b": 0}),
    ],
)
def test_as_many_cases_run_as_fit_and_at_least_one_of_each_file(monkeypatch, seconds, run):
    known = {("tests/test_some.py", name): each for name, each in seconds.items()}
    monkeypatch.setattr(durations, "recorded", lambda: known)
    monkeypatch.setattr(durations, "SECONDS_OF_A_TEST", 0.3)
    items = items_of(test_a=6, test_b=1)
    left_out = too_long(items)
    kept = [item.originalname for item in items if item not in left_out]
    assert {name: kept.count(name) for name in run} == run


def test_tests_whose_times_are_known_exist():
    assert [test for test in recorded() if not exists(*test)] == [], "remove them from tests/durations.json"
