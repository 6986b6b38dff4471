"""Whether the compiled engine can be used yet: numba compiles it the first time on a machine, which takes seconds."""

from __future__ import annotations

import contextlib
import functools
import importlib
import importlib.util
import sys
import threading

from digitviz.training.engines import numba_private

KERNELS = "digitviz.training.engines.kernels"
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
    """Whether the compiled engine can be used at once, in this process."""
    # The kernel is the last name its module binds, once it is compiled.
    return hasattr(sys.modules.get(KERNELS), "take_steps")


def can_be_prepared() -> bool:
    """Whether nothing is known that the compiled engine lacks, so that it is worth waiting for."""
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
