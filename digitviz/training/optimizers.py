"""Optimizers, which turn a gradient into a step, and penalties, which are added to a gradient: one table of each.

Formulas and constants are those of torch. The NumPy and torch engines use these classes, and the compiled engine has
its own code. `docs/recipes.md` explains how to add an optimizer or a penalty.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

import numpy as np

from digitviz.language import Lazy, lazy_gettext as _

MOMENTUM = 0.9
ADAM_BETAS = (0.9, 0.999)
ADAM_EPSILON = 1e-8


class Optimizer(ABC):
    """Changes weights in place, one step at a time.

    Parameters
    ----------
    learning_rate : float
    arrays : sequence of ndarray
        Arrays with the shapes and the precision of the weights.

    Attributes
    ----------
    name : str
        Name in settings and links.
    title : Lazy
        Name on pages.
    meaning : Lazy
        Phrase that continues the title.
    formula : str
        One step in LaTeX, with w for the weights, nabla w for their gradient, and eta for the learning rate.
    moments : int
        Numbers stored per weight.
    code : str
        A class as a student would write it, for exported code. Its `step` changes `parameters` in place.
    state : list of ndarray
        Values stored between steps: `moments` arrays of each shape, and the number of steps if it is needed.
    """

    name: ClassVar[str]
    title: ClassVar[Lazy]
    meaning: ClassVar[Lazy]
    formula: ClassVar[str]
    moments: ClassVar[int]
    code: ClassVar[str]

    def __init__(self, learning_rate: float, arrays: Sequence[np.ndarray] = ()) -> None:
        self.learning_rate = learning_rate
        self.state = [np.zeros_like(array) for _moment in range(self.moments) for array in arrays]

    @abstractmethod
    def update(self, arrays: list[np.ndarray], gradients: list[np.ndarray]) -> None:
        """Take one step: change the arrays in place by their gradients."""


class GradientDescent(Optimizer):
    """Go downhill: weight -= learning rate x gradient."""

    name = "gradient_descent"
    title = _("gradient descent")
    meaning = _("goes straight downhill")
    formula = r"w \leftarrow w - \eta\,\nabla w"
    moments = 0
    code = """\
class GradientDescent:
    def step(self, gradients):
        for weight, gradient in zip(parameters, gradients):
            weight -= learning_rate * gradient"""

    def update(self, arrays: list[np.ndarray], gradients: list[np.ndarray]) -> None:
        """Take one step: change the arrays in place by their gradients."""
        for weight, gradient in zip(arrays, gradients, strict=True):
            weight -= self.learning_rate * gradient


class Momentum(Optimizer):
    """Keep rolling: the step is the sum of all gradients so far, each multiplied by `momentum` at every later step.

    Parameters
    ----------
    learning_rate : float
    arrays : sequence of ndarray
        Arrays with the shapes and the precision of the weights.
    momentum : float
        0 gives plain gradient descent.

    References
    ----------
    B. Polyak, Some methods of speeding up the convergence of iteration methods, 1964.
    """

    name = "momentum"
    title = _("momentum")
    meaning = _("keeps rolling")
    formula = rf"v \leftarrow {MOMENTUM}\,v + \nabla w, \quad w \leftarrow w - \eta\,v"
    moments = 1
    code = f"""\
class Momentum:
    def __init__(self):
        self.velocities = [np.zeros_like(weight) for weight in parameters]

    def step(self, gradients):
        for weight, gradient, velocity in zip(parameters, gradients, self.velocities):
            velocity *= {MOMENTUM}
            velocity += gradient
            weight -= learning_rate * velocity"""

    def __init__(self, learning_rate: float, arrays: Sequence[np.ndarray] = (), momentum: float = MOMENTUM) -> None:
        super().__init__(learning_rate, arrays)
        self.momentum = momentum

    def update(self, arrays: list[np.ndarray], gradients: list[np.ndarray]) -> None:
        """Take one step: change the arrays in place by their gradients."""
        for weight, gradient, velocity in zip(arrays, gradients, self.state, strict=True):
            velocity *= self.momentum
            velocity += gradient
            weight -= self.learning_rate * velocity


class Adam(Optimizer):
    """Give each weight its own step size: its mean gradient divided by the gradient's typical size.

    References
    ----------
    D. Kingma, J. Ba, Adam: a method for stochastic optimization, 2015.
    """

    name = "adam"
    title = _("Adam")
    meaning = _("gives each weight its own step size")
    formula = (
        rf"m \leftarrow {ADAM_BETAS[0]}\,m + {1 - ADAM_BETAS[0]:g}\,\nabla w, \quad "
        rf"v \leftarrow {ADAM_BETAS[1]}\,v + {1 - ADAM_BETAS[1]:g}\,(\nabla w)^2, \quad "
        r"w \leftarrow w - \eta\,\hat m / (\sqrt{\hat v} + \varepsilon)"
    )
    moments = 2
    code = f"""\
class Adam:
    def __init__(self):
        self.means = [np.zeros_like(weight) for weight in parameters]
        self.squares = [np.zeros_like(weight) for weight in parameters]
        self.steps = 0

    def step(self, gradients):
        self.steps += 1
        for weight, gradient, mean, square in zip(parameters, gradients, self.means, self.squares):
            mean += (1 - {ADAM_BETAS[0]}) * (gradient - mean)
            square += (1 - {ADAM_BETAS[1]}) * (gradient**2 - square)
            mean_hat = mean / (1 - {ADAM_BETAS[0]}**self.steps)
            square_hat = square / (1 - {ADAM_BETAS[1]}**self.steps)
            weight -= learning_rate * mean_hat / (np.sqrt(square_hat) + {ADAM_EPSILON})"""

    def __init__(self, learning_rate: float, arrays: Sequence[np.ndarray] = ()) -> None:
        super().__init__(learning_rate, arrays)
        self.state.append(np.zeros(1))  # number of steps, for the bias corrections (the hats in the formula)

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


OPTIMIZERS: dict[str, type[Optimizer]] = {kind.name: kind for kind in (GradientDescent, Momentum, Adam)}


PENALTIES = {"weight_decay": "weight_decay * weight"}
"""Terms that are added to the gradient of each weight and bias: by setting, a NumPy expression of the setting and of
`weight`. A penalty of 0 adds nothing. Exported code contains the expression, and the compiled engine has its own
code."""
_TERMS: dict[str, Callable[[np.ndarray, float], np.ndarray]] = {
    name: eval(f"lambda weight, {name}: {term}", {"np": np}) for name, term in PENALTIES.items()
}


def with_penalties(
    gradients: list[np.ndarray], arrays: list[np.ndarray], penalties: Mapping[str, float]
) -> list[np.ndarray]:
    """Return the gradients plus the terms of `PENALTIES`; the same list without penalties.

    Parameters
    ----------
    gradients, arrays : list of ndarray
        Gradients, and the weights and biases in the same order.
    penalties : mapping of str to float
        Values above 0, by the names in `PENALTIES`.
    """
    for name, value in penalties.items():
        term = _TERMS[name]
        gradients = [gradient + term(weight, value) for gradient, weight in zip(gradients, arrays, strict=True)]
    return gradients
