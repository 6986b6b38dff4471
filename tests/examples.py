"""How many examples hypothesis tries: `make check` fewer, `make test` all."""

from __future__ import annotations

import os

FEW = os.environ.get("EXAMPLES") == "few"
SHARE, FEWEST = 10, 2
"""One in so many is tried when there shall be few, but never fewer than these: the first is the simplest."""


def examples(of_all: int) -> int:
    """Return how many of so many examples are tried."""
    return max(FEWEST, of_all // SHARE) if FEW else of_all
