"""Tests wait for a state, never for a fixed time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

SECONDS_BETWEEN, AT_MOST = 0.01, 1.0
TIMES_THE_ASKING = 7
"""Pause relative to the time of a check. Slow checks, such as page runs, leave the processor to the awaited work."""


def wait_until(condition: Callable[[], object], seconds: float = 90) -> None:
    """Return as soon as `condition` holds, or fail after `seconds`."""
    begin = time.monotonic()
    deadline = begin + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition never held"
        asking = time.monotonic() - begin
        threading.Event().wait(min(AT_MOST, max(SECONDS_BETWEEN, TIMES_THE_ASKING * asking)))
        begin = time.monotonic()
