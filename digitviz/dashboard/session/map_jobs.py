"""The maps that a session has asked for: who draws them, and how far they are, in words."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from digitviz.dashboard.runtime.shared import shared
from digitviz.dashboard.runtime.turns import turns
from digitviz.dashboard.session.lease import Kind, lease
from digitviz.dashboard.session.map_memory import MapsOfRuns
from digitviz.dashboard.session.map_queue import Desk
from digitviz.dashboard.session.map_requests import MapState, Sheet
from digitviz.projections import Embedding, EmbeddingCache

POLL_SECONDS = 0.2
PATIENCE = 0.3
"""Seconds that a page waits for its first map, so that it is there with the page and not a moment later."""
AT_ONCE = 2
"""Maps that are drawn at the same time on the server; the sessions take turns."""

WORDS = {MapState.WAITING: "waiting", MapState.MOVING: "at work", MapState.DONE: "done", MapState.FAILED: "no map"}
"""What is said of a map of which there is nothing to see."""


def _turn() -> threading.BoundedSemaphore:
    return threading.BoundedSemaphore(AT_ONCE)


MAPS = Kind[Desk](Desk.close)


def desk() -> Desk:
    """Return the session's desk; what it is drawing is stopped when the tab closes."""
    held = lease().held(MAPS)
    if held is not None:
        return held
    folder = os.environ.get("DIGITVIZ_CACHE") or Path.home() / ".cache" / "digitviz"
    cache = EmbeddingCache(Path(folder) / "maps")
    return lease().hold(MAPS, Desk(cache, shared().get(_turn), shared().get(MapsOfRuns)))


def wait(keys: list[str], seconds: float) -> None:
    """Wait until these maps are finished, but not longer than this; other pages go on meanwhile."""
    with turns().set_aside():
        desk().wait(keys, seconds)


def how_it_stands(sheet: Sheet) -> str:
    """Say in a line how far a map is, or how good it is and how long it took."""
    if sheet.embedding is not None:
        return f"{_quality_in_words(sheet.embedding)} · {took(sheet.embedding.seconds, sheet)}"
    if sheet.iterations and not sheet.finished:
        return f"iteration {sheet.iteration} of {sheet.iterations}"
    return WORDS[sheet.state]


def _quality_in_words(embedding: Embedding) -> str:
    """Say how far a map may be trusted."""
    words = [f"trust {embedding.trustworthiness:.1%}"]
    if embedding.neighbour_accuracy is not None:
        words.append(f"neighbours {embedding.neighbour_accuracy:.1%}")
    if embedding.explained_variance is not None:
        words.append(f"variance {sum(embedding.explained_variance):.1%}")
    if embedding.stress is not None:
        words.append(f"stress {embedding.stress:.2f}")
    return " · ".join(words)


def took(seconds: float, sheet: Sheet) -> str:
    """Say how long a picture took, and whether that was before it was asked for."""
    words = f"**{seconds:.2f} s**" if seconds >= 0.01 else "**under 0.01 s**"
    if sheet.embedding is not None and sheet.embedding.cached:
        return f"{words} when drawn, now from disk"
    return f"{words} when drawn, kept since" if sheet.kept else words
