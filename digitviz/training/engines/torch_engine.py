"""The torch engine: a hand-written forward pass, and gradients by autograd."""

from collections.abc import Callable
from typing import Any

import numpy as np

from digitviz.networks.activations import ACTIVATIONS, Activation
from digitviz.networks.losses import LOSSES
from digitviz.networks.parameters import Parameters
from digitviz.training.engines.numpy_engine import NumpyEngine
from digitviz.training.hyperparameters import Hyperparameters


def activation_function(activation: Activation, gradient: str) -> Callable[[Any], Any]:
    """Return an activation for tensors. Its derivative at a kink depends on `gradient`."""
    import torch

    names = {"torch": torch, "nn": torch.nn}
    if gradient == "notebook" and activation.torch_from_the_right is not None:
        return eval(f"lambda z: {activation.torch_from_the_right}", names)
    return eval(activation.torch, names).forward


class TorchEngine(NumpyEngine):
    """Takes steps with torch and autograd. The first instance imports torch.

    Torch only computes the gradient. Tensors and `parameters` share memory, so the optimizers of the NumPy engine
    change both without a copy.

    Parameters
    ----------
    hyperparameters : Hyperparameters
    parameters : Parameters
        Initial weights and biases; copied.
    """

    def __init__(self, hyperparameters: Hyperparameters, parameters: Parameters) -> None:
        import torch

        super().__init__(hyperparameters, parameters)
        torch.set_num_threads(1)  # with matrices this small, threads only wait for each other
        self.torch = torch
        self.tensors = [torch.from_numpy(array).requires_grad_() for array in self.parameters.arrays]
        self.activation = activation_function(ACTIVATIONS[hyperparameters.activation], hyperparameters.gradient)
        self.loss = LOSSES[hyperparameters.loss].torch

    def logits(self, x: Any) -> Any:
        """Return the logits, a tensor of shape (batch, 10)."""
        count = len(self.parameters.weights)
        weights, biases = self.tensors[:count], self.tensors[count:]
        a = x
        for layer, weight in enumerate(weights):
            z = a @ weight
            if biases:
                z = z + biases[layer]
            a = self.activation(z) if layer < count - 1 else z
        return a

    def step(self, x: Any, one_hot: Any) -> float:
        """Take one step on a batch of tensors; return the loss before the step."""
        logits = self.logits(x)
        if self.hyperparameters.gradient == "notebook":  # 2 (p - y) at the logits, for any loss
            loss, probabilities = self.loss(self.torch, logits.detach(), one_hot)
            gradients = self.torch.autograd.grad(logits, self.tensors, 2 * (probabilities - one_hot))
        else:
            loss, _ = self.loss(self.torch, logits, one_hot)
            gradients = self.torch.autograd.grad(loss, self.tensors)
        self.update([gradient.numpy() for gradient in gradients])
        return loss.item()

    def advance(self, x: np.ndarray, one_hot: np.ndarray, steps: int) -> np.ndarray:
        """Take `steps` steps on a batch, shapes (batch, 64) and (batch, 10); return the loss before each."""
        batch, targets = self.torch.from_numpy(x), self.torch.from_numpy(one_hot)
        self._step += steps
        return np.array([self.step(batch, targets) for _ in range(steps)])
