"""Spectral embedding, compared with scikit-learn's and with the properties of its eigenvectors."""

import numpy as np
import pytest
from sklearn.manifold import SpectralEmbedding

from digitviz.projections import align, project, spectral
from digitviz.projections.spectral import DENSE_POINTS, _Walk


def test_the_map_is_scikit_learns_for_the_same_graph(digits):
    walk = _Walk(digits.pixels / 16, 12, 2)
    graph = walk._weights().toarray()
    theirs = SpectralEmbedding(2, affinity="precomputed", random_state=0, eigen_tol=1e-10).fit_transform(graph)
    assert align(theirs, project(digits.pixels, "spectral", neighbours=12).coordinates).disparity < 1e-6


@pytest.mark.parametrize("points", [DENSE_POINTS - 50, DENSE_POINTS + 50])
def test_a_step_of_the_walk_shrinks_each_mode_by_its_eigenvalue(digits, points):
    walk = _Walk(digits.pixels[:points] / 16, 7, 3)
    weights = walk._weights().toarray()
    steps = weights / weights.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(steps @ walk.modes, walk.modes * walk.eigenvalues, atol=1e-5)
    assert 1 > walk.eigenvalues[0] > walk.eigenvalues[1] > walk.eigenvalues[2] > 0.9
    # Weighted by the stationary distribution: a walker visits a point in proportion to its links.
    likely = weights.sum(axis=1) / weights.sum()
    np.testing.assert_allclose(likely @ walk.modes, 0, atol=1e-6)
    np.testing.assert_allclose(likely @ walk.modes**2, 1)


def test_points_on_a_long_line_keep_their_order():
    """Lanczos alone does not converge here, because the eigenvalues differ in the sixth digit."""
    embedding = project(np.arange(3000.0)[:, None] * np.ones(3), "spectral")
    places = np.argsort(np.argsort(embedding.coordinates[:, 0]))
    assert np.abs(places - np.arange(3000)).max() <= 3  # the ends of the line have neighbours on one side only
    assert embedding.trustworthiness > 0.999


def test_two_rings_that_were_joined_are_drawn_apart():
    angle = np.arange(400) / 400 * 2 * np.pi
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    embedding = project(np.concatenate([ring, ring + np.array([50.0, 0])]), "spectral")
    assert any("fell into 2 parts" in note for note in embedding.notes)
    assert embedding.coordinates[:400, 0].max() < embedding.coordinates[400:, 0].min()


def test_best_says_which_graph_it_took(digits):
    quick, best = (project(digits.pixels, "spectral", quality=quality) for quality in ("quick", "best"))
    assert best.trustworthiness >= quick.trustworthiness
    more = project(digits.pixels, "spectral", neighbours=9, graphs=4)
    alone = project(digits.pixels, "spectral", neighbours=more.options["neighbours"])
    np.testing.assert_array_equal(more.coordinates, alone.coordinates)
    assert more.options["neighbours"] == 9 or "Neighbours raised from 9 to" in more.notes[0]


def test_a_new_point_lies_beyond_the_mean_of_its_neighbours(digits):
    """Nyström: the mean position after one step of the walk from the point, divided by the eigenvalue."""
    walk = _Walk(digits.pixels[:599] / 16, 7, 2)
    [place] = walk.places_of(digits.pixels[599:600] / 16)
    distances = np.linalg.norm(digits.pixels[:599] - digits.pixels[599], axis=1) / 16
    own = distances <= np.sort(distances)[7]
    theirs = distances <= walk.graph.reach
    steps = (own * 0.5 + theirs * 0.5) / (own * 0.5 + theirs * 0.5).sum()
    np.testing.assert_allclose(place, steps @ walk.modes / walk.eigenvalues)


def test_each_further_graph_links_a_point_to_more_neighbours(digits, monkeypatch):
    tried, walk = [], spectral._Walk
    monkeypatch.setattr(
        spectral, "_Walk", lambda x, neighbours, *rest: tried.append(neighbours) or walk(x, neighbours, *rest)
    )
    project(digits.pixels[:100], "spectral", neighbours=2, graphs=3)
    assert tried == [2, 3, 4]
