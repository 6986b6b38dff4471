"""Recipes: everything that determines the steps of a run, as one value with an id."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from digitviz.datasets import DigitDataset
from digitviz.language import gettext as _
from digitviz.networks.parameters import Parameters
from digitviz.ranges import Choice, Interval, Range, Refusal, in_short
from digitviz.training.engines import ENGINE_VERSIONS, ENGINES, choose_engine
from digitviz.training.hyperparameters import Hyperparameters, InvalidHyperparameters, read_fields
from digitviz.values import cached_property

FORMAT = "digitviz recipe 1"
"""Version of the hashed form. If the form changes, raise the number, so that an id never stands for two recipes."""


@dataclass(frozen=True)
class Change:
    """New values of settings, from a batch on. None leaves a setting unchanged.

    Parameters
    ----------
    batch : int
        Number of finished batches at which the change happens, at least 1.
    learning_rate, weight_decay : float, optional
    optimizer : str, optional
        A new optimizer starts with moments of zero.
    loss, gradient : str, optional

    Raises
    ------
    InvalidHyperparameters
        A ValueError that names the values out of range.
    """

    batch: int
    learning_rate: float | None = None
    weight_decay: float | None = None
    optimizer: str | None = None
    loss: str | None = None
    gradient: str | None = None

    def __post_init__(self) -> None:
        ranges = Hyperparameters.RANGES
        _read(self, {"batch": ranges["batches"], **{name: ranges[name] for name in self.settings}})

    @classmethod
    def of(cls, batch: int, settings: Mapping[str, Any]) -> Change:
        """Create a change from settings by name.

        Raises
        ------
        ValueError
            If a setting cannot change during a run; an `InvalidHyperparameters` if a value is out of range.
        """
        if fixed := [name for name in settings if name not in CHANGEABLE]:
            message = _("{name} cannot change during training; what can is {names}")
            raise ValueError(message.format(name=in_short(fixed[0]), names=", ".join(CHANGEABLE)))
        if missing := [name for name, value in settings.items() if value is None]:
            raise InvalidHyperparameters([Refusal(name, None, Hyperparameters.RANGES[name]) for name in missing])
        return cls(batch, **settings)

    @property
    def settings(self) -> dict[str, Any]:
        """The new values, by name."""
        return {name: value for name in CHANGEABLE if (value := getattr(self, name)) is not None}


CHANGEABLE = tuple(each.name for each in dataclasses.fields(Change) if each.name != "batch")
"""Settings that may change during a run; the network and the batches cannot."""


@dataclass(frozen=True, eq=False)
class Recipe:
    """Everything that determines the steps of a run. Recipes with the same `id` are equal.

    The length of a run, `batches`, does not belong to its recipe. Recipes that differ only in `batches` are equal.

    Parameters
    ----------
    hyperparameters : Hyperparameters
        Settings at the start, with the name of an engine instead of "auto".
    dataset_id : str
        `DigitDataset.id` of the whole data set.
    engine_version : int
        Version of the engine's arithmetic, see `ENGINE_VERSIONS`.
    start : Parameters, optional
        Initial weights; the recipe keeps read-only copies. None draws them with the seed.
    changes : tuple of Change
        In order of their batches. Settings that do not change are removed.

    Raises
    ------
    ValueError
        If the parts are out of range or inconsistent.
    """

    hyperparameters: Hyperparameters
    dataset_id: str
    engine_version: int
    start: Parameters | None = field(default=None, repr=False)
    changes: tuple[Change, ...] = ()

    def __post_init__(self) -> None:
        if self.engine not in ENGINES:
            raise InvalidHyperparameters([Refusal("engine", self.engine, Choice(tuple(ENGINES)))])
        _read(self, {"engine_version": Interval(1, ENGINE_VERSIONS[self.engine], integer=True)})
        known = isinstance(self.dataset_id, str) and len(self.dataset_id) == 64
        if not known or not set(self.dataset_id) <= set("0123456789abcdef"):
            message = _("dataset_id must be 64 of the characters 0 to 9 and a to f, not {given}")
            raise ValueError(message.format(given=in_short(self.dataset_id)))
        if self.start is not None:
            object.__setattr__(self, "start", _frozen(self.start, self.hyperparameters))
        object.__setattr__(self, "changes", tuple(_effective(self.hyperparameters, self.changes)))

    @classmethod
    def of(cls, dataset: DigitDataset, hyperparameters: Hyperparameters, start: Parameters | None = None) -> Recipe:
        """Return the recipe of a new run, with the engine from `choose_engine`.

        Parameters
        ----------
        dataset : DigitDataset
        hyperparameters : Hyperparameters
        start : Parameters, optional
            Initial weights; drawn with the seed by default.
        """
        engine, _note = choose_engine(hyperparameters)
        resolved = dataclasses.replace(hyperparameters, engine=engine)
        return cls(resolved, dataset.id, ENGINE_VERSIONS[engine], start)

    @property
    def engine(self) -> str:
        """Name of the engine, a key of `ENGINES`."""
        return self.hyperparameters.engine

    @cached_property
    def id(self) -> str:
        """SHA-256 of the recipe, 64 characters, the same on every platform."""
        canonical = json.dumps(self._canonical(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    def _canonical(self) -> dict[str, Any]:
        settings = self.hyperparameters.to_dict()
        del settings["batches"]
        return {
            "format": FORMAT,
            "hyperparameters": _exact(settings),
            "dataset_id": self.dataset_id,
            "engine_version": self.engine_version,
            "start": None if self.start is None else hash_of(self.start),
            "changes": [[change.batch, _exact(change.settings)] for change in self.changes],
        }

    def __eq__(self, other: object) -> bool:
        return self.id == other.id if isinstance(other, Recipe) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.id)

    def up_to(self, batch: int) -> Recipe:
        """Return the recipe without the changes from a batch on. A branch at that batch shares it."""
        return dataclasses.replace(self, changes=tuple(each for each in self.changes if each.batch < batch))

    def changed(self, batch: int, **settings: Any) -> Recipe:
        """Return the recipe of a branch: this recipe up to a batch, and different settings from there on.

        It keeps earlier changes at the same batch and drops later ones.

        Parameters
        ----------
        batch : int
            Number of finished batches at which the branch begins, at least 1.
        **settings
            New values, by the names in `CHANGEABLE`.

        Raises
        ------
        ValueError
            Same as in `Change.of`.
        """
        change, before = Change.of(batch, settings), self.up_to(batch)
        here = next((each for each in self.changes if each.batch == change.batch), Change(batch))
        merged = dataclasses.replace(here, **change.settings)
        return dataclasses.replace(before, changes=(*before.changes, merged))

    def settings_at(self, batch: int) -> Hyperparameters:
        """Return the settings of the steps on a batch, numbered from 0."""
        if batch < 0:
            raise ValueError(f"batch: {batch} is negative")
        return next(settings for first, settings in reversed(self._settings) if first <= batch)

    @cached_property
    def _settings(self) -> list[tuple[int, Hyperparameters]]:
        settings = [(0, self.hyperparameters)]
        for change in self.changes:
            settings.append((change.batch, dataclasses.replace(settings[-1][1], **change.settings)))
        return settings

    def initial_parameters(self) -> Parameters:
        """Return new arrays with the weights before the first step."""
        return self.hyperparameters.initial_parameters() if self.start is None else self.start.copy()

    def to_dict(self) -> dict[str, Any]:
        """Return numbers, strings and lists for JSON, including the weights of `start` and `batches`."""
        return {
            "format": FORMAT,
            "hyperparameters": self.hyperparameters.to_dict(),
            "dataset_id": self.dataset_id,
            "engine_version": self.engine_version,
            "start": self.start and {name: array.tolist() for name, array in self.start.named_arrays},
            "changes": [{"batch": change.batch, **change.settings} for change in self.changes],
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Recipe:
        """Read the output of `to_dict`, which may be damaged.

        Raises
        ------
        ValueError
            If a part is missing, out of range or inconsistent with the others.
        """
        try:
            if values["format"] != FORMAT:
                raise ValueError(f"format must be {FORMAT}, not {in_short(values['format'])}")
            hyperparameters = Hyperparameters.from_dict(values["hyperparameters"])
            start = None if values["start"] is None else _from_lists(values["start"], hyperparameters)
            changes = [dict(each) for each in values["changes"]]
            read = tuple(Change.of(each.pop("batch"), each) for each in changes)
            return cls(hyperparameters, values["dataset_id"], values["engine_version"], start, read)
        except (KeyError, TypeError, OverflowError) as error:
            raise ValueError(f"not a recipe: {error!r}") from error


def _read(value: Any, ranges: Mapping[str, Range]) -> None:
    """Validate and convert the fields of a frozen dataclass; InvalidHyperparameters names all invalid ones."""
    if refusals := read_fields(value, ranges):
        raise InvalidHyperparameters(refusals)


def _effective(hyperparameters: Hyperparameters, changes: tuple[Change, ...]) -> Iterator[Change]:
    """Yield the changes without the settings that do not change; raise ValueError if batches are not ascending."""
    if any(one.batch >= next_one.batch for one, next_one in pairwise(changes)):
        raise ValueError(_("changes must be in order of batch, one for each batch"))
    now = hyperparameters
    for change in changes:
        new = {name: value for name, value in change.settings.items() if value != getattr(now, name)}
        if new:
            now = dataclasses.replace(now, **new)
            yield Change(change.batch, **new)


def _exact(value: Any) -> Any:
    """Return a value that JSON writes in the same way everywhere: floats in hexadecimal, -0.0 as 0.0."""
    if isinstance(value, dict):
        return {name: _exact(each) for name, each in value.items()}
    return (value + 0.0).hex() if isinstance(value, float) else value


def _frozen(parameters: Parameters, hyperparameters: Hyperparameters) -> Parameters:
    """Return read-only copies of initial weights.

    Raises
    ------
    ValueError
        If shapes or precision do not match the settings, or a number is not finite.
    """
    shapes = _shapes(hyperparameters)
    fits = {name: array.shape for name, array in parameters.named_arrays} == shapes
    precise = all(array.dtype.newbyteorder("=") == hyperparameters.dtype for array in parameters.arrays)
    if not fits or not precise or not all(np.isfinite(array).all() for array in parameters.arrays):
        message = _("the initial weights must be finite {precision} numbers in these shapes: {shapes}")
        told = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise ValueError(message.format(precision=hyperparameters.precision, shapes=told))
    arrays = [np.array(array, hyperparameters.dtype, order="C") for array in parameters.arrays]
    for array in arrays:
        array.flags.writeable = False
    return parameters.from_arrays(arrays)


def hash_of(parameters: Parameters) -> str:
    """Return a SHA-256 of names, shapes, precision and bits that is the same on every platform."""
    digest = hashlib.sha256()
    for name, array in parameters.named_arrays:
        digest.update(f"{name} {array.shape} {array.dtype.name} ".encode())
        digest.update(np.ascontiguousarray(array, array.dtype.newbyteorder("<")).data)
    return digest.hexdigest()


def _from_lists(values: Mapping[str, Any], hyperparameters: Hyperparameters) -> Parameters:
    """Read initial weights from lists of numbers, by the names w1, w2, ..., b1, ...; `_frozen` checks their shapes."""
    with np.errstate(over="ignore"):  # a number too large for the precision becomes infinite, which `_frozen` refuses
        arrays = [np.array(values[name], hyperparameters.dtype) for name in _shapes(hyperparameters)]
    count = len(hyperparameters.layer_sizes) - 1
    return Parameters(arrays[:count], arrays[count:] if hyperparameters.bias else None)


def _shapes(hyperparameters: Hyperparameters) -> dict[str, tuple[int, ...]]:
    layers = list(enumerate(pairwise(hyperparameters.layer_sizes), start=1))
    weights: dict[str, tuple[int, ...]] = {f"w{layer}": shape for layer, shape in layers}
    return weights | ({f"b{layer}": shape[1:] for layer, shape in layers} if hyperparameters.bias else {})
