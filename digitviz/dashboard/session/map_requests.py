"""Requests for maps, and the progress of each map."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np

from digitviz.projections import Embedding


@dataclass(frozen=True, eq=False)
class Request:
    """A request for a map.

    Parameters
    ----------
    points : ndarray of float64, shape (n, features)
    method : str
    labels : ndarray of int, shape (n,), or None
    dimensions, seed, quality, options
        As in `digitviz.project`.
    recorded : History, optional
        The recorded run that the points come from: its maps are kept with it, all others on disk.
    for_placing : bool
        Whether further points will be placed in it: what that needs is prepared with the map.
    """

    points: np.ndarray
    method: str
    labels: np.ndarray | None = None
    dimensions: int = 2
    seed: int = 0
    quality: str = "quick"
    options: dict[str, Any] = field(default_factory=dict)
    recorded: object | None = None
    for_placing: bool = False

    def key(self) -> str:
        """Return a text that is the same for the same map."""
        said = (
            self.method, self.dimensions, self.seed, self.quality, sorted(self.options.items()), self.points.shape,
            self.for_placing,
        )  # fmt: skip
        digest = hashlib.sha256(repr(said).encode())
        digest.update(np.ascontiguousarray(self.points).data)
        return digest.hexdigest()[:32]

    def arguments(self) -> dict[str, Any]:
        """Return what `digitviz.project` takes."""
        return {
            "x": self.points, "method": self.method, "labels": self.labels, "dimensions": self.dimensions,
            "seed": self.seed, "quality": self.quality, **self.options,
        }  # fmt: skip


@dataclass(frozen=True, eq=False)
class FilmRequest:
    """A request for a film: a map at several moments.

    Parameters
    ----------
    frames : tuple of ndarray of float64, shape (n, features)
    method : str
        As in `digitviz.film`.
    recorded : History
        The recorded run that they come from.
    """

    frames: tuple[np.ndarray, ...]
    method: str
    recorded: object

    def key(self) -> str:
        """Return a text that is the same for the same film."""
        digest = hashlib.sha256(repr(("film", self.method, self.frames[0].shape)).encode())
        for frame in self.frames:
            digest.update(np.ascontiguousarray(frame).data)
        return digest.hexdigest()[:32]


class MapState(StrEnum):
    """How far a map is."""

    WAITING = "waiting"
    MOVING = "moving"
    DONE = "done"
    FAILED = "failed"


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
    error : str
        Why there is no map.
    kept : bool
        Whether it had been drawn before this request.
    mark : object
        A new object for every picture, to tell whether it has to be drawn again.
    """

    state: MapState = MapState.WAITING
    iteration: int = 0
    iterations: int = 0
    coordinates: np.ndarray | None = None
    embedding: Embedding | None = None
    moments: tuple[tuple[int, np.ndarray], ...] = ()
    film: tuple[np.ndarray, ...] = ()
    seconds: float = 0.0
    error: str = ""
    kept: bool = False
    mark: object = field(default_factory=object, repr=False)

    @property
    def nbytes(self) -> int:
        """Memory of all coordinates, in bytes."""
        places = [*(places for _, places in self.moments), *self.film]
        return sum(array.nbytes for array in places) + (0 if self.coordinates is None else self.coordinates.nbytes)

    @property
    def finished(self) -> bool:
        """Whether nothing will change any more."""
        return self.state in {MapState.DONE, MapState.FAILED}
