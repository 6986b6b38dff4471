"""Sweeps: many training runs that differ in a few settings, with several seeds each, and their results as a table."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import json
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor, as_completed
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from digitviz.datasets import DigitDataset, load_digits
from digitviz.language import gettext as _
from digitviz.numbers import numeral
from digitviz.ranges import Interval, Layers, in_short
from digitviz.table import csv_of
from digitviz.training.engines import ENGINE_VERSIONS, choose_engine
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.outcome import CURVES, Outcome, compute, measured_seconds
from digitviz.training.recipe import Recipe
from digitviz.values import cached_property

FORMAT = "digitviz sweep 1"
MAX_TRAININGS = 1_000
"""Maximum number of training runs of a sweep. Their outcomes take 2 MB."""
MAX_STORED = 5_000_000
"""Maximum number of initial weights and biases that a sweep stores, 40 MB, if all seeds begin with the same ones."""
MAX_AXES = 3
MAX_MEASURED = 8
"""Maximum number of training runs whose first steps a sweep measures."""
SEEDS = Interval(1, 100, integer=True)
FEW_SEEDS = 2
"""Up to this number, seeds alone show no spread."""
GUESSING = 0.1
"""Accuracy of guessing. A diverged training run counts as guessing."""
CONFIDENCE = 0.95


class Training(NamedTuple):
    """One training of a sweep: its recipe and its length."""

    recipe: Recipe
    batches: int


@dataclass(frozen=True)
class Axis:
    """Some settings that change together, and their values.

    Parameters
    ----------
    names : tuple of str
        Usually one name. Several settings change together, such as `batch_size` and `batches` for the same number of
        digits.
    values : tuple of tuple
        For each position on the axis, one value per name.
    """

    names: tuple[str, ...]
    values: tuple[tuple[Any, ...], ...]

    @property
    def settings(self) -> Iterator[dict[str, Any]]:
        """The settings at each position."""
        return (dict(zip(self.names, values, strict=True)) for values in self.values)

    @classmethod
    def of(cls, names: str | Sequence[str], values: Sequence[Any]) -> Axis:
        """Return an axis from a name with its values, or several names with tuples of values.

        Raises
        ------
        ValueError
            If a name is not a setting that a sweep can change, or a tuple has the wrong length.
        """
        several = tuple(names) if isinstance(names, list | tuple) else (names,)
        for name in several:
            if name not in Hyperparameters.RANGES or name == "seed":
                message = _("A sweep cannot change {name}. What it can change is {names}.")
                known = ", ".join(each for each in Hyperparameters.RANGES if each != "seed")
                raise ValueError(message.format(name=in_short(name), names=known))
        values = values.tolist() if isinstance(values, np.ndarray) else values
        if isinstance(values, str | bytes) or not isinstance(values, Sequence) or not values:
            raise ValueError(_("{names} needs a list of values").format(names=", ".join(several)))
        is_row = not isinstance(names, str)
        rows = [tuple(value) if is_row and np.iterable(value) else (value,) for value in values]
        if any(len(row) != len(several) for row in rows):
            raise ValueError(_("each value of {names} needs one number per name").format(names=", ".join(several)))
        return cls(several, tuple(tuple(map(_plain, several, row)) for row in rows))


def _plain(name: str, value: Any) -> Any:
    """Return a value of a setting without NumPy's types, and layers as a tuple, so that it can be compared."""
    value = value.tolist() if isinstance(value, np.generic | np.ndarray) else value
    if isinstance(Hyperparameters.RANGES[name], Layers) and type(value) is int:
        value = (value,)
    return tuple(value) if isinstance(value, list) else value


@dataclass(frozen=True)
class Sweep:
    """A full grid of settings, with the same seeds at each point.

    Parameters
    ----------
    base : Hyperparameters
        The settings that do not change, with the name of an engine instead of "auto". Its seed is the first one.
    axes : tuple of Axis
        At most `MAX_AXES`.
    seeds : int
        Number of seeds, which follow each other.
    dataset_id : str
    same_weights : bool
        True if all seeds begin with the weights of the first one, so that only their batches differ.

    Raises
    ------
    ValueError
        If it has too many axes or training runs, or the same training run twice. An `InvalidHyperparameters` if a value
        is out of range.
    """

    base: Hyperparameters
    axes: tuple[Axis, ...]
    seeds: int
    dataset_id: str
    same_weights: bool = False

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "seeds", SEEDS.read(self.seeds))
        except ValueError:
            message = _("seeds must be {allowed}, not {value}")
            raise ValueError(message.format(allowed=SEEDS, value=in_short(self.seeds))) from None
        if len(self.axes) > MAX_AXES:
            message = _("A sweep changes at most {limit} settings, not {count}.")
            raise ValueError(message.format(limit=MAX_AXES, count=len(self.axes)))
        if self.size > MAX_TRAININGS:
            message = _("A sweep has at most {limit} trainings, but this one has {count}: {factors}.")
            said = {"limit": numeral(MAX_TRAININGS), "count": numeral(self.size)}
            raise ValueError(message.format(factors=" × ".join(map(numeral, (*self.shape, self.seeds))), **said))
        if len({each.recipe.id for each in self.trainings}) < self.size:
            raise ValueError(_("Two of these trainings are the same, or differ only in their length."))

    @classmethod
    def of(
        cls,
        values: Mapping[Any, Sequence[Any]],
        seeds: int,
        dataset: DigitDataset,
        settings: Hyperparameters | None = None,
        wait_for_compiled: bool = False,
        same_weights: bool = False,
    ) -> Sweep:
        """Return a sweep over settings by name; see `sweep`."""
        base = settings or Hyperparameters()
        base = dataclasses.replace(base, engine=choose_engine(base, wait_for_compiled)[0])
        axes = tuple(Axis.of(names, each) for names, each in values.items())
        return cls(base, axes, seeds, dataset.id, same_weights)

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of positions on each axis."""
        return tuple(len(axis.values) for axis in self.axes)

    @property
    def size(self) -> int:
        """Number of training runs."""
        return math.prod(self.shape, start=self.seeds)

    @property
    def is_over_time(self) -> bool:
        """True if it shows how its first training run learns, because it has no axes and only a few seeds."""
        return not self.axes and self.seeds <= FEW_SEEDS

    @cached_property
    def trainings(self) -> tuple[Training, ...]:
        """All training runs: the last axis changes faster than the one before, and the seed fastest of all."""
        return tuple(self._trainings())

    def _trainings(self) -> Iterator[Training]:
        stored = 0
        for parts in itertools.product(*(axis.settings for axis in self.axes)):
            chosen = dataclasses.replace(self.base, **{name: part[name] for part in parts for name in part})
            for number in range(self.seeds):
                settings = chosen.with_next_seed(number)
                version = ENGINE_VERSIONS.get(settings.engine, 1)
                start = chosen.initial_parameters() if self.same_weights and number else None
                if start is not None and (stored := stored + start.size) > MAX_STORED:
                    message = _("These networks are too large to begin with the same weights {count} times.")
                    raise ValueError(message.format(count=numeral(self.seeds)))
                yield Training(Recipe(settings, self.dataset_id, version, start), settings.batches)

    @cached_property
    def total_steps(self) -> int:
        """Number of steps of all training runs."""
        return sum(each.batches * each.recipe.hyperparameters.steps_per_batch for each in self.trainings)

    def expected_seconds(self, dataset: DigitDataset) -> float:
        """Measure the first steps of a few training runs; return the processor time of all of them, in seconds."""
        places = np.unique(np.linspace(0, self.size // self.seeds - 1, MAX_MEASURED).round().astype(int)) * self.seeds
        chosen = [self.trainings[place] for place in places]
        return float(np.mean([measured_seconds(recipe, batches, dataset) for recipe, batches in chosen])) * self.size

    @cached_property
    def id(self) -> str:
        """SHA-256 of the sweep, 64 characters. It does not depend on versions of engines."""
        told = json.dumps(self.to_dict(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(told.encode()).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        """Return numbers, strings and lists for JSON."""
        axes = [{"names": list(axis.names), "values": [list(values) for values in axis.values]} for axis in self.axes]
        parts = {"base": self.base.to_dict(), "axes": axes, "seeds": self.seeds, "dataset_id": self.dataset_id}
        return {"format": FORMAT, **parts} | ({"same_weights": True} if self.same_weights else {})


class Interval95(NamedTuple):
    """Mean over seeds and its 95% confidence interval (Student's t), each of the shape of the sweep.

    Parameters
    ----------
    mean, low, high : ndarray
        Without diverged training runs. The mean is nan without any run, and the limits are nan with fewer than two.
    """

    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray


def interval_factor(count: np.ndarray) -> np.ndarray:
    """Return half the width of a mean's confidence interval in standard deviations; nan for fewer than two values."""
    from scipy.special import stdtrit

    return np.where(count > 1, stdtrit(np.maximum(count - 1, 1), (1 + CONFIDENCE) / 2) / np.sqrt(count), np.nan)


@dataclass(frozen=True, eq=False)
class SweepTable:
    """The results of a sweep, or of the part that is known so far.

    Parameters
    ----------
    sweep : Sweep
    outcomes : sequence of (Outcome or None)
        In the order of `Sweep.trainings`; None for a training run that is not known yet.
    """

    sweep: Sweep
    outcomes: Sequence[Outcome | None]

    def __len__(self) -> int:
        return len(self.outcomes)

    @cached_property
    def columns(self) -> dict[str, np.ndarray]:
        """Arrays by name, with one entry per training: the settings that change, the seed, and the results."""
        settings = [each.recipe.hyperparameters for each in self.sweep.trainings]
        names = [name for axis in self.sweep.axes for name in axis.names]
        found: dict[str, np.ndarray] = {}
        for name in (*names, "seed"):
            values = [getattr(each, name) for each in settings]
            found[name] = np.array(["-".join(map(str, each)) if isinstance(each, tuple) else each for each in values])
        for name in CURVES:
            found[name] = np.array([np.nan if one is None else one.curves[name][-1] for one in self.outcomes], float)
        found["diverged"] = np.array([one is not None and one.diverged_at is not None for one in self.outcomes])
        found["seconds"] = np.array([np.nan if one is None else one.seconds for one in self.outcomes], float)
        return found

    @property
    def known(self) -> int:
        """Number of known training runs."""
        return sum(outcome is not None for outcome in self.outcomes)

    @property
    def is_complete(self) -> bool:
        """True if every training run is known."""
        return self.known == len(self)

    def grid(self, name: str) -> np.ndarray:
        """Return a column of results in the shape of the sweep, with the seeds as the last dimension."""
        return self.columns[name].reshape(*self.sweep.shape, self.sweep.seeds)

    def interval(self, name: str = "test_accuracy") -> Interval95:
        """Return the mean over the seeds and its confidence interval.

        The interval covers random weights and batches; for an accuracy, it is clipped to 0 and 1. It does not cover the
        choice of test digits; see `wilson_interval`.
        """
        values = np.where(self.grid("diverged"), np.nan, self.grid(name))
        count = np.isfinite(values).sum(axis=-1)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.where(count > 0, np.nansum(values, axis=-1) / count, np.nan)
            variance = np.nansum((values - mean[..., np.newaxis]) ** 2, axis=-1) / (count - 1)
            reach = interval_factor(count) * np.sqrt(variance)
        least, most = (0.0, 1.0) if name.endswith("accuracy") else (-np.inf, np.inf)
        return Interval95(mean, np.maximum(mean - reach, least), np.minimum(mean + reach, most))

    def effects(self, name: str = "test_accuracy") -> dict[tuple[str, ...], float] | None:
        """Return the fraction of the variance of the results that belongs to each axis on its own (ANOVA).

        Returns
        -------
        dict of tuple of str to float, or None
            Fractions by `Axis.names`; under ("seed",), that of the seeds at the same settings; and under (), the rest,
            which comes from interactions of settings. They add up to 1. None if an outcome is missing or all results
            are equal. A diverged training run counts as guessing.
        """
        values = np.where(self.grid("diverged"), GUESSING, self.grid(name))
        total = values.var()
        if not self.is_complete or not np.ptp(values) > 0:  # the variance of equal numbers may be above 0
            return None
        means = values.mean(axis=-1)
        found: dict[tuple[str, ...], float] = {("seed",): float(values.var(axis=-1).mean() / total)}
        for number, axis in enumerate(self.sweep.axes):
            others = tuple(other for other in range(means.ndim) if other != number)
            found[axis.names] = float(means.mean(axis=others).var() / total)
        return found | {(): max(0.0, 1.0 - sum(found.values()))}

    def to_csv(self) -> bytes:
        """Return the columns as comma-separated values."""
        return csv_of([*self.columns], zip(*(column.tolist() for column in self.columns.values()), strict=True))

    def to_pandas(self) -> Any:
        """Return the columns as a data frame. This needs the package pandas."""
        import pandas as pd

        return pd.DataFrame(self.columns)


def outcomes_bytes(trainings: Sequence[Training], dataset: DigitDataset) -> list[bytes]:
    """Compute outcomes one after the other in any thread, process or machine, see `Outcome.to_bytes`."""
    return [compute(recipe, batches, dataset).to_bytes() for recipe, batches in trainings]


def split_once(planned: Sweep, dataset: DigitDataset) -> None:
    """Make the distorted copies of a data set, if any, before it is sent elsewhere. It keeps them."""
    for fraction in {each.recipe.hyperparameters.train_fraction for each in planned.trainings}:
        dataset.split(fraction)


def sweep(
    values: Mapping[Any, Sequence[Any]],
    seeds: int = 5,
    settings: Hyperparameters | None = None,
    dataset: DigitDataset | None = None,
    executor: Executor | None = None,
    progress: bool = False,
) -> SweepTable:
    """Train a network for every combination of some settings, with several seeds each.

    Parameters
    ----------
    values : mapping
        Lists of values by the names of settings: ``{"learning_rate": [1e-3, 1e-2], "hidden": [10, 50]}``. Several
        settings change together under a tuple of names: ``{("batch_size", "batches"): [(10, 900), (100, 90)]}``.
    seeds : int
        Number of seeds at each point, 1 to 100.
    settings : Hyperparameters, optional
        All other settings; the notebook's by default. The first seed is its `seed`.
    dataset : DigitDataset, optional
        Scikit-learn's digits by default.
    executor : concurrent.futures.Executor, optional
        Where the training runs are computed, for example a `ProcessPoolExecutor`. By default, one thread per core: the
        compiled engine does not hold Python's lock.
    progress : bool
        True to show a progress bar in the terminal or the notebook.

    Returns
    -------
    SweepTable

    Raises
    ------
    ValueError
        Same as in `Sweep`.
    """
    digits = load_digits() if dataset is None else dataset
    planned = Sweep.of(values, seeds, digits, settings, wait_for_compiled=True)
    return SweepTable(planned, [*_outcomes(planned, digits, executor, progress)])


def _outcomes(planned: Sweep, dataset: DigitDataset, executor: Executor | None, progress: bool) -> list[Outcome]:
    """Return the outcomes in the order of the training runs. An error or an interrupt cancels the others."""
    split_once(planned, dataset)
    found: dict[int, Outcome] = {}
    with ThreadPoolExecutor(os.cpu_count()) if executor is None else nullcontext(executor) as pool:
        asked = {pool.submit(outcomes_bytes, [each], dataset): at for at, each in enumerate(planned.trainings)}
        done: Any = as_completed(asked)
        if progress:
            from tqdm.auto import tqdm

            done = tqdm(done, total=planned.size, unit="training")
        try:
            for future in done:
                recipe, batches = planned.trainings[asked[future]]
                found[asked[future]] = Outcome.read(future.result()[0], recipe.id, batches)
        finally:
            for future in asked:
                future.cancel()
    return [found[number] for number in range(planned.size)]
