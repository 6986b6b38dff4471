"""Maps and films as bytes, and back. Nothing that is read is trusted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from digitviz.packing import Notes, pack, unpack
from digitviz.projections.embedding import Embedding
from digitviz.projections.ids import VERSION
from digitviz.projections.notes import Note
from digitviz.projections.options import QUALITIES
from digitviz.projections.points import check_points
from digitviz.projections.registry import Method, method_named

MAP, FILM = "map", "film"
"""The kinds under which they are kept."""
MAP_FORMAT = f"digitviz map 1, drawn by {VERSION}"
FILM_FORMAT = f"digitviz film 1, drawn by {VERSION}"
"""Name what is written and in which form; another form needs another number, and so does what is drawn otherwise."""
MOST_NOTES = 20
MOST_CHARACTERS = 200
"""Of what stands in a note's place."""
LARGEST_SEED = 2**32 - 1


def pack_map(embedding: Embedding) -> bytes:
    """Return bytes of a map, without the points that it is made of."""
    notes = {
        "method": embedding.method,
        "quality": embedding.quality,
        "seed": int(embedding.seed),
        "options": embedding.options,
        "notes": [[note.code, dict(note.fields)] for note in embedding.notes],
        "seconds": float(embedding.seconds),
        "trustworthiness": float(embedding.trustworthiness),
        "neighbour_accuracy": _plain(embedding.neighbour_accuracy),
        "explained_variance": None if embedding.explained_variance is None else list(embedding.explained_variance),
        "stress": _plain(embedding.stress),
        "layout_seed": int(embedding._layout_seed),
    }
    return pack(MAP_FORMAT, notes, {"coordinates": embedding.coordinates})


def unpack_map(data: bytes, points: np.ndarray) -> Embedding:
    """Return a map as `pack_map` took it, marked `cached`.

    Parameters
    ----------
    data : bytes
    points : ndarray, shape (n, features)
        What is mapped.

    Raises
    ------
    ValueError
        If it is no map of these points.
    """
    notes, arrays = unpack(MAP_FORMAT, data)
    x = check_points(points)
    try:
        (coordinates,) = arrays.values()
        return _map(notes, _places(coordinates, len(x)), x)
    except (AttributeError, KeyError, TypeError, OverflowError) as error:
        raise ValueError(f"not a map: {error!r}") from error


def pack_film(frames: Sequence[np.ndarray], seconds: float) -> bytes:
    """Return bytes of a film, and of how long it took."""
    return pack(FILM_FORMAT, {"seconds": float(seconds)}, {"frames": np.stack(frames)})


def unpack_film(data: bytes, shape: tuple[int, int]) -> tuple[list[np.ndarray], float]:
    """Return a film as `pack_film` took it, and how long it took in seconds.

    Parameters
    ----------
    data : bytes
    shape : (int, int)
        How many frames there are, and how many points in each.

    Raises
    ------
    ValueError
        If it is no such film.
    """
    notes, arrays = unpack(FILM_FORMAT, data)
    frames = arrays.get("frames")
    _need(arrays.keys() == {"frames"} and frames is not None and len(frames) == shape[0], f"it holds {sorted(arrays)}")
    assert frames is not None
    return [_places(frame, shape[1]) for frame in frames], _number(notes.get("seconds"))


def _map(notes: Notes, coordinates: np.ndarray, x: np.ndarray) -> Embedding:
    rules = method_named(notes["method"])
    explained = notes["explained_variance"]
    _need(explained is None or (isinstance(explained, list) and len(explained) <= 3), "its shares are none")
    _need(notes["quality"] in QUALITIES, "its quality is none")
    return Embedding(
        coordinates=coordinates,
        method=rules.name,
        quality=notes["quality"],
        seed=_whole(notes["seed"]),
        options=_options(rules, notes["options"]),
        notes=_notes(notes["notes"]),
        seconds=_number(notes["seconds"]),
        trustworthiness=_number(notes["trustworthiness"]),
        neighbour_accuracy=_number_or_none(notes["neighbour_accuracy"]),
        explained_variance=None if explained is None else tuple(map(_number, explained)),
        stress=_number_or_none(notes["stress"]),
        _x=x,
        _layout_seed=_whole(notes["layout_seed"]),
        _places_exactly=rules.places_exactly,
        cached=True,
    )


def _places(array: np.ndarray, points: int) -> np.ndarray:
    fits = array.ndim == 2 and array.shape[0] == points and array.shape[1] in (2, 3) and array.dtype == np.float64
    _need(fits, f"{array.dtype} of shape {array.shape} are no places of {points} points")
    _need(bool(np.isfinite(array).all()), "not all places are finite")
    return array.copy()  # what is read cannot be written to


def _options(rules: Method, stored: Any) -> dict[str, int | float | str]:
    _need(isinstance(stored, dict), "its options are none")
    for option in rules.options:
        value = stored.get(option.name)
        _need(isinstance(value, str) if option.choices else _is_finite(value), f"{option.name} is {value!r}")
        _need(not option.choices or value in option.choices, f"{option.name} is none of its choices")
    return rules.restore(stored)


def _notes(stored: Any) -> tuple[Note, ...]:
    _need(isinstance(stored, list) and len(stored) <= MOST_NOTES, "its notes are none")
    notes = []
    for code, fields in stored:
        short = all(isinstance(value, str) and len(value) <= MOST_CHARACTERS for value in fields.values())
        _need(short, "a note says too much")
        notes.append(Note(code, **fields))
    return tuple(notes)


def _whole(value: Any) -> int:
    _need(type(value) is int and 0 <= value <= LARGEST_SEED, f"{value!r} is no seed")
    return int(value)


def _number(value: Any) -> float:
    _need(_is_finite(value), f"{value!r} is no number")
    return float(value)


def _number_or_none(value: Any) -> float | None:
    return None if value is None else _number(value)


def _is_finite(value: Any) -> bool:
    return type(value) in (int, float) and bool(np.isfinite(value))


def _plain(value: float | None) -> float | None:
    return None if value is None else float(value)


def _need(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ValueError(f"not a map of these points: {otherwise}")
