"""A run at one step, with exact weights: what every file contains."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass

from digitviz.datasets import DigitDataset
from digitviz.networks.network import Network
from digitviz.training.faults import Divergence
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.recipe import Recipe
from digitviz.training.run import Snapshot, TrainingRun
from digitviz.training.trajectory import Trajectory, exact

FORMAT = "digitviz weights 1"
"""Version of the names and contents of a file of weights."""


@dataclass(frozen=True, eq=False)
class Moment:
    """A training run as it stood at one step, however far it has come since.

    Parameters
    ----------
    snapshot : Snapshot
        Its weights need not be exact.
    hyperparameters : Hyperparameters
        Those that the run ends with.
    trajectory : Trajectory
    shown : DigitDataset, optional
        Digits that its code trains on in place of those it learnt from: without drawings that are not shared.
    """

    snapshot: Snapshot
    hyperparameters: Hyperparameters
    trajectory: Trajectory
    shown: DigitDataset | None = None

    @classmethod
    def of(cls, run: TrainingRun | Moment) -> Moment:
        """Return where a run stands now; a moment is returned as it is."""
        return run if isinstance(run, Moment) else cls(run.snapshot, run.hyperparameters, run.trajectory)

    @property
    def train(self) -> DigitDataset:
        """The digits that its code trains on."""
        return self.trajectory.setup.train if self.shown is None else self.shown

    @property
    def recipe(self) -> Recipe:
        """All that the steps depend on."""
        return self.trajectory.recipe

    @property
    def step(self) -> int:
        """Steps taken."""
        return self.snapshot.step

    @property
    def network(self) -> Network:
        """The exact network; the last finite one after a divergence.

        It is not kept. For a moment in the middle of a long training it takes up to half a second.
        """
        network = self.snapshot.network
        if self.snapshot.is_exact:
            return network
        return dataclasses.replace(network, parameters=exact(self.trajectory, self.step))

    @property
    def diverged(self) -> bool:
        """True if the run diverged here."""
        return isinstance(self.snapshot.fault, Divergence)

    @property
    def steps_in_weights(self) -> int:
        """Steps that the weights have taken: all but the last one, if that made the loss infinite."""
        step, batch = self.step, self.snapshot.batch
        if not self.diverged or step == 0:
            return step
        at_end_of_batch = step == batch * self.hyperparameters.steps_per_batch
        # The end of a batch is only recorded if the weights there gave a finite loss.
        recorded = self.snapshot.history.test_accuracy[batch - 1] if at_end_of_batch else float("nan")
        return step if recorded == recorded else step - 1

    @property
    def test_accuracy(self) -> float:
        """Fraction of the test digits that the exact network classifies correctly, 0 to 1."""
        known = self.snapshot.history.test_accuracy_after(self.step)
        test = self.snapshot.test
        return self.network.accuracy(test.pixels, test.labels) if known is None else known

    @property
    def about_run(self) -> dict[str, str]:
        """The step, and the settings and the recipe as JSON, which a file contains so that it can be read alone.

        A recipe with given first weights is left out: they would double the file, and it is not the same without them.
        """
        said = {"step": str(self.step), "hyperparameters": json.dumps(self.hyperparameters.to_dict())}
        if self.recipe.start is None:
            said["recipe"] = json.dumps(self.recipe.to_dict())
        return said

    @property
    def about_weights(self) -> dict[str, str]:
        """All that is needed to use the weights again, as texts by name."""
        settings = self.hyperparameters
        used = {"format": FORMAT, "activation": settings.activation, "input_scale": settings.input_scale}
        return used | self.about_run
