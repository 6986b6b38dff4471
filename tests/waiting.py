"""Tests wait for a state, never for a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

SECONDS_BETWEEN, AT_MOST = 0.01, 1.0
TIMES_THE_ASKING = 3
"""Where asking takes long, as running a page does, the pause is longer: what is waited for needs the processor."""


def wait_until(condition: Callable[[], object], seconds: float = 90) -> None:
    """Return as soon as `condition` holds; fail when it never does."""
    begin = time.monotonic()
    deadline = begin + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        asking = time.monotonic() - begin
        threading.Event().wait(min(AT_MOST, max(SECONDS_BETWEEN, TIMES_THE_ASKING * asking)))
        begin = time.monotonic()
