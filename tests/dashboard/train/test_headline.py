"""The text next to the accuracy, and the containers of live pictures."""

from __future__ import annotations

import dataclasses
import json
from datetime import datetime
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from digitviz import Hyperparameters, TrainingRun
from digitviz.dashboard.train import accuracy, buttons, live
from digitviz.training.pool import Job, Progress

SMALL = Hyperparameters(batches=2, steps_per_batch=10)


def words(job: Job, state: str, step: int, rate: float = 0.0) -> list[str]:
    return live.headline(job, Progress(state, step, job.run.total_steps, rate, None, 0, None))["words"]


def test_a_training_without_a_step_is_not_started_and_one_with_some_is_paused(digits):
    job = Job(TrainingRun(digits, SMALL))
    assert "not started" in words(job, "paused", 0)
    assert "paused" in words(job, "paused", 1)


def said(job: Job, **options: object) -> str:
    progress = Progress("running", 3, job.run.total_steps, 4.0, 5.0, 0, None)
    return " · ".join(live.headline(job, dataclasses.replace(progress, **options))["words"])


def test_a_training_that_moves_says_whether_it_is_computed_and_for_how_many(digits):
    job = Job(TrainingRun(digits, SMALL))
    assert "computing · 4 steps per second · 5 s left" in said(job)
    assert "computing · 1 step per second · about 4 hours left" in said(
        job, steps_per_second=1.0, seconds_left=14_994.0
    )
    assert "computing for you and 1 other ·" in said(job, others=1)
    assert "computing for you and 12 others ·" in said(job, others=12)
    assert "waiting, 3 ahead of you" in said(job, steps_per_second=0.0, place=3)


def test_a_training_that_is_known_says_since_when(digits):
    job = Job(TrainingRun(digits, SMALL))
    job.run.trajectory.record.known_since = datetime.now().replace(hour=14, minute=2).timestamp()
    assert "already trained (today 14:02), replayed" in said(job, is_known=True, others=4)
    job.run.trajectory.record.known_since = datetime(2025, 5, 4, 14, 2).timestamp()
    assert "already trained (May 4, 2025, 14:02), replayed" in said(job, is_known=True)


def test_a_training_that_was_saved_inside_a_batch_says_up_to_which_step_it_is_computed_again(digits):
    job = Job(TrainingRun(digits, SMALL), reached=7)
    assert "computing again up to step 7" in said(job)
    assert words(job, "paused", 0)[0] == "paused"  # not "not started"
    job.run.advance(7)
    assert "computing · 4 steps per second" in said(job)


def test_a_training_below_its_speed_says_both_and_does_not_claim_that_it_keeps_it(digits):
    job = Job(TrainingRun(digits, SMALL), speed=100.0)
    assert "computing · 4 of 100 steps per second · 5 s left" in said(job)
    assert "replayed · 90 steps per second" in said(job, is_known=True, steps_per_second=90.0)


@pytest.mark.parametrize(("engine", "words"), [("compiled", "preparing the compiled engine"), ("numpy", "starting")])
def test_a_training_that_waits_for_the_compiler_says_so(digits, monkeypatch, engine, words):
    monkeypatch.setattr(live, "is_ready", lambda: False)
    job = Job(TrainingRun(digits, dataclasses.replace(SMALL, engine=engine)))
    assert words in said(job, steps_per_second=0.0)


@pytest.mark.parametrize(
    ("state", "step", "label"),
    [
        ("paused", 1, "Test accuracy"),
        ("paused", 2, "Test accuracy · step 1"),
        ("running", 1, "Test accuracy · step 1"),  # the browser goes on to later steps
        ("running", 2, "Test accuracy · step 1"),
    ],
)
def test_an_accuracy_and_a_step_that_do_not_belong_together_say_so(digits, monkeypatch, state, step, label):
    job = Job(TrainingRun(digits, SMALL))
    judged = SimpleNamespace(step=step, weights_step=1, test_accuracy=0.5)  # its weights may be behind
    monkeypatch.setattr(accuracy, "known", lambda _: judged)
    progress = Progress(state, step, job.run.total_steps, 4.0, None, 0, None)
    assert live.headline(job, progress)["label"] == label


def test_one_step_is_no_plural():
    assert [buttons._speed_text(speed) for speed in (1, 3, None)] == [
        "1 step per second", "3 steps per second", "full speed",
    ]  # fmt: skip


@pytest.mark.parametrize(("step", "batch"), [(0, 1), (9, 1), (10, 2), (19, 2), (20, 2)])
def test_the_batch_that_is_told_is_the_one_that_is_trained_on_and_at_the_end_the_last(digits, step, batch):
    job = Job(TrainingRun(digits, SMALL))
    said = live.headline(job, Progress("paused", step, 20, 0.0, None, 0, None))
    assert (said["step"], said["steps"], said["batch"], said["batches"]) == (step, 20, batch, 2)


def test_alone_the_losses_on_either_axis_are_the_main_picture_of_the_page_and_keep_their_height():
    page = AppTest.from_file("../../../app.py", default_timeout=30)
    page.switch_page("pages/train.py").run()

    def plots() -> dict[str, dict]:
        frames = page.session_state["frames"].items()
        return {key: json.loads(packed) for key, (_, packed) in frames if key != live.LIVING}

    assert not any(plot["main"] for plot in plots().values()), "the living network is the main picture"
    assert not [one for one in page.button_group if one.key == "loss_axis"], "only alone, the curves have room for it"
    page.segmented_control("train_view").set_value("curves").run()
    drawn = []
    for axis in live.LOSS_AXES:
        page.segmented_control("loss_axis").set_value(axis).run()
        frames = plots()
        assert [key for key, frame in frames.items() if frame["main"]] == ["losses"]
        assert frames["weights_1"]["height"] > frames["weights_2"]["height"], "the pixels have the tallest weights"
        drawn.append(frames["losses"])
    assert [frame["figure"]["layout"]["yaxis"].get("type", "linear") for frame in drawn] == ["linear", "log"]
    assert drawn[0]["height"] == drawn[1]["height"]
    page.session_state["level"] = "school"  # which has no choice that could undo it
    page.run()
    losses = json.loads(page.session_state["frames"]["losses"][1])
    assert losses["figure"]["layout"]["yaxis"].get("type", "linear") == "linear"
