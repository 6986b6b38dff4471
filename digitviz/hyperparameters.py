"""Everything that can be set before a training starts, with its allowed range."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, ClassVar, Protocol

import numpy as np

from digitviz.networks.parameters import INPUTS, OUTPUTS, Parameters

MAX_STEPS = 2_000_000
"""The longest training, in steps: its losses fill 16 MB."""


class Range(Protocol):
    """What a field accepts: `read` returns the value in its own type or raises ValueError."""

    def read(self, value: Any) -> Any: ...


@dataclass(frozen=True)
class Interval:
    """Numbers between two ends, both included.

    Parameters
    ----------
    low, high : float
    integer : bool
        Whole numbers only.
    logarithmic : bool
        A slider over it moves by factors.
    """

    low: float
    high: float
    integer: bool = False
    logarithmic: bool = False

    def __str__(self) -> str:
        kind = "a whole number" if self.integer else "a number"
        return (
            f"{kind} from {self.low:,g} to {self.high:,g}"
            if self.integer
            else f"{kind} from {self.low:g} to {self.high:g}"
        )

    def read(self, value: Any) -> int | float:
        if isinstance(value, bool) or not isinstance(value, Integral if self.integer else Real):
            raise ValueError
        number = float(value)
        if not self.low <= number <= self.high:
            raise ValueError
        return int(number) if self.integer else number


@dataclass(frozen=True)
class Choice:
    """One of a few names; spelling "Cross-entropy" for "cross_entropy" is fine."""

    options: tuple[str, ...]

    def __str__(self) -> str:
        return "one of " + ", ".join(self.options)

    def read(self, value: Any) -> str:
        name = str(value).strip().lower().replace(" ", "_").replace("-", "_")
        if name not in self.options:
            raise ValueError
        return name


@dataclass(frozen=True)
class Switch:
    """True or False."""

    def __str__(self) -> str:
        return "True or False"

    def read(self, value: Any) -> bool:
        if not isinstance(value, bool | np.bool_):
            raise ValueError
        return bool(value)


@dataclass(frozen=True)
class Layers:
    """Sizes of the hidden layers."""

    count: Interval
    neurons: Interval

    def __str__(self) -> str:
        return (
            f"{self.count.low:g} to {self.count.high:g} layers of "
            f"{self.neurons.low:g} to {self.neurons.high:g} neurons each"
        )

    def read(self, value: Any) -> tuple[int, ...]:
        if isinstance(value, Integral):
            value = (value,)
        if not isinstance(value, list | tuple):
            raise ValueError
        self.count.read(len(value))
        return tuple(int(self.neurons.read(neurons)) for neurons in value)


def _field(default: Any, allowed: Range, meaning: str) -> Any:
    return dataclasses.field(default=default, metadata={"range": allowed, "meaning": meaning})


@dataclass(frozen=True)
class Hyperparameters:
    """Settings of a training; the defaults are the notebook's.

    `Hyperparameters.RANGES` holds what each field accepts, `Hyperparameters.MEANINGS` a sentence on each.

    Raises
    ------
    ValueError
        Names the field, the value and the range.
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
        for name, allowed in self.RANGES.items():
            value = getattr(self, name)
            try:
                object.__setattr__(self, name, allowed.read(value))
            except (ValueError, TypeError):
                raise ValueError(f"{name}: {value!r} is not {allowed}") from None
        if self.total_steps > MAX_STEPS:
            raise ValueError(
                f"batches x steps_per_batch: {self.batches:,} x {self.steps_per_batch:,} = {self.total_steps:,} "
                f"steps is more than {MAX_STEPS:,}"
            )

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
            If a name is no field, or a value is out of its range.
        """
        unknown = sorted(set(values) - set(cls.RANGES))
        if unknown:
            raise ValueError(f"{', '.join(unknown)}: no such hyperparameter; there are {', '.join(cls.RANGES)}")
        return cls(**values)

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
        """Standard deviation of the initial weights of a layer.

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
