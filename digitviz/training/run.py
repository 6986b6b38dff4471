"""Runs: positions on the trajectory of a recipe. A run can be advanced, watched, branched, saved and restored."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any

from digitviz.datasets import DigitDataset
from digitviz.networks.network import Network
from digitviz.networks.parameters import Parameters
from digitviz.training.chunks import Chunk, batches_per_chunk, saved_chunks
from digitviz.training.engines import choose_engine, warm_up
from digitviz.training.faults import Checkup, Divergence, Stuck, check
from digitviz.training.history import History
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.recipe import Change, Recipe
from digitviz.training.trajectory import Stepper, Trajectory, computing
from digitviz.values import cached_property

Finder = Callable[[Recipe, DigitDataset, Trajectory | None], Trajectory]
"""Returns the trajectory of a recipe on a data set. The third argument is the trajectory from which it branches."""

WORTH_COMPILING = 50_000
"""Minimum number of steps for which `train` waits for the compiled engine. With the notebook's settings, NumPy takes
two seconds for them."""

log = logging.getLogger(__name__)


class RunState(StrEnum):
    """The state of a run."""

    READY = "ready"
    TRAINING = "training"
    FINISHED = "finished"
    STUCK = "stuck"
    DIVERGED = "diverged"


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A run at one step. It never changes, so a thread that watches the run can draw it.

    Parameters
    ----------
    step : int
        Number of steps taken.
    batch : int
        Number of finished batches.
    state : RunState
    fault : Divergence, Stuck or None
    network : Network
    test : DigitDataset
    history : History
        The record up to `step`.
    weights_step : int
        The step of these weights: `step` if the run is paused, or an earlier step while it moves through known steps.
    is_exact : bool
        True if the weights are exactly those after `step`. Otherwise they are rounded or belong to an earlier step.
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
        """Identifies what this snapshot shows."""
        return self.history.serial, self.history.batches, self.step, self.weights_step, self.is_exact

    @cached_property
    def exact(self) -> Snapshot:
        """The same snapshot with exact weights. In the middle of a long run, computing it takes up to half a second."""
        if self.is_exact:
            return self
        network = dataclasses.replace(self.network, parameters=self.history.exact_parameters())
        return dataclasses.replace(self, network=network, weights_step=self.step, is_exact=True)

    @property
    def test_accuracy(self) -> float:
        """Fraction of the test digits that the network classifies correctly, 0 to 1; computed once."""
        known, test = self.history.test_accuracy_after(self.weights_step), self.test
        compute = partial(self.network.accuracy, test.pixels, test.labels)
        return self._once("accuracy", compute) if known is None else known

    @property
    def checkup(self) -> Checkup:
        """Dead neurons and known digits; computed once."""
        return self._once("checkup", lambda: check(self.network, self.test, self.history.train))

    @property
    def known_checkup(self) -> Checkup | None:
        """The checkup if `checkup` has been read, otherwise None."""
        return vars(self).get("checkup of these weights")

    def _once(self, name: str, compute: Callable[[], Any]) -> Any:
        """Compute something about these weights, or return what another run on the trajectory has computed."""
        # Not a `cached_property`, because Python 3.11 uses one lock for all snapshots.
        mine = f"{name} of these weights"
        if mine not in vars(self):
            found = self.history.findings(self.weights_step, self.is_exact)
            if name not in found:
                found[name] = compute()
            vars(self)[mine] = found[name]
        return vars(self)[mine]


class TrainingRun:
    """A position on a trajectory, moved by `advance`. Steps that the trajectory knows cost nothing.

    Only one thread may move it; others read its `snapshot`.

    Parameters
    ----------
    dataset : DigitDataset
    hyperparameters : Hyperparameters, optional
        Settings at the end of the run, including all changes; the notebook's by default.
    find : callable, optional
        Finds a trajectory to share with other runs. By default, this run has its own.
    wait_for_compiled : bool
        True to use the compiled engine for "auto" even if it is not ready. The first steps then wait for it.
    start : Parameters, optional
        Initial weights and biases; drawn with the seed by default.
    recipe : Recipe, optional
        Recipe of a branch or a saved run.
    parent : Trajectory, optional
        The trajectory that this run branches from.

    Attributes
    ----------
    recipe : Recipe
    trajectory : Trajectory
    total_steps : int
        Number of steps of the whole run.
    step : int
        Number of steps taken.
    train, test : DigitDataset
        The two parts of the data set.
    initial_parameters : Parameters
    note : Lazy or None
        The reason why a different engine is used than the one requested.

    Raises
    ------
    ValueError
        If the data set or the settings do not match the recipe.
    """

    def __init__(
        self,
        dataset: DigitDataset,
        hyperparameters: Hyperparameters | None = None,
        find: Finder = Trajectory,
        wait_for_compiled: bool = False,
        start: Parameters | None = None,
        recipe: Recipe | None = None,
        parent: Trajectory | None = None,
    ) -> None:
        self.dataset, self.find, self.note = dataset, find, None
        self.hyperparameters = settings = hyperparameters or Hyperparameters()
        if recipe is None:
            engine, self.note = choose_engine(settings, wait_for_compiled)
            recipe = Recipe.of(dataset, dataclasses.replace(settings, engine=engine), start)
        last = max(settings.batches, *(change.batch for change in recipe.changes), 0)
        ends_with = recipe.settings_at(last)
        if dataclasses.replace(ends_with, batches=settings.batches, engine=settings.engine) != settings:
            raise ValueError("hyperparameters: they differ from the recipe's settings at the end of the run")
        self.recipe, self.total_steps = recipe, settings.total_steps
        self.follow(find(recipe, dataset, parent))

    def follow(self, trajectory: Trajectory) -> None:
        """Move to the start of another trajectory of the same recipe."""
        self.trajectory = trajectory
        self.train, self.test = trajectory.setup.train, trajectory.setup.test
        self.initial_parameters = trajectory.setup.initial_parameters
        self.stand_at(0)

    @property
    def engine(self) -> str:
        """Name of the engine. "auto" is resolved when the run is created."""
        return self.recipe.engine

    @property
    def batch(self) -> int:
        """Number of finished batches, which is also the index of the current batch from 0."""
        return self.step // self.hyperparameters.steps_per_batch

    @property
    def finished(self) -> bool:
        """True if the run has taken all of its steps."""
        return self.step == self.total_steps

    @property
    def fault(self) -> Divergence | Stuck | None:
        """The fault at the current step, or None."""
        return self.trajectory.record.fault_at(self.step, is_goal=self.finished)

    @property
    def diverged(self) -> bool:
        """True if the run diverged, so it cannot continue."""
        # Asked for every run each time that a worker looks for work: most records show no divergence at all.
        return self.trajectory.record.tip.divergence is not None and isinstance(self.fault, Divergence)

    @property
    def state(self) -> RunState:
        """The state of the run; a fault takes precedence over progress."""
        fault = self.fault
        if fault is not None:
            return RunState.DIVERGED if isinstance(fault, Divergence) else RunState.STUCK
        if self.step == 0:
            return RunState.READY
        return RunState.FINISHED if self.finished else RunState.TRAINING

    @property
    def history(self) -> History:
        """The record up to the current step."""
        return self._snapshot.history

    @property
    def snapshot(self) -> Snapshot:
        """The latest state with finite numbers; safe to read from another thread.

        Its network may have the weights of an earlier step until `settle`; see `Snapshot.is_exact`.
        """
        return self._snapshot

    @property
    def parameters(self) -> Parameters:
        """The exact current weights and biases; the last finite ones after a divergence."""
        return self.network.parameters

    @property
    def network(self) -> Network:
        """The current network with exact weights."""
        return self._snapshot.exact.network

    @property
    def test_accuracy(self) -> float:
        """Fraction of the test digits classified correctly, 0 to 1."""
        return self._snapshot.exact.test_accuracy

    @property
    def serial(self) -> str:
        """The id of the recipe."""
        return self.recipe.id

    @property
    def nbytes(self) -> int:
        """Memory of the trajectory in bytes when this run has finished, without the data set."""
        return self.trajectory.expected_bytes(self.hyperparameters.batches)

    def advance(self, steps: int) -> int:
        """Take up to `steps` steps, fewer if the run ends or diverges; return the number of steps taken.

        The result does not depend on how the steps are divided among calls, to the last bit.
        """
        if steps < 0:
            raise ValueError(f"steps: {steps} is negative")
        start, goal = self.step, min(self.step + steps, self.total_steps)
        self.trajectory.extend(goal)
        self.stand_at(min(goal, self.trajectory.step))
        if (self.finished or self.diverged) and self.trajectory.step == self.step:
            self.trajectory.release()
        return self.step - start

    def stand_at(self, step: int) -> None:
        """Move to a known step. Unless it is the last one, the weights are only exact after `settle`."""
        self.step = step
        self._replay: Stepper | None = None
        tip = self.trajectory.record.tip
        if step == tip.step:
            self._publish(tip.parameters, step, is_exact=True)
            return
        length = self.hyperparameters.steps_per_batch
        checkpoint = self.trajectory.record.checkpoints.last(step // length)
        if checkpoint is None:
            self._publish(self.initial_parameters, 0, is_exact=step == 0)
        else:
            self._publish(self.initial_parameters.from_vector(checkpoint[1]), checkpoint[0] * length, is_exact=False)

    def settle(self, steps: int | None = None) -> bool:
        """Make the weights of the snapshot exact; return whether they are. Only one thread may advance or settle a run.

        This repeats the steps since the last engine state: at most `steps` of them, or all by default.
        """
        if self._snapshot.is_exact:
            return True
        replay = self._replay = self._replay or self.trajectory.stepper_before(self.step)
        with computing():
            replay.advance_to(self.step, at_most=steps)
        if replay.step < self.step:
            return False
        self._publish(replay.engine.parameters.copy(), self.step, is_exact=True)
        self._replay = None  # frees the memory of its engine
        return True

    def reset(self, keep_initial: bool = True) -> None:
        """Go back to the start.

        Parameters
        ----------
        keep_initial : bool
            True starts with the same weights and reuses the known steps. False uses the next seed, which gives new
            weights and batches.
        """
        if not keep_initial:
            self.hyperparameters = self.hyperparameters.with_next_seed()
            self.recipe = Recipe.of(self.dataset, dataclasses.replace(self.hyperparameters, engine=self.engine))
        is_known = keep_initial and not self.trajectory.record.known_from
        self.follow(self.trajectory if is_known else self.find(self.recipe, self.dataset, None))

    def copy(self) -> TrainingRun:
        """Return another run at the same step, without computing anything."""
        return self._other(self.recipe, self.hyperparameters, self.step, compute=False)

    def at(self, batch: int) -> TrainingRun:
        """Return the run as it was after `batch` batches, with exact weights.

        Raises
        ------
        ValueError
            If this batch is not in the record.
        """
        length = self.hyperparameters.steps_per_batch
        if not 0 <= batch * length <= self.trajectory.step:
            known = self.trajectory.step // length
            raise ValueError(f"batch: {batch} is not between 0 and {known}, the number of known batches")
        return self._other(self.recipe, self.hyperparameters, batch * length)

    def branch(self, batch: int | None = None, compute: bool = True, **settings: Any) -> TrainingRun:
        """Return a run that shares all steps up to a batch and continues from there with different settings.

        Parameters
        ----------
        batch : int, optional
            Number of finished batches at which the settings change; by default, the number finished now. If this run is
            inside a batch, it may be one more: the branch then starts at the current step.
        compute : bool
            False leaves the branch at the last step that need not be computed, so that a worker can advance it.
        **settings
            `learning_rate`, `weight_decay`, `optimizer`, `loss` or `gradient`; and `batches`, the length of the branch.

        Raises
        ------
        ValueError
            If a setting cannot change, a value is out of range, or the run has not reached the batch.
        """
        batch = self.batch if batch is None else batch
        limit, length = -(-self.step // self.hyperparameters.steps_per_batch), self.hyperparameters.steps_per_batch
        if not 0 <= batch <= limit:
            raise ValueError(f"batch: {batch} is not between 0 and {limit}")
        batches = settings.pop("batches", self.hyperparameters.batches)
        recipe = self._changed(batch, settings) if settings else self.recipe.up_to(batch + 1)
        ends_with = dataclasses.replace(recipe.settings_at(batch), batches=batches, engine=self.hyperparameters.engine)
        return self._other(recipe, ends_with, min(self.step, batch * length), compute)

    def _changed(self, batch: int, settings: dict[str, Any]) -> Recipe:
        """Return the recipe of a branch. At batch 0, the new settings hold from the start, without a change."""
        if batch:
            return self.recipe.changed(batch, **settings)
        first = dataclasses.replace(self.recipe.hyperparameters, **Change.of(1, settings).settings)
        return dataclasses.replace(self.recipe, hyperparameters=first, changes=())

    def _other(self, recipe: Recipe, hyperparameters: Hyperparameters, step: int, compute: bool = True) -> TrainingRun:
        """Return a run at a known step of the same trajectory, or of a branch of it."""
        known = self.trajectory
        is_shown = recipe == known.recipe and step >= known.record.known_from * known.record.steps_per_batch
        find = (lambda *of: known) if is_shown else self.find
        other = TrainingRun(self.dataset, hyperparameters, find, recipe=recipe, parent=known)
        other.find, other.note = self.find, self.note
        other.advance(step if compute else min(step, other.trajectory.step))
        if compute:
            other.settle()
        return other

    def _publish(self, parameters: Parameters, weights_step: int, is_exact: bool) -> None:
        """Publish a snapshot in one assignment, so that other threads see either the old or the new one."""
        settings = self.hyperparameters
        network = Network(parameters, settings.activation, settings.input_scale)
        now = self.step, self.batch, self.state, self.fault
        history = History(self.trajectory, self.step, settings.batches)
        self._snapshot = Snapshot(*now, network, self.test, history, weights_step, is_exact)


def saved_state(run: TrainingRun) -> bytes:
    """Return the incomplete last chunk of a run, up to its last exact engine state. Any thread may call this.

    With the chunks before it, the run can continue from there. Later steps are computed again: those on the current
    batch, or more if the network is so large that not every batch has a state.
    """
    record, recipe = run.trajectory.record, run.trajectory.recipe
    step, state = record.state_before(run.snapshot.step)
    batches, length = batches_per_chunk(record.steps_per_batch), record.steps_per_batch
    first = step // (batches * length) * batches
    return Chunk.of(record, recipe, first, step, state).to_bytes()


def restore(
    recipe: Recipe, dataset: DigitDataset, hyperparameters: Hyperparameters, step: int, state: bytes | None,
    find: Finder = Trajectory,
) -> TrainingRun:  # fmt: skip
    """Return a saved run at a step, or at the last known step before it, without computing anything.

    If chunks before the state are lost, the run gets a trajectory that it does not share with other runs. Its curves
    begin with the batches in `state`: see `History.known_from` and `GapFill`.

    Parameters
    ----------
    recipe : Recipe
    dataset : DigitDataset
    hyperparameters : Hyperparameters
    step : int
    state : bytes, optional
        Output of `saved_state`. A damaged state is ignored.
    find : callable
        Finds trajectories and loads their saved chunks.

    Raises
    ------
    ValueError
        If recipe, data set, settings and step do not match.
    """
    if not 0 <= step <= hyperparameters.total_steps:
        raise ValueError(f"step: {step} is not between 0 and {hyperparameters.total_steps}")
    run = TrainingRun(dataset, hyperparameters, find, recipe=recipe)
    trajectory = run.trajectory
    chunk = None if state is None else _read_state(state, trajectory)
    if chunk is not None and chunk.step > trajectory.step:
        before, begins_at = list[Chunk](), chunk.first * trajectory.record.steps_per_batch
        if begins_at > trajectory.step and trajectory.cache is not None:
            before = [each for each in saved_chunks(trajectory.cache, trajectory.setup) if each.first < chunk.first]
        if begins_at <= max([trajectory.step, *(each.step for each in before)]):
            trajectory.load([*before, chunk])
        elif not trajectory.is_over:
            alone = Trajectory(recipe, dataset)
            alone.load([chunk], after_a_gap=True)
            run.follow(alone)
    run.stand_at(min(step, run.trajectory.step))
    return run


def _read_state(state: bytes, trajectory: Trajectory) -> Chunk | None:
    try:
        return Chunk.read(state, trajectory.setup)
    except ValueError as error:
        log.warning("the saved state of a run is damaged; steps after its last chunk are computed again: %s", error)
        return None


def train(dataset: DigitDataset, hyperparameters: Hyperparameters | None = None, progress: bool = False) -> TrainingRun:
    """Train a network to the end.

    With `engine="auto"` and at least 50,000 steps, this first prepares the compiled engine. That takes about ten
    seconds the first time on a machine and a third of a second later. All later runs in this process use it, too.

    Parameters
    ----------
    dataset : DigitDataset
    hyperparameters : Hyperparameters
        The notebook's by default.
    progress : bool
        True to show a progress bar in the terminal or the notebook.

    Returns
    -------
    TrainingRun
        The run, finished or diverged: see its `state`.
    """
    settings = hyperparameters or Hyperparameters()
    if settings.engine == "auto" and settings.total_steps >= WORTH_COMPILING:
        with contextlib.suppress(ImportError):  # without numba, the `note` of the run says that it uses NumPy
            warm_up()
    run = TrainingRun(dataset, settings)
    if not progress:
        run.advance(run.total_steps)
        return run

    from tqdm.auto import tqdm

    with tqdm(total=run.total_steps, unit="step") as bar:
        while taken := run.advance(run.hyperparameters.steps_per_batch):
            bar.update(taken)
            bar.set_postfix_str(f"test accuracy {run.test_accuracy:.1%}")
    return run
