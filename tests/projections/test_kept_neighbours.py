import numpy as np
import pytest

from digitviz.projections import kept_neighbours, neighbours, project, separated_neighbours


@pytest.fixture(scope="module")
def some(digits):
    x = digits.pixels[:300]
    return x, project(x, "pca").coordinates


def test_both_neighbourhoods_and_what_they_share(some):
    x, plane = some
    kept = kept_neighbours(x, plane, 17)
    np.testing.assert_array_equal(kept.in_data.indices, neighbours(x, 17).indices)
    np.testing.assert_array_equal(kept.in_map.distances, neighbours(plane, 17).distances)
    assert set(kept.common) == set(kept.in_data.indices) & set(kept.in_map.indices)


def test_what_is_torn_from_a_point_are_its_pairs_among_all_torn_ones(some):
    x, plane = some
    pairs = {tuple(pair) for pair in separated_neighbours(x, plane, k=10).tolist()}
    found = 0
    for index in range(0, len(x), 7):
        kept = kept_neighbours(x, plane, index)
        expected = {other for other in kept.in_data.indices.tolist() if tuple(sorted((index, other))) in pairs}
        assert set(kept.separated.tolist()) == expected
        found += len(expected)
    assert found > 10


def test_the_farthest_torn_one_comes_first(some):
    x, plane = some
    index = max(range(50), key=lambda row: len(kept_neighbours(x, plane, row).separated))
    kept = kept_neighbours(x, plane, index)
    lengths = np.linalg.norm(plane[kept.separated] - plane[index], axis=1)
    assert len(lengths) > 1
    assert (np.diff(lengths) <= 0).all()


def test_a_map_that_is_the_data_keeps_all_and_tears_none(random):
    x = random.normal(size=(80, 2))
    kept = kept_neighbours(x, 3 * x, 5)
    assert set(kept.common) == set(kept.in_data.indices)
    assert not len(kept.separated)


def test_real_neighbours_are_the_mean_of_what_all_points_keep(some):
    points, _ = some
    embedding = project(points, "pca")
    kept = [len(kept_neighbours(points, embedding.coordinates, index).common) for index in range(len(points))]
    assert embedding.real_neighbours == pytest.approx(np.mean(kept) / 10)


def test_the_ordinary_digit_is_at_home_and_has_kept_most_neighbours(digits):
    x, labels = digits.pixels[:300], digits.labels[:300]
    embedding = project(x, "tsne")
    index = embedding.ordinary(labels)
    kept = kept_neighbours(x, embedding.coordinates, index)
    assert len(kept.common) >= 7
    assert (labels[kept.in_map.indices] == labels[index]).sum() > 5
    away = ((x - x[labels == labels[index]].mean(axis=0)) ** 2).sum(axis=1)
    assert away[index] < np.median(away[labels == labels[index]])


def test_the_stray_digit_is_among_others_that_it_is_most_like_and_without_one_an_ordinary_one_is_chosen(digits):
    x, labels = digits.pixels[:300], digits.labels[:300].copy()
    labels[17] = (labels[17] + 1) % 10  # now its own neighbours are others
    embedding = project(x, "tsne")
    index = embedding.stray(labels)
    kept = kept_neighbours(x, embedding.coordinates, index)
    for near in (kept.in_data, kept.in_map):
        counts = np.bincount(labels[near.indices], minlength=10)
        assert counts.max() > 5
        assert counts.argmax() != labels[index]
    assert embedding.stray(np.zeros(300, int)) == embedding.ordinary(np.zeros(300, int))


def test_the_clearest_contrast_stays_close_in_the_better_map_and_is_no_knot(digits):
    x, labels = digits.pixels[:300], digits.labels[:300]
    better, worse = project(x, "tsne"), project(x, "pca")
    chosen = better.contrasts(worse, labels)
    assert sorted(labels[chosen]) == list(range(10))
    kept = [[len(kept_neighbours(x, of.coordinates, at).common) for of in (better, worse)] for at in chosen]
    assert kept[0][0] - kept[0][1] >= 4
    near = kept_neighbours(x, better.coordinates, chosen[0]).in_data.indices
    away = np.linalg.norm(better.coordinates[near] - better.coordinates[chosen[0]], axis=1)
    assert np.median(away) > 0.03 * np.ptp(better.coordinates, axis=0).max()


def test_few_points_have_fewer_neighbours(random):
    x = random.normal(size=(6, 3))
    assert len(kept_neighbours(x, x[:, :2], 0).in_data.indices) == 5


def test_a_map_of_other_points_is_refused(random):
    x = random.normal(size=(6, 3))
    with pytest.raises(ValueError, match="not hold the same two or more points"):
        kept_neighbours(x, x[:5, :2], 0)


def test_a_map_must_be_a_table_of_points(random):
    x = random.normal(size=(6, 3))
    for points, plane in ((x, x[:, 0]), (x[:, 0], x[:, :2]), (x, x[:, :2].reshape(6, 2, 1))):
        with pytest.raises(ValueError, match="not hold the same two or more points"):
            kept_neighbours(points, plane, 0)
