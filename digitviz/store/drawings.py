"""The part of the store that keeps drawings."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from digitviz.store.pending import Change, Pending
from digitviz.store.records import KeptDrawing
from digitviz.store.rows import ONCE_OF_A_DRAWING, drawing_of, drawing_row, readable


class DrawingsOfStore:
    """What a `Store` knows of drawings."""

    _pending: Pending
    _clock: Callable[[], float]
    _ask: Callable[[Callable[[Any, Any], Any]], Any]

    def save_drawing(self, drawing: KeptDrawing) -> None:
        """Save a drawing; if it is there, its label and what was read in it are replaced."""
        self._pending.change_drawing(drawing.id, Change(drawing_row(drawing), once=ONCE_OF_A_DRAWING))

    def drawings_of(self, owner: str) -> list[KeptDrawing]:
        """Return the drawings of an owner that were not deleted, oldest first."""
        waiting = self._pending.drawings
        found = self._ask(lambda reading, connection: reading.drawings_of(connection, owner))
        new = {id: change for id, change in waiting.items() if change.row is not None and change.row["owner"] == owner}
        rows = [waiting.get(id, Change()).applied_to(found.get(id)) for id in found | new]
        drawings = readable(drawing_of, [row for row in rows if row is not None and row["deleted"] is None])
        return sorted(drawings, key=lambda drawing: (drawing.created, drawing.id))

    def drawings(self, ids: Iterable[str]) -> list[KeptDrawing]:
        """Return drawings by their ids, in this order, those that were deleted too; what is missing is left out."""
        wanted, waiting = list(ids), self._pending.drawings
        found = self._ask(lambda reading, connection: reading.drawings_by_id(connection, wanted))
        rows = [waiting.get(id, Change()).applied_to(found.get(id)) for id in wanted]
        return readable(drawing_of, [row for row in rows if row is not None])

    def delete_drawings(self, ids: Iterable[str]) -> None:
        """Delete drawings; for 30 days, and as long as a run needs them, they can be restored."""
        for id in ids:
            self._pending.change_drawing(id, Change(sets={"deleted": self._clock()}))

    def restore_drawings(self, ids: Iterable[str]) -> None:
        """Bring deleted drawings back."""
        for id in ids:
            self._pending.change_drawing(id, Change(sets={"deleted": None}))
