"""Training with torch: the forward pass is written down, autograd finds the gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from digitviz.networks.activations import LEAK
from digitviz.networks.parameters import Parameters
from digitviz.training.engines.numpy_engine import NumpyEngine
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.optimizers import with_weight_decay


class TorchEngine(NumpyEngine):
    """Takes steps with torch and autograd; torch is imported when the first one is made.

    Only the gradient is torch's. Tensors and `parameters` are the same memory, so that the optimizers of the numpy
    engine move both, and nothing is copied.

    Parameters
    ----------
    hyperparameters : Hyperparameters
    parameters : Parameters
        Where to start; copied.
    """

    def __init__(self, hyperparameters: Hyperparameters, parameters: Parameters) -> None:
        import torch

        super().__init__(hyperparameters, parameters)
        torch.set_num_threads(1)  # matrices this small only make threads wait for each other
        self.torch = torch
        self.tensors = [torch.from_numpy(array).requires_grad_() for array in self.parameters.arrays]
        self.activation = _activation(torch, hyperparameters.activation, hyperparameters.gradient)

    def logits(self, x: Any) -> Any:
        """Return the pre-activations of the output layer, a tensor (batch, 10)."""
        count = len(self.parameters.weights)
        weights, biases = self.tensors[:count], self.tensors[count:]
        a = x
        for layer, weight in enumerate(weights):
            z = a @ weight
            if biases:
                z = z + biases[layer]
            a = self.activation(z) if layer < count - 1 else z
        return a

    def loss(self, logits: Any, one_hot: Any) -> tuple[Any, Any]:
        """Return the loss, added up over the batch, and the probabilities, as tensors."""
        if self.hyperparameters.loss == "cross_entropy":
            log_probabilities = self.torch.log_softmax(logits, dim=1)
            return -(one_hot * log_probabilities).sum(), log_probabilities.exp()
        probabilities = self.torch.softmax(logits, dim=1)
        return ((probabilities - one_hot) ** 2).sum(), probabilities

    def step(self, x: Any, one_hot: Any) -> float:
        """Take one step on a batch of tensors; return the loss before it."""
        settings, arrays = self.hyperparameters, self.parameters.arrays
        logits = self.logits(x)
        if settings.gradient == "notebook":  # 2 (p - y) at the logits, whatever loss is recorded
            loss, probabilities = self.loss(logits.detach(), one_hot)
            gradients = self.torch.autograd.grad(logits, self.tensors, 2 * (probabilities - one_hot))
        else:
            loss, _ = self.loss(logits, one_hot)
            gradients = self.torch.autograd.grad(loss, self.tensors)
        steps = with_weight_decay([gradient.numpy() for gradient in gradients], arrays, settings.weight_decay)
        self.optimizer.update(arrays, steps)
        return loss.item()

    def advance(self, x: np.ndarray, one_hot: np.ndarray, steps: int) -> np.ndarray:
        """Take `steps` steps on a batch, shapes (batch, 64) and (batch, 10); return the loss before each."""
        batch, targets = self.torch.from_numpy(x), self.torch.from_numpy(one_hot)
        return np.array([self.step(batch, targets) for _ in range(steps)])


def _activation(torch: Any, name: str, gradient: str) -> Callable[[Any], Any]:
    """Return an activation for tensors; at a kink autograd takes the derivative that belongs to the kind of gradient.

    torch's own relu and leaky relu take the derivative from the left; `clamp` and `where` that from the right.
    """
    from_the_right = gradient == "notebook"
    functions: dict[str, Callable[[Any], Any]] = {
        "relu": (lambda z: z.clamp(min=0)) if from_the_right else torch.relu,
        "leaky_relu": (lambda z: torch.where(z < 0, LEAK * z, z))
        if from_the_right
        else (lambda z: torch.nn.functional.leaky_relu(z, LEAK)),
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "identity": lambda z: z,
    }
    return functions[name]
