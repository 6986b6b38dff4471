"""A keeper that forgets nothing, and what two trainings have in common."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import numpy as np

from digitviz import TrainingRun
from digitviz.training import piece
from digitviz.training.trajectory import Trajectory
from tests.training.test_trajectory import bits


class Kept:
    """Pieces in a dictionary, by the id of the recipe and the number."""

    def __init__(self) -> None:
        self.pieces: dict[tuple[str, int], bytes] = {}
        self.dropped: list[int] = []

    def load(self, id: str) -> list[bytes]:
        found, number = [], 1
        while (id, number) in self.pieces:
            found.append(self.pieces[id, number])
            number += 1
        return found

    def keep(self, id: str, number: int, data: bytes) -> None:
        self.pieces.setdefault((id, number), data)

    def drop(self, id: str, number: int) -> None:
        self.dropped.append(number)
        for key in [key for key in self.pieces if key[0] == id and key[1] >= number]:
            del self.pieces[key]

    def numbers(self, id: str) -> list[int]:
        return sorted(number for of, number in self.pieces if of == id)


@contextmanager
def pieces_of(batches: int, small: int = piece.SMALL_BYTES) -> Iterator[None]:
    """Let pieces have so many batches, and small checkpoints so many bytes."""
    with patch.object(piece, "MOST_BATCHES", batches), patch.object(piece, "SMALL_BYTES", small):
        yield


def everything(trajectory: Trajectory) -> tuple:
    """All that is known of a trajectory but where it was computed."""
    step = trajectory.step
    faults = [trajectory.fault_at(place) for place in range(step + 1)]
    stops = [(int(each), trajectory.stops.after(each).tobytes()) for each in trajectory.stops.batches]
    return step, trajectory.tip.divergence, faults, stops, trajectory.spells.between(0, step), bits(trajectory, step)


def same(one: TrainingRun, other: TrainingRun) -> bool:
    """Whether two runs stand at the same step, to the last bit."""
    np.testing.assert_array_equal(one.history.losses, other.history.losses)
    np.testing.assert_array_equal(one.history.test_accuracy, other.history.test_accuracy)
    np.testing.assert_array_equal(one.parameters.to_vector(), other.parameters.to_vector())
    return (one.step, one.state, one.fault) == (other.step, other.state, other.fault)
