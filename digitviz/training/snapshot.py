"""A training at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from digitviz.datasets import DigitDataset
from digitviz.networks.network import Network
from digitviz.training.faults import Divergence, Stuck
from digitviz.training.history import History


class RunState(StrEnum):
    """The state of a training."""

    READY = "ready"
    TRAINING = "training"
    FINISHED = "finished"
    STUCK = "stuck"
    DIVERGED = "diverged"


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A training at one moment. It does not change: a thread that watches the training takes one and draws it.

    Parameters
    ----------
    step : int
        Steps taken.
    batch : int
        Batches finished.
    state : RunState
    fault : Divergence, Stuck or None
    network : Network
    test : DigitDataset
    history : History
        Shared with the run: what is recorded up to `step` no longer changes.
    """

    step: int
    batch: int
    state: RunState
    fault: Divergence | Stuck | None
    network: Network
    test: DigitDataset
    history: History

    @property
    def test_accuracy(self) -> float:
        """Fraction of the test digits that are classified correctly, 0 to 1; computed once."""
        # Not a `cached_property`: in Python 3.11 it makes threads that compute it for different snapshots wait.
        if "_test_accuracy" not in vars(self):
            vars(self)["_test_accuracy"] = self._find_test_accuracy()
        accuracy: float = vars(self)["_test_accuracy"]
        return accuracy

    def _find_test_accuracy(self) -> float:
        """Take it from the history if a batch has just ended, else compute it."""
        if self.step > 0 and self.step == self.batch * self.history.losses.shape[1]:
            recorded = float(self.history.test_accuracy[self.batch - 1])
            if not np.isnan(recorded):
                return recorded
        return self.network.accuracy(self.test.pixels, self.test.labels)
