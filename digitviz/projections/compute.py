"""Computing a map: check the points, lay them out, rotate the map, measure its quality, place new points."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from numbers import Integral, Real
from typing import Any

import numpy as np

from digitviz.projections.alignment import rotation_onto
from digitviz.projections.layout import Cancelled, Layout, Note, Placer
from digitviz.projections.neighbourhood import nearest
from digitviz.projections.pca import principal_axes
from digitviz.projections.points import check_points, scaled, usable_numbers
from digitviz.projections.quality import (
    LABEL_NEIGHBOURS,
    SAMPLE_ABOVE,
    SAMPLED_ROWS,
    TRUSTWORTHINESS_NEIGHBOURS,
    nearest_in_map,
    neighbour_accuracy,
    trustworthiness,
)
from digitviz.projections.registry import METHODS, QUALITIES, Method, method_named
from digitviz.ranges import in_short
from digitviz.table import as_numbers
from digitviz.values import cached_property

OnProgress = Callable[[int, int, np.ndarray], bool | None]

MAX_PLACED = 2000
"""Maximum number of points for `Embedding.place`."""
NEAR, FAR, MOST = 0.02, 0.4, 0.8
"""Mean distances in a map, as fractions of its width, beyond which they do not matter to `contrasts`; and the share of
kept neighbours beyond which it does not matter to `ordinary`."""


@dataclass(frozen=True, eq=False)
class Placement:
    """Coordinates of new points in a map.

    Parameters
    ----------
    coordinates : ndarray of float64, shape (n, dimensions)
    approximate : bool
        True if the method has no rule of its own for new points, so neighbours or distances determine them.
    """

    coordinates: np.ndarray
    approximate: bool


@dataclass(frozen=True, eq=False)
class Embedding:
    """A map of points.

    Parameters
    ----------
    coordinates : ndarray of float64, shape (n, dimensions)
        Centred at 0 and rotated to match the PCA of the same data as closely as possible. The largest loading of each
        PCA axis is positive.
    method : str
    quality : str
        "quick" or "best".
    seed : int
    options : dict
        Options used, including the changes that `notes` mentions.
    notes : tuple of Note
        One English sentence for each reduced option, joined graph or approximation; `Note.said` translates it.
    seconds : float
        Wall-clock time of the layout, excluding the quality measures.
    trustworthiness : float
        To what extent neighbours in the map are neighbours in the data, 0 to 1 (`quality.trustworthiness`).
    neighbour_accuracy : float or None
        Fraction of points whose label is the most common among their nearest neighbours in the map. None without
        labels.
    explained_variance : tuple of float or None
        PCA: the fraction of the variance along each axis, 0 to 1.
    stress : float or None
        MDS: Kruskal's stress-1, sqrt(sum (map distance - distance)^2 / sum distance^2), over all pairs.
    cached : bool
        True if the map was read from the cache.
    """

    coordinates: np.ndarray
    method: str
    quality: str
    seed: int
    options: dict[str, int | float | str]
    notes: tuple[Note, ...]
    seconds: float
    trustworthiness: float
    neighbour_accuracy: float | None
    explained_variance: tuple[float, ...] | None
    stress: float | None
    _x: np.ndarray = field(repr=False)
    _layout_seed: int = field(repr=False)
    cached: bool = False

    @property
    def nbytes(self) -> int:
        """Memory of the coordinates, the mapped points, both lists of neighbours and which of them agree, in bytes."""
        return self.coordinates.nbytes + self._x.nbytes + 13 * LABEL_NEIGHBOURS * len(self._x)

    @cached_property
    def real_neighbours(self) -> float:
        """How often one of the ten nearest points in the map is one of the ten nearest in the data, 0 to 1.

        Fewer than ten if there are few points. Computed on first use.
        """
        return float(self._stays.mean())

    @cached_property
    def _stays(self) -> np.ndarray:
        """Whether the map keeps each neighbour in the data, the nearest first, shape (n, count)."""
        in_data, in_map = self._nearest
        return (in_data[:, :, None] == in_map[:, None]).any(axis=2)

    @cached_property
    def _nearest(self) -> tuple[np.ndarray, np.ndarray]:
        count = min(LABEL_NEIGHBOURS, (len(self._x) - 1) // 2)
        return nearest(self._x, count)[0], nearest_in_map(self.coordinates, count, np.arange(len(self._x)))

    def ordinary(self, labels: np.ndarray) -> int:
        """Choose a point near the mean of its label, among points of that label, that keeps most of its neighbours."""
        at_home = (labels[self._nearest[1]] == labels[:, None]).mean(axis=1) > 0.5
        kept = np.minimum(self._stays.mean(axis=1), MOST)
        return int(np.lexsort((self._odd(labels), -kept, ~at_home))[0])

    def stray(self, labels: np.ndarray) -> int:
        """Choose a point among those of another label that most of its neighbours have, on the map and in the data.

        The map keeps many of these neighbours. An `ordinary` point if there is none.
        """
        names, whose = np.unique(labels, return_inverse=True)
        around = np.stack([np.eye(len(names))[whose[near]].mean(axis=1) for near in self._nearest]).min(axis=0)
        around[np.arange(len(labels)), whose] = 0
        most = around.max(axis=1)
        clear = np.where(most > 0.5, most + self._stays.mean(axis=1), 0)
        return int(clear.argmax()) if clear.any() else self.ordinary(labels)

    def _odd(self, labels: np.ndarray) -> np.ndarray:
        """Return the squared distance of each point to the mean of its label."""
        names, whose = np.unique(labels, return_inverse=True)
        means = np.stack([self._x[labels == name].mean(axis=0) for name in names])
        return ((self._x - means[whose]) ** 2).sum(axis=1)

    def contrasts(self, worse: "Embedding", labels: np.ndarray) -> list[int]:
        """Choose a point of each label whose neighbours stay close in this map and not in a worse one, clearest first.

        Those that stay close are not so close that they cover each other. The worse map scatters them widely. A point
        near the mean of its label is clearer than an odd one.
        """
        near, far = self._stays.sum(axis=1), worse._stays.sum(axis=1)
        room = (self._away * self._stays).sum(axis=1) / np.maximum(near, 1)
        clear = (near - far) * np.minimum(room, NEAR) * np.minimum(worse._away.mean(axis=1), FAR) ** 2
        order = np.argsort(-clear / np.maximum(self._odd(labels), 1e-12), kind="stable")
        return order[np.sort(np.unique(labels[order], return_index=True)[1])].tolist()

    @property
    def _away(self) -> np.ndarray:
        """Distance in the map to each neighbour in the data, as a fraction of the map's width, shape (n, count)."""
        steps = self.coordinates[self._nearest[0]] - self.coordinates[:, None]
        return np.linalg.norm(steps, axis=2) / (np.ptp(self.coordinates, axis=0).max() or 1.0)

    @cached_property
    def _placer(self) -> Placer:
        rules = METHODS[self.method]
        points, centre, scale = scaled(self._x)
        unit = scale if rules.keeps_units else 1.0
        place = rules.load().placer(points, self.coordinates / unit, self.options, self._layout_seed)
        return lambda new: place((new - centre) / scale) * unit

    def place(self, new: np.ndarray) -> Placement:
        """Find where new points belong in the map.

        Most methods have their own rule. MDS places a point where its distances to all others fit best, t-SNE on its
        nearest neighbour; both results are marked approximate. The first call prepares the rule.

        Parameters
        ----------
        new : ndarray, shape (n, features) or (features,)

        Raises
        ------
        ValueError
            If the number of features differs, a value is not finite, or there are more than `MAX_PLACED` points.
        """
        points = np.atleast_2d(as_numbers(new, "new"))
        if points.ndim != 2 or points.shape[1] != self._x.shape[1]:
            raise ValueError(f"new: shape {points.shape} is not (n, {self._x.shape[1]}), the shape of this map's data")
        if len(points) > MAX_PLACED:
            raise ValueError(f"new: {len(points)} points; at most {MAX_PLACED} can be placed at once")
        usable_numbers(points, "new")
        places = self._placer(points) if len(points) else np.empty((0, self.coordinates.shape[1]))
        return Placement(places, approximate=not METHODS[self.method].places_exactly)


def project(
    x: np.ndarray,
    method: str,
    labels: np.ndarray | None = None,
    dimensions: int = 2,
    seed: int = 0,
    quality: str = "quick",
    on_progress: OnProgress | None = None,
    **options: Any,
) -> Embedding:
    """Map high-dimensional points to two or three dimensions.

    The same arguments give the same map, bit for bit, on the same machine.

    Parameters
    ----------
    x : ndarray, shape (n, features)
        3 to 20,000 points of up to 1024 features. Equal points are allowed and stay close.
    method : str
        A name in `METHODS`.
    labels : ndarray of int or str, shape (n,), optional
        Class of each point, used only to measure the quality of the map.
    dimensions : int
        2 or 3.
    seed : int
        Random seed; `Embedding.notes` says if the method uses no random numbers.
    quality : str
        "quick"; or "best", which takes more iterations and returns the most trustworthy of several maps.
    on_progress : callable, optional
        Called with (iteration, iterations, coordinates) between the iterations of MDS, t-SNE and UMAP. If it returns
        False, the layout stops and `project` raises `Cancelled`.
    **options
        Values that replace the defaults; see `METHODS[method].options`.

    Raises
    ------
    ValueError
        If an argument is out of range, a value is not finite, or all points are the same.
    Cancelled
        If `on_progress` returned False.
    """
    rules = method_named(method)
    x = check_points(x, *rules.points)
    labels = _check_labels(labels, len(x))
    check_choices(dimensions, seed, quality)
    seed = int(seed)  # NumPy's generators refuse 1.0
    chosen = rules.choose(quality, len(x), options)

    began = time.perf_counter()
    points, _, scale = scaled(x)
    layout, used, layout_seed = _best_layout(rules, points, dimensions, chosen, seed, on_progress)
    seconds = time.perf_counter() - began
    return Embedding(
        layout.coordinates * (scale if rules.keeps_units else 1.0),
        rules.name,
        quality,
        seed,
        used,
        (*layout.notes, *_notes(rules, chosen, len(x))),
        seconds,
        trustworthiness(points, layout.coordinates),
        None if labels is None else neighbour_accuracy(layout.coordinates, labels),
        layout.explained_variance,
        layout.stress,
        x,
        layout_seed,
    )


def _best_layout(
    rules: Method, points: np.ndarray, dimensions: int, chosen: dict, seed: int, on_progress: OnProgress | None
) -> tuple[Layout, dict, int]:
    """Lay out once per attempt. Return the most trustworthy layout, rotated, with its options and seed."""
    goal = points @ principal_axes(points, dimensions)[0]
    attempts = int(chosen.get("attempts", 1))

    def report(iteration: int, iterations: int, coordinates: np.ndarray) -> None:
        if on_progress is None:
            return
        # Number the iterations of all attempts in one sequence.
        done, total = attempt * iterations + iteration, attempts * iterations
        if on_progress(done, total, _turned(coordinates, goal)) is False:
            raise Cancelled(f"{rules.title} was stopped after {iteration} of {iterations} iterations")

    found = []
    for attempt in range(attempts):
        used, layout_seed = dict(chosen), _seed_of(seed, attempt)
        layout = rules.load().layout(points, dimensions, used, layout_seed, report)
        layout.coordinates = _turned(layout.coordinates, goal)
        score = trustworthiness(points, layout.coordinates) if attempts > 1 else 0.0
        found.append((score, layout, used, layout_seed))
    return max(found, key=lambda one: one[0])[1:]


def _notes(rules: Method, chosen: dict, points: int) -> list[Note]:
    """Return notes about the effect of the seed, and about quality measures that are only estimates."""
    notes = [] if chosen.get("start") == "random" else [Note(rules.seed_code)]
    if points > SAMPLE_ABOVE:
        notes.append(Note("estimated", used=SAMPLED_ROWS, points=points))
    if (points - 1) // 2 < TRUSTWORTHINESS_NEIGHBOURS:
        notes.append(Note("few_points", used=max(1, (points - 1) // 2)))
    return notes


def _check_labels(labels: np.ndarray | None, points: int) -> np.ndarray | None:
    if labels is None:
        return None
    try:
        labels = np.asarray(labels)
    except ValueError:
        raise ValueError("labels: expected one whole number or word per point") from None
    if labels.shape != (points,) or labels.dtype.kind not in "iubU":
        raise ValueError(f"labels: {labels.dtype} of shape {labels.shape}; expected one whole number or word per point")
    # If no two points share a label, no neighbour can vote correctly.
    return labels if len(np.unique(labels)) < points else None


def check_choices(dimensions: int, seed: int, quality: str = "quick") -> None:
    """Raise ValueError if one of the arguments is invalid."""
    if not isinstance(dimensions, Integral) or dimensions not in (2, 3):
        raise ValueError(f"dimensions: {in_short(dimensions)} is neither 2 nor 3")
    if not isinstance(seed, Real) or not 0 <= seed < 2**32 or seed != int(seed):
        raise ValueError(f"seed: {in_short(seed)} is not a whole number from 0 to 2^32 - 1")
    if not isinstance(quality, str) or quality not in QUALITIES:
        raise ValueError(f"quality: {in_short(quality)} is not one of {', '.join(QUALITIES)}")


def _seed_of(seed: int, attempt: int) -> int:
    """Return the seed of an attempt: the caller's for the first, unrelated seeds for the others."""
    return seed if attempt == 0 else int(np.random.SeedSequence([seed, attempt]).generate_state(1)[0])


def _turned(coordinates: np.ndarray, goal: np.ndarray) -> np.ndarray:
    """Centre a map and rotate it to match the PCA of its data as closely as possible."""
    centred = coordinates - coordinates.mean(axis=0)
    return centred @ rotation_onto(centred, goal)
