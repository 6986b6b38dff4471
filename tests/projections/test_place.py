"""Points added after the map was drawn."""

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier

from digitviz import load_digits
from digitviz.projections import METHODS, project


@pytest.fixture(scope="module")
def held_out():
    return load_digits()[600:900]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dimensions", [2, 3])
@pytest.mark.sampled(2)
def test_held_out_digits_land_among_their_like(digits, drawn, held_out, method, dimensions):
    embedding = drawn(method) if dimensions == 2 else project(digits.pixels, method, digits.labels, dimensions=3)
    placement = embedding.place(held_out.pixels)
    assert placement.coordinates.shape == (300, dimensions)
    assert placement.approximate is (method in ("mds", "tsne"))
    around = KNeighborsClassifier(10).fit(embedding.coordinates, digits.labels)
    assert around.score(placement.coordinates, held_out.labels) > embedding.neighbour_accuracy - 0.15


@pytest.mark.parametrize(
    ("method", "share"), [("pca", 1e-9), ("isomap", 1e-4), ("spectral", 1e-6), ("tsne", 1e-9), ("mds", 0.05)]
)
def test_a_point_that_was_there_lands_where_it_is(digits, drawn, method, share):
    embedding = drawn(method)
    off = embedding.place(digits.pixels[:50]).coordinates - embedding.coordinates[:50]
    assert np.median(np.linalg.norm(off, axis=1)) < share * np.ptp(embedding.coordinates)


def test_mds_places_a_point_where_no_step_improves_its_stress(digits, drawn, held_out):
    embedding = drawn("mds")
    place = embedding.place(held_out.pixels[:1]).coordinates[0]
    distances = np.linalg.norm(digits.pixels - held_out.pixels[0], axis=1)

    def stress(at):
        return np.sum((np.linalg.norm(embedding.coordinates - at, axis=1) - distances) ** 2)

    step = 0.02 * np.ptp(embedding.coordinates)
    for angle in np.linspace(0, 2 * np.pi, 8, endpoint=False):
        assert stress(place) < stress(place + step * np.array([np.cos(angle), np.sin(angle)]))


@pytest.mark.parametrize("method", METHODS)
def test_placing_repeats_and_takes_one_point(drawn, held_out, method):
    embedding = drawn(method)
    once, again = (embedding.place(held_out.pixels[0]).coordinates for _ in range(2))
    assert once.shape == (1, 2)
    np.testing.assert_array_equal(once, again)
    assert embedding.place(np.empty((0, 64))).coordinates.shape == (0, 2)


@pytest.mark.parametrize(
    ("new", "message"),
    [
        (np.zeros((1, 63)), "the shape of this map's data"),
        (np.full((1, 64), np.nan), "not a finite number"),
        (np.zeros((2001, 64)), "can be placed at once"),
        (np.zeros((1, 1, 64)), "shape"),
    ],
)
def test_what_cannot_be_placed_is_refused(drawn, new, message):
    with pytest.raises(ValueError, match=message):
        drawn("pca").place(new)
