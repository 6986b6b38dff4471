"""Names, states and dates of runs in words."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from digitviz.dashboard.session import run_words
from digitviz.explanations.evaluation import wilson_interval
from digitviz.language import speaking
from digitviz.training.presets import PRESETS
from tests.kept import NOON, kept_run


def test_a_run_without_a_title_is_called_by_what_it_does_otherwise_than_the_notebook():
    assert run_words.name(kept_run()) == "The notebook's settings"
    assert run_words.name(kept_run(title=" my  run\n")) == "my run"
    settings = {"learning_rate": 0.01, "hidden": [30], "seed": 7, "bias": True}
    assert run_words.name(kept_run(settings=settings)) == "Hidden neurons 30, Bias on, Learning rate 0.01, Seed 7"
    settings |= {"activation": "tanh"}
    name = run_words.name(kept_run(settings=settings))
    assert name == "Hidden neurons 30, Activation tanh, Bias on, 2 more"


def test_the_names_of_several_runs_begin_with_what_tells_them_apart():
    same = {"hidden": [5], "activation": "tanh", "bias": True, "seed": 7}
    runs = [kept_run(settings=same | {"learning_rate": rate}) for rate in (0.01, 0.1)]
    assert run_words.names([*runs, kept_run(title="mine")]) == [
        "1. Learning rate 0.01, Hidden neurons 5, Activation tanh, 2 more",
        "2. Learning rate 0.1, Hidden neurons 5, Activation tanh, 2 more",
        "3. mine",
    ]


@pytest.mark.parametrize("name", [name for name in PRESETS if name != "notebook"])
def test_a_run_of_a_preset_keeps_its_name(name):
    settings, title = PRESETS[name].hyperparameters.to_dict(), str(PRESETS[name].title)
    assert run_words.name(kept_run(settings=settings)) == title
    assert run_words.name(kept_run(settings=settings | {"seed": 8})) == f"{title}, Seed 8"
    distorted = kept_run(settings=settings, training_data={"source": "digits", "distorted": True})
    assert run_words.name(distorted) == (title if PRESETS[name].distorted else f"with distorted copies, {title}")
    branch = kept_run(settings=settings, changes={1: {"weight_decay": 0.1}})
    assert run_words.name(branch) == f"after batch 1: Weight decay 0.1, {title}"


def test_a_branch_is_called_by_what_was_changed_on_the_way():
    branch = kept_run(settings={"seed": 7}, changes={40: {"learning_rate": 2e-6}, 90: {"optimizer": "adam"}})
    assert run_words.name(branch) == "after batch 40: Learning rate 0.000002, after batch 90: Optimizer Adam, Seed 7"


def test_other_training_data_are_named():
    run = kept_run(training_data={"source": "both", "distorted": True}, drawings=("a" * 32,))
    assert run_words.name(run) == "both, with distorted copies, with 1 drawing"
    settings = {"batches": 6, "steps_per_batch": 50, "learning_rate": 1e-5, "hidden": [20]}
    run = kept_run(settings=settings, training_data={"source": "digits", "distorted": False, "wrong_labels": 1.0})
    assert run_words.name(run).startswith("100.0% wrong labels, ")  # not among those that "more" stands for
    assert run_words.name(kept_run(training_data={"source": "digits", "distorted": False, "split": 3})) == (
        "random split 3"
    )


@pytest.mark.parametrize(
    ("data", "settings", "tested"),
    [({"source": "digits", "distorted": False}, {}, 180), ({"source": "both", "distorted": True}, {}, 780),
     ({"source": "digits", "distorted": False, "split": 3}, {"train_fraction": 0.5}, 899)],
)  # fmt: skip
def test_the_interval_of_an_accuracy_is_of_as_many_digits_as_the_run_is_tested_on(data, settings, tested):
    correct = round(0.93 * tested)
    run = kept_run(settings=settings, training_data=data, accuracy=correct / tested)
    assert run_words.accuracy_interval(run) == wilson_interval(correct, tested)


@pytest.mark.parametrize("fields", [{"state": "diverged"}, {"accuracy": None}, {"training_data": {}}])
def test_without_an_accuracy_or_digits_there_is_no_interval(fields):
    assert run_words.accuracy_interval(kept_run(**fields)) is None


@pytest.mark.parametrize(
    "fields",
    [{"settings": {"hidden": "many"}}, {"settings": {"colour": "red"}}, {"recipe": {"changes": 3}},
     {"recipe": {"changes": [3, {}, {"batch": 4, "learning_rate": "x"}, {"batch": 5, "optimizer": []}]}},
     {"training_data": {}}, {"training_data": {"source": ["digits"], "distorted": False}},
     {"training_data": {"source": "digits", "distorted": False, "split": -1}}],
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
    [({}, False, "trained for 100,000 steps"), ({"step": 12_300, "state": "training"}, False,
      "paused at step 12,300 of 100,000"), ({"step": 12_300, "state": "training"}, True,
      "training, at step 12,300 of 100,000"), ({"step": 0, "state": "ready"}, False, "not started"),
     ({"step": 17, "state": "diverged"}, False, "diverged after 17 steps"),
     ({"step": 500, "state": "stuck"}, False, "stuck; 500 of 100,000 steps taken")],
)  # fmt: skip
def test_how_a_run_stands_is_said(fields, moves, said):
    assert run_words.state(kept_run(**fields), moves) == said


def test_after_a_divergence_the_accuracy_is_said_as_on_train_but_compared_with_no_other():
    assert run_words.accuracy(kept_run(state="diverged")) is None
    assert run_words.accuracy_in_words(kept_run(state="diverged", accuracy=0.1)) == "10.0%"
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
