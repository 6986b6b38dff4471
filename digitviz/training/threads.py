"""Limits linear algebra to one thread.

With matrices this small, threads only wait for each other, and their number changes the last bits of a product.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any


class _OneThread:
    """Limits NumPy's linear algebra to one thread inside the context, which several threads may enter."""

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
    """Return a context in which NumPy's linear algebra uses one thread; several threads may enter it at once."""
    return _OneThread()


@contextmanager
def _in_control_of(libraries: Any) -> Iterator[None]:
    """Let this thread set the limits inside the context, and any other thread afterwards.

    Since version 3.8, threadpoolctl ignores all threads except the first one that set a limit, until that one ends.
    Without this context, the thread of a page or a notebook would block the limits of the worker threads.
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
    """Limit linear algebra libraries to one thread for the rest of this process.

    Parameters
    ----------
    folder : str
        Part of the name of a library's folder, such as "scipy"; all libraries by default.
    """
    from threadpoolctl import ThreadpoolController

    known = ThreadpoolController().select(user_api="blas")
    paths = [library["filepath"] for library in known.info() if folder in Path(library["filepath"]).parent.name]
    libraries = known.select(filepath=paths)
    with _in_control_of(libraries):
        libraries.limit(limits=1)
