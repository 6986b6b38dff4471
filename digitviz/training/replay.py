"""A training as it was: the weights after any step that is known, exact to the last bit."""

from __future__ import annotations

import numpy as np

from digitviz.networks.parameters import Parameters
from digitviz.training.engines import Checkpoint, Engine
from digitviz.training.setup import Batch
from digitviz.training.threads import one_thread
from digitviz.training.trajectory import Trajectory


class Replay:
    """Goes from the last checkpoint before a step to that step, as many steps at a time as it is asked for.

    Parameters
    ----------
    trajectory : Trajectory
    step : int
        Where to go, at most `trajectory.step`.

    Attributes
    ----------
    left : int
        Steps that are still to be taken; 0 when `parameters` are those after `step`.

    Raises
    ------
    ValueError
        If the step is not known.
    """

    def __init__(self, trajectory: Trajectory, step: int) -> None:
        tip = trajectory.tip
        if not 0 <= step <= tip.step:
            raise ValueError(f"step: {step} is not one of the {tip.step} steps that are known")
        self._trajectory, self._step = trajectory, step
        self._engine: Engine | None = None
        self._batch: tuple[int, Batch] | None = None
        self._there = {tip.step: tip.parameters, 0: trajectory.initial_parameters}.get(step)
        self._checkpoint = trajectory.checkpoint_before(step)
        self.left = 0 if self._there is not None else step - self._checkpoint[0]

    def advance(self, steps: int) -> None:
        """Take at most so many of the steps that are left."""
        goal = self._step - max(0, self.left - steps)
        with one_thread(), np.errstate(over="ignore", invalid="ignore"):
            while self._step - self.left < goal:
                self._advance_in_batch(goal)

    @property
    def parameters(self) -> Parameters:
        """The weights and biases, in arrays that nothing changes; only once no steps are left."""
        if self._there is None:
            self._there = self._engine_at(self._step // self._length).parameters.copy()
        return self._there

    @property
    def checkpoint(self) -> Checkpoint:
        """The exact checkpoint; only once no steps are left of at least one."""
        assert self._engine is not None
        with one_thread():
            return self._engine.checkpoint()

    @property
    def _length(self) -> int:
        return self._trajectory.recipe.hyperparameters.steps_per_batch

    def _advance_in_batch(self, goal: int) -> None:
        step = self._step - self.left
        batch, offset = divmod(step, self._length)
        if self._batch is None or self._batch[0] != batch:
            self._batch = batch, self._trajectory.draw(batch)
        x, one_hot, _labels = self._batch[1]
        steps = min(goal - step, self._length - offset)
        self._engine_at(batch).advance(x, one_hot, steps)
        self.left -= steps

    def _engine_at(self, batch: int) -> Engine:
        recipe, engine = self._trajectory.recipe, self._engine
        if engine is None:
            engine = self._trajectory.engine_at(batch, self._checkpoint[1])
        elif recipe.settings_at(batch) != engine.hyperparameters:
            engine = self._trajectory.engine_at(batch, engine.checkpoint())
        self._engine = engine
        return engine


def exact(trajectory: Trajectory, step: int) -> Parameters:
    """Return the weights and biases after a step; it takes as long as the steps from the last checkpoint before it."""
    replay = Replay(trajectory, step)
    replay.advance(replay.left)
    return replay.parameters
