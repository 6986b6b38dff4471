"""Ids of maps and animations, and the serialization of maps.

A hash in the bytes shows that this program wrote them. So reading only checks that they belong to the points and that
the method still has the same options.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from digitviz.packing import pack, unpack
from digitviz.projections.compute import Embedding
from digitviz.projections.layout import Note
from digitviz.projections.points import check_points
from digitviz.projections.registry import METHODS

VERSION = 3
"""Raise it whenever a method would draw a different map or animation of the same data."""
MAP = "map"
"""Kind of cache entries."""
MAP_FORMAT = f"digitviz map 1, drawn by {VERSION}"
"""Name of the format. Raise the first number if it changes."""
COPIED = (
    *("method", "quality", "seed", "options", "seconds"),
    *("trustworthiness", "neighbour_accuracy", "explained_variance", "stress"),
)
"""Fields of an `Embedding` that JSON can represent directly."""


def map_id(
    of: str,
    method: str,
    labelled: bool = False,
    dimensions: int = 2,
    seed: int = 0,
    quality: str = "quick",
    options: Mapping[str, Any] | None = None,
) -> str:
    """Return the id of a map, 64 characters. Neither the map nor its points need to exist yet.

    Parameters
    ----------
    of : str
        Id of the points and labels, for example the id of a data set.
    labelled : bool
        True if neighbour accuracy is measured.
    method, dimensions, seed, quality
        See `project`.
    options : mapping
        Options that differ from the defaults of the quality.
    """
    return _hash("map", of, method, labelled, dimensions, seed, quality, sorted((options or {}).items()))


def film_id(of: str, method: str, dimensions: int = 2, seed: int = 0) -> str:
    """Return the id of an animation; `of` is the id of the points of its frames."""
    return _hash("film", of, method, dimensions, seed)


def _hash(*said: object) -> str:
    return hashlib.sha256(repr((VERSION, *said)).encode()).hexdigest()


def pack_map(embedding: Embedding) -> bytes:
    """Serialize a map without the points it shows."""
    notes = {name: getattr(embedding, name) for name in COPIED}
    notes["notes"] = [[note.code, dict(note.fields)] for note in embedding.notes]
    notes["layout_seed"] = embedding._layout_seed
    return pack(MAP_FORMAT, notes, {"coordinates": embedding.coordinates})


def unpack_map(data: bytes, points: np.ndarray) -> Embedding:
    """Read a map that `pack_map` wrote, and mark it as `cached`.

    Parameters
    ----------
    data : bytes
    points : ndarray, shape (n, features)
        The mapped points.

    Raises
    ------
    ValueError
        If the bytes are not a map of these points.
    """
    notes, arrays = unpack(MAP_FORMAT, data)
    x = check_points(points)
    try:  # another version of the program may have other methods, options and notes
        (coordinates,), copied = arrays.values(), {name: notes[name] for name in COPIED}
        if {*copied["options"]} != {option.name for option in METHODS[copied["method"]].options}:
            raise ValueError(f"{copied['options']} are not the options of {copied['method']}")
        explained = copied.pop("explained_variance")
        return Embedding(
            _places(coordinates, len(x)),
            **copied,
            explained_variance=None if explained is None else tuple(explained),
            notes=tuple(Note(code, **fields) for code, fields in notes["notes"]),
            _x=x,
            _layout_seed=notes["layout_seed"],
            cached=True,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"not a map of these points: {error!r}") from error


def _places(array: np.ndarray, points: int) -> np.ndarray:
    fits = array.ndim == 2 and array.shape[0] == points and array.shape[1] in (2, 3) and array.dtype == np.float64
    if not fits or not np.isfinite(array).all():
        raise ValueError(f"{array.dtype} of shape {array.shape} are not finite coordinates of {points} points")
    return array.copy()  # `unpack` returns read-only arrays
