"""The engines that take the steps of a run. Each engine supports every hyperparameter."""

import contextlib
import functools
import importlib
import importlib.util
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np

from digitviz.language import Lazy, lazy_gettext as _
from digitviz.networks.parameters import Parameters
from digitviz.training.engines.compiled_engine import KERNELS, CompiledEngine
from digitviz.training.engines.numpy_engine import NumpyEngine
from digitviz.training.engines.state import EngineState
from digitviz.training.engines.torch_engine import TorchEngine
from digitviz.training.hyperparameters import Hyperparameters


class Engine(Protocol):
    """Changes parameters step by step. Its results depend only on its state and the batch."""

    @property
    def hyperparameters(self) -> Hyperparameters:
        """The settings of the steps."""

    @property
    def parameters(self) -> Parameters:
        """The parameters after all steps so far."""

    def advance(self, x: np.ndarray, one_hot: np.ndarray, steps: int) -> np.ndarray:
        """Take steps on a batch; return the loss before each of them, shape (steps,)."""

    def advance_batches(self, x: np.ndarray, one_hot: np.ndarray, rows: np.ndarray, steps: int) -> np.ndarray:
        """Take steps on each of several new batches, with the same results as `advance`.

        Parameters
        ----------
        x, one_hot : ndarray, shapes (n, 64) and (n, 10)
        rows : ndarray of uint32, shape (batches, batch)
            The digits of each batch.
        steps : int
            Number of steps on each batch.

        Returns
        -------
        ndarray, shape (at most batches, steps + 1)
            The loss before each step, and the loss of the same digits after the last step. Ends early after the first
            row with a number that is not finite.
        """

    def measure(self, x: np.ndarray, targets: np.ndarray) -> tuple[float, int]:
        """Return the loss summed over the digits, and the number of correctly classified digits.

        The shapes are (n, 64) and (n, 10). The label of a digit is the index of its largest target.
        """

    def state(self) -> EngineState:
        """Return everything besides settings and batch that determines the next steps; `state.py` lists the names.

        Steps do not change these arrays. Read-only arrays may share memory with the engine.
        """

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Restore a state of the same network, possibly from another process.

        If the state is inside a batch, that batch must come next. The engine keeps its own settings, even if the state
        was saved with others. Moments of its optimizer that are not in the state start at zero.
        """


ENGINES: dict[str, Callable[[Hyperparameters, Parameters], Engine]] = {
    "compiled": CompiledEngine,
    "numpy": NumpyEngine,
    "torch": TorchEngine,
}
ENGINE_VERSIONS = {"compiled": 1, "numpy": 1, "torch": 1}
"""Version of the arithmetic. Add one if any bit of an engine's results changes, so that recipes get new ids."""

_lacking: list[Exception] = []
"""Errors of failed preparations in this process."""


def warm_up() -> None:
    """Prepare the compiled engine: load its machine code from numba's cache, or compile it.

    Loading takes a third of a second; compiling, the first time on a machine, about ten seconds. Several threads may
    call this at once: the work is done only once.

    Raises
    ------
    Exception
        If numba is not installed, or cannot compile the kernels.
    """
    try:
        importlib.import_module(KERNELS)
    except Exception as error:
        _lacking.append(error)
        raise


def is_ready() -> bool:
    """Return whether this process can use the compiled engine at once."""
    # The module defines this name last, after compiling the kernel.
    return hasattr(sys.modules.get(KERNELS), "take_slice")


@functools.cache
def prepare() -> threading.Thread:
    """Prepare the compiled engine in a separate thread. All calls return the same thread."""

    def work() -> None:
        with contextlib.suppress(Exception):  # creating the engine raises it again
            warm_up()

    thread = threading.Thread(target=work, name="digitviz-compiler", daemon=True)
    thread.start()
    return thread


def choose_engine(hyperparameters: Hyperparameters, wait_for_compiled: bool = False) -> tuple[str, Lazy | None]:
    """Choose the engine for a new run.

    Parameters
    ----------
    hyperparameters : Hyperparameters
    wait_for_compiled : bool
        True to choose the compiled engine for "auto" even if it is not ready. Its first steps then wait for it.

    Returns
    -------
    name : str
        A name in `ENGINES`.
    note : Lazy or None
        Why the compiled engine was not chosen although it was requested. None in all other cases.
    """
    wanted = hyperparameters.engine
    lacks = bool(_lacking) or importlib.util.find_spec("numba") is None
    if wanted == "auto":
        if is_ready() or (wait_for_compiled and not lacks):
            return "compiled", None
        return "numpy", _("The compiled engine was not ready when this run was created, so NumPy is used.")
    if wanted == "compiled" and lacks:
        return "numpy", _("The compiled engine is not available here, so NumPy is used.")
    return wanted, None
