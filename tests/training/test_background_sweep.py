"""Sweeps are background work: they give way to runs, share with other sweeps, and continue where they stopped."""

from __future__ import annotations

import threading
import time
from collections import Counter

import numpy as np
import pytest

from digitviz import Hyperparameters, Sweep, TrainingRun, sweep
from digitviz.training import pool as pool_module
from digitviz.training.background_sweep import BackgroundSweep, SweepState, _RacingJob
from digitviz.training.outcome import OutcomeRun
from digitviz.training.pool import SLICE_SECONDS, Job, Pool
from tests.waiting import wait_until

BASE = Hyperparameters(batches=4, steps_per_batch=20, engine="compiled", learning_rate=1e-5)
LONG = Hyperparameters(batches=2_000, steps_per_batch=1_000, engine="compiled", batch_size=20)
VALUES = {"learning_rate": [1e-6, 1e-5, 1e-4], "bias": [False, True]}


@pytest.fixture
def pool():
    pool = Pool(workers=2)
    submit, jobs = pool.submit, []
    pool.submit = lambda job: (jobs.append(job), submit(job))
    yield pool
    for job in jobs:
        job.when_done = None
        pool.cancel(job)
    wait_until(lambda: pool.counts()["threads"] == 0)


def planned(digits, values=VALUES, seeds=3, base=BASE):
    return Sweep.of(values, seeds, digits, base)


def bits(table):
    return [None if one is None else one.curves["test_loss"].tobytes() for one in table.outcomes]


def test_a_sweep_ends_with_the_results_of_the_function(pool, digits):
    kept = {}
    work = BackgroundSweep(planned(digits), digits, pool, "a", kept.__setitem__)
    assert (work.state, work.done) == (SweepState.PAUSED, 0)
    work.go_on()
    wait_until(lambda: work.state is SweepState.FINISHED)
    assert bits(work.table) == bits(sweep(VALUES, 3, BASE, digits))
    assert kept.keys() == {each.recipe.id for each in work.sweep.trainings}
    wait_until(lambda: pool.counts()["jobs"] == 0)
    work.go_on()
    assert work.state is SweepState.FINISHED


def test_what_is_kept_is_not_computed_again_and_what_is_damaged_is(pool, digits, caplog, monkeypatch):
    kept, ended, advance = [], threading.Event(), OutcomeRun.advance
    monkeypatch.setattr(
        OutcomeRun, "advance", lambda run, steps: (len(kept) < 7 or ended.wait(60)) and advance(run, steps)
    )
    work = BackgroundSweep(planned(digits), digits, pool, "a", lambda *each: kept.append(each))
    work.go_on()
    wait_until(lambda: len(kept) >= 7)
    work.cancel()  # as if the server ended
    ended.set()
    wait_until(lambda: pool.counts()["jobs"] == 0)
    before = dict(kept)
    assert len(kept) == len(before) < 18
    damaged = next(iter(before))
    again, later = [], before | {damaged: before[damaged][:-9] + b"123456789"}
    more = BackgroundSweep(planned(digits), digits, pool, "a", lambda *each: again.append(each), later)
    assert more.done == len(before) - 1
    assert "damaged outcome" in caplog.text
    more.go_on()
    wait_until(lambda: more.state is SweepState.FINISHED)
    assert {recipe for recipe, _ in again} == {each.recipe.id for each in more.sweep.trainings} - before.keys() | {
        damaged
    }
    assert len(again) == 18 - len(before) + 1  # none twice
    assert bits(more.table) == bits(sweep(VALUES, 3, BASE, digits))


def test_a_paused_sweep_stands_still_and_continues_inside_a_training(pool, digits):
    work = BackgroundSweep(planned(digits, {}, 2, LONG), digits, pool)
    work.go_on()
    runs = [run for _number, run in work._jobs.values()]
    wait_until(lambda: all(run.step > 0 for run in runs))
    work.pause()
    assert work.state is SweepState.PAUSED
    wait_until(lambda: pool.counts()["jobs"] == 0)
    steps = [run.step for run in runs]
    assert (work.done, pool.counts()["threads"]) == (0, 0)
    work.go_on()
    wait_until(lambda: all(run.step > step for run, step in zip(runs, steps, strict=True)))
    work.cancel()
    wait_until(lambda: pool.counts()["jobs"] == 0)
    assert not work._jobs


def test_pausing_and_continuing_at_any_moment_loses_and_repeats_nothing(pool, digits):
    kept = []
    work = BackgroundSweep(planned(digits), digits, pool, "a", lambda *each: kept.append(each[0]))
    rng = np.random.default_rng(0)
    for number in range(400):
        work.go_on()
        if work.state is SweepState.FINISHED:
            break
        time.sleep(float(rng.uniform(0, 0.01)))
        (work.cancel if number % 7 == 0 else work.pause)()
    work.go_on()
    wait_until(lambda: work.state is SweepState.FINISHED)
    assert Counter(kept) == Counter(each.recipe.id for each in work.sweep.trainings)
    assert bits(work.table) == bits(sweep(VALUES, 3, BASE, digits))


def test_an_error_stops_the_sweep_and_it_can_be_tried_again(pool, digits, monkeypatch, caplog):
    advance, number = OutcomeRun.advance, []

    def fails(run, steps):
        number.append(run)
        if len(number) == 5:
            raise MemoryError("no room")
        return advance(run, steps)

    monkeypatch.setattr(OutcomeRun, "advance", fails)
    work = BackgroundSweep(planned(digits), digits, pool)
    work.go_on()
    wait_until(lambda: work.state is SweepState.FAILED)
    assert work.error == "MemoryError: no room"
    wait_until(lambda: pool.counts()["jobs"] == 0)
    assert work.done < 18
    work.go_on()
    wait_until(lambda: work.state is SweepState.FINISHED)
    assert "failed at step" in caplog.text


def test_a_sweep_that_cannot_be_saved_goes_on(pool, digits, caplog):
    work = BackgroundSweep(planned(digits, {}, 3), digits, pool, "a", lambda *_: 1 / 0)
    work.go_on()
    wait_until(lambda: work.state is SweepState.FINISHED)
    assert caplog.text.count("an outcome could not be saved") == 3


def test_a_call_after_a_job_that_fails_ends_no_worker(pool, digits, caplog):
    job = Job(TrainingRun(digits, BASE))
    job.when_done = lambda: 1 / 0
    job.run_to(20)
    pool.submit(job)
    wait_until(lambda: "a call after a job failed" in caplog.text)
    job.when_done = None
    job.run_to(40)
    pool.submit(job)
    wait_until(lambda: pool.progress(job).state == "paused" and job.run.step == 40)


@pytest.mark.parametrize(("seeds", "moments"), [(2, 4), (3, 1)])
def test_two_seeds_alone_are_on_the_tape_at_each_moment_and_more_at_the_end(pool, digits, seeds, moments):
    works = [BackgroundSweep(planned(digits, {}, seeds), digits, pool)]
    works[0].go_on()
    wait_until(lambda: works[0].state is SweepState.FINISHED)
    outcomes = works[0].table.outcomes
    known = {one.recipe_id: one.to_bytes() for one in outcomes}
    works.append(BackgroundSweep(planned(digits, {}, seeds), digits, pool, known=known))
    for work in works:
        for number, outcome in enumerate(outcomes):
            rows = np.array([row for row in work.tape if row[0] == number])
            curves = [outcome.curves[name][-moments:] for name in ("test_accuracy", "train_loss", "train_accuracy")]
            np.testing.assert_array_equal(rows[:, 3:].T, curves)
            assert rows[-1, 1] == BASE.total_steps


def test_diverged_trainings_are_outcomes_too(pool, digits):
    base = Hyperparameters(batches=20, steps_per_batch=5, engine="compiled", activation="identity")
    work = BackgroundSweep(planned(digits, {"learning_rate": [1e-6, 10.0]}, 2, base), digits, pool)
    work.go_on()
    wait_until(lambda: work.state is SweepState.FINISHED)
    assert work.table.columns["diverged"].tolist() == [False, False, True, True]


def test_another_data_set_is_refused(pool, digits):
    with pytest.raises(ValueError, match="but the sweep needs"):
        BackgroundSweep(planned(digits), digits[:-1], pool)


class Recorded:
    """A run of a job that only notes its turns. Each takes one step, however many are due."""

    engine, diverged = "compiled", False

    def __init__(self, name: str, turns: list[str], seconds: float = 0.002) -> None:
        self.name, self.turns, self.seconds, self.step, self.total_steps = name, turns, seconds, 0, 10**9
        self.began: list[float] = []

    @property
    def snapshot(self):
        return self

    def advance(self, steps: int) -> None:
        self.began.append(time.monotonic())
        self.turns.append(self.name)
        end = time.thread_time() + self.seconds
        while time.thread_time() < end:
            pass
        self.step += 1


def submitted(pool, name, turns, owner, in_background, **more):
    job = Job(Recorded(name, turns, **more))
    job.owner, job.in_background = owner, in_background
    job.run_to(10**9)
    pool.submit(job)
    return job


@pytest.fixture
def alone():
    """A pool with one worker. Its jobs are cancelled after the test."""
    pool = Pool(workers=1)
    yield pool
    for job in list(pool._jobs):
        pool.cancel(job)
    wait_until(lambda: pool.counts()["threads"] == 0)


def test_no_click_waits_for_more_than_one_slice_of_a_sweep(alone):
    turns: list[str] = []
    for number in range(5):
        submitted(alone, "sweep", turns, f"owner {number % 2}", in_background=True)
    for _ in range(20):
        wait_until(lambda: len(turns) % 3 == 0 and turns)
        with alone._changed:  # no turn begins or ends meanwhile
            before = len(turns)
            click = submitted(alone, "click", turns, "visitor", in_background=False)
        wait_until(lambda before=before: "click" in turns[before:])
        assert turns[before:].index("click") <= 1
        alone.cancel(click)
        assert alone.wait(click)


def test_all_sweeps_together_have_one_turn_at_a_time_while_runs_are_due(alone, monkeypatch):
    monkeypatch.setattr(pool_module, "BACKGROUND_SECONDS", 0.05)
    turns: list[str] = []
    for number in range(3):
        submitted(alone, "run", turns, f"visitor {number}", in_background=False)
    sweeps = [submitted(alone, "sweep", turns, f"owner {number}", in_background=True) for number in range(6)]
    wait_until(lambda: turns.count("sweep") > 12)
    began = np.sort([at for job in sweeps for at in job.run.began])
    assert np.median(np.diff(began)) > 0.9 * 0.05
    assert turns.count("run") > turns.count("sweep")
    assert all(job.run.began for job in sweeps)  # their owners take turns


def test_sweeps_share_the_rest_equally_among_owners(alone):
    turns: list[str] = []
    for name, count in (("many", 9), ("one", 1)):
        for _ in range(count):
            submitted(alone, name, turns, name, in_background=True)
    wait_until(lambda: len(turns) > 200)
    counted = Counter(turns[-150:])
    assert 0.35 < counted["one"] / 150 < 0.65


def test_a_sweep_takes_no_share_from_its_owners_runs(alone):
    """Two visitors have runs, and one of them a sweep as well. Their runs still get the same time."""
    turns: list[str] = []
    submitted(alone, "sweep", turns, "a", in_background=True)
    wait_until(lambda: len(turns) > 50)
    for owner in "ab":
        submitted(alone, owner, turns, owner, in_background=False)
    wait_until(lambda: len(turns) > 250)
    counted = Counter(turns[-180:])
    assert 0.8 < counted["a"] / counted["b"] < 1.25


def test_two_workers_compute_two_trainings_at_once(digits):
    pool, met = Pool(workers=2), threading.Barrier(2)

    class Meets(Recorded):
        def advance(self, steps):
            met.wait(90)  # breaks if the other training never runs meanwhile
            super().advance(steps)

    jobs = []
    for name in "ab":
        job = Job(Meets(name, []))
        job.owner, job.in_background = "a", True
        job.run_to(10**9)
        jobs.append(job)
        pool.submit(job)
    wait_until(lambda: all(job.run.turns for job in jobs))
    assert [job.error for job in jobs] == [None, None]
    for job in jobs:
        pool.cancel(job)
    met.abort()
    wait_until(lambda: pool.counts()["threads"] == 0)


def test_a_run_is_trained_beside_a_sweep(pool, digits):
    work = BackgroundSweep(planned(digits, {}, 20, LONG), digits, pool, "a")
    work.go_on()
    job = Job(TrainingRun(digits, BASE))
    job.owner = "b"
    job.run_to(BASE.total_steps)
    pool.submit(job)
    wait_until(lambda: pool.progress(job).state == "finished")
    assert pool.progress(job).place == 0
    work.cancel()


def test_the_trainings_of_a_race_advance_together_and_last_as_long_as_asked(pool, digits):
    base = Hyperparameters(batches=40, steps_per_batch=10, engine="compiled", learning_rate=1e-5)
    values = {"learning_rate": [1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2]}
    work = BackgroundSweep(planned(digits, values, 1, base), digits, pool, race_seconds=3.0)
    began, seen = time.monotonic(), []
    work.go_on()

    def is_over() -> bool:
        measured = [0 if one is None else int(np.isfinite(one.clock).sum()) for one in work.so_far]
        at_work = [
            one is None or (one.diverged_at is None and count < 40)
            for one, count in zip(work.so_far, measured, strict=True)
        ]
        seen.append([count for count, moves in zip(measured, at_work, strict=True) if moves])
        return work.state is not SweepState.RUNNING

    wait_until(is_over)
    assert time.monotonic() - began >= 2.9
    middle = [counts for counts in seen if len(counts) > 1 and 5 < max(counts) < 35]
    assert middle
    assert np.median([max(counts) - min(counts) for counts in middle]) <= 20  # one after the other: about 40
    assert bits(work.table) == bits(sweep(values, 1, base, digits))
    assert work.steps == work.sweep.total_steps


def test_a_race_rests_until_its_next_moment_is_due(digits):
    recipe, batches = planned(digits, {}, 1).trainings[0]
    job = _RacingJob(OutcomeRun(recipe, batches, digits), speed=20.0)  # a moment each second
    job.run_to(job.run.total_steps)
    assert job.take_steps(80) >= SLICE_SECONDS
    assert job.run.step == 0
    job.speed = 1e9
    assert job.take_steps(1) == 0.0  # behind its schedule


def test_begun_trainings_are_part_of_the_outcomes_so_far(pool, digits):
    base = Hyperparameters(batches=40, steps_per_batch=50_000, engine="compiled", batch_size=20)
    work = BackgroundSweep(planned(digits, {}, 2, base), digits, pool)
    assert (work.so_far, work.steps) == ([None, None], 0)
    work.go_on()
    wait_until(lambda: all(one is not None and np.isfinite(one.clock).any() for one in work.so_far))
    assert 0 < work.steps < work.sweep.total_steps
    assert work.table.outcomes == [None, None]
