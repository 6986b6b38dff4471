"""Maps and animations as jobs: their ids, a session's requests, progress, and texts for pages."""

import html
import logging
import time
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cached_property
from typing import Any

import numpy as np
import streamlit as st

from digitviz.dashboard.runtime.outside import MAX_ERROR_LENGTH, as_code, bounded
from digitviz.dashboard.runtime.turns import fragment
from digitviz.dashboard.session.lease import request, standing
from digitviz.dashboard.session.storage import MAPS
from digitviz.datasets import DigitDataset
from digitviz.language import gettext as _, lazy_gettext
from digitviz.networks.network import Network
from digitviz.numbers import in_percent, numeral
from digitviz.projections import Embedding, film, film_id, map_id, project
from digitviz.projections.packing import MAP, pack_map, unpack_map
from digitviz.projections.points import PointsError
from digitviz.projections.spaces import LABELS, PIXELS, W1_ROWS, Space
from digitviz.training.recipe import hash_of
from digitviz.training.run import Snapshot, TrainingRun
from digitviz.values import CacheEntry, Report, State, Value

log = logging.getLogger(__name__)

POLL_SECONDS = 0.2
PATIENCE = 0.3
"""Time in seconds that a page waits for its first map, so that page and map appear together."""
MAX_MOMENTS = 24
"""Maximum number of intermediate maps. If there are more, every second one is dropped."""


def id_of(run: TrainingRun | Snapshot, batch: int | None = None, steps: int = 0) -> str:
    """Return an id of a run's weights at a point in training.

    Parameters
    ----------
    run : TrainingRun or Snapshot
        A snapshot represents the point that it shows.
    batch : int, optional
        Number of batches after which the weights were recorded. Only for a run.
    steps : int
        Number of steps on the next batch.
    """
    if isinstance(run, Snapshot):
        return f"{run.history.serial} {'' if run.is_exact else 'about '}step {run.weights_step}"
    return f"{run.serial} batch {batch}" + (f" step {steps}" if steps else "")


def id_of_network(network: Network) -> str:
    """Return an id of a network without a run, from its content."""
    return f"{hash_of(network.parameters)} {network.activation} {network.input_scale}"


def id_of_points(space: str, digits: DigitDataset, weights: str) -> str:
    """Return an id of the points of a space without computing them. It contains exactly what they depend on.

    Parameters
    ----------
    space : str
        Name of the space.
    digits : DigitDataset
    weights : str
        See `id_of`.
    """
    if space == PIXELS:
        return f"{space} of {digits.id}"
    if space in (W1_ROWS, LABELS):
        return f"{space} of {weights}"
    return f"{space} of {digits.id} by {weights}"


class MapState(Enum):
    """State of a map, as text to show until there is a picture."""

    WAITING = lazy_gettext("waiting")
    MOVING = lazy_gettext("computing")
    DONE = lazy_gettext("done")
    FAILED = lazy_gettext("no map")


class Reason(Enum):
    """Reason why a map is missing, as text."""

    STOPPED = lazy_gettext("Stopped at iteration {iteration} of {iterations}. Press Compute again to finish it.")
    DROPPED = lazy_gettext("This map was discarded. Press Compute again.")
    NOT_FINITE = lazy_gettext("No map: some of the numbers are infinite, not a number, or far too large.")
    SAME = lazy_gettext("No map: all points are the same.")
    REFUSED = lazy_gettext("No map: {error}")
    BROKEN = lazy_gettext("This map could not be drawn. See the server log for the reason.")


@dataclass(frozen=True, eq=False)
class MapProgress:
    """Progress of a map, as an immutable snapshot.

    Parameters
    ----------
    state : MapState
    iteration, iterations : int
        Finished iterations and total iterations.
    coordinates : ndarray, shape (n, dimensions), or None
        Current coordinates of the points.
    embedding : Embedding or None
        The finished map.
    moments : tuple of (int, ndarray)
        Iteration and coordinates of intermediate maps, if the method reports any.
    film : tuple of ndarray, shape (n, dimensions)
        Finished frames of a requested animation.
    seconds : float
        Time that the animation took.
    reason : Reason or None
        Reason why there is no map.
    error : str
        Error message in English. Untrusted, because it may quote the input.
    kept : bool
        True if the map existed before this request.
    mark : hashable
        Changes with the picture, so that a page redraws only what has changed.
    """

    state: MapState = MapState.WAITING
    iteration: int = 0
    iterations: int = 0
    coordinates: np.ndarray | None = None
    embedding: Embedding | None = None
    moments: tuple[tuple[int, np.ndarray], ...] = ()
    film: tuple[np.ndarray, ...] = ()
    seconds: float = 0.0
    reason: Reason | None = None
    error: str = ""
    kept: bool = False
    mark: Hashable = field(default_factory=object, repr=False)

    @property
    def nbytes(self) -> int:
        """Memory of all coordinates, and of the points that a finished map holds, in bytes."""
        places = [*(places for _, places in self.moments), *self.film]
        return sum(array.nbytes for array in places) + (0 if self.embedding is None else self.embedding.nbytes)

    @property
    def finished(self) -> bool:
        """True if the map will not change any more."""
        return self.state in {MapState.DONE, MapState.FAILED}


@dataclass(frozen=True, eq=False)
class Request:
    """A request for a map.

    Parameters
    ----------
    of : str
        Id of the points and their labels, see `id_of_points`.
    points : callable
        Returns the points, shape (n, features). Called only if the map must be computed.
    method : str
    labels : ndarray of int, shape (n,), or None
    dimensions, seed, quality, options
        See `digitviz.project`. The options contain only values that differ from the defaults.
    for_placing : bool
        True to prepare the map for placing new points in it.
    """

    of: str
    points: Callable[[], np.ndarray]
    method: str
    labels: np.ndarray | None = None
    dimensions: int = 2
    seed: int = 0
    quality: str = "quick"
    options: dict[str, Any] = field(default_factory=dict)
    for_placing: bool = False

    @property
    def id(self) -> str:
        """Id of the request."""
        return f"{self.map_id} for placing" if self.for_placing else self.map_id

    @cached_property
    def map_id(self) -> str:
        """Id of the map."""
        labelled = self.labels is not None
        return map_id(self.of, self.method, labelled, self.dimensions, self.seed, self.quality, self.options)

    def value(self) -> Value:
        """Return the map as a value that is computed, cached and shared."""
        kept = CacheEntry[MapProgress](
            MAP, self.map_id, lambda done: pack_map(done.embedding) if done.embedding else b"", self._read
        )
        return Value(self.id, self._draw, MAPS, kept)

    def _draw(self, report: Report) -> MapProgress:
        moments: list[tuple[int, np.ndarray]] = []

        def watch(iteration: int, iterations: int, coordinates: np.ndarray) -> None:
            moments.append((iteration, coordinates.astype(np.float32)))
            if len(moments) > MAX_MOMENTS:
                del moments[1::2]
            report(MapProgress(MapState.MOVING, iteration, iterations, coordinates.copy()))

        chosen = (self.labels, self.dimensions, self.seed, self.quality)
        return self._done(project(self.points(), self.method, *chosen, watch, **self.options), tuple(moments))

    def _read(self, data: bytes) -> MapProgress:
        return self._done(unpack_map(data, self.points()))

    def _done(self, embedding: Embedding, moments: tuple[tuple[int, np.ndarray], ...] = ()) -> MapProgress:
        if self.for_placing:
            embedding.place(self.points()[:1])  # the first call takes up to seconds, later ones almost no time
        log.debug("%.3f of the neighbours are real", embedding.real_neighbours)  # computed here: no page waits for it
        return MapProgress(MapState.DONE, coordinates=embedding.coordinates, embedding=embedding, moments=moments)


@dataclass(frozen=True, eq=False)
class FilmRequest:
    """A request for an animation: maps of the same points at several points in training.

    Parameters
    ----------
    of : str
        Id of the points of its frames.
    frames : callable
        Returns a sequence of arrays of shape (n, features).
    method : str
        See `digitviz.film`.
    """

    of: str
    frames: Callable[[], Sequence[np.ndarray]]
    method: str

    @property
    def id(self) -> str:
        """Id of the animation."""
        return film_id(self.of, self.method)

    def value(self) -> Value:
        """Return the animation as a value that is computed and shared, and again after a restart of the server."""
        return Value(self.id, self._draw, MAPS)

    def _draw(self, report: Report) -> MapProgress:
        def watch(frame: int, frames: int, coordinates: np.ndarray) -> None:
            report(MapProgress(MapState.MOVING, frame, frames, coordinates.copy()))

        began = time.perf_counter()
        frames = film(self.frames(), self.method, on_progress=watch)
        return MapProgress(MapState.DONE, film=tuple(frames), seconds=time.perf_counter() - began)


def request_of(of: Space, digits: DigitDataset, weights: str, method: str, **rest: Any) -> Request:
    """Return a request for a map of a space.

    Parameters
    ----------
    of : Space
    digits : DigitDataset
        Digits of the space.
    weights : str
        Id of the weights that the space depends on, see `id_of`.
    method : str
    **rest
        See `Request`.
    """
    return Request(id_of_points(of.name, digits, weights), lambda: of.points, method, of.labels, **rest)


def ask(requests: Iterable[Request | FilmRequest], again: bool = False, patience: float = 0.0) -> list[str]:
    """Request maps instead of those that the session requested before. Return their ids.

    Parameters
    ----------
    requests : iterable of Request or FilmRequest
        Requests in the order in which to draw the missing maps.
    again : bool
        True to draw the maps even if they exist.
    patience : float
        Time in seconds to wait for all of them. Other pages run meanwhile.
    """
    wanted = [each.value() for each in requests]
    request(MAPS, wanted, patience, again)
    return [value.id for value in wanted]


def progress(id: str) -> MapProgress:
    """Return the current progress of a map that the session has requested."""
    now = standing(MAPS, id)
    mark = (id, now.state)
    if now.state == State.THERE:
        finished: MapProgress = now.value
        return replace(finished, kept=True) if now.was_there else finished
    if now.state == State.FAILED:
        return replace(_failed(now.error), mark=mark)
    if now.state == State.NOT_ASKED:
        return MapProgress(MapState.FAILED, reason=Reason.DROPPED, mark=mark)
    is_at_work = now.state == State.AT_WORK
    return now.progress or MapProgress(MapState.MOVING if is_at_work else MapState.WAITING, mark=mark)


def busy(ids: Iterable[str]) -> bool:
    """Return whether any of these maps is unfinished."""
    return not all(standing(MAPS, id).finished for id in ids)


def _failed(error: Exception | None) -> MapProgress:
    """Return the progress of a missing map, with the reason."""
    if not isinstance(error, ValueError):
        return MapProgress(MapState.FAILED, reason=Reason.BROKEN)
    known = {"not_finite": Reason.NOT_FINITE, "same": Reason.SAME}
    reason = known.get(error.code, Reason.REFUSED) if isinstance(error, PointsError) else Reason.REFUSED
    return MapProgress(MapState.FAILED, reason=reason, error=str(error))


def live(is_busy: Callable[[], bool], draw: Callable[[], None]) -> None:
    """Draw repeatedly in a fragment while maps are computed, then rerun the page once."""

    def show(running: bool) -> None:
        if running and not is_busy():
            st.rerun()
        draw()

    running = is_busy()
    fragment(show, run_every=POLL_SECONDS if running else None)(running)


def coming(progress: MapProgress) -> str:
    """Return the text for a figure in place of a missing or unfinished map: without Markdown, escaped for Plotly."""
    error = html.escape(bounded(progress.error, MAX_ERROR_LENGTH))
    return why_not(progress, error) if progress.state == MapState.FAILED else str(progress.state.value)


def why_not(progress: MapProgress, error: str | None = None) -> str:
    """Return the reason for a missing map, by default as Markdown with the error message as code."""
    error = as_code(progress.error, limit=MAX_ERROR_LENGTH) if error is None else error
    numbers = {"iteration": numeral(progress.iteration), "iterations": numeral(progress.iterations)}
    return (progress.reason or Reason.REFUSED).value.format(error=error, **numbers)


def how_it_stands(progress: MapProgress) -> str:
    """Describe a map's progress, or its quality and time, in one line."""
    if progress.embedding is not None:
        return f"{quality_in_words(progress.embedding)} · {took(progress.embedding.seconds, progress)}"
    if progress.iterations and not progress.finished:
        if progress.iteration >= progress.iterations:  # its quality is still missing
            return _("almost done")
        number, count = map(numeral, (progress.iteration, progress.iterations))
        return _("iteration {number} of {count}").format(number=number, count=count)
    return str(progress.state.value)


def quality_in_words(embedding: Embedding) -> str:
    """Describe a map's measures of quality."""
    words = [_("trustworthiness {share}").format(share=in_percent(embedding.trustworthiness))]
    if embedding.neighbour_accuracy is not None:
        words.append(_("neighbour accuracy {share}").format(share=in_percent(embedding.neighbour_accuracy)))
    if embedding.explained_variance is not None:
        words.append(_("explained variance {share}").format(share=in_percent(sum(embedding.explained_variance))))
    if embedding.stress is not None:
        words.append(_("stress {stress}").format(stress=numeral(embedding.stress, ".2f")))
    return " · ".join(words)


def took(seconds: float, progress: MapProgress) -> str:
    """Describe how long a map took, and whether it was computed before."""
    time = _("{seconds} s").format(seconds=numeral(seconds, ".2f")) if seconds >= 0.01 else _("under 0.01 s")
    if progress.embedding is not None and progress.embedding.cached and not progress.kept:
        return _("took **{time}**, loaded from disk").format(time=time)
    return (_("took **{time}**, reused") if progress.kept else _("took **{time}**")).format(time=time)
