"""Requests for maps, and the progress of each map."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np

from digitviz.dashboard.session.map_ids import id_of_points
from digitviz.datasets import DigitDataset
from digitviz.projections import Embedding, film_id, map_id
from digitviz.projections.spaces import Space


@dataclass(frozen=True, eq=False)
class Request:
    """A request for a map.

    Parameters
    ----------
    of : str
        Tells the points and their labels from any others, as by `id_of_points`.
    points : callable
        Makes them, shape (n, features): called when the map has to be computed.
    method : str
    labels : ndarray of int, shape (n,), or None
    dimensions, seed, quality, options
        As in `digitviz.project`; of the options those that differ from the defaults.
    for_placing : bool
        Whether further points will be placed in it: what that needs is prepared with the map.
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
        """The same for the same request."""
        return f"{self.map_id} for placing" if self.for_placing else self.map_id

    @property
    def map_id(self) -> str:
        """The same for the same map."""
        labelled = self.labels is not None
        return map_id(self.of, self.method, labelled, self.dimensions, self.seed, self.quality, self.options)


@dataclass(frozen=True, eq=False)
class FilmRequest:
    """A request for a film: a map at several moments.

    Parameters
    ----------
    of : str
        Tells the points of its frames from any others.
    frames : callable
        Makes them, a sequence of arrays of shape (n, features).
    method : str
        As in `digitviz.film`.
    shape : (int, int)
        How many frames there are, and how many points in each.
    """

    of: str
    frames: Callable[[], Sequence[np.ndarray]]
    method: str
    shape: tuple[int, int]

    @property
    def id(self) -> str:
        """The same for the same film."""
        return film_id(self.of, self.method)


def request_of(of: Space, digits: DigitDataset, weights: str, method: str, **rest: Any) -> Request:
    """Return a request for a map of a space.

    Parameters
    ----------
    of : Space
    digits : DigitDataset
        That of the space.
    weights : str
        Tells the weights that it depends on from any others, as by `id_of`.
    method : str
    **rest
        As in `Request`.
    """
    return Request(id_of_points(of.name, digits, weights), lambda: of.points, method, of.labels, **rest)


class MapState(StrEnum):
    """How far a map is."""

    WAITING = "waiting"
    MOVING = "moving"
    DONE = "done"
    FAILED = "failed"


class Reason(StrEnum):
    """Why there is no map."""

    STOPPED = "stopped"
    DROPPED = "dropped"
    NOT_FINITE = "not finite"
    SAME = "same"
    REFUSED = "refused"
    BROKEN = "broken"


@dataclass(frozen=True, eq=False)
class MapProgress:
    """How far a map is at one moment. It does not change: the next moment has an object of its own.

    Parameters
    ----------
    state : MapState
    iteration, iterations : int
        How far it has come.
    coordinates : ndarray, shape (n, dimensions), or None
        Where the points are now.
    embedding : Embedding or None
        The finished map.
    moments : tuple of (int, ndarray)
        Iteration and coordinates of some moments on the way, if the method reports any.
    film : tuple of ndarray, shape (n, dimensions)
        The finished frames, if a film was asked for.
    seconds : float
        How long the film took.
    reason : Reason or None
        Why there is no map.
    error : str
        What the core says of it, in English; untrusted, as it may hold what was given.
    kept : bool
        Whether it had been drawn before this request.
    mark : hashable
        Another one for every picture, to tell whether it has to be drawn again.
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
        """Memory of all places, and of the points that a finished map holds, in bytes."""
        places = [*(places for _, places in self.moments), *self.film]
        return sum(array.nbytes for array in places) + (0 if self.embedding is None else self.embedding.nbytes)

    @property
    def finished(self) -> bool:
        """Whether nothing will change any more."""
        return self.state in {MapState.DONE, MapState.FAILED}
