"""Hands the pieces of a trajectory to a keeper, as soon as they are complete."""

from __future__ import annotations

import logging
import time

import numpy as np

from digitviz.training.keeper import Keeper
from digitviz.training.piece import Links, Piece, PieceForm, Stops
from digitviz.training.records import Records

AT_ONCE = 4
"""Pieces taken over from another trajectory that are handed on in a slice of work; each takes a millisecond."""

log = logging.getLogger(__name__)


class PieceWriter:
    """Whoever records a trajectory tells it of each batch; it makes the pieces, on that thread.

    Parameters
    ----------
    keeper : Keeper
    form : PieceForm
    links : Links

    Attributes
    ----------
    keeper : Keeper
    stops : dict of int to ndarray
        Weights for display since the last complete piece, some of which the trajectory may not keep any more.
    """

    def __init__(self, keeper: Keeper, form: PieceForm, links: Links) -> None:
        self.keeper, self._form, self._links = keeper, form, links
        self.stops: dict[int, np.ndarray] = {}
        self._waiting: list[int] = []  # numbers of complete pieces that were taken over, the next one last
        self._taken_over_since = 0.0

    @property
    def nbytes(self) -> int:
        """Memory it uses, in bytes, if the trajectory does not keep these weights any more."""
        return sum(vector.nbytes for vector in self.stops.copy().values())

    def begin_with(self, stops: Stops, step: int, known_since: float) -> None:
        """Take over what another trajectory knows up to a step: its complete pieces wait to be handed on."""
        self._waiting = list(range(self._form.pieces_before(step), 0, -1))
        self._taken_over_since = known_since
        self.go_on_with(stops, step)

    def go_on_with(self, stops: Stops, step: int) -> None:
        """Note the weights for display up to a step, at once."""
        first, last = self._form.pieces_before(step) * self._form.batches, step // self._form.length
        self.stops = {batches: vector for batches, vector in stops.items() if first < batches <= last}

    def note(self, batches: int, vector: np.ndarray) -> None:
        """Note the weights after so many batches, float32, shape (size,)."""
        if self._form.is_stop(batches):
            self.stops[batches] = vector

    def batch_is_recorded(self, records: Records, batches: int) -> None:
        """Hand on the piece that ends after so many batches, if one does."""
        if batches % self._form.batches == 0:
            self._hand_on(records, batches // self._form.batches, time.time())
            self.stops = {}

    def catch_up(self, records: Records, most: int | None = AT_ONCE) -> None:
        """Hand on pieces that were taken over, at most so many; None for all of them."""
        for _ in range(len(self._waiting[:most])):
            self._hand_on(records, self._waiting.pop(), self._taken_over_since)

    def _hand_on(self, records: Records, number: int, known_since: float) -> None:
        form = self._form
        end = number * form.batches
        try:
            checkpoint = records.checkpoints.after(end)
            if checkpoint is not None and not form.has_checkpoint(number, checkpoint):
                checkpoint = None
            piece = Piece.of(
                records, form, self._links.before(number - 1), self.stops, end - form.batches, end * form.length,
                checkpoint, known_since,
            )  # fmt: skip
            self.keeper.keep(form.recipe.id, number, piece.to_bytes())
        except Exception:  # it can be computed again: the training goes on
            log.exception("piece %d of a training could not be kept", number)
