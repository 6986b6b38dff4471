"""Fair shares of what several owners want at once: whoever has had the least comes first."""

from __future__ import annotations

from collections.abc import Hashable


class Shares:
    """How much each owner has had of something that is given out in pieces.

    An owner who comes, or comes back, begins where those are who are served: nobody can save up, and nobody is behind
    (start-time fair queueing).
    """

    def __init__(self) -> None:
        self._had: dict[Hashable, float] = {}
        self._served = 0.0

    def had(self, owner: Hashable) -> float:
        """Return how much an owner has had; the smaller, the sooner it is its turn."""
        return max(self._had.get(owner, 0.0), self._served)

    def serve(self, owner: Hashable) -> None:
        """Note that an owner gets a piece now."""
        self._served = self.had(owner)
        self._had = {other: had for other, had in self._had.items() if had > self._served}

    def charge(self, owner: Hashable, amount: float) -> None:
        """Note how large the piece was."""
        self._had[owner] = self.had(owner) + amount
