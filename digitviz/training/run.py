"""A training that can be advanced step by step, watched, resumed, looked at anywhere and branched."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from digitviz.datasets import DigitDataset
from digitviz.networks.parameters import Parameters
from digitviz.training.engines import choose_engine
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.position import Position
from digitviz.training.recipe import Change, Recipe
from digitviz.training.snapshot import Snapshot
from digitviz.training.trajectory import Trajectory

__all__ = ["Finder", "Snapshot", "TrainingRun"]

Finder = Callable[[Recipe, DigitDataset, Trajectory | None], Trajectory]
"""Returns the trajectory of a recipe on a data set; one that it branches from may be given."""


class TrainingRun(Position):
    """A position on a trajectory: it takes as many steps at a time as it is asked for.

    Steps that the trajectory knows already cost nothing.

    Parameters
    ----------
    dataset : DigitDataset
    hyperparameters : Hyperparameters
        The notebook's by default.
    find : callable, optional
        Where trajectories are found that are shared with others; by default this run has one of its own.
    wait_for_compiled : bool
        Whether "auto" means the compiled engine also while that is being prepared: the first steps then wait for it.
    start : Parameters, optional
        First weights and biases; drawn from the seed by default.

    Attributes
    ----------
    hyperparameters : Hyperparameters
        Those it ends with, if some are changed on the way.
    recipe : Recipe
    trajectory : Trajectory
    note : Note or None
        Why another engine takes the steps than was to be expected.
    """

    def __init__(
        self,
        dataset: DigitDataset,
        hyperparameters: Hyperparameters | None = None,
        find: Finder = Trajectory,
        wait_for_compiled: bool = False,
        start: Parameters | None = None,
    ) -> None:
        self.dataset, self.find = dataset, find
        settings = hyperparameters or Hyperparameters()
        engine, self.note = choose_engine(settings, wait_for_compiled)
        recipe = Recipe.of(dataset, dataclasses.replace(settings, engine=engine), start)
        super().__init__(recipe, find(recipe, dataset, None), settings)

    @classmethod
    def following(
        cls, recipe: Recipe, dataset: DigitDataset, hyperparameters: Hyperparameters, find: Finder = Trajectory
    ) -> TrainingRun:
        """Return a run at the start of what is known of a recipe, whoever made that.

        Parameters
        ----------
        recipe : Recipe
        dataset : DigitDataset
        hyperparameters : Hyperparameters
            Those it ends with: they say how far it goes.
        find : callable, optional

        Raises
        ------
        ValueError
            If data set or settings are not those of the recipe.
        """
        last = max(hyperparameters.batches, *(change.batch for change in recipe.changes), 0)
        ends_with = dataclasses.replace(
            recipe.settings_at(last), batches=hyperparameters.batches, engine=hyperparameters.engine
        )
        if ends_with != hyperparameters:
            raise ValueError("hyperparameters: not those that the recipe ends with")
        run = cls.__new__(cls)
        run.dataset, run.find, run.note = dataset, find, None
        Position.__init__(run, recipe, find(recipe, dataset, None), hyperparameters)
        return run

    def copy(self) -> TrainingRun:
        """Return another run that stands where this one does; nothing is computed."""
        return self._other(self.recipe, self.hyperparameters, self.step, compute=False)

    def reset(self, keep_initial: bool = True) -> None:
        """Go back to the start.

        Parameters
        ----------
        keep_initial : bool
            True starts from the same weights again, and what is known is not computed again; False uses the next seed,
            and so other weights and batches.
        """
        if not keep_initial:
            self.hyperparameters = self.hyperparameters.with_next_seed()
            self.recipe = Recipe.of(self.dataset, dataclasses.replace(self.hyperparameters, engine=self.engine))
        is_known = keep_initial and not self.trajectory.known_from
        self.follow(self.trajectory if is_known else self.find(self.recipe, self.dataset, None))

    def at(self, batch: int) -> TrainingRun:
        """Return the run as it was after so many batches, exact to the last bit.

        Raises
        ------
        ValueError
            If the trajectory is not known so far.
        """
        length = self.hyperparameters.steps_per_batch
        if not 0 <= batch * length <= self.trajectory.step:
            known = self.trajectory.step // length
            raise ValueError(f"batch: {batch} is not one of the {known} batches that are known")
        return self._other(self.recipe, self.hyperparameters, batch * length)

    def branch(self, batch: int | None = None, compute: bool = True, **settings: Any) -> TrainingRun:
        """Return a run that shares everything up to a batch, and goes on from there with other settings.

        Parameters
        ----------
        batch : int, optional
            Batches finished at which they begin to hold: by default those that are finished now; at most one more, and
            then the branch stands where this run does, in the middle of a batch.
        compute : bool
            False leaves the branch at the last step up to there that need not be computed, for others to advance it.
        **settings
            `learning_rate`, `weight_decay`, `optimizer`, `loss` or `gradient`; and `batches`, how far it is to go.

        Raises
        ------
        ValueError
            If anything else is to change, a value is not allowed, or the batch is out of reach.
        """
        batch = self.batch if batch is None else batch
        most, length = -(-self.step // self.hyperparameters.steps_per_batch), self.hyperparameters.steps_per_batch
        if not 0 <= batch <= most:
            raise ValueError(f"batch: {batch} is not between 0 and {most}")
        batches = settings.pop("batches", self.hyperparameters.batches)
        recipe = self._changed(batch, settings) if settings else self.recipe
        ends_with = dataclasses.replace(recipe.settings_at(batch), batches=batches, engine=self.hyperparameters.engine)
        return self._other(recipe, ends_with, min(self.step, batch * length), compute)

    def _changed(self, batch: int, settings: dict[str, Any]) -> Recipe:
        """Return the recipe of a branch; before the first batch it is a recipe without changes."""
        if batch:
            return self.recipe.changed(batch, **settings)
        first = Change.of(1, settings).settings
        hyperparameters = dataclasses.replace(self.recipe.hyperparameters, **first)
        return dataclasses.replace(self.recipe, hyperparameters=hyperparameters, changes=())

    @property
    def serial(self) -> str:
        """The id of its recipe."""
        return self.recipe.id

    @property
    def nbytes(self) -> int:
        """Memory its trajectory uses, or will when this run goes on to its end, in bytes; without the data set."""
        return self.trajectory.expected_bytes(self.hyperparameters.batches)

    def advance(self, steps: int) -> int:
        """Take up to `steps` steps; fewer if the training ends or diverges first. Return how many were taken.

        However the steps are divided among calls, the result is the same, bit for bit.
        """
        if steps < 0:
            raise ValueError(f"steps: {steps} is negative")
        start, goal = self.step, min(self.step + steps, self.total_steps)
        self.trajectory.extend(goal)
        self.stand_at(min(goal, self.trajectory.step))
        if (self.finished or self.diverged) and self.trajectory.step == self.step:
            self.trajectory.give_back()
        return self.step - start

    def _other(self, recipe: Recipe, hyperparameters: Hyperparameters, step: int, compute: bool = True) -> TrainingRun:
        """Return a run at a step that is known, of the same trajectory or of a branch of it."""
        known, length = self.trajectory, self.recipe.hyperparameters.steps_per_batch
        if recipe != known.recipe or step < known.known_from * length:
            known = self.find(recipe, self.dataset, known)
        other = TrainingRun.__new__(TrainingRun)
        other.dataset, other.find, other.note = self.dataset, self.find, self.note
        Position.__init__(other, recipe, known, hyperparameters)
        other.advance(step if compute else min(step, other.trajectory.step))
        if compute:
            other.settle()
        return other
