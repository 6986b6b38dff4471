"""What a run is called, how it stands and when it was."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from digitviz.dashboard.session import run_words
from digitviz.language import speaking
from tests.kept import NOON, kept_run


def test_a_run_without_a_title_is_called_by_what_it_does_otherwise_than_the_notebook():
    assert run_words.name(kept_run()) == "The notebook's settings"
    assert run_words.name(kept_run(title=" my  run\n")) == "my run"
    settings = {"learning_rate": 0.01, "hidden": [30], "seed": 7, "bias": True}
    assert run_words.name(kept_run(settings=settings)) == "Hidden neurons 30, Bias on, Learning rate 0.01, 1 more"


def test_a_branch_is_called_by_what_was_changed_on_the_way():
    branch = kept_run(settings={"seed": 7}, changes={40: {"learning_rate": 2e-6}, 90: {"optimizer": "adam"}})
    assert run_words.name(branch) == "after batch 40: Learning rate 0.000002, after batch 90: Optimizer Adam, Seed 7"


def test_other_training_data_are_named():
    run = kept_run(training_data={"source": "both", "distorted": True}, drawings=("a" * 32,))
    assert run_words.name(run) == "both together, with distorted copies, with 1 drawing"


@pytest.mark.parametrize(
    "fields",
    [{"settings": {"hidden": "many"}}, {"settings": {"colour": "red"}}, {"recipe": {"changes": 3}},
     {"recipe": {"changes": [3, {}, {"batch": 4, "learning_rate": "x"}, {"batch": 5, "optimizer": []}]}},
     {"training_data": {}}],
)  # fmt: skip
def test_what_is_damaged_or_of_a_later_version_has_a_name_too(fields):
    run = kept_run()
    for name, value in fields.items():
        object.__setattr__(run, name, value)
    assert run_words.name(run)


@pytest.mark.parametrize(
    ("given", "shown"),
    [("a\x00b\tc\n\nd", "a b c d"), ("\u202eevil\u2066", "evil"), ("  ", ""), ("第三次  训练", "第三次 训练"),
     ("x" * 500, "x" * 80), ("👩\u200d🏫", "👩\u200d🏫"), ("\ud800a", "a"), ("a\u2028b", "a b")],
)  # fmt: skip
def test_a_title_is_one_line_without_what_cannot_be_seen(given, shown):
    assert run_words.clean(given) == shown
    assert run_words.clean(shown) == shown


@pytest.mark.parametrize(
    ("fields", "moves", "said"),
    [({}, False, "trained, 100,000 steps"), ({"step": 12_300, "state": "training"}, False,
      "paused at step 12,300 of 100,000"), ({"step": 12_300, "state": "training"}, True,
      "training, at step 12,300 of 100,000"), ({"step": 0, "state": "ready"}, False, "not begun"),
     ({"step": 17, "state": "diverged"}, False, "diverged after 17 steps"),
     ({"step": 500, "state": "stuck"}, False, "stuck at step 500 of 100,000")],
)  # fmt: skip
def test_how_a_run_stands_is_said(fields, moves, said):
    assert run_words.state(kept_run(**fields), moves) == said


def test_after_a_divergence_an_accuracy_means_nothing():
    assert run_words.accuracy(kept_run(state="diverged")) is None
    assert run_words.accuracy_in_words(kept_run(accuracy=0.9334)) == "93.3%"
    assert run_words.accuracy_in_words(kept_run(accuracy=None)) == "no accuracy"


def at(year: int, month: int, day: int, hour: int, zone: str = "UTC") -> datetime:
    return datetime(year, month, day, hour, tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("then", "said"),
    [(at(2026, 11, 26, 9), "today 09:00"), (at(2026, 11, 25, 23), "yesterday 23:00"),
     (at(2026, 11, 24, 23), "Nov 24, 23:00"), (at(2025, 11, 26, 9), "Nov 26, 2025, 09:00"),
     (at(2026, 11, 26, 1, "Asia/Shanghai"), "yesterday 17:00")],
)  # fmt: skip
def test_a_moment_is_told_by_the_readers_clock(then, said):
    assert run_words.when(then.timestamp(), at(2026, 11, 26, 12)) == said


def test_a_moment_that_is_none_is_not_told():
    assert run_words.when(float("nan")) == run_words.when(1e300) == ""


def test_dates_are_written_in_the_readers_language():
    with speaking("zh"):
        assert "11月24日" in run_words.when(at(2026, 11, 24, 9).timestamp(), at(2026, 11, 26, 12))
    assert run_words.when(NOON, datetime.fromtimestamp(NOON, UTC)).startswith("today")
