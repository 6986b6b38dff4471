"""Whoever takes the steps of a training: each engine serves every hyperparameter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from digitviz.hyperparameters import Hyperparameters
from digitviz.networks.parameters import Parameters
from digitviz.training.engines.numpy_engine import NumpyEngine
from digitviz.training.engines.torch_engine import TorchEngine


class Engine(Protocol):
    """Moves parameters step by step; what it computes depends on its state and the batch alone."""

    @property
    def parameters(self) -> Parameters: ...

    def advance(self, x: np.ndarray, one_hot: np.ndarray, steps: int) -> np.ndarray: ...

    def state(self) -> Any: ...

    def load_state(self, state: Any) -> None: ...


ENGINES: dict[str, Callable[[Hyperparameters, Parameters], Engine]] = {"numpy": NumpyEngine, "torch": TorchEngine}


def make_engine(hyperparameters: Hyperparameters, parameters: Parameters) -> Engine:
    """Build the engine that `hyperparameters` names, starting at `parameters`."""
    return ENGINES[hyperparameters.engine](hyperparameters, parameters)
