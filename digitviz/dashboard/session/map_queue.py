"""Draws the maps a session asks for, one after the other, in a thread of its own."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from digitviz.dashboard.session.map_memory import KeptMaps, MapsOfRuns
from digitviz.dashboard.session.map_requests import FilmRequest, MapProgress, MapState, Request
from digitviz.projections import Cancelled, EmbeddingCache, film, project

log = logging.getLogger(__name__)

MOST_MOMENTS = 24
"""Moments kept of a map while it is computed; when there are more, every second one is dropped."""


class MapQueue:
    """Takes requests and draws them in the order they came; `progress` tells how far each is.

    Parameters
    ----------
    cache : EmbeddingCache
        On disk, for maps that depend on no training.
    turn : context manager
        Held while a map is drawn: a bound on how many are drawn at once on the server.
    of_runs : MapsOfRuns
        Where the maps of recorded runs are kept.
    """

    def __init__(self, cache: EmbeddingCache, turn: Any, of_runs: MapsOfRuns) -> None:
        self._cache, self._turn = cache, turn
        self._of_data, self._of_runs = KeptMaps(), of_runs
        self._progress: dict[str, MapProgress] = {}  # what is wanted, and what is being drawn
        self._waiting: OrderedDict[str, tuple[Request | FilmRequest, bool]] = OrderedDict()
        self._at_work = ""
        self._stopped: set[str] = set()
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._thread: threading.Thread | None = None

    def ask(self, requests: Iterable[Request | FilmRequest], again: bool = False) -> list[str]:
        """Ask for maps, and for no others: what was asked for before and is not among them is dropped.

        Parameters
        ----------
        requests : iterable of Request or FilmRequest
            Drawn in this order, those that are not there yet.
        again : bool
            Draw them even if they are there.

        Returns
        -------
        list of str
            The key of each.
        """
        wanted = {request.key(): request for request in requests}
        with self._lock:
            for key in [key for key in self._progress if key not in wanted and key != self._at_work]:
                del self._progress[key]
            for key in [key for key in self._waiting if key not in wanted]:
                del self._waiting[key]
            if self._at_work and self._at_work not in wanted:
                self._stopped.add(self._at_work)
            for key, request in wanted.items():
                known = self._progress.get(key)
                stopped = key in self._stopped
                if known is None and not again:
                    kept = self._kept(request).get(key)
                    if kept is not None:
                        self._progress[key] = replace(kept, kept=True)
                        continue
                if known is None or (again and known.finished) or stopped:
                    self._progress[key] = MapProgress()
                    self._waiting[key] = (request, again)
            if self._waiting and self._thread is None:
                self._thread = threading.Thread(target=self._work, name="digitviz-maps", daemon=True)
                self._thread.start()
        return list(wanted)

    def progress(self, key: str) -> MapProgress:
        """Return a map as it is now."""
        with self._lock:
            return self._progress.get(
                key, MapProgress(MapState.FAILED, error="This map was dropped. Press Compute again.")
            )

    def busy(self, keys: Iterable[str]) -> bool:
        """Tell whether any of these maps is not finished."""
        return any(not self.progress(key).finished for key in keys)

    def wait(self, keys: Iterable[str], seconds: float) -> None:
        """Wait until these maps are finished, but not longer than this."""
        with self._changed:
            self._changed.wait_for(
                lambda: all(key not in self._progress or self._progress[key].finished for key in keys), seconds
            )

    @property
    def threads(self) -> int:
        """How many threads are at work: 0 or 1."""
        return int(self._thread is not None)

    def close(self) -> None:
        """Stop at once; nothing is left running."""
        self.ask([])

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._thread = None
                    return
                self._at_work, (request, again) = self._waiting.popitem(last=False)
                key = self._at_work
                self._stopped.discard(key)
            with self._turn:
                progress = self._draw(key, request, again)
            with self._lock:
                self._at_work = ""
                if key in self._stopped:
                    self._stopped.discard(key)
                    if key not in self._waiting:
                        self._progress.pop(key, None)
                else:
                    self._progress[key] = progress
                    if progress.state == MapState.DONE:
                        self._keep(key, request, progress)
                self._changed.notify_all()

    def _kept(self, request: Request | FilmRequest) -> KeptMaps:
        return self._of_data if request.recorded is None else self._of_runs.of(request.recorded)

    def _keep(self, key: str, request: Request | FilmRequest, progress: MapProgress) -> None:
        nbytes = progress.nbytes
        if isinstance(request, Request) and request.recorded is not None:
            nbytes += request.points.nbytes  # the map holds them; those of the data are there anyway
        self._kept(request).put(key, progress, nbytes)

    def _draw(self, key: str, request: Request | FilmRequest, again: bool) -> MapProgress:
        moments: list[tuple[int, np.ndarray]] = []

        def watch(iteration: int, iterations: int, coordinates: np.ndarray) -> bool:
            moments.append((iteration, coordinates.astype(np.float32)))
            if len(moments) > MOST_MOMENTS:
                del moments[1::2]
            with self._lock:
                if key in self._stopped:
                    return False
                self._progress[key] = MapProgress(MapState.MOVING, iteration, iterations, coordinates.copy())
            return True

        with self._lock:
            self._progress[key] = replace(self._progress[key], state=MapState.MOVING, mark=object())
        try:
            if isinstance(request, FilmRequest):
                began = time.perf_counter()
                frames = film(request.frames, request.method, on_progress=watch)
                return MapProgress(MapState.DONE, film=tuple(frames), seconds=time.perf_counter() - began)
            arguments = request.arguments()
            if request.recorded is not None:
                embedding = project(on_progress=watch, **arguments)
            else:
                embedding = self._cache.project(on_progress=watch, recompute=again, **arguments)
            if request.for_placing:
                embedding.place(request.points[:1])  # the first call takes up to seconds, those after it none
        except Cancelled:
            return MapProgress(MapState.FAILED, error="stopped")
        except ValueError as error:
            return MapProgress(MapState.FAILED, error=str(error))
        except Exception:  # whatever it is, the queue goes on with the next map, and the reader is told
            log.exception("a map by %s failed", request.method)
            return MapProgress(MapState.FAILED, error="This map could not be drawn; the server's log says why.")
        return MapProgress(
            MapState.DONE, coordinates=embedding.coordinates, embedding=embedding, moments=tuple(moments)
        )
