"""Everything that can be set before training starts, with its allowed range."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np

from digitviz.networks.activations import ACTIVATIONS
from digitviz.networks.gradients import GRADIENTS
from digitviz.networks.initializations import INITIALIZATIONS
from digitviz.networks.losses import LOSSES
from digitviz.networks.network import INPUT_SCALES
from digitviz.networks.parameters import INPUTS, OUTPUTS, Parameters
from digitviz.ranges import Choice, Interval, Layers, Range, Refusal, Switch, Titled, in_short
from digitviz.training.optimizers import OPTIMIZERS

MAX_STEPS = 2_000_000
"""The longest training, in steps: its losses fill 16 MB."""
MOST_UNKNOWN = 3
"""Unknown names that an error lists at most; there may be thousands."""


class InvalidHyperparameters(ValueError):
    """Settings that are not allowed; the message names every invalid field, however long the values.

    Parameters
    ----------
    refusals : sequence of Refusal
        Field, value and what is allowed, one for each invalid value.
    """

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        super().__init__(refusals)
        self.refusals = tuple(refusals)

    def __str__(self) -> str:
        known = [refusal for refusal in self.refusals if refusal.allowed is not None]
        unknown = [refusal for refusal in self.refusals if refusal.allowed is None]
        told = [str(refusal) for refusal in [*known, *unknown[:MOST_UNKNOWN]]]
        if len(unknown) > MOST_UNKNOWN:
            told.append(f"and {len(unknown) - MOST_UNKNOWN:,} more unknown names")
        if unknown:
            told.append(f"the hyperparameters are {', '.join(Hyperparameters.RANGES)}")
        return "; ".join(told)


@dataclass(frozen=True)
class TooManySteps(Refusal):
    """A training longer than `MAX_STEPS`; `value` is its `batches` and `steps_per_batch`."""

    def __str__(self) -> str:
        batches, steps = self.value
        return (
            f"batches x steps_per_batch: {batches:,} x {steps:,} = {batches * steps:,} steps is more than {MAX_STEPS:,}"
        )


class _Explained(Titled, Protocol):
    @property
    def meaning(self) -> str: ...


def _explained(table: Mapping[str, _Explained]) -> str:
    text = "; ".join(f"{entry.title}: {entry.meaning}" for entry in table.values()) + "."
    return text[0].upper() + text[1:]


def _field(default: Any, title: str, allowed: Range, meaning: str) -> Any:
    return dataclasses.field(default=default, metadata={"title": title, "range": allowed, "meaning": meaning})


@dataclass(frozen=True)
class Hyperparameters:
    """Settings of a training; the defaults are those of the notebook.

    That is the classic NumPy notebook this dashboard grew from. `Hyperparameters.RANGES` holds what each field accepts,
    `Hyperparameters.TITLES` what a page calls it, and `Hyperparameters.MEANINGS` a sentence on each.

    Raises
    ------
    InvalidHyperparameters
        A ValueError that names each invalid field, its value and its range.
    """

    RANGES: ClassVar[dict[str, Any]]
    TITLES: ClassVar[dict[str, str]]
    MEANINGS: ClassVar[dict[str, str]]

    hidden: tuple[int, ...] = _field(
        (50,),
        "Hidden neurons",
        Layers(Interval(0, 4, integer=True), Interval(1, 512, integer=True)),
        "Neurons in each hidden layer: more of them can tell more shapes apart, but take more time.",
    )
    activation: str = _field(
        "relu",
        "Activation",
        Choice.of(ACTIVATIONS),
        "What a hidden neuron makes of its pre-activation. With identity the whole network is one linear map.",
    )
    bias: bool = _field(
        False, "Bias", Switch(), "Adds a learned constant to each neuron's pre-activation. The notebook has no biases."
    )
    initialization: str = _field(
        "notebook",
        "Initial weights",
        Choice.of(INITIALIZATIONS),
        f"How the weights start. {_explained(INITIALIZATIONS)}",
    )
    input_scale: str = _field(
        "raw",
        "Pixels",
        Choice.of(INPUT_SCALES),
        "What enters the network: pixels of 0 to 16 as in the notebook, or divided by 16.",
    )
    batch_size: int = _field(
        100,
        "Batch size",
        Interval(1, 2000, integer=True, logarithmic=True),
        "Digits per batch: larger batches give a steadier gradient, smaller ones quicker steps.",
    )
    batches: int = _field(
        200,
        "Batches",
        Interval(1, 10_000, integer=True, logarithmic=True),
        "How many batches are drawn, one after another.",
    )
    steps_per_batch: int = _field(
        500,
        "Steps per batch",
        Interval(1, 100_000, integer=True, logarithmic=True),
        "Steps taken on a batch before the next is drawn. The notebook takes 500; most training takes 1.",
    )
    sampling: str = _field(
        "with_replacement",
        "Sampling",
        Choice(("with_replacement", "shuffled_epochs"), ("with replacement", "shuffled epochs")),
        "with replacement draws each digit afresh, so some are never seen; shuffled epochs go through all of them in "
        "turn.",
    )
    learning_rate: float = _field(
        1e-6,
        "Learning rate",
        Interval(1e-9, 100.0, logarithmic=True),
        "Length of a step: weight -= learning rate x gradient. Too small and it crawls, too large and it diverges.",
    )
    optimizer: str = _field(
        "gradient_descent",
        "Optimizer",
        Choice.of(OPTIMIZERS),
        f"How a gradient becomes a step. {_explained(OPTIMIZERS)}",
    )
    weight_decay: float = _field(
        0.0,
        "Weight decay",
        Interval(0.0, 1.0),
        "Pulls every weight towards zero: this times the weight is added to its gradient.",
    )
    gradient: str = _field(
        "notebook",
        "Gradient",
        Choice.of(GRADIENTS),
        f"What the steps follow. {_explained(GRADIENTS)}",
    )
    loss: str = _field(
        "squared_error",
        "Loss",
        Choice.of(LOSSES),
        f"What is measured. {_explained(LOSSES)}",
    )
    train_fraction: float = _field(
        0.9,
        "Training share",
        Interval(0.1, 0.99),
        "Share of the digits to train on; the rest are only for testing. 0.9 means the first 1617 of 1797.",
    )
    seed: int = _field(
        0, "Seed", Interval(0, 2**32 - 1, integer=True), "Fixes the random numbers: the same seed gives the same run."
    )
    engine: str = _field(
        "auto",
        "Engine",
        Choice(("auto", "compiled", "numpy", "torch")),
        "What computes: numpy code written out by hand, the same compiled to machine code, or torch with autograd. "
        "auto uses the compiled one when it is ready, else numpy.",
    )
    precision: str = _field(
        "float64",
        "Precision",
        Choice(("float64", "float32")),
        "Decimal digits kept of each number: 16 by float64; 7 by float32, which is quicker.",
    )

    def __post_init__(self) -> None:
        refusals = []
        for name, allowed in self.RANGES.items():
            value = getattr(self, name)
            try:
                object.__setattr__(self, name, allowed.read(value))
            except (ValueError, TypeError):
                refusals.append(Refusal(name, value, allowed))
        countable = not {"batches", "steps_per_batch"} & {refusal.field for refusal in refusals}
        if countable and self.total_steps > MAX_STEPS:
            factors = self.batches, self.steps_per_batch
            refusals.append(TooManySteps("total_steps", factors, Interval(1, MAX_STEPS, integer=True)))
        if refusals:
            raise InvalidHyperparameters(refusals)

    @property
    def total_steps(self) -> int:
        """Steps of the whole training."""
        return self.batches * self.steps_per_batch

    @property
    def layer_sizes(self) -> tuple[int, ...]:
        """Neurons of every layer, input and output too: (64, 50, 10) in the notebook."""
        return (INPUTS, *self.hidden, OUTPUTS)

    @property
    def is_plain_descent(self) -> bool:
        """Whether every step on a batch is the gradient times the same factor; only then does the Gram form hold."""
        return self.optimizer == "gradient_descent" and not self.weight_decay

    @property
    def dtype(self) -> np.dtype:
        """The numpy type of weights, biases and batches."""
        return np.dtype(self.precision)

    def to_dict(self) -> dict[str, Any]:
        """Return numbers, strings and lists, ready for JSON."""
        return {**dataclasses.asdict(self), "hidden": list(self.hidden)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Hyperparameters:
        """Read what `to_dict` gave; fields that are missing keep their default.

        Raises
        ------
        ValueError
            If it is not a mapping; as `InvalidHyperparameters` if a name is unknown or a value is out of range.
        """
        if not isinstance(values, Mapping):
            raise ValueError(f"settings must be a mapping of names to values, not {in_short(values)}")
        known = {name: value for name, value in values.items() if name in cls.RANGES}
        refusals = [Refusal(name, value, None) for name, value in values.items() if name not in cls.RANGES]
        try:
            settings = cls(**known)
        except InvalidHyperparameters as error:
            refusals = [*error.refusals, *refusals]
        if refusals:
            raise InvalidHyperparameters(refusals)
        return settings

    def with_next_seed(self) -> Hyperparameters:
        """Return the same settings with the next seed: other initial weights, other batches."""
        seeds = self.RANGES["seed"]
        return dataclasses.replace(self, seed=self.seed + 1 if self.seed < seeds.high else int(seeds.low))

    def initial_parameters(self) -> Parameters:
        """Draw the weights a training starts from; the same seed and sizes give the same weights."""
        random = np.random.default_rng([self.seed, 0])
        sizes = list(zip(self.layer_sizes[:-1], self.layer_sizes[1:], strict=True))
        spread, first = INITIALIZATIONS[self.initialization].spread, self.layer_sizes[1]
        weights = [(random.standard_normal(shape) * spread(*shape, first)).astype(self.dtype) for shape in sizes]
        return Parameters(weights, [np.zeros(leaving, self.dtype) for _, leaving in sizes] if self.bias else None)


Hyperparameters.RANGES = {field.name: field.metadata["range"] for field in dataclasses.fields(Hyperparameters)}
Hyperparameters.TITLES = {field.name: field.metadata["title"] for field in dataclasses.fields(Hyperparameters)}
Hyperparameters.MEANINGS = {field.name: field.metadata["meaning"] for field in dataclasses.fields(Hyperparameters)}
