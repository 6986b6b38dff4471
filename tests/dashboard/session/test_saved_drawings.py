"""The drawings of a session while the store does not answer."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from digitviz.dashboard.session import saved_drawings
from digitviz.store import KeptDrawing, Unavailable


def drawing(label: int) -> KeptDrawing:
    return saved_drawings.new(np.zeros((280, 280)), np.zeros((8, 8)), label, np.full(10, 0.1))


@pytest.fixture
def store(monkeypatch) -> SimpleNamespace:
    def drawings_of(_owner: str) -> list[KeptDrawing]:
        if store.is_away:
            raise Unavailable
        return [*store.kept]

    store = SimpleNamespace(is_away=False, kept=[], drawings_of=drawings_of, no_room=lambda *_: None)
    store.save_drawing, store.delete = store.kept.append, lambda *_: None
    store.restore = store.delete
    monkeypatch.setattr(saved_drawings, "store", lambda: store)
    monkeypatch.setattr(saved_drawings, "owner", lambda: "a" * 64)
    monkeypatch.setattr(saved_drawings, "st", SimpleNamespace(session_state={}))
    return store


def test_those_of_earlier_visits_are_there_again_after_one_was_saved_while_the_store_was_away(store):
    saved_drawings.keep(drawing(1))
    saved_drawings.st.session_state.clear()  # another visit
    store.is_away = True
    assert saved_drawings.drawings() == []
    saved_drawings.keep(drawing(2))
    assert [each.label for each in saved_drawings.drawings()] == [2]
    saved_drawings.delete(saved_drawings.names())
    assert saved_drawings.drawings() == []
    saved_drawings.undo_delete()
    assert [each.label for each in saved_drawings.drawings()] == [2]
    store.is_away = False
    assert [each.label for each in saved_drawings.drawings()] == [1, 2]
