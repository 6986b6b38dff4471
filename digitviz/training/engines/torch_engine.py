"""Training with torch: the forward pass is written down, autograd finds the gradient."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from digitviz.networks.activations import LEAK
from digitviz.networks.parameters import Parameters
from digitviz.training.engines.numpy_engine import measure
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.optimizers import ADAM_BETAS, ADAM_EPSILON, MOMENTUM


class TorchEngine:
    """Takes steps with torch and autograd; torch is imported when the first one is made.

    Parameters
    ----------
    hyperparameters : Hyperparameters
    parameters : Parameters
        Where to start; copied.
    """

    def __init__(self, hyperparameters: Hyperparameters, parameters: Parameters) -> None:
        import torch

        torch.set_num_threads(1)  # matrices this small only make threads wait for each other
        self.torch = torch
        self.hyperparameters = hyperparameters
        self._shapes = parameters
        self.tensors = [torch.tensor(array, requires_grad=True) for array in parameters.arrays]
        rate, decay = hyperparameters.learning_rate, hyperparameters.weight_decay
        self.optimizer: Any
        if hyperparameters.optimizer == "adam":
            self.optimizer = torch.optim.Adam(
                self.tensors, lr=rate, betas=ADAM_BETAS, eps=ADAM_EPSILON, weight_decay=decay
            )
        else:
            momentum = MOMENTUM if hyperparameters.optimizer == "momentum" else 0.0
            self.optimizer = torch.optim.SGD(self.tensors, lr=rate, momentum=momentum, weight_decay=decay)

    @property
    def parameters(self) -> Parameters:
        """The weights and biases now, as numpy arrays of their own."""
        return self._shapes.from_arrays([tensor.detach().numpy().copy() for tensor in self.tensors])

    def logits(self, x: Any) -> Any:
        """Return the sums of the output layer, a tensor (batch, 10)."""
        functional = self.torch.nn.functional
        activation = {
            "relu": self.torch.relu,
            "leaky_relu": lambda z: functional.leaky_relu(z, LEAK),
            "sigmoid": self.torch.sigmoid,
            "tanh": self.torch.tanh,
            "identity": lambda z: z,
        }[self.hyperparameters.activation]
        count = len(self._shapes.weights)
        weights, biases = self.tensors[:count], self.tensors[count:]
        a = x
        for layer, weight in enumerate(weights):
            z = a @ weight
            if biases:
                z = z + biases[layer]
            a = activation(z) if layer < count - 1 else z
        return a

    def step(self, x: Any, one_hot: Any) -> float:
        """Take one step on a batch of tensors; return the loss before it."""
        logits = self.logits(x)
        cross_entropy = self.torch.nn.functional.cross_entropy(logits, one_hot, reduction="sum")
        squared_error = ((self.torch.softmax(logits, dim=1) - one_hot) ** 2).sum()
        loss = cross_entropy if self.hyperparameters.loss == "cross_entropy" else squared_error
        self.optimizer.zero_grad()
        # The notebook's own gradient, 2 (p - y) at the logits, is that of twice the cross-entropy.
        descended = 2 * cross_entropy if self.hyperparameters.gradient == "notebook" else loss
        descended.backward()
        self.optimizer.step()
        return float(loss.detach())

    def advance(self, x: np.ndarray, one_hot: np.ndarray, steps: int) -> np.ndarray:
        """Take `steps` steps on a batch, shapes (batch, 64) and (batch, 10); return the loss before each."""
        batch, targets = self.torch.from_numpy(x), self.torch.from_numpy(one_hot)
        return np.array([self.step(batch, targets) for _ in range(steps)])

    def measure(self, x: np.ndarray, labels: np.ndarray) -> tuple[float, int]:
        """Return the loss added up over digits, shapes (n, 64) and (n,), and how many of them are read right."""
        return measure(self.parameters, self.hyperparameters, x, labels)

    def state(self) -> Any:
        """Return a copy of all that the next step depends on."""
        return [tensor.detach().clone() for tensor in self.tensors], copy.deepcopy(self.optimizer.state_dict())

    def load_state(self, state: Any) -> None:
        """Go back to what `state` returned."""
        tensors, optimizer = state
        with self.torch.no_grad():
            for tensor, value in zip(self.tensors, tensors, strict=True):
                tensor.copy_(value)
        self.optimizer.load_state_dict(copy.deepcopy(optimizer))
