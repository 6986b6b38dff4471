"""The session's queue of maps, and the progress of a map in words."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from digitviz.dashboard.runtime.shared import shared
from digitviz.dashboard.runtime.turns import turns
from digitviz.dashboard.session.lease import Kind, lease
from digitviz.dashboard.session.map_memory import MapsOfRuns
from digitviz.dashboard.session.map_queue import MapQueue
from digitviz.dashboard.session.map_requests import MapProgress, MapState
from digitviz.projections import Embedding, EmbeddingCache

POLL_SECONDS = 0.2
PATIENCE = 0.3
"""Seconds that a page waits for its first map, so that it is there with the page and not a moment later."""
AT_ONCE = 2
"""Maps that are drawn at the same time on the server; the sessions take turns."""

WORDS = {MapState.WAITING: "waiting", MapState.MOVING: "computing", MapState.DONE: "done", MapState.FAILED: "no map"}
"""What is said of a map before there is anything to see."""


def _turn() -> threading.BoundedSemaphore:
    return threading.BoundedSemaphore(AT_ONCE)


MAPS = Kind[MapQueue](MapQueue.close)


def queue() -> MapQueue:
    """Return the session's queue of maps; what it is drawing stops when the tab closes."""
    held = lease().held(MAPS)
    if held is not None:
        return held
    folder = os.environ.get("DIGITVIZ_CACHE") or Path.home() / ".cache" / "digitviz"
    cache = EmbeddingCache(Path(folder) / "maps")
    return lease().hold(MAPS, MapQueue(cache, shared().get(_turn), shared().get(MapsOfRuns)))


def wait(keys: list[str], seconds: float) -> None:
    """Wait until these maps are finished, but not longer than this; other pages go on meanwhile."""
    with turns().set_aside():
        queue().wait(keys, seconds)


def how_it_stands(progress: MapProgress) -> str:
    """Say in one line how far a map is, or how good it is and how long it took."""
    if progress.embedding is not None:
        return f"{_quality_in_words(progress.embedding)} · {took(progress.embedding.seconds, progress)}"
    if progress.iterations and not progress.finished:
        return f"iteration {progress.iteration} of {progress.iterations}"
    return WORDS[progress.state]


def _quality_in_words(embedding: Embedding) -> str:
    """Say how good a map is."""
    words = [f"trustworthiness {embedding.trustworthiness:.1%}"]
    if embedding.neighbour_accuracy is not None:
        words.append(f"neighbour accuracy {embedding.neighbour_accuracy:.1%}")
    if embedding.explained_variance is not None:
        words.append(f"explained variance {sum(embedding.explained_variance):.1%}")
    if embedding.stress is not None:
        words.append(f"stress {embedding.stress:.2f}")
    return " · ".join(words)


def took(seconds: float, progress: MapProgress) -> str:
    """Say how long a map took, and whether it had been computed before."""
    words = f"**{seconds:.2f} s**" if seconds >= 0.01 else "**under 0.01 s**"
    if progress.embedding is not None and progress.embedding.cached:
        return f"took {words}, now from disk"
    return f"took {words}, kept since" if progress.kept else words
