"""What is said beside the accuracy, and the places of live pictures."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from digitviz import Hyperparameters, TrainingRun
from digitviz.dashboard.train import accuracy, buttons, live
from digitviz.training.pool import Job, Progress

SMALL = Hyperparameters(batches=2, steps_per_batch=10)


def words(job: Job, state: str, step: int, rate: float = 0.0) -> list[str]:
    return str(live.headline(job, Progress(state, step, job.run.total_steps, rate, None, 0, None))["words"]).split(
        " · "
    )


def test_a_training_without_a_step_is_not_started_and_one_with_some_is_paused(digits):
    job = Job(TrainingRun(digits, SMALL))
    assert "not started" in words(job, "paused", 0)
    assert "paused" in words(job, "paused", 1)


@pytest.mark.parametrize(("seconds", "told"), [(1.5, False), (2.5, True)])
def test_an_accuracy_more_than_two_seconds_behind_says_whose_it_is(digits, monkeypatch, seconds, told):
    job = Job(TrainingRun(digits, SMALL))
    judged = SimpleNamespace(step=1, test_accuracy=0.5)
    monkeypatch.setattr(accuracy, "known", lambda _: judged)
    said = words(job, "running", 1 + round(seconds * 4), rate=4.0)
    assert ("accuracy after step 1" in said) == told


def test_a_place_keeps_its_height_whatever_is_shown_in_it_and_the_pixels_have_the_tallest_weights(digits):
    job = Job(TrainingRun(digits, SMALL))
    shown = live.pictures(job, job.run.snapshot)
    assert len({picture.height for picture in shown.values() if picture.key == "losses"}) == 1
    assert shown["weights 1"].height > shown["weights 2"].height


def test_one_step_is_no_plural():
    assert [buttons._speed_text(speed) for speed in (1, 3, None)] == [
        "1 step per second", "3 steps per second", "as fast as it goes",
    ]  # fmt: skip
