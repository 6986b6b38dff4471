"""Everything that can be set before a training starts, with its allowed range."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from digitviz.networks.parameters import INPUTS, OUTPUTS, Parameters
from digitviz.ranges import Choice, Interval, Layers, Range, Refusal, Switch, in_short

MAX_STEPS = 2_000_000
"""The longest training, in steps: its losses fill 16 MB."""
MOST_UNKNOWN = 3
"""Names of no field that an error tells; there may be thousands."""


class InvalidHyperparameters(ValueError):
    """Settings that are not allowed; the text names every field that is wrong, however long the values.

    Parameters
    ----------
    refusals : sequence of Refusal
        Field, value and what is allowed, one for each fault.
    """

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        super().__init__(refusals)
        self.refusals = tuple(refusals)

    def __str__(self) -> str:
        known = [refusal for refusal in self.refusals if refusal.allowed is not None]
        unknown = [refusal for refusal in self.refusals if refusal.allowed is None]
        told = [str(refusal) for refusal in [*known, *unknown[:MOST_UNKNOWN]]]
        if len(unknown) > MOST_UNKNOWN:
            told.append(f"nor are there {len(unknown) - MOST_UNKNOWN:,} more such names")
        if unknown:
            told.append(f"there are {', '.join(Hyperparameters.RANGES)}")
        return "; ".join(told)


@dataclass(frozen=True)
class TooManySteps(Refusal):
    """A training longer than `MAX_STEPS`; `value` is its `batches` and `steps_per_batch`."""

    def __str__(self) -> str:
        batches, steps = self.value
        return (
            f"batches x steps_per_batch: {batches:,} x {steps:,} = {batches * steps:,} steps is more than {MAX_STEPS:,}"
        )


def _field(default: Any, allowed: Range, meaning: str) -> Any:
    return dataclasses.field(default=default, metadata={"range": allowed, "meaning": meaning})


@dataclass(frozen=True)
class Hyperparameters:
    """Settings of a training; the defaults are the notebook's.

    `Hyperparameters.RANGES` holds what each field accepts, `Hyperparameters.MEANINGS` a sentence on each.

    Raises
    ------
    InvalidHyperparameters
        A ValueError that names each field that is wrong, its value and its range.
    """

    RANGES: ClassVar[dict[str, Any]]
    MEANINGS: ClassVar[dict[str, str]]

    hidden: tuple[int, ...] = _field(
        (50,),
        Layers(Interval(0, 4, integer=True), Interval(1, 512, integer=True)),
        "Neurons in each hidden layer: more of them can tell more shapes apart, and cost more time.",
    )
    activation: str = _field(
        "relu",
        Choice(("relu", "leaky_relu", "sigmoid", "tanh", "identity")),
        "How a hidden neuron bends its sum. With identity the whole network is one straight map.",
    )
    bias: bool = _field(False, Switch(), "Add a learned constant to each neuron's sum. The notebook does without.")
    initialization: str = _field(
        "notebook",
        Choice(("notebook", "he", "xavier", "zeros")),
        "Where the weights start. notebook: normal numbers divided by the first hidden width; he and xavier fit the "
        "spread to the layer sizes; zeros: nothing can start.",
    )
    input_scale: str = _field(
        "raw",
        Choice(("raw", "unit")),
        "raw feeds pixels of 0 to 16 as the notebook does, unit divides them by 16.",
    )
    batch_size: int = _field(
        100,
        Interval(1, 2000, integer=True, logarithmic=True),
        "Digits in a batch: larger ones give a steadier gradient, smaller ones a quicker step.",
    )
    batches: int = _field(
        200,
        Interval(1, 10_000, integer=True, logarithmic=True),
        "How many batches are drawn, one after the other.",
    )
    steps_per_batch: int = _field(
        500,
        Interval(1, 100_000, integer=True, logarithmic=True),
        "Steps taken on a batch before the next is drawn. The notebook stays for 500; most training takes 1.",
    )
    sampling: str = _field(
        "with_replacement",
        Choice(("with_replacement", "shuffled_epochs")),
        "with replacement draws each digit anew, so some are never seen; shuffled epochs deal out all of them in turn.",
    )
    learning_rate: float = _field(
        1e-6,
        Interval(1e-9, 100.0, logarithmic=True),
        "Length of a step: weight -= learning rate x gradient. Too small crawls, too large falls over.",
    )
    optimizer: str = _field(
        "gradient_descent",
        Choice(("gradient_descent", "momentum", "adam")),
        "How a gradient becomes a step. momentum keeps rolling, adam gives each weight a step size of its own.",
    )
    weight_decay: float = _field(
        0.0, Interval(0.0, 1.0), "Pull every weight towards zero: this times the weight is added to its gradient."
    )
    gradient: str = _field(
        "notebook",
        Choice(("notebook", "exact")),
        "notebook: 2 (p - y) at the logits, that of twice the cross-entropy; exact: the derivative of the loss.",
    )
    loss: str = _field(
        "squared_error",
        Choice(("squared_error", "cross_entropy")),
        "What is measured: the sum of (p - y) squared, or minus the logarithm of the right digit's probability.",
    )
    train_fraction: float = _field(
        0.9,
        Interval(0.1, 0.99),
        "Share of the digits to learn from; the rest only tests. 0.9 is the first 1617 of 1797.",
    )
    seed: int = _field(
        0, Interval(0, 2**32 - 1, integer=True), "Fixes the random numbers: the same seed gives the same run."
    )
    engine: str = _field(
        "auto",
        Choice(("auto", "compiled", "numpy", "torch")),
        "Who computes: numpy code written out by hand, the same compiled to machine code, or torch with autograd. "
        "auto takes the compiled one when it is ready, else numpy.",
    )
    precision: str = _field(
        "float64",
        Choice(("float64", "float32")),
        "Digits a number is computed with: float64 keeps 16 of them, float32 keeps 7 and is quicker.",
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
    def dtype(self) -> np.dtype:
        """The numpy type of weights, biases and batches."""
        return np.dtype(self.precision)

    def to_dict(self) -> dict[str, Any]:
        """Return plain numbers, strings and lists, ready for JSON."""
        return {**dataclasses.asdict(self), "hidden": list(self.hidden)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Hyperparameters:
        """Read what `to_dict` gave; fields that are not named keep their default.

        Raises
        ------
        ValueError
            If it is no mapping; as `InvalidHyperparameters` if a name is no field, or a value is out of its range.
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
        weights = [(random.standard_normal(shape) * self._spread(*shape)).astype(self.dtype) for shape in sizes]
        return Parameters(weights, [np.zeros(leaving, self.dtype) for _, leaving in sizes] if self.bias else None)

    def _spread(self, entering: int, leaving: int) -> float:
        """Return the standard deviation of the initial weights of a layer.

        References
        ----------
        X. Glorot, Y. Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010.
        K. He et al., Delving deep into rectifiers, 2015.
        """
        return {
            "notebook": 1.0 / self.layer_sizes[1],
            "he": math.sqrt(2.0 / entering),
            "xavier": math.sqrt(2.0 / (entering + leaving)),
            "zeros": 0.0,
        }[self.initialization]


Hyperparameters.RANGES = {field.name: field.metadata["range"] for field in dataclasses.fields(Hyperparameters)}
Hyperparameters.MEANINGS = {field.name: field.metadata["meaning"] for field in dataclasses.fields(Hyperparameters)}
