from __future__ import annotations

from types import SimpleNamespace

import pytest

from digitviz import Hyperparameters, TrainingRun, load_digits
from digitviz.dashboard.session import current_run
from digitviz.training import engines
from digitviz.training.pool import Job
from digitviz.training.trajectories import Full
from digitviz.training.trajectory import Trajectory


@pytest.fixture
def job(digits, monkeypatch) -> Job:
    """The run of a session whose new digits are still being created."""
    job = Job(TrainingRun(digits, Hyperparameters(batches=2, steps_per_batch=5)))
    monkeypatch.setattr(current_run, "st", SimpleNamespace(session_state={"job": job}))
    monkeypatch.setattr(current_run.training_data, "still_there", lambda material: material)
    monkeypatch.setattr(current_run.training_data, "dataset", lambda *_: None)
    return job


def test_maps_show_all_shipped_digits():
    assert len(current_run.mapped_digits()) == len(load_digits()) == 1797


def test_until_its_digits_are_made_a_new_training_does_not_take_the_place_of_the_old(job):
    assert not current_run.new_run(Hyperparameters(), None)
    assert current_run.st.session_state["job"] is job


def test_a_new_training_for_which_there_is_no_room_does_not_take_the_place_of_the_old(job, digits, monkeypatch):
    def put(*_: object, **__: object) -> None:
        raise Full

    marked: list[tuple[Job, bool]] = []
    full = SimpleNamespace(put=put, mark=lambda job, closed: marked.append((job, closed)), find=Trajectory)
    monkeypatch.setattr(current_run.training_data, "dataset", lambda *_: digits)
    monkeypatch.setattr(current_run, "trajectories", lambda: full)
    assert not current_run.new_run(Hyperparameters(batches=2, steps_per_batch=5), None)
    state = current_run.st.session_state
    assert state["job"] is job
    assert state["no_room"]
    assert marked == [(job, True), (job, False)]


def test_a_branch_for_which_there_is_no_room_leaves_its_parent_as_it_was(job, monkeypatch):
    job.branched_from = before = Job(job.run)
    monkeypatch.setattr(current_run, "_take", lambda *_: False)
    assert not current_run.branch(0, {"learning_rate": 1e-6})
    assert job.branched_from is before


def test_a_new_training_has_the_compiled_engine_also_while_that_is_still_being_made_ready(job, digits, monkeypatch):
    taken: list[Job] = []
    monkeypatch.setattr(engines, "is_ready", lambda: False)
    monkeypatch.setattr(current_run.training_data, "dataset", lambda *_: digits)
    monkeypatch.setattr(current_run, "_take", lambda job, _learn_from: taken.append(job) or True)
    assert current_run.new_run(Hyperparameters(batches=2, steps_per_batch=5), 30.0)
    assert [(job.run.engine, job.speed, job.run.step) for job in taken] == [("compiled", 30.0, 0)]


def test_other_tabs_are_told_when_a_run_begins_to_move_and_not_while_it_moves(job, monkeypatch):
    told, moving = list[object](), list[Job]()
    run = SimpleNamespace(owner="me", job=job, is_away=False)
    runs = SimpleNamespace(tell_tabs=lambda run, besides: told.append(run), save_soon=lambda run: None)
    pool = SimpleNamespace(
        progress=lambda job: SimpleNamespace(is_running=job in moving),
        submit=moving.append,
        wait=lambda job: moving.clear(),
    )
    current_run.st.session_state["open_run"] = run
    for name, value in {
        "owner": "me", "lease": SimpleNamespace(owner="me", token="tab"), "open_runs": runs, "pool": pool,
    }.items():  # fmt: skip
        monkeypatch.setattr(current_run, name, lambda value=value: value)
    monkeypatch.setattr(current_run, "_give_weights", lambda weights: None)
    current_run.step()
    current_run.resume()
    assert told == [run]
    current_run.next_batch()
    assert told == [run, run]
