"""Which test files pass without a fault, and how long they take."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping
from pathlib import Path

SECONDS_PER_BYTE = 1e-3
"""Until a file has been measured: about the mean of our tests."""


class Durations:
    """Seconds that test files took without a fault, kept as long as the file stays as it is.

    Parameters
    ----------
    root : Path
        The project.
    file : Path
        Where they are kept; it need not be there.
    """

    def __init__(self, root: Path, file: Path) -> None:
        self._root, self._file, self._lock = root, file, threading.Lock()
        self._seconds: dict[str, float] = json.loads(file.read_text()) if file.exists() else {}

    def __contains__(self, test: Path) -> bool:
        return self._key(test) in self._seconds

    def add(self, test: Path, seconds: float) -> None:
        """Keep how long a test file took."""
        with self._lock:
            self._seconds[self._key(test)] = round(seconds, 1)
            self._file.write_text(json.dumps(self._seconds, indent=0))

    def in_order(self, distances: Mapping[Path, int]) -> list[Path]:
        """Return test files, the nearest first, and the quickest of equals."""
        return sorted(distances, key=lambda test: (distances[test], self._estimate(test)))

    def _estimate(self, test: Path) -> float:
        return self._seconds.get(self._key(test), (self._root / test).stat().st_size * SECONDS_PER_BYTE)

    def _key(self, test: Path) -> str:
        return f"{test} {hashlib.sha256((self._root / test).read_bytes()).hexdigest()[:16]}"
