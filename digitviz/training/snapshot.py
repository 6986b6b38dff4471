"""A training at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

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
        What is recorded up to `step`.
    weights_step : int
        The step after which the network was as it is here: `step` itself where a training stands, an earlier one while
        it moves on what is known already.
    is_exact : bool
        Whether the network is that after `step`, to the last bit; else it is rounded or of an earlier step.
    """

    step: int
    batch: int
    state: RunState
    fault: Divergence | Stuck | None
    network: Network
    test: DigitDataset
    history: History
    weights_step: int
    is_exact: bool

    @property
    def moment(self) -> tuple[str, int, int, int, bool]:
        """Tells what is shown of this moment from what is shown of every other."""
        return self.history.serial, self.history.batches, self.step, self.weights_step, self.is_exact

    @property
    def test_accuracy(self) -> float:
        """Fraction of the test digits that the network classifies correctly, 0 to 1; computed once."""
        # Not a `cached_property`: in Python 3.11 it makes threads that compute it for different snapshots wait.
        if "_test_accuracy" not in vars(self):
            vars(self)["_test_accuracy"] = self._find_test_accuracy()
        accuracy: float = vars(self)["_test_accuracy"]
        return accuracy

    def _find_test_accuracy(self) -> float:
        """Take it from what is known of these weights, else compute it."""
        known = self.history.test_accuracy_after(self.weights_step)
        if known is None:
            known = self.network.accuracy(self.test.pixels, self.test.labels)
            self.history.keep_test_accuracy(self.weights_step, known)
        return known
