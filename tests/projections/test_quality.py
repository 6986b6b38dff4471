import numpy as np
import pytest
from scipy.spatial.distance import pdist
from sklearn import manifold
from sklearn.neighbors import KNeighborsClassifier

from digitviz.projections import project, quality
from digitviz.projections.quality import neighbour_accuracy, trustworthiness
from digitviz.projections.registry import METHODS


@pytest.mark.parametrize("k", [1, 5, 12])
def test_trustworthiness_is_scikit_learns(k):
    rng = np.random.default_rng(k)
    x, coordinates = rng.normal(size=(300, 10)), rng.normal(size=(300, 2))
    expected = manifold.trustworthiness(x, coordinates, n_neighbors=k)
    assert trustworthiness(x, coordinates, k) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("points", [4, 7, 10, 25])
def test_of_few_points_as_many_neighbours_are_looked_at_as_are_fewer_than_half(points):
    rng = np.random.default_rng(points)
    x, coordinates = rng.normal(size=(points, 5)), rng.normal(size=(points, 2))
    expected = manifold.trustworthiness(x, coordinates, n_neighbors=(points - 1) // 2)
    assert trustworthiness(x, coordinates) == pytest.approx(expected, abs=1e-12)


def test_trustworthiness_of_many_points_is_estimated_closely(monkeypatch):
    monkeypatch.setattr(quality, "SAMPLE_ABOVE", 1500)
    monkeypatch.setattr(quality, "SAMPLED_ROWS", 600)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(1600, 4))
    coordinates = x[:, :2]
    expected = manifold.trustworthiness(x, coordinates, n_neighbors=12)
    estimated = trustworthiness(x, coordinates)
    assert estimated != expected
    assert estimated == pytest.approx(expected, abs=0.01)


def test_neighbour_accuracy_leaves_the_point_itself_out(digits):
    some = digits[:300]
    coordinates = project(some.pixels, "pca").coordinates
    # Excludes the point itself.
    expected = KNeighborsClassifier(10).fit(coordinates, some.labels).score(None, some.labels)
    assert neighbour_accuracy(coordinates, some.labels) == pytest.approx(expected, abs=2 / 300)


def test_points_in_one_place_do_not_vote_for_themselves():
    # Pairs of points with different labels at the same place, so the nearest neighbour always has the wrong label.
    coordinates = np.repeat(np.arange(20.0)[:, None] * [1, 0], 2, axis=0)
    assert neighbour_accuracy(coordinates, np.tile([0, 1], 20), k=1) == 0


def test_labels_that_occur_once_are_not_judged(blob):
    assert project(blob[:10], "pca", np.arange(10)).neighbour_accuracy is None
    assert project(blob[:10], "pca").neighbour_accuracy is None
    words = np.array(["a", "b"] * 5)
    assert 0 <= project(blob[:10], "pca", words).neighbour_accuracy <= 1


def test_distances_in_a_map_by_pca_only_shrink_and_far_points_land_together(digits, drawn):
    found = drawn("pca")
    in_data, in_map = pdist(digits.pixels), pdist(found.coordinates)
    assert (in_map <= in_data + 1e-9).all()
    assert (in_map[in_data > np.median(in_data)] < np.quantile(in_map, 0.05)).any()
    assert found.trustworthiness < 0.9
    says = str(METHODS["pca"].description)
    assert "Distances only shrink" in says
    assert "distortion" not in says


def test_a_false_neighbour_costs_more_the_farther_away_it_is():
    x = np.arange(40.0)[:, None]
    maps = []
    for far in (5, 30):
        coordinates = np.concatenate([x, np.zeros((40, 1))], axis=1)
        coordinates[0, 0] = far + 0.4
        maps.append(coordinates)
    near, far = (trustworthiness(x, coordinates, 3) for coordinates in maps)
    assert far < near < 1
