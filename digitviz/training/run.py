"""A training that can be moved on a step at a time, watched, and taken up again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from digitviz.datasets import DigitDataset
from digitviz.networks.activations import ACTIVATIONS
from digitviz.networks.backpropagation import loss_and_gradients
from digitviz.networks.losses import LOSSES
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.networks.network import INPUT_SCALES, Network
from digitviz.networks.parameters import Parameters
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
from digitviz.training.sampling import batch_rows


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A training at one moment. It does not change; a thread that watches takes one and draws it.

    Parameters
    ----------
    step : int
        Steps taken.
    batch : int
        Batches finished.
    state : str
        "ready", "training", "finished", "stuck" or "diverged".
    fault : Divergence, Stuck or None
    network : Network
    test : DigitDataset
    history : History
        Shared with the run: what is recorded up to `step` no longer changes.
    """

    step: int
    batch: int
    state: str
    fault: Divergence | Stuck | None
    network: Network
    test: DigitDataset
    history: History

    @property
    def test_accuracy(self) -> float:
        """Share of the test digits that are classified correctly, 0 to 1; computed once."""
        # Not a `cached_property`: in Python 3.11 it lets all threads that compute one wait for each other.
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


class TrainingRun:
    """Trains a network on digits, from any point to any point.

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
        Why it is another engine than could be expected; else empty.
    """

    def __init__(self, dataset: DigitDataset, hyperparameters: Hyperparameters | None = None) -> None:
        self.dataset = dataset
        self.hyperparameters = hyperparameters or Hyperparameters()
        self.train, self.test = dataset.split(self.hyperparameters.train_fraction)
        self._train_inputs, self._test_inputs = (self._inputs(part.pixels) for part in (self.train, self.test))
        self.engine, self.note = choose_engine(self.hyperparameters)
        self.initial_parameters = self.hyperparameters.initial_parameters()
        self.reset()

    def reset(self, keep_initial: bool = True) -> None:
        """Go back to the start.

        Parameters
        ----------
        keep_initial : bool
            True starts from the same weights again; False takes the next seed, and so other weights and batches.
        """
        if not keep_initial:
            self.hyperparameters = self.hyperparameters.with_next_seed()
            self.initial_parameters = self.hyperparameters.initial_parameters()
        self._engine: Engine | None = None  # made with the first step: torch takes seconds to import
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
        """How many batches are finished; the number of the current one, from 0."""
        return self.step // self.hyperparameters.steps_per_batch

    @property
    def finished(self) -> bool:
        """Whether all steps are taken."""
        return self.step == self.hyperparameters.total_steps

    @property
    def diverged(self) -> bool:
        """Whether it blew up; then it cannot go on."""
        return isinstance(self.fault, Divergence)

    @property
    def state(self) -> str:
        """One of "ready", "training", "finished", "stuck" and "diverged"."""
        if self.fault is not None:
            return "diverged" if self.diverged else "stuck"
        return "ready" if self.step == 0 else "finished" if self.finished else "training"

    @property
    def snapshot(self) -> Snapshot:
        """The latest moment that is fit to be looked at; safe to read from another thread."""
        return self._snapshot

    @property
    def parameters(self) -> Parameters:
        """The weights and biases now; the last good ones after a divergence."""
        return self._snapshot.network.parameters

    @property
    def network(self) -> Network:
        """The network now, ready to read digits."""
        return self._snapshot.network

    @property
    def test_accuracy(self) -> float:
        """Share of the test digits that are read right, 0 to 1."""
        return self._snapshot.test_accuracy

    def advance(self, steps: int) -> int:
        """Take up to `steps` steps; the end of the training or a divergence ends it earlier.

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
            with np.errstate(over="ignore", invalid="ignore"):  # a run that blows up is reported, not warned of
                self._advance_in_batch(min(goal - self.step, in_batch))
        return self.step - start

    def _advance_in_batch(self, steps: int) -> None:
        batch, offset = divmod(self.step, self.hyperparameters.steps_per_batch)
        if offset == 0:
            self._fault_before_batch = self.fault
        x, one_hot, labels = self._batch(batch)
        if self._engine is None:
            self._engine = ENGINES[self.engine](self.hyperparameters, self.initial_parameters)
        engine, before = self._engine, self._engine.state()
        losses = engine.advance(x, one_hot, steps)
        parameters = engine.parameters.copy()

        # The loss that the next step would record is looked at now, so that what is published is always good.
        # In the run's precision, for not every engine adds up a loss in it.
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
            self._record_end_of_batch(engine, batch, parameters)
        self._publish(parameters)

    def _batch(self, batch: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return what enters the network in a batch, (batch_size, 64), targets, (batch_size, 10), and labels."""
        if self.step % self.hyperparameters.steps_per_batch == 0 or not hasattr(self, "_current"):
            rows = batch_rows(self.hyperparameters, len(self.train), batch)
            self.history.rows[batch] = rows
            one_hot = self.train.one_hot[rows].astype(self.hyperparameters.dtype, copy=False)
            self._current = (self._train_inputs[rows], one_hot, self.train.labels[rows])
        return self._current

    def _inputs(self, pixels: np.ndarray) -> np.ndarray:
        """Return what enters the network for `pixels`: the same array where nothing is to be changed."""
        scale = INPUT_SCALES[self.hyperparameters.input_scale]
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
        """Report whether nothing moves any more; it follows from what is recorded, however steps were divided."""
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

    def _record_end_of_batch(self, engine: Engine, batch: int, parameters: Parameters) -> None:
        for part, inputs, accuracies, mean_losses in (
            (self.train, self._train_inputs, self.history.train_accuracy, self.history.train_loss),
            (self.test, self._test_inputs, self.history.test_accuracy, self.history.test_loss),
        ):
            loss, right = engine.measure(inputs, part.labels)
            accuracies[batch], mean_losses[batch] = right / len(part), loss / len(part)
        self.history.keep_parameters(batch, parameters)

    def _network(self, parameters: Parameters) -> Network:
        return Network(parameters, self.hyperparameters.activation, self.hyperparameters.input_scale)

    def _publish(self, parameters: Parameters) -> None:
        """Put up a new snapshot; one assignment, so that a reader sees the old or the new one, never a mixture."""
        self._snapshot = Snapshot(
            self.step, self.batch, self.state, self.fault, self._network(parameters), self.test, self.history
        )
