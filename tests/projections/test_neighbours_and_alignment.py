import numpy as np
import pytest
from scipy.spatial import procrustes
from sklearn.neighbors import NearestNeighbors

from digitviz.projections import align, neighbours, project, separated_neighbours
from digitviz.projections.neighbourhood import nearest


def test_nearest_agrees_with_scikit_learn(digits):
    distances, indices = NearestNeighbors(n_neighbors=20).fit(digits.pixels).kneighbors()
    found, measured = nearest(digits.pixels, 20)
    np.testing.assert_allclose(measured, distances, atol=1e-9)
    assert np.mean(found == indices) > 0.95  # equally distant neighbours may swap, because pixels are integers


def test_nearest_among_many_points_agrees_with_scikit_learn():
    points = np.random.default_rng(1).normal(size=(5200, 6))
    indices, distances = nearest(points, 90)
    theirs, others = NearestNeighbors(n_neighbors=91, algorithm="brute").fit(points).kneighbors(points)
    np.testing.assert_allclose(distances, theirs[:, 1:], rtol=1e-5)
    assert (indices == others[:, 1:]).mean() > 0.9999


@pytest.mark.parametrize("k", [1, 5001])
def test_nearest_of_many_points_takes_any_number_of_them(k):
    points = np.arange(5001.0)[:, None]
    indices, distances = nearest(points, k, np.array([[-1.0], [2500.0]]))
    assert indices[0].tolist() == list(range(k))
    assert distances[0].tolist() == list(range(1, k + 1))
    assert indices[1, 0] == 2500


@pytest.mark.parametrize("count", [3, 5001])
@pytest.mark.parametrize("beyond", [0, 1])
def test_nearest_refuses_to_find_none_or_more_than_there_are(count, beyond):
    with pytest.raises(ValueError, match="is not between 1 and"):
        nearest(np.zeros((count, 2)), beyond * (count + 1), np.zeros((1, 2)))


def test_nearest_keeps_its_digits_far_from_the_origin():
    x = np.random.default_rng(0).normal(size=(100, 3))
    np.testing.assert_array_equal(nearest(x + 1e6, 5)[0], nearest(x, 5)[0])


def test_neighbours_of_a_point_leave_it_out_also_among_equals():
    x = np.array([[0.0], [5.0], [0.0], [1.0]])
    for point, indices in ((0, [2, 3, 1]), (2, [0, 3, 1])):
        found = neighbours(x, point, k=10)
        assert found.indices.tolist() == indices
        assert found.distances.tolist() == [0, 1, 5]


@pytest.mark.parametrize(("index", "k"), [(4, 1), (-1, 1), (0, 0)])
def test_neighbours_that_cannot_be_are_refused(index, k):
    with pytest.raises(ValueError, match="is"):
        neighbours(np.eye(4), index, k)


def test_a_map_without_tears_has_none_and_a_cut_one_names_them():
    line = np.arange(100.0)[:, None]
    flat = np.concatenate([line, np.zeros((100, 1))], axis=1)
    assert len(separated_neighbours(line, flat, k=2)) == 0
    cut = flat.copy()
    cut[50:, 0] = 1000 - flat[50:, 0]
    pairs = separated_neighbours(line, cut, k=2)
    assert [49, 50] in pairs.tolist()
    assert all(first < 50 <= second for first, second in pairs)


def test_torn_names_the_worst_first():
    rng = np.random.default_rng(0)
    x, coordinates = rng.normal(size=(200, 5)), rng.normal(size=(200, 2))
    pairs = separated_neighbours(x, coordinates, k=5)
    assert len(pairs) > 0
    assert len(np.unique(pairs, axis=0)) == len(pairs)
    apart = np.linalg.norm(coordinates[:, None] - coordinates, axis=2)
    nearer = [min(np.sum(apart[a] < apart[a, b]), np.sum(apart[b] < apart[a, b])) for a, b in pairs]
    assert nearer == sorted(nearer, reverse=True)


def test_align_undoes_a_turn_a_mirror_a_move_and_a_stretch():
    rng = np.random.default_rng(0)
    reference = rng.normal(size=(50, 2)) + 4
    turned = 3 * (reference - 1) @ np.array([[0.6, 0.8], [0.8, -0.6]])
    alignment = align(reference, turned)
    np.testing.assert_allclose(alignment.coordinates, reference, atol=1e-12)
    assert alignment.disparity == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("dimensions", [2, 3])
def test_disparity_is_scipys(dimensions):
    rng = np.random.default_rng(1)
    reference, other = rng.normal(size=(2, 80, dimensions))
    assert align(reference, other).disparity == pytest.approx(procrustes(reference, other)[2], abs=1e-12)


@pytest.mark.parametrize(
    ("reference", "other", "message"),
    [
        (np.eye(3), np.eye(4), "same points"),
        (np.ones((4, 2)), np.eye(4)[:, :2], "coincide"),
        (np.full((4, 2), np.nan), np.eye(4)[:, :2], "finite"),
    ],
)
def test_maps_that_cannot_be_aligned_are_refused(reference, other, message):
    with pytest.raises(ValueError, match=message):
        align(reference, other)


@pytest.mark.parametrize(
    ("x", "coordinates"),
    [
        (np.zeros((3, 0)), np.zeros((3, 2))), (np.zeros((3, 2)), np.zeros((3, 0))), (np.eye(3) * 1e300, np.eye(3)),
        (np.eye(3), np.eye(4)), (np.eye(4), np.eye(3)), (np.ones((1, 3)), np.ones((1, 2))), (np.eye(3), np.ones(3)),
    ],
)  # fmt: skip
def test_nothing_is_torn_in_what_is_no_map(x, coordinates):
    with pytest.raises(ValueError, match=r"not hold the same two or more points|not a finite number below"):
        separated_neighbours(x, coordinates)


@pytest.mark.parametrize("method", ["pca", "mds"])
def test_maps_of_pure_noise_may_differ_by_nothing_from_seed_to_seed(blob, method):
    one, other = (project(blob, method, seed=seed) for seed in (0, 1))
    assert align(one.coordinates, other.coordinates).disparity < 1e-9
    assert one.trustworthiness < 0.9
