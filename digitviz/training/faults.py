"""What can go wrong in a training, in words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from digitviz.networks.activations import ACTIVATIONS
from digitviz.networks.forward import forward
from digitviz.networks.parameters import Parameters


@dataclass(frozen=True)
class Divergence:
    """A training blew up: numbers grew until they were no numbers any more.

    Parameters
    ----------
    step : int
        The step whose loss could not be computed, from 1.
    quantity : str
        What stopped being finite first: "w1", "b2", "logits".
    cause : str
        What usually causes it, and the way out.
    """

    step: int
    quantity: str
    cause: str = (
        "The steps were too long: each one overshot further than the one before. "
        "Divide the learning rate by 10, or scale the pixels to 0..1."
    )

    def __str__(self) -> str:
        return f"At step {self.step:,} {self.quantity} became infinite or not a number. {self.cause}"


@dataclass(frozen=True)
class Stuck:
    """Every gradient is exactly zero: on this batch no weight will ever move again.

    Parameters
    ----------
    step : int
        The first step that changed nothing, from 1.
    dead_neurons : float
        Share of hidden neurons that give 0 for every digit of the batch, 0 to 1.
    all_weights_zero : bool
    """

    step: int
    dead_neurons: float
    all_weights_zero: bool = False

    def __str__(self) -> str:
        if self.all_weights_zero:
            reason = "All weights are zero, so each layer passes on nothing. Start from random weights."
        elif self.dead_neurons > 0:
            reason = (
                f"{self.dead_neurons:.0%} of the hidden neurons are dead: they give 0 for every digit of the batch, "
                "so nothing flows back through them. Take a smaller learning rate, or leaky relu."
            )
        else:
            reason = "The outputs are saturated: each probability is exactly 0 or 1. Take a smaller learning rate."
        return f"Since step {self.step:,} every gradient is exactly zero and no weight moves. {reason}"


def first_not_finite(parameters: Parameters) -> str:
    """Name the first array that holds nan or inf; "logits" if the weights are finite and only their sums are not."""
    return next((name for name, array in parameters.named_arrays if not np.isfinite(array).all()), "logits")


def share_of_dead_neurons(parameters: Parameters, activation: str, x: np.ndarray) -> float:
    """Return the share of hidden neurons whose output is 0 for every row of `x`, 0 to 1; 0 without hidden layers."""
    outputs = forward(parameters, ACTIVATIONS[activation], x)[1][1:]
    dead = [~output.any(axis=0) for output in outputs]
    return float(np.concatenate(dead).mean()) if dead else 0.0
