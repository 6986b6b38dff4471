"""Hyperparameters: the settings of a run, with their allowed ranges and as text."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import numpy as np

from digitviz.language import Lazy, gettext, lazy_gettext as _
from digitviz.networks.activations import ACTIVATIONS
from digitviz.networks.backpropagation import GRADIENTS
from digitviz.networks.entry import Entry
from digitviz.networks.initializations import INITIALIZATIONS
from digitviz.networks.losses import LOSSES
from digitviz.networks.network import INPUT_SCALES
from digitviz.networks.parameters import INPUTS, OUTPUTS, Parameters
from digitviz.numbers import numeral, plain_number
from digitviz.ranges import Choice, Interval, Layers, Range, Refusal, Switch, WithOptions, in_short
from digitviz.training.optimizers import OPTIMIZERS, PENALTIES, Optimizer

MAX_STEPS = 2_000_000
"""Maximum number of steps in a run. Their losses take 16 MB."""
MAX_UNKNOWN = 3
"""Maximum number of unknown names that an error lists; there may be thousands."""


class InvalidHyperparameters(ValueError):
    """Raised for invalid settings. The message names every invalid field and shortens long values.

    Parameters
    ----------
    refusals : sequence of Refusal
        Field, value and allowed range, one for each invalid value.
    """

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        super().__init__(refusals)
        self.refusals = tuple(refusals)

    def __str__(self) -> str:
        known = [refusal for refusal in self.refusals if refusal.allowed is not None]
        unknown = [refusal for refusal in self.refusals if refusal.allowed is None]
        told = [str(refusal) for refusal in [*known, *unknown[:MAX_UNKNOWN]]]
        if len(unknown) > MAX_UNKNOWN:
            told.append(gettext("and {count} more unknown names").format(count=numeral(len(unknown) - MAX_UNKNOWN)))
        if unknown:
            told.append(gettext("the hyperparameters are {names}").format(names=", ".join(Hyperparameters.RANGES)))
        return "; ".join(told)


@dataclass(frozen=True)
class TooManySteps(Refusal):
    """A run longer than `MAX_STEPS`; `value` contains its `batches` and `steps_per_batch`."""

    @property
    def numbers(self) -> dict[str, str]:
        """Numbers for the error message: "batches", "steps" on each, "all" steps together, and "most", the limit."""
        batches, steps = self.value
        numbers = {"batches": batches, "steps": steps, "all": batches * steps, "most": MAX_STEPS}
        return {name: numeral(number) for name, number in numbers.items()}

    def __str__(self) -> str:
        words = gettext("batches x steps_per_batch: {batches} x {steps} = {product} steps is more than {most}")
        return words.format(**self.numbers, product=self.numbers["all"])


def read_fields(value: Any, ranges: Mapping[str, Range]) -> list[Refusal]:
    """Validate and convert the fields of a frozen dataclass in place; return a refusal for each invalid field."""
    refusals = []
    for name, allowed in ranges.items():
        try:
            object.__setattr__(value, name, allowed.read(getattr(value, name)))
        except (ValueError, TypeError):
            refusals.append(Refusal(name, getattr(value, name), allowed))
    return refusals


def _field(default: Any, title: Lazy, allowed: Range, meaning: Lazy | WithOptions, **as_before: Any) -> Any:
    """Describe a setting.

    A setting added later needs `as_before`: the value that gives the behaviour from before the setting existed. It
    never changes, even if the default does. Saved runs, files and links without the setting are read with that value.
    At that value, the setting is left out of them and of `Recipe.id`.
    """
    described = {"title": title, "range": allowed, "meaning": meaning}
    return dataclasses.field(default=default, metadata=described | as_before)


def _option(default: str, title: Lazy, table: Mapping[str, Entry | type[Optimizer]], said: Lazy) -> Any:
    """Describe a setting whose value is a name in a table. Each entry of the table has its own sentence."""
    return _field(default, title, Choice.of(table), WithOptions(said, table))


_count = partial(Interval, integer=True, logarithmic=True)


@dataclass(frozen=True)
class Hyperparameters:
    """Settings of a run. The defaults are those of the notebook: the classic NumPy notebook this dashboard grew from.

    By field, `Hyperparameters.RANGES` contains the allowed values, `Hyperparameters.TITLES` the names on pages,
    `Hyperparameters.MEANINGS` the explanations, and `Hyperparameters.AS_BEFORE` the values for saved runs that are
    older than the field.

    Raises
    ------
    InvalidHyperparameters
        A ValueError that names each invalid field, its value and its range.
    """

    RANGES: ClassVar[dict[str, Any]]
    TITLES: ClassVar[dict[str, Lazy]]
    MEANINGS: ClassVar[dict[str, Lazy | WithOptions]]
    AS_BEFORE: ClassVar[dict[str, Any]]

    hidden: tuple[int, ...] = _field(
        (50,),
        _("Hidden neurons"),
        Layers(Interval(0, 4, integer=True), Interval(1, 512, integer=True)),
        _("Neurons in each hidden layer: more of them can tell more shapes apart, but take longer."),
    )
    activation: str = _field(
        "relu",
        _("Activation"),
        Choice.of(ACTIVATIONS),
        _("What a hidden neuron does with its pre-activation. With identity, the whole network is one linear map."),
    )
    bias: bool = _field(
        False,
        _("Bias"),
        Switch(),
        _("Adds a learned constant to each neuron's pre-activation. The notebook has no biases."),
    )
    initialization: str = _option(
        "notebook", _("Initial weights"), INITIALIZATIONS, _("How the weights are chosen before training.")
    )
    initial_scale: float = _field(
        1.0,
        _("Scale of the initial weights"),
        Interval(0.01, 100.0, logarithmic=True),
        _(
            "Multiplies the initial weights. With large ones, a network learns its training digits by heart long "
            "before it reads others."
        ),
        as_before=1.0,
    )
    input_scale: str = _field(
        "raw",
        _("Pixels"),
        Choice.of(INPUT_SCALES),
        _("What enters the network: pixels from 0 to 16 as in the notebook, or divided by 16."),
    )
    batch_size: int = _field(
        100,
        _("Batch size"),
        _count(1, 2000),
        _(
            "Digits per batch: larger batches give a steadier gradient, smaller ones quicker steps. The gradient is "
            "the sum over the batch, not the mean: a larger batch takes longer steps and needs a smaller learning rate."
        ),
    )
    batches: int = _field(200, _("Batches"), _count(1, 10_000), _("How many batches are drawn, one after another."))
    steps_per_batch: int = _field(
        500,
        _("Steps per batch"),
        _count(1, 100_000),
        _("Steps taken on a batch before the next one is drawn. The notebook takes 500; the usual number is 1."),
    )
    sampling: str = _field(
        "with_replacement",
        _("Sampling"),
        Choice(("with_replacement", "shuffled_epochs"), (_("with replacement"), _("shuffled epochs"))),
        _(
            "How the digits of a batch are drawn. With replacement: each one independently, so some are never seen. "
            "Shuffled epochs: all of them in turn, in a new order each time."
        ),
    )
    learning_rate: float = _field(
        1e-6,
        _("Learning rate"),
        Interval(1e-9, 100.0, logarithmic=True),
        _(
            "How long each step is. Too small, and training crawls; too large, and it diverges. In letters: weight −= "
            "learning rate × gradient."
        ),
    )
    optimizer: str = _option("gradient_descent", _("Optimizer"), OPTIMIZERS, _("How a gradient becomes a step."))
    weight_decay: float = _field(
        0.0,
        _("Weight decay"),
        Interval(0.0, 100.0, logarithmic=True),
        _("Pulls every weight towards zero: this number times the weight is added to its gradient."),
    )
    gradient: str = _option("notebook", _("Gradient"), GRADIENTS, _("Which gradient the steps follow."))
    loss: str = _option("squared_error", _("Loss"), LOSSES, _("How the error is measured."))
    train_fraction: float = _field(
        0.9,
        _("Training fraction"),
        Interval(0.1, 0.99),
        _("Fraction of the digits to train on; the rest are only for testing. 0.9 means the first 1,617 of 1,797."),
    )
    seed: int = _field(
        0,
        _("Seed"),
        Interval(0, 2**32 - 1, integer=True),
        _("Fixes the random numbers: the same seed gives the same run."),
    )
    engine: str = _field(
        "auto",
        _("Engine"),
        Choice(("auto", "compiled", "numpy", "torch"), (_("automatic"), _("compiled"), _("NumPy"), _("torch"))),
        _(
            "What does the computing: NumPy code written by hand, the same code compiled to machine code, or torch "
            "with autograd. Automatic means compiled if it is ready, otherwise NumPy."
        ),
    )
    precision: str = _field(
        "float64",
        _("Precision"),
        Choice(("float64", "float32")),
        _("Decimal digits of each number: 16 with float64; 7 with float32, which is faster."),
    )

    def __post_init__(self) -> None:
        refusals = read_fields(self, self.RANGES)
        countable = not {"batches", "steps_per_batch"} & {refusal.field for refusal in refusals}
        if countable and self.total_steps > MAX_STEPS:
            factors = self.batches, self.steps_per_batch
            refusals.append(TooManySteps("total_steps", factors, Interval(1, MAX_STEPS, integer=True)))
        if refusals:
            raise InvalidHyperparameters(refusals)

    @property
    def total_steps(self) -> int:
        """Number of steps of the whole run."""
        return self.batches * self.steps_per_batch

    @property
    def layer_sizes(self) -> tuple[int, ...]:
        """Number of neurons in each layer, including inputs and outputs: (64, 50, 10) in the notebook."""
        return (INPUTS, *self.hidden, OUTPUTS)

    @property
    def is_plain_descent(self) -> bool:
        """True if every step on a batch is the gradient times the same factor. The Gram form requires this."""
        return self.optimizer == "gradient_descent" and not self.penalties

    @property
    def penalties(self) -> dict[str, float]:
        """The settings in `PENALTIES` that are not 0."""
        return {name: value for name in PENALTIES if (value := getattr(self, name))}

    @property
    def dtype(self) -> np.dtype:
        """The NumPy type of weights, biases and batches."""
        return np.dtype(self.precision)

    @property
    def values(self) -> dict[str, Any]:
        """All settings by name, as numbers, strings and lists."""
        return {name: getattr(self, name) for name in self.RANGES} | {"hidden": list(self.hidden)}

    def to_dict(self) -> dict[str, Any]:
        """Return the settings by name, ready for JSON, without those equal to their value in `AS_BEFORE`."""
        missing = object()
        return {name: value for name, value in self.values.items() if value != self.AS_BEFORE.get(name, missing)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Hyperparameters:
        """Read the output of `to_dict`. Missing settings get their value in `AS_BEFORE`, or else their default.

        Raises
        ------
        ValueError
            If `values` is not a mapping; an `InvalidHyperparameters` if a name is unknown or a value is out of range.
        """
        if not isinstance(values, Mapping):
            message = gettext("settings must be a mapping of names to values, not {given}")
            raise ValueError(message.format(given=in_short(values)))
        known = cls.AS_BEFORE | {name: value for name, value in values.items() if name in cls.RANGES}
        refusals = [Refusal(name, value, None) for name, value in values.items() if name not in cls.RANGES]
        try:
            settings = cls(**known)
        except InvalidHyperparameters as error:
            refusals = [*error.refusals, *refusals]
        if refusals:
            raise InvalidHyperparameters(refusals)
        return settings

    def with_next_seed(self, count: int = 1) -> Hyperparameters:
        """Return the same settings with the next seed, or the `count`-th, for different initial weights and batches."""
        return dataclasses.replace(self, seed=(self.seed + count) % (int(self.RANGES["seed"].high) + 1))

    def initial_parameters(self) -> Parameters:
        """Draw the initial weights. The same seed and sizes give the same weights."""
        random = np.random.default_rng([self.seed, 0])
        sizes = list(zip(self.layer_sizes[:-1], self.layer_sizes[1:], strict=True))
        spread, first = INITIALIZATIONS[self.initialization].spread, self.layer_sizes[1]
        factors = [spread(*shape, first) * self.initial_scale for shape in sizes]
        drawn = zip(sizes, factors, strict=True)
        weights = [(random.standard_normal(shape) * factor).astype(self.dtype) for shape, factor in drawn]
        return Parameters(weights, [np.zeros(leaving, self.dtype) for _, leaving in sizes] if self.bias else None)


def _describe(settings: type[Hyperparameters]) -> None:
    """Fill the tables of the class with the metadata of its fields."""
    for table, key in {"RANGES": "range", "TITLES": "title", "MEANINGS": "meaning", "AS_BEFORE": "as_before"}.items():
        fields = [field for field in dataclasses.fields(settings) if key in field.metadata]
        setattr(settings, table, {field.name: field.metadata[key] for field in fields})


_describe(Hyperparameters)


def value_in_words(name: str, value: Any) -> str:
    """Return the value of a setting as text: "0.001", "on", "30-20".

    Parameters
    ----------
    name : str
        A name in `Hyperparameters.RANGES`.
    value : object
        A value from `Hyperparameters.to_dict`.
    """
    allowed = Hyperparameters.RANGES[name]
    if isinstance(value, bool):
        return gettext("on") if value else gettext("off")
    if isinstance(value, list):
        return "-".join(map(str, value)) or gettext("none")
    return str(allowed.title(value)) if isinstance(allowed, Choice) else plain_number(value)


def setting_in_words(name: str, value: Any) -> str:
    """Return a setting with its value as text: "Learning rate 0.001"."""
    return gettext("{setting} {value}").format(setting=Hyperparameters.TITLES[name], value=value_in_words(name, value))


def differences(run: Hyperparameters, chosen: Hyperparameters) -> list[str]:
    """Describe the settings that differ from those of a run: "Learning rate 0.000001 → 0.001"."""
    before, after = run.values, chosen.values
    return [
        gettext("{setting} {before} → {after}").format(
            setting=Hyperparameters.TITLES[name],
            before=value_in_words(name, before[name]),
            after=value_in_words(name, after[name]),
        )
        for name in Hyperparameters.TITLES
        if before[name] != after[name]
    ]
