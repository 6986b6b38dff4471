"""One thread for linear algebra.

With matrices this small threads only wait for each other, and how many there are changes the last bits of a product.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any


class _OneThread:
    """Limits NumPy's linear algebra to one thread while anyone is inside; several threads may be."""

    def __init__(self) -> None:
        from threadpoolctl import ThreadpoolController

        self._libraries = ThreadpoolController().select(user_api="blas")
        self._inside, self._lock = 0, threading.Lock()
        self._limited: Any = None

    def __enter__(self) -> None:
        with self._lock:
            self._inside += 1
            if self._inside == 1:
                with _in_control_of(self._libraries):
                    self._limited = self._libraries.limit(limits=1)

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                with _in_control_of(self._libraries):
                    self._limited.restore_original_limits()


@cache
def one_thread() -> _OneThread:
    """Return a context in which NumPy's linear algebra uses one thread; several threads may be inside at once."""
    return _OneThread()


@contextmanager
def _in_control_of(libraries: Any) -> Iterator[None]:
    """Set inside what holds for all threads, and leave it to others afterwards.

    Since 3.8 threadpoolctl listens to none but the first thread that has set a number, for as long as that one lives:
    a page's thread, or a notebook's, would keep those that train from ever being limited.
    """
    _let_go(libraries)
    try:
        yield
    finally:
        _let_go(libraries)


def _let_go(libraries: Any) -> None:
    for library in libraries.lib_controllers:
        clear = getattr(library, "clear_controlling_thread", None)
        if clear is not None:
            clear(force=True)


def keep_libraries_to_one_thread(folder: str = "") -> None:
    """Let libraries of linear algebra use one thread in this process from now on.

    Parameters
    ----------
    folder : str
        Part of the name of the folder that a library is in; by default it is numpy's and all others.
    """
    from threadpoolctl import ThreadpoolController

    known = ThreadpoolController().select(user_api="blas")
    paths = [library["filepath"] for library in known.info() if folder in Path(library["filepath"]).parent.name]
    libraries = known.select(filepath=paths)
    with _in_control_of(libraries):
        libraries.limit(limits=1)
