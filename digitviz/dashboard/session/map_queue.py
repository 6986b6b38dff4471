"""The maps that one session wants of those that all sessions share."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Hashable, Iterable
from dataclasses import replace
from functools import partial
from typing import TypeVar

import numpy as np

from digitviz.dashboard.session.map_requests import FilmRequest, MapProgress, MapState, Reason, Request
from digitviz.dashboard.session.shared_values import MAPS
from digitviz.kept import Kept
from digitviz.projections import Embedding, film, project
from digitviz.projections.packing import FILM, MAP, pack_film, pack_map, unpack_film, unpack_map
from digitviz.projections.points import PointsError
from digitviz.values import Report, State, Unwanted, Value, Values

T = TypeVar("T")

log = logging.getLogger(__name__)

MOST_MOMENTS = 24
"""Moments kept of a map while it is computed; when there are more, every second one is dropped."""


class MapQueue:
    """Takes the requests of a session, which are computed in the order they came; `progress` tells how far each is.

    Parameters
    ----------
    values : Values
        Shared by all sessions: the same map is computed once for all that want it.
    asker : hashable
        Tells this session from any other.
    owner : hashable, optional
        Whose session it is, see `Values.ask`.
    """

    def __init__(self, values: Values, asker: Hashable, owner: Hashable | None = None) -> None:
        self._values, self._asker, self._owner = values, asker, owner

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
            The id of each.
        """
        wanted = [_value(request) for request in requests]
        self._values.ask(self._asker, wanted, again, self._owner)
        return [value.id for value in wanted]

    def progress(self, id: str) -> MapProgress:
        """Return a map as it is now."""
        standing = self._values.standing(self._asker, id)
        mark = (id, standing.state)
        if standing.state == State.THERE:
            finished: MapProgress = standing.value
            return replace(finished, kept=True) if standing.was_there else finished
        if standing.state == State.FAILED:
            return replace(_failed(standing.error), mark=mark)
        if standing.state == State.NOT_ASKED:
            return MapProgress(MapState.FAILED, reason=Reason.DROPPED, mark=mark)
        if standing.progress is not None:
            moving: MapProgress = standing.progress
            return moving
        return MapProgress(MapState.MOVING if standing.state == State.AT_WORK else MapState.WAITING, mark=mark)

    def busy(self, ids: Iterable[str]) -> bool:
        """Tell whether any of these maps is not finished."""
        return not all(self._values.standing(self._asker, id).finished for id in ids)

    def wait(self, ids: Iterable[str], seconds: float) -> None:
        """Wait until these maps are finished, but not longer than this."""
        self._values.wait(self._asker, ids, seconds)

    def close(self) -> None:
        """Want none any more; what nobody else wants is stopped."""
        self._values.withdraw(self._asker)


def _value(request: Request | FilmRequest) -> Value:
    """Return what is asked for, with the ways to come by it."""
    if isinstance(request, FilmRequest):
        kept = Kept(FILM, request.id, _film_as_bytes, partial(_kept_film, request))
        return Value(request.id, partial(_logged, request.method, _film, request), MAPS, kept)
    kept = Kept(MAP, request.map_id, _map_as_bytes, partial(_logged, request.method, _kept_map, request))
    return Value(request.id, partial(_logged, request.method, _drawn, request), MAPS, kept)


def _logged(method: str, make: Callable[..., T], *arguments: object) -> T:
    """Make something; what goes wrong and is not the fault of the points is in the log."""
    try:
        return make(*arguments)
    except (Unwanted, ValueError):
        raise
    except Exception:
        log.exception("a map by %s failed", method)
        raise


def _drawn(request: Request, report: Report) -> MapProgress:
    moments: list[tuple[int, np.ndarray]] = []

    def watch(iteration: int, iterations: int, coordinates: np.ndarray) -> None:
        moments.append((iteration, coordinates.astype(np.float32)))
        if len(moments) > MOST_MOMENTS:
            del moments[1::2]
        report(MapProgress(MapState.MOVING, iteration, iterations, coordinates.copy()))

    embedding = project(
        request.points(), request.method, request.labels, request.dimensions, request.seed, request.quality, watch,
        **request.options,
    )  # fmt: skip
    return _done(request, embedding, tuple(moments))


def _done(request: Request, embedding: Embedding, moments: tuple[tuple[int, np.ndarray], ...] = ()) -> MapProgress:
    if request.for_placing:
        embedding.place(request.points()[:1])  # the first call takes up to seconds, those after it none
    return MapProgress(MapState.DONE, coordinates=embedding.coordinates, embedding=embedding, moments=moments)


def _map_as_bytes(finished: MapProgress) -> bytes:
    assert finished.embedding is not None
    return pack_map(finished.embedding)


def _kept_map(request: Request, data: bytes) -> MapProgress:
    return _done(request, unpack_map(data, request.points()))


def _film(request: FilmRequest, report: Report) -> MapProgress:
    def watch(frame: int, frames: int, coordinates: np.ndarray) -> None:
        report(MapProgress(MapState.MOVING, frame, frames, coordinates.copy()))

    began = time.perf_counter()
    frames = film(request.frames(), request.method, on_progress=watch)
    return MapProgress(MapState.DONE, film=tuple(frames), seconds=time.perf_counter() - began)


def _film_as_bytes(finished: MapProgress) -> bytes:
    return pack_film(finished.film, finished.seconds)


def _kept_film(request: FilmRequest, data: bytes) -> MapProgress:
    frames, seconds = unpack_film(data, request.shape)
    return MapProgress(MapState.DONE, film=tuple(frames), seconds=seconds, kept=True)


def _failed(error: Exception | None) -> MapProgress:
    """Say why there is no map."""
    if isinstance(error, PointsError):
        known = {"not_finite": Reason.NOT_FINITE, "same": Reason.SAME}
        return MapProgress(MapState.FAILED, reason=known.get(error.code, Reason.REFUSED), error=str(error))
    if isinstance(error, ValueError):
        return MapProgress(MapState.FAILED, reason=Reason.REFUSED, error=str(error))
    return MapProgress(MapState.FAILED, reason=Reason.BROKEN)
