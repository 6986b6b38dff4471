"""One thread for linear algebra.

With matrices this small threads only wait for each other, and how many there are changes the last bits of a product.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any


class _OneThread:
    """Limits numpy's linear algebra to one thread for as long as anybody is inside."""

    def __init__(self) -> None:
        from threadpoolctl import ThreadpoolController

        self._libraries = ThreadpoolController().select(user_api="blas")
        self._inside, self._lock = 0, threading.Lock()
        self._limited: Any = None

    def enter(self) -> None:
        with self._lock:
            self._inside += 1
            if self._inside == 1:
                self._limited = self._libraries.limit(limits=1)

    def leave(self) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                self._limited.restore_original_limits()


@cache
def _one_thread() -> _OneThread:
    return _OneThread()


@contextmanager
def one_thread() -> Iterator[None]:
    """Let numpy's linear algebra use one thread inside; several threads may be inside at once."""
    held = _one_thread()
    held.enter()
    try:
        yield
    finally:
        held.leave()


def keep_libraries_to_one_thread() -> None:
    """Let numpy's linear algebra use one thread in this process from now on."""
    from threadpoolctl import threadpool_limits

    threadpool_limits(limits=1, user_api="blas")
