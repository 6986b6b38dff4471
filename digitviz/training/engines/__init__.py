"""The engines that take the steps of a training; each supports every hyperparameter."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from digitviz.networks.parameters import Parameters
from digitviz.training.engines import numba_private
from digitviz.training.engines.compiled_engine import CompiledEngine, is_ready, warm_up
from digitviz.training.engines.numpy_engine import NumpyEngine
from digitviz.training.engines.torch_engine import TorchEngine
from digitviz.training.hyperparameters import Hyperparameters


class Engine(Protocol):
    """Changes parameters step by step; what it computes depends only on its state and the batch."""

    @property
    def parameters(self) -> Parameters:
        """The parameters after all steps so far."""

    def advance(self, x: np.ndarray, one_hot: np.ndarray, steps: int) -> np.ndarray:
        """Take steps on a batch; return the loss before each of them, shape (steps,)."""

    def measure(self, x: np.ndarray, labels: np.ndarray) -> tuple[float, int]:
        """Return the loss, summed over the digits, and how many of them are classified correctly."""

    def state(self) -> Any:
        """Return everything that the next steps depend on."""

    def load_state(self, state: Any) -> None:
        """Go back to a state."""


ENGINES: dict[str, Callable[[Hyperparameters, Parameters], Engine]] = {
    "compiled": CompiledEngine,
    "numpy": NumpyEngine,
    "torch": TorchEngine,
}

__all__ = ["ENGINES", "Engine", "choose_engine", "is_ready", "warm_up"]


def choose_engine(hyperparameters: Hyperparameters) -> tuple[str, str]:
    """Choose the engine for a run that is created now.

    Returns
    -------
    name : str
        In `ENGINES`.
    note : str
        Why it is not the compiled one, if that was to be expected; else empty.
    """
    wanted = hyperparameters.engine
    if wanted == "auto":
        if is_ready():
            return "compiled", ""
        return "numpy", "The compiled engine was not ready when this run was created, so numpy takes the steps."
    if wanted == "compiled" and importlib.util.find_spec("numba") is None:
        return "numpy", "The compiled engine needs the package numba, which is not installed; numpy takes the steps."
    if wanted == "compiled" and (lack := numba_private.missing()):
        return "numpy", f"The compiled engine is not available: {lack}; numpy takes the steps."
    return wanted, ""
