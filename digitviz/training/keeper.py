"""What trainings need of whoever keeps them."""

from __future__ import annotations

from typing import Protocol


class Keeper(Protocol):
    """Keeps pieces of trajectories as bytes, by the id of the recipe and their number, from 1.

    It may lose any of them at any time: they are computed again. It raises nothing, whatever happens to it.
    """

    def load(self, id: str) -> list[bytes]:
        """Return the pieces of a trajectory from the first up to the first that is missing; it is quick."""

    def keep(self, id: str, number: int, data: bytes) -> None:
        """Keep a piece, unless there is one of that number; it returns at once."""

    def drop(self, id: str, number: int) -> None:
        """Lose a damaged piece and all after it; it returns at once."""
