"""Points unlike those of any data set, and options unknown to every method."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from digitviz.projections import METHODS, align, kept_neighbours, project, separated_neighbours
from tests.fuzz.refusals import result_or_refusal

SCALES = (5e-324, 1e-308, 1e-200, 1e-100, 1e-9, 1.0, 1e9, 1e99, 1e100, 1e150, 1e308)
ODD = (0.0, -0.0, 1.0, np.nan, np.inf, -np.inf, 5e-324, 1e100, -1e100, 1e308)


@st.composite
def clouds(draw: st.DrawFn) -> np.ndarray:
    """Create a few points at some scale, some of them equal, collinear or with an odd value."""
    points, features = draw(st.integers(1, 40)), draw(st.integers(1, 12))
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    x = rng.normal(size=(points, features))
    if draw(st.booleans()):
        x = np.rint(x)
    if draw(st.booleans()):
        x = x[rng.integers(0, draw(st.integers(1, points)), points)]
    if draw(st.booleans()):
        x = x[:, :1] * np.ones(features)
    with np.errstate(all="ignore"):
        x = x * draw(st.sampled_from(SCALES)) + draw(st.sampled_from((0.0, 0.0, *SCALES)))
    if draw(st.integers(0, 3)) == 0:
        x[draw(st.integers(0, points - 1)), draw(st.integers(0, features - 1))] = draw(st.sampled_from(ODD))
    return x


leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.complex_numbers()
tables = (
    hnp.arrays(
        hnp.scalar_dtypes() | st.sampled_from([np.dtype(object), np.dtype("U3")]),
        hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=8),
    )
    | st.lists(st.lists(leaves | st.just(10**400), max_size=3), max_size=6)
    | leaves
)
choices = st.fixed_dictionaries(
    {"method": st.sampled_from([*METHODS]) | leaves},
    optional={
        "dimensions": st.sampled_from([2, 3, 2.0, 4, "2", None]),
        "seed": leaves | st.just(2**32),
        "quality": st.just("quick") | leaves,
        "labels": st.lists(leaves, min_size=3, max_size=3) | leaves,
        "neighbours": leaves,
        "perplexity": leaves,
        "start": leaves,
        "iterations": leaves | st.just(10**400),
    },
)


def _check_map(arguments: tuple[str, int, Any]) -> None:
    method, dimensions, x = arguments
    embedding = result_or_refusal(lambda: project(x, method, dimensions=dimensions, **_QUICK[method]))
    if embedding is None:
        return
    assert embedding.coordinates.shape == (len(x), dimensions)
    assert np.isrealobj(embedding.coordinates)
    assert np.isfinite(embedding.coordinates).all()
    assert 0 <= embedding.trustworthiness <= 1
    placed = result_or_refusal(lambda: embedding.place(np.asarray(x, dtype=float)[:2]))
    assert placed is not None
    assert np.isfinite(placed.coordinates).all()


_FEW = ("iterations", "early_iterations", "epochs")
_QUICK = {
    name: {option.name: 10 for option in method.options if option.name in _FEW} for name, method in METHODS.items()
}


def _check_choices(arguments: dict[str, Any]) -> None:
    result_or_refusal(lambda: project(np.eye(3), **arguments))


def _check_comparisons(maps: tuple[Any, Any]) -> None:
    one, other = maps
    result_or_refusal(lambda: align(one, other))
    result_or_refusal(lambda: separated_neighbours(one, other))
    result_or_refusal(lambda: kept_neighbours(one, other, 0))


KINDS = {
    "points": (st.tuples(st.sampled_from([*METHODS]), st.sampled_from([2, 3]), clouds()), _check_map),
    "no points": (st.tuples(st.sampled_from([*METHODS]), st.just(2), tables), _check_map),
    "choices of a map": (choices, _check_choices),
    "two maps": (st.tuples(clouds() | tables, clouds() | tables), _check_comparisons),
}
