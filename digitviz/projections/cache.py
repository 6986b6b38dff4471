"""Maps on disk: as they depend only on data, method, options and seed, they are there at once after a restart."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from digitviz.projections.compute import OnProgress, project
from digitviz.projections.embedding import Embedding
from digitviz.projections.points import check_points
from digitviz.projections.registry import method_named

VERSION = 1
"""To be raised whenever a method would draw a different map of the same data."""
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

    def project(
        self,
        x: np.ndarray,
        method: str,
        labels: np.ndarray | None = None,
        dimensions: int = 2,
        seed: int = 0,
        quality: str = "quick",
        on_progress: OnProgress | None = None,
        recompute: bool = False,
        **options: Any,
    ) -> Embedding:
        """Return the map from the folder, marked `cached`, or compute it by `project` and store it.

        Parameters
        ----------
        recompute : bool
            Compute it again even if it is there.
        x, method, labels, dimensions, seed, quality, on_progress, **options
            As in `project`.

        Returns
        -------
        Embedding
        """
        path = self._path(x, method, labels, dimensions, seed, quality, options)
        if not recompute:
            found = self._read(path, check_points(x), method, dimensions)
            if found is not None:
                return found
        embedding = project(x, method, labels, dimensions, seed, quality, on_progress, **options)
        self._write(path, embedding)
        return embedding

    def get(
        self,
        x: np.ndarray,
        method: str,
        labels: np.ndarray | None = None,
        dimensions: int = 2,
        seed: int = 0,
        quality: str = "quick",
        **options: Any,
    ) -> Embedding | None:
        """Return the map if it is in the folder, without computing it; parameters as in `project`."""
        path = self._path(x, method, labels, dimensions, seed, quality, options)
        return self._read(path, check_points(x), method, dimensions)

    def _path(
        self,
        x: np.ndarray,
        method: str,
        labels: np.ndarray | None,
        dimensions: int,
        seed: int,
        quality: str,
        options: dict[str, Any],
    ) -> Path:
        points = check_points(x)
        used = method_named(method).choose(quality, len(points), options)
        said = json.dumps([VERSION, method, dimensions, seed, quality, sorted(used.items()), points.shape])
        digest = hashlib.sha256(said.encode())
        digest.update(np.ascontiguousarray(points).data)
        if labels is not None:
            digest.update(json.dumps(np.asarray(labels).tolist()).encode())
        return self.folder / f"{method}-{digest.hexdigest()[:40]}.npz"

    def _read(self, path: Path, x: np.ndarray, method: str, dimensions: int) -> Embedding | None:
        # Of the many things that can be wrong with a file, each makes it as good as missing.
        try:
            if path.stat().st_size > self.max_bytes:
                return None
            with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
                coordinates = archive["coordinates"]
                details = json.loads(str(archive["details"])[:MAX_DETAILS])
            if coordinates.shape != (len(x), dimensions) or coordinates.dtype != np.float64:
                return None
            if not np.isfinite(coordinates).all():
                return None
            explained = details["explained_variance"]
            embedding = Embedding(
                coordinates=coordinates,
                method=method,
                quality=str(details["quality"]),
                seed=int(details["seed"]),
                options=method_named(method).restore(details["options"]),
                notes=tuple(str(note) for note in details["notes"]),
                seconds=float(details["seconds"]),
                trustworthiness=float(details["trustworthiness"]),
                neighbour_accuracy=_number(details["neighbour_accuracy"]),
                explained_variance=None if explained is None else tuple(float(share) for share in explained),
                stress=_number(details["stress"]),
                _x=x,
                _layout_seed=int(details["layout_seed"]),
                _places_exactly=method_named(method).places_exactly,
                cached=True,
            )
        except Exception:
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        return embedding

    def _write(self, path: Path, embedding: Embedding) -> None:
        details = {
            "quality": embedding.quality,
            "seed": embedding.seed,
            "options": embedding.options,
            "notes": embedding.notes,
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
                os.replace(name, path)
            except OSError:
                os.unlink(name)
                raise
            self._evict()

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


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
