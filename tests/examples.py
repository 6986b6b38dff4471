"""Number of examples that hypothesis tries: few in `make check`, all in `make test`."""

from __future__ import annotations

import os

FEW = os.environ.get("EXAMPLES") == "few"
SHARE, FEWEST = 10, 2
"""With few examples, one in `SHARE` runs, but at least `FEWEST`, because the first is the simplest."""


def examples(of_all: int) -> int:
    """Return the number of examples to try, out of `of_all`."""
    return max(FEWEST, of_all // SHARE) if FEW else of_all
