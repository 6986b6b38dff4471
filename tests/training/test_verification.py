"""Computing a training again finds out whether the same comes out."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from digitviz import Hyperparameters, TrainingRun
from digitviz.training import verification as verification_module
from digitviz.training.pool import Job
from digitviz.training.verification import Verification
from tests.training.test_trajectory import in_one_go

SMALL = Hyperparameters(batches=6, steps_per_batch=10)


def verified(trajectory, steps: int = 1_000) -> Verification:
    again = Verification(trajectory)
    while again.step < again.total_steps:
        again.advance(steps)
    return again


@pytest.mark.parametrize("engine", ["numpy", "compiled", "torch"])
@pytest.mark.parametrize("optimizer", ["gradient_descent", "adam"])
def test_the_same_bits_come_out_again_also_of_a_branch(digits, engine, optimizer):
    run = TrainingRun(digits, dataclasses.replace(SMALL, engine=engine, optimizer=optimizer))
    run.advance(43)
    run = run.branch(learning_rate=3e-7)
    run.advance(13)
    (verdict,) = verified(run.trajectory, steps=7).snapshot.verdicts
    assert (verdict.same_bits, verdict.is_sound, verdict.largest, verdict.departs_at) == (True, True, 0.0, None)
    assert (verdict.segment.step, verdict.last) == (0, 53)


@pytest.fixture
def trajectory(digits):
    return in_one_go(TrainingRun(digits, SMALL).recipe, 60, digits)


def test_a_loss_that_is_another_is_found_at_its_step(trajectory):
    trajectory.curves.losses[2, 4] *= 1 + 1e-12
    (verdict,) = verified(trajectory).snapshot.verdicts
    assert not verdict.is_sound
    assert verdict.departs_at == 25
    assert 1e-13 < verdict.largest < 1e-11


def test_weights_that_are_others_are_found(trajectory):
    kept = trajectory.checkpoints
    changed = [(batches, dict(arrays)) for batches, arrays in kept._kept]
    changed[3][1]["w2"] = np.nextafter(changed[3][1]["w2"], 1)
    kept._kept = tuple(changed)
    (verdict,) = verified(trajectory).snapshot.verdicts
    assert not verdict.same_bits
    assert not verdict.is_sound


@pytest.mark.parametrize(("off", "sound", "departs_at"), [(1e-12, True, None), (1e-6, False, 25)])
def test_what_another_machine_computed_need_only_be_close(trajectory, monkeypatch, off, sound, departs_at):
    here = verification_module.fingerprint()
    elsewhere = dataclasses.replace(here, **{dataclasses.fields(here)[0].name: "another"})
    monkeypatch.setattr(verification_module, "fingerprint", lambda: elsewhere)
    trajectory.curves.losses[2, 4] *= 1 + off
    (verdict,) = verified(trajectory).snapshot.verdicts
    assert (verdict.is_here, verdict.same_bits) == (False, False)
    assert (verdict.is_sound, verdict.departs_at) == (sound, departs_at)


def test_each_segment_is_judged_by_itself(trajectory):
    here = trajectory.segments[0]
    trajectory.segments = (here, dataclasses.replace(here, step=30))
    trajectory.curves.losses[4, 0] *= 2
    first, second = verified(trajectory, steps=4).snapshot.verdicts
    assert (first.same_bits, first.last) == (True, 30)
    assert (second.departs_at, second.last) == (41, 60)


def test_the_pool_computes_it_again_in_the_background(trajectory, pool):
    job = Job(Verification(trajectory))
    job.run_to(job.run.total_steps)
    pool.submit(job)
    assert pool.wait(job, 60)
    assert job.error is None
    assert job.run.snapshot.step == 60
    assert job.run.snapshot.verdicts[0].same_bits
