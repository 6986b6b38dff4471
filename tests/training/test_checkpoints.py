"""The weights of a run at all its checkpoints."""

from __future__ import annotations

import numpy as np
import pytest

from digitviz import Hyperparameters, TrainingRun
from digitviz.training import trajectory

SMALL = Hyperparameters(hidden=(5,), batches=6, steps_per_batch=4, bias=True)


@pytest.fixture
def run(digits) -> TrainingRun:
    run = TrainingRun(digits, SMALL)
    run.advance(14)
    return run


def test_the_stops_are_before_the_first_batch_and_after_each_that_is_finished(run):
    stops = run.history.checkpoint_weights()
    assert stops.batches.tolist() == run.history.checkpoint_batches() == [0, 1, 2, 3]
    np.testing.assert_array_equal(stops.vectors[0], run.initial_parameters.to_vector().astype(np.float32))
    for batch in (1, 2, 3):
        np.testing.assert_array_equal(stops.vectors[batch], run.history.parameters_after(batch - 1).to_vector())
    np.testing.assert_array_equal(stops.test_accuracy, [np.nan, *run.history.test_accuracy[:3]])
    np.testing.assert_array_equal(stops.test_loss, [np.nan, *run.history.test_loss[:3]])


def test_as_bytes_they_are_float32_whatever_reads_them(run):
    stops = run.history.checkpoint_weights()
    read = np.frombuffer(stops.to_bytes(), "<f4").reshape(stops.vectors.shape)
    np.testing.assert_array_equal(read, stops.vectors)


def test_of_many_stops_some_are_chosen_evenly(run):
    assert run.history.checkpoint_batches(limit=2) == [0, 2, 3]
    assert len(run.history.checkpoint_weights(limit=2).vectors) == 3
    assert run.history.checkpoint_batches(limit=1) == [0, 3]


@pytest.mark.parametrize("limit", [5, 12])
def test_a_stop_that_is_left_out_never_returns(digits, monkeypatch, limit):
    monkeypatch.setattr(trajectory, "CHECKPOINTS", 12)  # so the record drops some as well
    run = TrainingRun(digits, Hyperparameters(hidden=(5,), batches=60, steps_per_batch=1))
    before, gone = {0}, set[int]()
    for batch in range(1, 61):
        run.advance(1)
        stops = run.history.checkpoint_batches(limit)
        assert stops[-1] == batch
        assert len(stops) <= limit + 1
        spacing = np.diff(stops)[:-1]
        assert len(set(spacing.tolist())) <= 1
        gone |= before - set(stops)
        assert not gone & set(stops)
        before = set(stops)


def test_what_another_thread_drops_meanwhile_is_left_out(run, monkeypatch):
    known = type(run.history).parameters_after

    def dropped(history, batch):
        if batch == 1:
            raise ValueError("it has no checkpoint")
        return known(history, batch)

    monkeypatch.setattr(type(run.history), "parameters_after", dropped)
    assert run.history.checkpoint_weights().batches.tolist() == [0, 1, 3]
    assert run.history.recorded_after(2) is None
