"""A run at one step, with exact weights: the source of every exported file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from digitviz.datasets import DigitDataset
from digitviz.networks.network import Network
from digitviz.training.faults import Divergence
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.recipe import Recipe
from digitviz.training.run import Snapshot, TrainingRun
from digitviz.training.trajectory import Trajectory

FORMAT = "digitviz weights 1"
"""Name and version of the format of weights files."""


@dataclass(frozen=True, eq=False)
class Moment:
    """A training run at one step, even if the run has continued since.

    Parameters
    ----------
    snapshot : Snapshot
        Its weights need not be exact.
    hyperparameters : Hyperparameters
        Final settings of the run.
    trajectory : Trajectory
    shown : DigitDataset, optional
        Training digits for exported code, without drawings that are not shared. Default: all training digits.
    data : mapping of str to object, optional
        Settings of the training data, by their names in `digitviz.imports.settings.DATA`.
    """

    snapshot: Snapshot
    hyperparameters: Hyperparameters
    trajectory: Trajectory
    shown: DigitDataset | None = None
    data: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, run: TrainingRun | Moment) -> Moment:
        """Return the current moment of a run. A `Moment` is returned unchanged."""
        return run if isinstance(run, Moment) else cls(run.snapshot, run.hyperparameters, run.trajectory)

    @property
    def train(self) -> DigitDataset:
        """Training digits for exported code."""
        return self.trajectory.setup.train if self.shown is None else self.shown

    @property
    def recipe(self) -> Recipe:
        """Everything that the steps depend on."""
        return self.trajectory.recipe

    @property
    def step(self) -> int:
        """Number of steps taken."""
        return self.snapshot.step

    @property
    def network(self) -> Network:
        """The exact network; after a divergence, the last finite one."""
        return self.snapshot.exact.network

    @property
    def diverged(self) -> bool:
        """True if the run diverged at this step."""
        return isinstance(self.snapshot.fault, Divergence)

    @property
    def steps_in_weights(self) -> int:
        """Number of steps in the weights. Excludes the last step if it made the loss infinite."""
        # The end of a batch is recorded only if its weights gave a finite loss.
        is_recorded = self.snapshot.history.test_accuracy_after(self.step) is not None
        return self.step - 1 if self.diverged and self.step and not is_recorded else self.step

    @property
    def about_run(self) -> dict[str, str]:
        """Metadata that makes a file self-contained: the step, and the settings and recipe as JSON.

        A recipe with imported initial weights is omitted: the weights would double the file.
        """
        said = {"step": str(self.step), "hyperparameters": json.dumps(self.hyperparameters.to_dict())}
        if self.recipe.start is None:
            said["recipe"] = json.dumps(self.recipe.to_dict())
        return said

    @property
    def about_weights(self) -> dict[str, str]:
        """Metadata needed to use the weights, as texts by name."""
        settings = self.hyperparameters
        used = {"format": FORMAT, "activation": settings.activation, "input_scale": settings.input_scale}
        return used | self.about_run
