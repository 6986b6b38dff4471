"""A cache without evictions, and comparisons of runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import numpy as np

from digitviz import TrainingRun
from digitviz.training import chunks, trajectory as trajectory_module
from digitviz.training.trajectory import Trajectory
from tests.training.test_trajectory import bits


class Kept:
    """Chunks in a dictionary, by recipe id and number."""

    def __init__(self) -> None:
        self.chunks: dict[tuple[str, int], bytes] = {}
        self.dropped: list[int] = []

    def load(self, kind: str, id: str, first: int = 1) -> list[bytes]:
        found, number = [], first
        while (id, number) in self.chunks:
            found.append(self.chunks[id, number])
            number += 1
        return found

    def keep(self, kind: str, id: str, number: int, data: bytes) -> None:
        self.chunks.setdefault((id, number), data)

    def drop(self, kind: str, id: str, number: int) -> None:
        self.dropped.append(number)
        for key in [key for key in self.chunks if key[0] == id and key[1] >= number]:
            del self.chunks[key]

    def numbers(self, id: str) -> list[int]:
        return sorted(number for of, number in self.chunks if of == id)


@contextmanager
def chunks_of(batches: int, small: int = chunks.MAX_STATE_BYTES) -> Iterator[None]:
    """Set the number of batches per chunk, and the maximum size of saved engine states."""
    with patch.object(chunks, "MAX_BATCHES", batches), patch.object(trajectory_module, "MAX_STATE_BYTES", small):
        yield


def everything(trajectory: Trajectory) -> tuple:
    """Return all data of a trajectory, except computing times."""
    step, record = trajectory.step, trajectory.record
    faults = [record.fault_at(place) for place in range(step + 1)]
    checkpoints = [(int(each), record.checkpoints.after(each).tobytes()) for each in record.checkpoints.batches]
    return step, record.tip.divergence, faults, checkpoints, record.stuck.between(0, step), bits(trajectory, step)


def same(one: TrainingRun, other: TrainingRun) -> bool:
    """Check that two runs have the same data, and return whether they are at the same step in the same state."""
    np.testing.assert_array_equal(one.history.losses, other.history.losses)
    np.testing.assert_array_equal(one.history.test_accuracy, other.history.test_accuracy)
    np.testing.assert_array_equal(one.parameters.to_vector(), other.parameters.to_vector())
    return (one.step, one.state, one.fault) == (other.step, other.state, other.fault)
