"""The engines that take the steps of a training; each supports every hyperparameter."""

from __future__ import annotations

import contextlib
import functools
import importlib
import importlib.util
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from digitviz.language import Lazy
from digitviz.language import lazy_gettext as _
from digitviz.networks.parameters import Parameters
from digitviz.training.engines import numba_private
from digitviz.training.engines.compiled_engine import KERNELS, CompiledEngine
from digitviz.training.engines.numpy_engine import NumpyEngine
from digitviz.training.engines.state import EngineState
from digitviz.training.engines.torch_engine import TorchEngine
from digitviz.training.hyperparameters import Hyperparameters


class Engine(Protocol):
    """Changes parameters step by step; what it computes depends only on its state and the batch."""

    @property
    def hyperparameters(self) -> Hyperparameters:
        """The settings of its steps."""

    @property
    def parameters(self) -> Parameters:
        """The parameters after all steps so far."""

    def advance(self, x: np.ndarray, one_hot: np.ndarray, steps: int) -> np.ndarray:
        """Take steps on a batch; return the loss before each of them, shape (steps,)."""

    def measure(self, x: np.ndarray, targets: np.ndarray) -> tuple[float, int]:
        """Return the loss summed over digits, shapes (n, 64) and (n, 10), and how many are classified correctly.

        The label of a digit is its largest target.
        """

    def state(self) -> EngineState:
        """Return all that the next steps depend on besides settings and batch; `state.py` lists the names.

        No step changes these arrays; those that are read-only may share memory with the engine.
        """

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Go to where a state was taken, in any process; inside a batch the next steps go on with that batch.

        Settings stay those of this engine. Where they have changed since, it goes on from the saved state's parameters.

        Raises
        ------
        ValueError
            If it is not a state of a network of this shape and precision; names the array. Nothing has changed.
        """


ENGINES: dict[str, Callable[[Hyperparameters, Parameters], Engine]] = {
    "compiled": CompiledEngine,
    "numpy": NumpyEngine,
    "torch": TorchEngine,
}
ENGINE_VERSIONS = {"compiled": 1, "numpy": 1, "torch": 1}
"""Raised by one when an engine's numbers change in any bit, so that old and new ones are not taken for the same."""

_lacking: list[str] = []
"""Why it could not be prepared in this process."""


def warm_up() -> None:
    """Prepare the compiled engine: load its machine code from numba's cache, or compile it.

    That takes a third of a second from the cache and about ten seconds the first time on a machine. It may run in a
    thread of its own, and in several at once: the work is done once.

    Raises
    ------
    ImportError, RuntimeError
        If numba is not installed, lacks what `numba_private` takes from it, or finds no folder for its cache.
    """
    try:
        importlib.import_module(KERNELS)
    except Exception as error:
        _lacking.append(f"{type(error).__name__}: {error}")
        raise


def is_ready() -> bool:
    """Return whether this process can use the compiled engine at once."""
    # The kernel is the last name its module binds, once it is compiled.
    return hasattr(sys.modules.get(KERNELS), "take_steps")


def can_be_prepared() -> bool:
    """Return whether it is worth waiting for the compiled engine: nothing that it needs is known to be missing."""
    return importlib.util.find_spec("numba") is not None and not numba_private.missing() and not _lacking


@functools.cache
def prepare() -> threading.Thread:
    """Prepare the compiled engine in a thread of its own; the thread is the same for all who ask."""

    def work() -> None:
        with contextlib.suppress(Exception):  # whoever needs the engine then is told
            warm_up()

    thread = threading.Thread(target=work, name="digitviz-compiler", daemon=True)
    thread.start()
    return thread


@dataclass(frozen=True)
class Note:
    """Why another engine takes the steps than was to be expected; `str` says it.

    Parameters
    ----------
    message : Lazy
    lack : str, optional
        What the compiled engine lacks, for a programmer.
    """

    message: Lazy
    lack: str = ""

    def __str__(self) -> str:
        return self.message.format(lack=self.lack)


def choose_engine(hyperparameters: Hyperparameters, wait_for_compiled: bool = False) -> tuple[str, Note | None]:
    """Choose the engine for a run that is created now.

    Parameters
    ----------
    hyperparameters : Hyperparameters
    wait_for_compiled : bool
        Whether "auto" means the compiled engine also while it is being prepared; its first steps then wait for it.

    Returns
    -------
    name : str
        In `ENGINES`.
    note : Note or None
        Why it is not the compiled one, if that was to be expected.
    """
    wanted = hyperparameters.engine
    if wanted == "auto":
        if is_ready() or (wait_for_compiled and can_be_prepared()):
            return "compiled", None
        return "numpy", Note(_("The compiled engine was not ready when this run was created, so NumPy is used."))
    if wanted == "compiled" and importlib.util.find_spec("numba") is None:
        return "numpy", Note(
            _("The compiled engine needs the package numba, which is not installed, so NumPy is used.")
        )
    if wanted == "compiled" and (lack := numba_private.missing()):
        return "numpy", Note(_("The compiled engine is not available: {lack}. NumPy is used instead."), lack)
    return wanted, None
