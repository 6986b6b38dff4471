"""A training that can be advanced step by step, watched, and resumed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from digitviz.datasets import DigitDataset
from digitviz.networks.network import INPUT_SCALES, Network
from digitviz.networks.parameters import OUTPUTS, Parameters
from digitviz.training.engines import ENGINES, Engine, choose_engine
from digitviz.training.faults import (
    Divergence,
    Stuck,
    first_not_finite,
    gradient_is_zero,
    share_of_dead_neurons,
    steps_at_the_last_loss,
)
from digitviz.training.history import History
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.memory import parameter_bytes, working_bytes
from digitviz.training.sampling import batch_rows
from digitviz.training.snapshot import RunState, Snapshot

Batch = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Inputs, shape (batch_size, 64), targets, (batch_size, 10), and labels, (batch_size,)."""


@dataclass(eq=False)
class _Working:
    """What a run needs only between its first step and its last: it takes memory, and torch takes seconds to import."""

    engine: Engine
    train_inputs: np.ndarray
    test_inputs: np.ndarray
    batch: Batch | None = None


class TrainingRun:
    """Trains a network on digits, as many steps at a time as it is asked for.

    Parameters
    ----------
    dataset : DigitDataset
    hyperparameters : Hyperparameters
        The notebook's by default.

    Attributes
    ----------
    initial_parameters : Parameters
    history : History
    train, test : DigitDataset
        The two parts of `dataset`.
    engine : str
        Name of the engine that takes the steps: "auto" is decided when the run is made, and stays.
    note : str
        Why it is a different engine than expected; else empty.
    """

    def __init__(self, dataset: DigitDataset, hyperparameters: Hyperparameters | None = None) -> None:
        self.dataset = dataset
        self.hyperparameters = hyperparameters or Hyperparameters()
        self.train, self.test = dataset.split(self.hyperparameters.train_fraction)
        self.engine, self.note = choose_engine(self.hyperparameters)
        one_digit = self.test.pixels[:1]
        copied = 0 if self._inputs(one_digit) is one_digit else len(self.train) + len(self.test)
        self._working_bytes = working_bytes(self.hyperparameters, self.engine, copied)
        self.initial_parameters = self.hyperparameters.initial_parameters()
        self.reset()

    def reset(self, keep_initial: bool = True) -> None:
        """Go back to the start.

        Parameters
        ----------
        keep_initial : bool
            True starts from the same weights again; False uses the next seed, and so other weights and batches.
        """
        if not keep_initial:
            self.hyperparameters = self.hyperparameters.with_next_seed()
            self.initial_parameters = self.hyperparameters.initial_parameters()
        self._working: _Working | None = None
        self.history = History(self.hyperparameters, self.initial_parameters)
        self.step = 0
        self.fault: Divergence | Stuck | None = None
        self._fault_before_batch: Divergence | Stuck | None = None
        self._publish(self.initial_parameters.copy())

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
        return self.step == self.hyperparameters.total_steps

    @property
    def diverged(self) -> bool:
        """Whether it diverged; then it cannot go on."""
        return isinstance(self.fault, Divergence)

    @property
    def state(self) -> RunState:
        """Its state; a fault takes precedence over progress."""
        if self.fault is not None:
            return RunState.DIVERGED if self.diverged else RunState.STUCK
        if self.step == 0:
            return RunState.READY
        return RunState.FINISHED if self.finished else RunState.TRAINING

    @property
    def serial(self) -> str:
        """Tells this run from every other; another one after a reset."""
        return self.history.serial

    @property
    def snapshot(self) -> Snapshot:
        """The latest moment at which all numbers are finite; safe to read from another thread."""
        return self._snapshot

    @property
    def parameters(self) -> Parameters:
        """The current weights and biases; the last finite ones after a divergence."""
        return self._snapshot.network.parameters

    @property
    def network(self) -> Network:
        """The current network, ready to classify digits."""
        return self._snapshot.network

    @property
    def test_accuracy(self) -> float:
        """Fraction of the test digits that are classified correctly, 0 to 1."""
        return self._snapshot.test_accuracy

    def advance(self, steps: int) -> int:
        """Take up to `steps` steps; fewer if the training ends or diverges first.

        However the steps are divided among calls, the result is the same, bit for bit.

        Returns
        -------
        int
            Steps taken.

        Raises
        ------
        ValueError
            If `steps` is negative.
        """
        if steps < 0:
            raise ValueError(f"steps: {steps} is negative")
        start = self.step
        goal = min(self.step + steps, self.hyperparameters.total_steps)
        while self.step < goal and not self.diverged:
            in_batch = self.hyperparameters.steps_per_batch - self.step % self.hyperparameters.steps_per_batch
            with np.errstate(over="ignore", invalid="ignore"):  # a run that diverges is reported, without warnings
                self._advance_in_batch(min(goal - self.step, in_batch))
        if not self._can_go_on:
            self._working = None
        return self.step - start

    @property
    def nbytes(self) -> int:
        """Memory it uses in all, or will when it goes on, in bytes; that of the data set is not counted."""
        copies = 3 * parameter_bytes(self.hyperparameters)  # where it started, where it is, and a snapshot of before
        return self.history.nbytes + copies + (self._working_bytes if self._can_go_on else 0)

    @property
    def _can_go_on(self) -> bool:
        return not (self.finished or self.diverged)

    def _advance_in_batch(self, steps: int) -> None:
        batch, offset = divmod(self.step, self.hyperparameters.steps_per_batch)
        if offset == 0:
            self._fault_before_batch = self.fault
        working = self._working or self._begin_to_work()
        if offset == 0 or working.batch is None:
            working.batch = self._draw(batch, working.train_inputs)
        (x, one_hot, labels), engine = working.batch, working.engine
        before = engine.state()
        losses = engine.advance(x, one_hot, steps)
        parameters = engine.parameters.copy()

        # The loss that the next step would record is checked now, so that what is published is always finite.
        # In the run's precision, since not every engine sums its loss in it.
        next_loss = engine.measure(x, labels)[0]
        good = np.isfinite(np.append(losses, next_loss).astype(self.hyperparameters.dtype))
        taken = steps if good.all() else int(good.argmin())
        self.history.losses[batch, offset : offset + taken] = losses[:taken]
        if not good.all():
            parameters = self._rewind(engine, before, x, one_hot, taken)
            self.step += taken
            self._publish(parameters)
            return

        self.step += steps
        self._look_for_stuck(next_loss, parameters, x, one_hot)
        if offset + steps == self.hyperparameters.steps_per_batch:
            self._record_end_of_batch(working, batch, parameters)
        self._publish(parameters)

    def _begin_to_work(self) -> _Working:
        engine = ENGINES[self.engine](self.hyperparameters, self.initial_parameters)
        self._working = _Working(engine, self._inputs(self.train.pixels), self._inputs(self.test.pixels))
        return self._working

    def _draw(self, batch: int, inputs: np.ndarray) -> Batch:
        rows = self.history.rows[batch] = batch_rows(self.hyperparameters, len(self.train), batch)
        labels = self.train.labels[rows]
        return inputs[rows], np.eye(OUTPUTS, dtype=self.hyperparameters.dtype)[labels], labels

    def _inputs(self, pixels: np.ndarray) -> np.ndarray:
        """Return the network's inputs for `pixels`: the same array where nothing has to change."""
        scale = INPUT_SCALES[self.hyperparameters.input_scale].factor
        return (pixels if scale == 1 else pixels * scale).astype(self.hyperparameters.dtype, copy=False)

    def _rewind(self, engine: Engine, before: object, x: np.ndarray, one_hot: np.ndarray, taken: int) -> Parameters:
        """Report a divergence `taken` steps after `before`; return the last parameters that gave a finite loss."""
        engine.load_state(before)
        engine.advance(x, one_hot, max(taken - 1, 0))
        last_good = engine.parameters.copy()
        if taken > 0:
            engine.advance(x, one_hot, 1)
        self.fault = Divergence(self.step + taken + 1, first_not_finite(engine.parameters))
        return last_good

    def _look_for_stuck(self, next_loss: float, parameters: Parameters, x: np.ndarray, one_hot: np.ndarray) -> None:
        """Report whether nothing moves any more; how the steps were divided among calls makes no difference."""
        batch, taken = divmod(self.step - 1, self.hyperparameters.steps_per_batch)
        losses = self.history.losses[batch, : taken + 1]
        if not gradient_is_zero(self.hyperparameters, losses[-1], next_loss, parameters, x, one_hot):
            self.fault = None
            return
        repeats = steps_at_the_last_loss(losses)
        since = self.step - repeats + 1
        if repeats == len(losses) and isinstance(self._fault_before_batch, Stuck):
            since = self._fault_before_batch.step
        all_zero = not any(weight.any() for weight in parameters.weights)
        dead = share_of_dead_neurons(parameters, self.hyperparameters.activation, x)
        self.fault = Stuck(since, dead, all_zero)

    def _record_end_of_batch(self, working: _Working, batch: int, parameters: Parameters) -> None:
        for part, inputs, accuracies, mean_losses in (
            (self.train, working.train_inputs, self.history.train_accuracy, self.history.train_loss),
            (self.test, working.test_inputs, self.history.test_accuracy, self.history.test_loss),
        ):
            loss, correct = working.engine.measure(inputs, part.labels)
            accuracies[batch], mean_losses[batch] = correct / len(part), loss / len(part)
        self.history.keep_parameters(batch, parameters)

    def _network(self, parameters: Parameters) -> Network:
        return Network(parameters, self.hyperparameters.activation, self.hyperparameters.input_scale)

    def _publish(self, parameters: Parameters) -> None:
        """Publish a snapshot; one assignment, so that other threads see the old or the new one, never a mixture."""
        self._snapshot = Snapshot(
            self.step, self.batch, self.state, self.fault, self._network(parameters), self.test, self.history
        )
