"""Several trainings that advance in turn, as one piece of work for a pool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import uuid4

from digitviz.training.run import Snapshot, TrainingRun

MOST_AT_A_TIME = 200
"""Steps that one takes before the next has its turn."""


@dataclass(frozen=True, eq=False)
class SideBySideSnapshot:
    """All of them at one moment.

    Parameters
    ----------
    step : int
        Steps of all of them together.
    of : mapping of str to Snapshot
        Of each, by its name.
    """

    step: int
    of: Mapping[str, Snapshot]


class SideBySide:
    """Trains several runs as one; it is `Work` for a `Job`.

    Parameters
    ----------
    runs : mapping of str to TrainingRun
        By their names. Nothing else may advance them.

    Attributes
    ----------
    serial : str
        Tells it from every other.
    """

    diverged = False
    """Always: when one of them diverges the others go on."""

    def __init__(self, runs: Mapping[str, TrainingRun]) -> None:
        self.serial = uuid4().hex
        self.runs = dict(runs)
        self.total_steps = sum(run.total_steps for run in self.runs.values())
        self._publish()

    @property
    def engine(self) -> str:
        """What takes the steps: "compiled" only if it does for all of them."""
        engines = {run.engine for run in self.runs.values()}
        return "compiled" if engines == {"compiled"} else min(engines - {"compiled"})

    @property
    def step(self) -> int:
        """Steps taken by all of them together; one that diverged counts as finished."""
        return sum(run.total_steps if run.diverged else run.step for run in self.runs.values())

    @property
    def snapshot(self) -> SideBySideSnapshot:
        """The latest moment; safe to read from another thread."""
        return self._snapshot

    def advance(self, steps: int) -> int:
        """Take up to `steps` steps, always by the run that is furthest from its end; return how many were taken."""
        before = self.step
        while (left := steps - (self.step - before)) > 0:
            going = [run for run in self.runs.values() if not (run.finished or run.diverged)]
            if not going:
                break
            min(going, key=lambda run: run.step / run.total_steps).advance(min(left, MOST_AT_A_TIME))
        self._publish()
        return self.step - before

    def _publish(self) -> None:
        self._snapshot = SideBySideSnapshot(self.step, {name: run.snapshot for name, run in self.runs.items()})
