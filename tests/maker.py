"""Values that are computed on demand."""

from __future__ import annotations

import threading

import numpy as np

from digitviz.values import Report, State, Value, Values

BYTES = np.zeros(1000).nbytes
"""Size of a `Maker`'s array."""


class Maker:
    """Creates arrays on demand, and records their ids."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.made: list[str] = []
        self.stopped: list[str] = []
        self._go = threading.Semaphore(0)

    def go(self, times: int = 1) -> None:
        """Let `times` values finish."""
        self._go.release(times)

    def of(self, id: str, reports: bool = False, lane: str = "one") -> Value:
        """Return a value. If it `reports` its progress, it can be stopped."""

        def compute(report: Report) -> np.ndarray:
            self.begun.append(id)
            for number in range(60_000):
                if reports:
                    try:
                        report(number)
                    except Exception:
                        self.stopped.append(id)
                        raise
                if self._go.acquire(timeout=0.001):
                    break
            self.made.append(id)
            return np.zeros(1000)

        return Value(id, compute, lane)


def state(values: Values, asker: str, id: str) -> State:
    return values.standing(asker, id).state


def there(values: Values, asker: str, *ids: str) -> bool:
    return all(state(values, asker, id) == State.THERE for id in ids)
