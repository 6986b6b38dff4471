"""The accuracy in the headline: its run, its point in training, and the thread that computes it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block

from digitviz import Hyperparameters, TrainingRun
from digitviz.dashboard.train import accuracy, live
from digitviz.networks.network import Network
from digitviz.training.pool import Job, Progress
from tests.waiting import wait_until

LARGE = Hyperparameters(hidden=(512,) * 4, train_fraction=0.1, batches=2, steps_per_batch=10)
SMALL = Hyperparameters(batches=2, steps_per_batch=10)


def headline(job: Job, **progress: object) -> dict[str, object]:
    step = job.run.snapshot.step
    stands = Progress("paused", step, job.run.total_steps, 0.0, None, 0, None)
    return live.headline(job, replace(stands, **progress))


@pytest.fixture
def counted(monkeypatch) -> list[int]:
    """Number of digits read in each computation of an accuracy."""
    read: list[int] = []
    compute = Network.accuracy

    def counting(network, pixels, labels):
        read.append(len(labels))
        return compute(network, pixels, labels)

    monkeypatch.setattr(Network, "accuracy", counting)
    return read


def test_an_accuracy_that_nobody_has_computed_is_not_computed_for_the_headline(digits, counted):
    job = Job(TrainingRun(digits, SMALL))
    assert headline(job)["accuracy"] is None
    assert accuracy.known(job) is None
    assert counted == []


def test_a_page_computes_a_quick_accuracy_itself_and_leaves_a_slow_one_to_a_thread(digits, counted):
    quick = Job(TrainingRun(digits, SMALL))
    accuracy.provide(quick, running=False)
    assert headline(quick)["accuracy"] == f"{quick.run.test_accuracy:.1%}"
    assert counted == [180]
    slow = Job(TrainingRun(digits, LARGE))
    accuracy.provide(slow, running=False)
    wait_until(lambda: not accuracy.is_awaited(slow))
    assert headline(slow)["accuracy"] == f"{slow.run.test_accuracy:.1%}"
    assert counted == [180, len(slow.run.test)]


def test_a_slow_accuracy_of_a_training_that_runs_is_left_to_its_worker(digits, counted):
    job = Job(TrainingRun(digits, LARGE))
    accuracy.provide(job, running=True)
    job.judged = job.run.snapshot
    _ = job.judged.test_accuracy
    job.run.advance(1)
    accuracy.provide(job, running=True)
    assert accuracy.known(job) is job.judged
    assert counted == [len(job.run.test)]


def test_an_accuracy_of_an_earlier_moment_says_which(digits):
    job = Job(TrainingRun(digits, SMALL))
    job.run.advance(3)
    job.judged = job.run.snapshot
    of_step_3 = f"{job.judged.test_accuracy:.1%}"
    job.run.advance(10)
    running = {"state": "running", "seconds_left": 1.0}
    just_behind = headline(job, steps_per_second=40.0, **running)
    far_behind = headline(job, steps_per_second=2.0, **running)
    assert just_behind["accuracy"] == far_behind["accuracy"] == of_step_3
    assert just_behind["label"] == far_behind["label"] == headline(job)["label"] == "Test accuracy · step 3"


def test_an_accuracy_of_another_run_is_not_shown(digits):
    job = Job(TrainingRun(digits, SMALL))
    job.judged = job.run.snapshot
    _ = job.judged.test_accuracy
    job.run.reset(keep_initial=False)
    assert headline(job)["accuracy"] is None


def test_after_an_error_no_accuracy_is_waited_for(digits):
    job = Job(TrainingRun(digits, SMALL))
    assert accuracy.is_awaited(job)
    job.error = "MemoryError: out of memory"
    assert not accuracy.is_awaited(job)
    assert headline(job, state="failed")["accuracy"] is None


def test_the_headline_lies_in_the_place_that_is_named_after_its_accuracy():
    page = AppTest.from_file("../../../app.py", default_timeout=30)
    page.switch_page("pages/train.py").run()
    [place] = [block for block in blocks_in(page.main) if getattr(block.proto, "id", "").endswith("-test_accuracy")]
    assert [element.proto.component_name for element in place.children.values()] == ["digitviz_live"]


def blocks_in(block: Block) -> list[Block]:
    """Return a block and all blocks inside it."""
    inner = [child for child in block.children.values() if isinstance(child, Block)]
    return [block, *(found for child in inner for found in blocks_in(child))]


def test_a_page_computes_the_first_quick_accuracy_of_a_training_that_runs_and_leaves_the_next_to_its_worker(
    digits, counted
):
    job = Job(TrainingRun(digits, SMALL))
    job.run.advance(1)
    accuracy.provide(job, running=True)
    first = job.run.snapshot
    assert accuracy.known(job) is first
    job.judged = first  # its worker does this once the page has the accuracy
    job.run.advance(1)
    accuracy.provide(job, running=True)
    assert accuracy.known(job) is first
    accuracy.provide(job, running=False)
    assert accuracy.known(job) is job.run.snapshot
    assert len(counted) == 2


def test_a_page_that_is_shown_again_computes_nothing_again(digits, counted):
    job = Job(TrainingRun(digits, SMALL))
    for _ in range(3):
        accuracy.provide(job, running=False)
    assert len(counted) == 1
