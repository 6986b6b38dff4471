"""From a gradient to a step. The formulas and their constants are torch's, so that both engines agree."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from digitviz.training.hyperparameters import Hyperparameters

MOMENTUM = 0.9
ADAM_BETAS = (0.9, 0.999)
ADAM_EPSILON = 1e-8


class Optimizer(Protocol):
    """Changes weights in place; `state` is what it remembers between steps."""

    state: list[np.ndarray]

    def update(self, arrays: list[np.ndarray], gradients: list[np.ndarray]) -> None:
        """Take one step: change the arrays in place by their gradients."""


class GradientDescent:
    """Go downhill: weight -= learning rate x gradient."""

    def __init__(self, learning_rate: float) -> None:
        self.learning_rate = learning_rate
        self.state: list[np.ndarray] = []

    def update(self, arrays: list[np.ndarray], gradients: list[np.ndarray]) -> None:
        """Take one step: change the arrays in place by their gradients."""
        for weight, gradient in zip(arrays, gradients, strict=True):
            weight -= self.learning_rate * gradient


class Momentum:
    """Keep rolling: the step is the sum of all gradients so far, each weaker by `momentum` a step later.

    Parameters
    ----------
    learning_rate : float
    arrays : list of ndarray
        Give the shapes.
    momentum : float
        0 forgets at once: that is plain gradient descent.

    References
    ----------
    B. Polyak, Some methods of speeding up the convergence of iteration methods, 1964.
    """

    def __init__(self, learning_rate: float, arrays: list[np.ndarray], momentum: float = MOMENTUM) -> None:
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.state = [np.zeros_like(array) for array in arrays]

    def update(self, arrays: list[np.ndarray], gradients: list[np.ndarray]) -> None:
        """Take one step: change the arrays in place by their gradients."""
        for weight, gradient, velocity in zip(arrays, gradients, self.state, strict=True):
            velocity *= self.momentum
            velocity += gradient
            weight -= self.learning_rate * velocity


class Adam:
    """Give each weight a step size of its own: the mean gradient over its typical size.

    References
    ----------
    D. Kingma, J. Ba, Adam: a method for stochastic optimization, 2015.
    """

    def __init__(self, learning_rate: float, arrays: list[np.ndarray]) -> None:
        self.learning_rate = learning_rate
        self.state = [np.zeros_like(array) for array in [*arrays, *arrays]] + [np.zeros(1)]

    def update(self, arrays: list[np.ndarray], gradients: list[np.ndarray]) -> None:
        """Take one step: change the arrays in place by their gradients."""
        count = len(arrays)
        means, squares, steps = self.state[:count], self.state[count:-1], self.state[-1]
        steps += 1
        mean_correction, square_correction = (1.0 - beta ** float(steps[0]) for beta in ADAM_BETAS)
        for weight, gradient, mean, square in zip(arrays, gradients, means, squares, strict=True):
            mean += (1.0 - ADAM_BETAS[0]) * (gradient - mean)
            square += (1.0 - ADAM_BETAS[1]) * (gradient * gradient - square)
            size = np.sqrt(square) / np.sqrt(square_correction) + ADAM_EPSILON
            weight -= self.learning_rate / mean_correction * mean / size


def with_weight_decay(gradients: list[np.ndarray], arrays: list[np.ndarray], weight_decay: float) -> list[np.ndarray]:
    """Add `weight_decay` times each weight to its gradient; without any, return the same gradients."""
    if not weight_decay:
        return gradients
    return [gradient + weight_decay * weight for gradient, weight in zip(gradients, arrays, strict=True)]


def make_optimizer(hyperparameters: Hyperparameters, arrays: list[np.ndarray]) -> Optimizer:
    """Build the optimizer that `hyperparameters` names, for weights of the shapes of `arrays`."""
    rate = hyperparameters.learning_rate
    if hyperparameters.optimizer == "gradient_descent":
        return GradientDescent(rate)
    if hyperparameters.optimizer == "momentum":
        return Momentum(rate, arrays)
    return Adam(rate, arrays)
