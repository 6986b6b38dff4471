"""What a map and a film are known by, before they are drawn and before their points are made."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

VERSION = 1
"""To be raised whenever a method would draw a different map or film of the same data."""


def map_id(
    of: str,
    method: str,
    labelled: bool = False,
    dimensions: int = 2,
    seed: int = 0,
    quality: str = "quick",
    options: Mapping[str, Any] | None = None,
) -> str:
    """Return the id of a map, 64 characters: the same for the same map.

    Parameters
    ----------
    of : str
        Tells these points and their labels from any others, as the id of a data set does.
    labelled : bool
        Whether the map is measured by the labels.
    method, dimensions, seed, quality
        As in `project`.
    options : mapping
        Those that differ from the defaults of the quality.
    """
    return _hash("map", of, method, labelled, dimensions, seed, quality, sorted((options or {}).items()))


def film_id(of: str, method: str, dimensions: int = 2, seed: int = 0) -> str:
    """Return the id of a film; `of` tells the points of its frames from any others."""
    return _hash("film", of, method, dimensions, seed)


def _hash(*said: object) -> str:
    return hashlib.sha256(repr((VERSION, *said)).encode()).hexdigest()
