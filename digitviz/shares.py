"""Fair shares of a resource: the owner who has had the least comes first, and long work gives way to answers."""

import os
import sys
import threading
from collections.abc import Hashable

NICENESS = 15
"""Priority of long work on Linux, from 0 to 19. A larger number is a lower priority."""


def give_way() -> None:
    """Lower the priority of this thread, so that the system first runs the threads that answer visitors."""
    if sys.platform == "linux":  # other systems do not let Python set the priority of one thread
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


class Shares:
    """The amount of a resource that each owner has had (start-time fair queueing).

    A new or returning owner starts at the level of the owners being served, and so has neither credit nor debt.
    """

    def __init__(self) -> None:
        self._had: dict[Hashable, float] = {}
        self._served = 0.0

    def had(self, owner: Hashable) -> float:
        """Return how much an owner has had. The owner with the smallest amount comes next."""
        return max(self._had.get(owner, 0.0), self._served)

    def serve(self, owner: Hashable) -> None:
        """Record that an owner is being served now."""
        self._served = self.had(owner)
        self._had = {other: had for other, had in self._had.items() if had > self._served}

    def charge(self, owner: Hashable, amount: float) -> None:
        """Record the amount that an owner has received."""
        self._had[owner] = self.had(owner) + amount
