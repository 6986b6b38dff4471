"""Animations of maps of changing data."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from digitviz.projections.alignment import rotation_onto
from digitviz.projections.compute import check_choices, project
from digitviz.projections.layout import Cancelled
from digitviz.projections.neighbourhood import EXACT_POINTS, nearest
from digitviz.projections.pca import principal_axes
from digitviz.projections.points import check_points
from digitviz.projections.registry import METHODS
from digitviz.ranges import in_short

MAX_FRAMES = 400
MAX_FILM_POINTS = 2_000_000
"""Maximum number of points in all frames together: 400 frames of 1797 digits have 0.7 million."""
STEPS = 50
"""t-SNE steps per frame. On five snapshots of a hidden layer, points then move 0.034 of the map's radius per frame."""


def film(
    frames: Sequence[np.ndarray],
    method: str = "pca",
    dimensions: int = 2,
    seed: int = 0,
    on_progress: Callable[[int, int, np.ndarray], bool | None] | None = None,
) -> list[np.ndarray]:
    """Map the same points at several times, so that the maps can be played as an animation.

    Parameters
    ----------
    frames : sequence of ndarray, shape (n, features)
        The points at each time, in the same order and shape.
    method : str
        "pca": one set of axes, the principal components of all frames together. "tsne": each frame starts from the
        previous one and takes `STEPS` steps, without exaggeration.
    dimensions, seed
        Same as in `project`.
    on_progress : callable, optional
        Called with (frame, frames, coordinates) after each frame; return False to stop.

    Returns
    -------
    list of ndarray of float64, shape (n, dimensions)

    Raises
    ------
    ValueError
        If there are no frames or too many, if shapes differ, or if a frame is not finite or all its points are the
        same.
    Cancelled
        If `on_progress` returned False.
    """
    if method not in (films := [name for name, rules in METHODS.items() if rules.film]):
        raise ValueError(f"method: {in_short(method)} is not one of {', '.join(films)}")
    check_choices(dimensions, seed)
    if not 1 <= len(frames) <= MAX_FRAMES:
        raise ValueError(f"frames: there are {len(frames)}; an animation has 1 to {MAX_FRAMES}")
    shapes = {np.shape(frame) for frame in frames}
    if len(shapes) > 1:
        raise ValueError(f"frames: shapes {in_short(sorted(shapes))} differ, but every frame must have the same points")
    moments = [check_points(frame) for frame in frames]
    if len(moments) * len(moments[0]) > MAX_FILM_POINTS:
        raise ValueError(f"frames: more than {MAX_FILM_POINTS} points in total: use fewer frames")
    drawn = []
    for coordinates in _FRAMES[method](moments, dimensions, int(seed)):
        drawn.append(coordinates)
        if on_progress is not None and on_progress(len(drawn), len(moments), coordinates) is False:
            raise Cancelled(f"the animation was stopped after {len(drawn)} of {len(moments)} frames")
    return drawn


def _pca_frames(moments: list[np.ndarray], dimensions: int, seed: int) -> Iterator[np.ndarray]:
    together = np.concatenate(moments)
    centre = together.mean(axis=0)
    scale = np.abs(together - centre).max()
    axes, _, _ = principal_axes((together - centre) / scale, dimensions)
    return ((moment - centre) @ axes for moment in moments)


def _tsne_frames(moments: list[np.ndarray], dimensions: int, seed: int) -> Iterator[np.ndarray]:
    from digitviz.projections.tsne import MOMENTUM, Optimiser

    first = project(moments[0], "tsne", dimensions=dimensions, seed=seed)
    before = first.coordinates
    yield before
    for moment in moments[1:]:
        scaled = moment - moment.mean(axis=0)
        scaled /= np.abs(scaled).max()
        optimiser = Optimiser(scaled, float(first.options["perplexity"]), before)
        for _ in range(STEPS):
            optimiser.step(1.0, MOMENTUM[1])
        after = optimiser.coordinates - optimiser.coordinates.mean(axis=0)
        before = after @ rotation_onto(after, before)
        yield before


_FRAMES = {"pca": _pca_frames, "tsne": _tsne_frames}
"""Frame generators of the methods that have a film in `METHODS`."""


def warm_up() -> None:
    """Import and compile what the methods need, so that the first map does not wait for it.

    Call it in a background thread. It takes under a second with numba's cache on disk, about five seconds without.
    """
    from digitviz.projections.manifold import grid_stroke

    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 3))
    for method in METHODS.values():
        project(x, method.name, labels=np.arange(40) % 2).place(x[:1])
        if method.film:
            film([x, x], method.name)
    nearest(np.zeros((EXACT_POINTS + 1, 1)), 1, x[:1, :1])  # the kernel for many points
    grid_stroke()
