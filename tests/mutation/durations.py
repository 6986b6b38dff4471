"""Test files that pass without a fault, and their durations."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping
from pathlib import Path

SECONDS_PER_BYTE = 1e-3
"""Estimate for unmeasured files: about the mean of our tests."""


class Durations:
    """Durations of test files without a fault, in seconds. They are valid until the file changes.

    Parameters
    ----------
    root : Path
        The project.
    file : Path
        File for the durations. It need not exist.
    """

    def __init__(self, root: Path, file: Path) -> None:
        self._root, self._file, self._lock = root, file, threading.Lock()
        self._seconds: dict[str, float] = json.loads(file.read_text()) if file.exists() else {}

    def __contains__(self, test: Path) -> bool:
        return self._key(test) in self._seconds

    def add(self, test: Path, seconds: float) -> None:
        """Save the duration of a test file."""
        with self._lock:
            self._seconds[self._key(test)] = round(seconds, 1)
            self._file.write_text(json.dumps(self._seconds, indent=0))

    def in_order(self, distances: Mapping[Path, int]) -> list[Path]:
        """Return test files by distance, then by duration."""
        return sorted(distances, key=lambda test: (distances[test], self._estimate(test)))

    def _estimate(self, test: Path) -> float:
        return self._seconds.get(self._key(test), (self._root / test).stat().st_size * SECONDS_PER_BYTE)

    def _key(self, test: Path) -> str:
        return f"{test} {hashlib.sha256((self._root / test).read_bytes()).hexdigest()[:16]}"
