"""A position on a trajectory: what is shown of a training at one step, and how it becomes exact there."""

from __future__ import annotations

import dataclasses
import threading

from digitviz.networks.network import Network
from digitviz.networks.parameters import Parameters
from digitviz.training.faults import Divergence, Stuck
from digitviz.training.history import History
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.recipe import Recipe
from digitviz.training.replay import Replay, exact
from digitviz.training.snapshot import RunState, Snapshot
from digitviz.training.trajectory import Trajectory


class Position:
    """Where a training stands on its way to the goal. Only one thread may move it; others read its `snapshot`.

    Parameters
    ----------
    recipe : Recipe
    trajectory : Trajectory
        That of the recipe.
    hyperparameters : Hyperparameters
        Those that it ends with; they say how far it goes.

    Attributes
    ----------
    step : int
        Steps taken; 0 at first.
    initial_parameters : Parameters
    train, test : DigitDataset
        The two parts of the data set.
    """

    _replay: Replay | None
    _snapshot: Snapshot

    def __init__(self, recipe: Recipe, trajectory: Trajectory, hyperparameters: Hyperparameters) -> None:
        self.recipe, self.hyperparameters = recipe, hyperparameters
        self._arrived = threading.Condition()
        self.follow(trajectory)

    def follow(self, trajectory: Trajectory) -> None:
        """Go to the start of a trajectory of the same recipe."""
        self.trajectory = trajectory
        self.train, self.test = trajectory.train, trajectory.test
        self.initial_parameters = trajectory.initial_parameters
        self.stand_at(0)

    @property
    def engine(self) -> str:
        """Name of the engine that takes the steps: "auto" is decided when the run is made, and stays."""
        return self.recipe.engine

    @property
    def total_steps(self) -> int:
        """Steps of the whole training."""
        return self.hyperparameters.total_steps

    @property
    def batch(self) -> int:
        """Number of finished batches, which is the index of the current one, from 0."""
        return self.step // self.hyperparameters.steps_per_batch

    @property
    def finished(self) -> bool:
        """Whether all steps are taken."""
        return self.step == self.total_steps

    @property
    def fault(self) -> Divergence | Stuck | None:
        """What is wrong with it here."""
        return self.trajectory.fault_at(self.step, is_goal=self.finished)

    @property
    def diverged(self) -> bool:
        """Whether it diverged; then it cannot go on."""
        return isinstance(self.fault, Divergence)

    @property
    def state(self) -> RunState:
        """Its state; a fault takes precedence over progress."""
        fault = self.fault
        if fault is not None:
            return RunState.DIVERGED if isinstance(fault, Divergence) else RunState.STUCK
        if self.step == 0:
            return RunState.READY
        return RunState.FINISHED if self.finished else RunState.TRAINING

    @property
    def history(self) -> History:
        """What is recorded up to here."""
        return self._snapshot.history

    @property
    def snapshot(self) -> Snapshot:
        """The latest moment at which all numbers are finite; safe to read from another thread.

        Its network may be that of an earlier step, where the trajectory knows more than this run has seen, until
        `settle`; see `Snapshot.is_exact`.
        """
        return self._snapshot

    @property
    def parameters(self) -> Parameters:
        """The current weights and biases, exact; the last finite ones after a divergence."""
        return self.network.parameters

    @property
    def network(self) -> Network:
        """The current network, exact, ready to classify digits."""
        return self._exact_snapshot.network

    @property
    def test_accuracy(self) -> float:
        """Fraction of the test digits that are classified correctly, 0 to 1."""
        return self._exact_snapshot.test_accuracy

    def stand_at(self, step: int) -> None:
        """Go to a step that is known; the weights are exact there only if it is the last, until `settle`."""
        self.step, self._replay = step, None
        tip = self.trajectory.tip
        if step == tip.step:
            self._publish(tip.parameters, step, is_exact=True)
            return
        length = self.hyperparameters.steps_per_batch
        stop = self.trajectory.stops.last(step // length)
        if stop is None:
            self._publish(self.initial_parameters, 0, is_exact=step == 0)
        else:
            self._publish(self.initial_parameters.from_vector(stop[1]), stop[0] * length, is_exact=False)

    def wait_for(self, step: int, seconds: float) -> bool:
        """Wait until another thread has brought it to a step, but not longer than this; return whether it is there."""
        with self._arrived:
            return self._arrived.wait_for(lambda: self._snapshot.step >= step, seconds)

    def stand_exactly(self, parameters: Parameters) -> None:
        """Be told the exact weights and biases of the step where it stands."""
        self._publish(parameters, self.step, is_exact=True)
        self._replay = None  # its engine takes memory

    def settle(self, steps: int | None = None) -> bool:
        """Make the weights of the snapshot exact; only one thread may advance or settle a run.

        At most so many of the steps from the last checkpoint are taken, all of them by default. Returns whether the
        weights are exact now.
        """
        if self._snapshot.is_exact:
            return True
        replay = self._replay = Replay(self.trajectory, self.step) if self._replay is None else self._replay
        replay.advance(replay.left if steps is None else steps)
        if not replay.left:
            self.stand_exactly(replay.parameters)
        return not replay.left

    @property
    def _exact_snapshot(self) -> Snapshot:
        """The snapshot, made exact here if need be: whoever else moves this run is not disturbed."""
        snapshot = self._snapshot
        if snapshot.is_exact:
            return snapshot
        network = dataclasses.replace(snapshot.network, parameters=exact(self.trajectory, snapshot.step))
        return dataclasses.replace(snapshot, network=network, weights_step=snapshot.step, is_exact=True)

    def _publish(self, parameters: Parameters, weights_step: int, is_exact: bool) -> None:
        """Publish a snapshot; one assignment, so that other threads see the old or the new one, never a mixture."""
        settings = self.hyperparameters
        network = Network(parameters, settings.activation, settings.input_scale)
        history = History(self.trajectory, self.step, settings.batches)
        snapshot = Snapshot(
            self.step, self.batch, self.state, self.fault, network, self.test, history, weights_step, is_exact
        )
        with self._arrived:
            self._snapshot = snapshot
            self._arrived.notify_all()
