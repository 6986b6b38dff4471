"""Maps on disk, by their ids: they are there at once after a restart."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from digitviz.projections.embedding import Embedding
from digitviz.projections.notes import Note
from digitviz.projections.points import check_points
from digitviz.projections.registry import method_named

MAX_BYTES = 200 * 2**20
MAX_DETAILS = 100_000
"""Characters that are read at most of a file's details."""


class EmbeddingCache:
    """Keeps maps in a folder and evicts the least recently used first.

    Files that are damaged, or that this cache did not write, count as missing and are written again. Files are plain
    numbers and text, read without pickle. Several processes may share a folder.

    Parameters
    ----------
    folder : str or Path
        Created when first needed.
    max_bytes : int
        Size of all files together.
    """

    def __init__(self, folder: str | Path, max_bytes: int = MAX_BYTES) -> None:
        self.folder = Path(folder)
        self.max_bytes = max_bytes

    def get(self, id: str, points: Callable[[], np.ndarray]) -> Embedding | None:
        """Return a map if it is in the folder, marked `cached`.

        Parameters
        ----------
        id : str
            As by `map_id`.
        points : callable
            Makes what is mapped, shape (n, features), by which new points are placed; called if the map is there.
        """
        # Of the many things that can be wrong with a file, each makes it as good as missing.
        path = self._path(id)
        try:
            if path.stat().st_size > self.max_bytes:
                return None
            with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
                coordinates = archive["coordinates"]
                details = json.loads(str(archive["details"])[:MAX_DETAILS])
            embedding = _restored(coordinates, details, check_points(points()))
        except Exception:
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        return embedding

    def put(self, id: str, embedding: Embedding) -> None:
        """Keep a map."""
        details = {
            "method": embedding.method,
            "quality": embedding.quality,
            "seed": embedding.seed,
            "options": embedding.options,
            "notes": [[note.code, dict(note.fields)] for note in embedding.notes],
            "seconds": embedding.seconds,
            "trustworthiness": embedding.trustworthiness,
            "neighbour_accuracy": embedding.neighbour_accuracy,
            "explained_variance": embedding.explained_variance,
            "stress": embedding.stress,
            "layout_seed": embedding._layout_seed,
        }
        # If the disk is full or read-only, the map is only computed again next time.
        with contextlib.suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self.folder, suffix=".part")
            try:
                with os.fdopen(handle, "wb") as file:
                    np.savez(file, coordinates=embedding.coordinates, details=np.array(json.dumps(details)))
                os.replace(name, self._path(id))
            except OSError:
                os.unlink(name)
                raise
            self._evict()

    def _path(self, id: str) -> Path:
        return self.folder / f"{id}.npz"

    def _evict(self) -> None:
        """Delete the least recently used files until the rest fits."""
        files = []
        for path in self.folder.iterdir():
            if path.suffix in (".npz", ".part"):
                with contextlib.suppress(OSError):
                    status = path.stat()
                    files.append((status.st_mtime_ns, status.st_size, path))
        total = sum(size for _, size, _ in files)
        for _, size, path in sorted(files):
            if total <= self.max_bytes:
                return
            with contextlib.suppress(OSError):
                path.unlink()
            total -= size


def _restored(coordinates: np.ndarray, details: dict[str, Any], x: np.ndarray) -> Embedding:
    """Return a map as it was.

    Raises
    ------
    Exception
        Of any kind, if it is none of these points.
    """
    if coordinates.shape[:1] != x.shape[:1] or coordinates.shape[1] not in (2, 3) or coordinates.dtype != np.float64:
        raise ValueError("these are no coordinates of these points")
    if not np.isfinite(coordinates).all():
        raise ValueError("not all coordinates are finite")
    rules, explained = method_named(details["method"]), details["explained_variance"]
    return Embedding(
        coordinates=coordinates,
        method=rules.name,
        quality=str(details["quality"]),
        seed=int(details["seed"]),
        options=rules.restore(details["options"]),
        notes=tuple(Note(code, **fields) for code, fields in details["notes"]),
        seconds=float(details["seconds"]),
        trustworthiness=float(details["trustworthiness"]),
        neighbour_accuracy=_number(details["neighbour_accuracy"]),
        explained_variance=None if explained is None else tuple(float(share) for share in explained),
        stress=_number(details["stress"]),
        _x=x,
        _layout_seed=int(details["layout_seed"]),
        _places_exactly=rules.places_exactly,
        cached=True,
    )


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
