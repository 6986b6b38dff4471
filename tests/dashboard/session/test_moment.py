from __future__ import annotations

from collections.abc import Iterator

import pytest

from digitviz import Hyperparameters, TrainingRun
from digitviz.dashboard.session.moment import moment
from digitviz.training.run import Snapshot


@pytest.fixture
def snapshots(digits) -> list[Snapshot]:
    run = TrainingRun(digits, Hyperparameters(batches=2, steps_per_batch=5))
    found = []
    while run.advance(5):
        found.append(run.snapshot)
    return found


def test_the_weights_and_their_step_belong_together_while_a_worker_trains(digits, snapshots, monkeypatch):
    published: Iterator[Snapshot] = iter(snapshots)  # a worker publishes one after the other
    run = TrainingRun(digits, Hyperparameters(batches=2, steps_per_batch=5))
    monkeypatch.setattr(TrainingRun, "snapshot", property(lambda _run: next(published)))
    shown = moment(run)
    assert shown.recorded is snapshots[0].network
    assert (shown.batch, shown.words) == (1, "after batch 1")
