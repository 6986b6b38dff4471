"""Each method, compared with other implementations or with its own guarantees."""

import warnings

import numpy as np
import pytest
from sklearn.manifold import MDS, Isomap

from digitviz.projections import METHODS, align, compute, mds, neighbourhood, project, quality, registry, tsne
from digitviz.projections.isomap import geodesics
from digitviz.projections.neighbourhood import nearest, neighbour_graph
from digitviz.projections.tsne import Optimiser


@pytest.mark.parametrize("dimensions", [2, 3])
def test_pca_agrees_with_the_singular_values(digits, dimensions):
    centred = digits.pixels - digits.pixels.mean(axis=0)
    _, singular, vt = np.linalg.svd(centred, full_matrices=False)
    embedding = project(digits.pixels, "pca", dimensions=dimensions)
    np.testing.assert_allclose(np.abs(embedding.coordinates), np.abs(centred @ vt[:dimensions].T), atol=1e-9)
    np.testing.assert_allclose(embedding.explained_variance, (singular**2 / (singular**2).sum())[:dimensions])


def test_pca_of_more_features_than_points_agrees_with_the_singular_values():
    x = np.random.default_rng(0).normal(size=(10, 50))
    centred = x - x.mean(axis=0)
    _, _, vt = np.linalg.svd(centred, full_matrices=False)
    np.testing.assert_allclose(np.abs(project(x, "pca").coordinates), np.abs(centred @ vt[:2].T), atol=1e-12)


def test_mds_stress_is_not_above_scikit_learns(digits):
    x = digits.pixels[:300]
    distances = np.linalg.norm(x[:, None] - x, axis=2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        theirs = [
            MDS(n_init=1, init="random", random_state=0).fit_transform(x),
            MDS(init="classical_mds").fit_transform(x),
        ]

    def stress(places):
        drawn = np.linalg.norm(places[:, None] - places, axis=2)
        return np.sqrt(((drawn - distances) ** 2).sum() / (distances**2).sum())

    # Equal up to float32 rounding, if both find the same minimum.
    for how, rounding in (("quick", 1.005), ("best", 1.0005)):
        ours = project(x, "mds", quality=how)
        assert ours.stress == pytest.approx(stress(ours.coordinates), rel=1e-4)
        assert ours.stress <= min(map(stress, theirs)) * rounding


def without_ties(pixels):
    """Break ties. Pixels are integers, so equally distant points would make the last neighbour arbitrary."""
    return pixels + np.random.default_rng(0).normal(0, 0.1, pixels.shape)


def test_isomap_measures_the_same_ways_as_scikit_learn(digits):
    x = without_ties(digits.pixels[:300])
    theirs = Isomap(n_neighbors=12).fit(x)
    graph = neighbour_graph(x, 12)
    assert graph.parts == 1
    ways = geodesics(graph, np.arange(300, dtype=np.int32))
    np.testing.assert_allclose(ways, theirs.dist_matrix_, rtol=1e-5)


def test_isomap_from_all_points_draws_the_same_map_as_scikit_learn(digits):
    x = without_ties(digits.pixels[:300])
    theirs = Isomap(n_neighbors=12).fit_transform(x)
    ours = project(x, "isomap", neighbours=12, landmarks=300)
    assert align(theirs, ours.coordinates).disparity < 1e-8
    assert np.linalg.norm(ours.coordinates) == pytest.approx(np.linalg.norm(theirs), rel=1e-3)


def test_isomap_rolls_a_sheet_out():
    rng = np.random.default_rng(0)
    along, across = rng.uniform(1, 4, 800), rng.uniform(0, 3, 800)
    turn = 1.5 * np.pi * along / 2
    x = np.stack([turn * np.cos(turn), across * 6, turn * np.sin(turn)], axis=1)
    unrolled = project(x, "isomap", neighbours=8).coordinates
    length = np.sort(np.abs(np.corrcoef(turn**2, unrolled.T)[0, 1:]))[-1]
    assert length > 0.99
    assert np.abs(np.corrcoef(turn**2, project(x, "pca").coordinates.T)[0, 1:]).max() < 0.7


@pytest.mark.parametrize(
    ("method", "trust", "accuracy"),
    # Library defaults on these 600 digits: t-SNE 0.983 and 0.965, UMAP 0.974 and 0.965, MDS 0.87 and 0.73.
    [
        ("tsne", 0.98, 0.955),
        ("umap", 0.97, 0.955),
        ("mds", 0.88, 0.74),
        ("isomap", 0.86, 0.75),
        ("spectral", 0.9, 0.83),
        ("pca", 0.8, 0.6),
    ],
)
def test_digits_stay_with_their_like(drawn, method, trust, accuracy):
    embedding = drawn(method)
    assert embedding.trustworthiness > trust
    assert embedding.neighbour_accuracy > accuracy


@pytest.mark.parametrize("method", ["tsne", "umap", "isomap", "mds", "spectral"])
@pytest.mark.thorough
def test_best_is_at_least_as_trustworthy_as_quick(digits, method):
    quick, best = (project(digits.pixels[:200], method, quality=quality) for quality in ("quick", "best"))
    assert best.trustworthiness >= quick.trustworthiness


@pytest.mark.parametrize("method", METHODS)
def test_three_dimensions_are_used_and_as_trustworthy_as_two(digits, drawn, method):
    flat, deep = drawn(method), project(digits.pixels, method, dimensions=3)
    assert deep.coordinates.shape == (600, 3)
    assert deep.trustworthiness > flat.trustworthiness - 0.005
    assert np.linalg.matrix_rank(deep.coordinates) == 3


@pytest.mark.parametrize("method", ["mds", "tsne"])
def test_a_random_start_leads_to_another_map_nearly_as_good(digits, drawn, method):
    at_random = project(digits.pixels, method, start="random", seed=3)
    assert at_random.trustworthiness > drawn(method).trustworthiness - 0.05
    other = project(digits.pixels, method, start="random", seed=4)
    assert not np.allclose(at_random.coordinates, other.coordinates)


def assert_cut_corners_are_named(digits, method, dimensions, points, of_mds, of_tsne):
    rows = np.arange(points) % 600
    x = digits.pixels[rows] + np.random.default_rng(0).normal(0, 2, (points, 64))
    embedding = project(x, method, digits.labels[rows], dimensions=dimensions)
    assert embedding.trustworthiness > 0.8
    assert any("estimated" in note for note in embedding.notes)
    if method == "mds":
        assert any(f"{of_mds} of the {points:,}" in note for note in embedding.notes)
    if method == "tsne":
        of_all = f"{of_tsne} of the {points:,}" if dimensions == 3 else "grid"
        assert any(of_all in note for note in embedding.notes)


@pytest.fixture
def few_are_many(monkeypatch):
    """Divide all limits for large data by six."""
    for module, name in [
        (compute, "SAMPLED_ROWS"), (compute, "SAMPLE_ABOVE"), (quality, "SAMPLED_ROWS"), (quality, "SAMPLE_ABOVE"),
        (mds, "EXACT_POINTS"), (mds, "LANDMARKS"), (tsne, "EXACT_POINTS"), (tsne, "SAMPLE"), (registry, "LARGE"),
        (neighbourhood, "EXACT_POINTS"),
    ]:  # fmt: skip
        monkeypatch.setattr(module, name, getattr(module, name) // 6)


@pytest.mark.usefixtures("few_are_many")
@pytest.mark.parametrize("dimensions", [2, 3])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.sampled(2)
def test_many_points_are_mapped_with_the_cut_corners_named(digits, method, dimensions):
    assert_cut_corners_are_named(digits, method, dimensions, 900, "166", "666")


LARGE = [*((method, 2) for method in METHODS), ("tsne", 3)]
"""3D takes the same shortcuts as 2D, except in t-SNE."""


@pytest.mark.parametrize(("method", "dimensions"), LARGE)
@pytest.mark.thorough
def test_thousands_of_points_are_many(digits, method, dimensions):
    assert_cut_corners_are_named(digits, method, dimensions, 5400, "1,000", "4,000")


def test_umap_links_each_point_fully_to_its_nearest_and_more_and_more_weakly_to_the_others(digits):
    """A point's weights, including its own, add up to log2 of their number (L. McInnes et al., 2018)."""
    from digitviz.projections.umap import _weights

    _, distances = nearest(digits.pixels, 14)
    strengths = _weights(distances, 15)
    np.testing.assert_allclose(strengths[:, 0], 1)
    np.testing.assert_allclose(1 + strengths.sum(axis=1), np.log2(15), atol=1e-4)
    assert (np.diff(strengths, axis=1) <= 0).all()


def test_among_few_points_tsne_has_each_attracted_by_every_other():
    x = np.array([[0.0], [1], [2], [10]])
    assert Optimiser(x, 1.0, x).attraction.nnz == 4 * 3


def test_tsne_tells_how_far_it_is_in_equal_strides_and_at_the_end(blob):
    told = []
    project(blob, "tsne", iterations=54, on_progress=lambda iteration, *_: told.append(iteration))
    strides = set(np.diff([0, *told[:-1]]).tolist())
    assert len(strides) == 1
    assert 1 < strides.pop() < 50
    assert told[-1] - told[-2] < told[1] - told[0]


def test_tsne_slows_a_point_down_that_overshoots_and_speeds_one_up_that_keeps_its_way(blob):
    optimiser = Optimiser(blob, 5.0, blob[:, :2] * 1e-4)
    slowest, quickest = 1.0, 1.0
    for _ in range(200):
        optimiser.step(1.0, 0.8)
        gains = optimiser.gains[:2]
        slowest, quickest = min(slowest, gains.min()), max(quickest, gains.max())
    assert 0 < slowest < 0.8
    assert quickest > 2


def test_a_sample_whose_points_are_all_the_same_is_laid_out_by_tsne_too(monkeypatch):
    monkeypatch.setattr(tsne, "EXACT_POINTS", 16)
    monkeypatch.setattr(tsne, "SAMPLE", 16)
    x = np.zeros((64, 3))  # a power-of-two size, so the mean needs no rounding
    x[7] = 1  # not in the sample with seed 0
    assert np.isfinite(project(x, "tsne", dimensions=3, iterations=50).coordinates).all()
