from __future__ import annotations

import dataclasses

import numpy as np

from digitviz import Hyperparameters, TrainingRun
from digitviz.training.pool import Job, Pool
from digitviz.training.side_by_side import SideBySide
from tests.waiting import wait_until

SETTINGS = Hyperparameters(batches=3, steps_per_batch=150, hidden=(6,))
LONGER = dataclasses.replace(SETTINGS, batches=6, seed=1)
DIVERGES = dataclasses.replace(SETTINGS, learning_rate=10.0, activation="identity", loss="squared_error")


def alone(digits, settings) -> np.ndarray:
    run = TrainingRun(digits, settings)
    run.advance(run.total_steps)
    return run.parameters.to_vector()


def test_each_ends_where_it_would_alone_however_the_steps_are_divided(digits):
    for most in (1, 7, 10_000):
        both = SideBySide({"one": TrainingRun(digits, SETTINGS), "other": TrainingRun(digits, LONGER)})
        assert both.total_steps == SETTINGS.total_steps + LONGER.total_steps
        while both.step < both.total_steps:
            taken = both.advance(most)
            assert 0 < taken <= most
            one, other = (both.runs[name].step / both.runs[name].total_steps for name in ("one", "other"))
            assert abs(one - other) < 0.5
        assert both.advance(5) == 0
        for name, settings in (("one", SETTINGS), ("other", LONGER)):
            np.testing.assert_array_equal(
                both.snapshot.of[name].network.parameters.to_vector(), alone(digits, settings)
            )


def test_when_one_diverges_the_other_goes_on(digits):
    both = SideBySide({"wild": TrainingRun(digits, DIVERGES), "tame": TrainingRun(digits, SETTINGS)})
    while both.advance(100):
        pass
    assert both.runs["wild"].diverged
    assert both.runs["tame"].finished
    assert both.step == both.total_steps
    assert not both.diverged


def test_a_pool_trains_them_and_its_snapshot_is_never_of_two_moments(digits):
    both, pool = SideBySide({"one": TrainingRun(digits, SETTINGS), "other": TrainingRun(digits, LONGER)}), Pool(1)
    job = Job(both)
    job.run_to(both.total_steps)
    pool.submit(job)
    wait_until(lambda: pool.progress(job).is_over)
    snapshot = job.run.snapshot
    assert snapshot.step == sum(each.step for each in snapshot.of.values()) == both.total_steps


def test_the_engine_is_compiled_only_if_all_are(digits):
    def engines(*names: str) -> str:
        runs = {n: TrainingRun(digits, dataclasses.replace(SETTINGS, engine=n)) for n in names}
        return SideBySide(runs).engine

    assert engines("compiled") == "compiled"
    assert engines("compiled", "numpy") == "numpy"
