from __future__ import annotations

import numpy as np

from digitviz.projections.manifold import fitted_to_grid, grid_places, grid_stroke, morph


def test_one_stroke_draws_every_edge_of_the_grid_and_nothing_else():
    stroke = grid_stroke()
    drawn = [frozenset(edge) for edge in zip(stroke[:-1].tolist(), stroke[1:].tolist(), strict=True)]
    places = grid_places()
    apart = {frozenset((a, b)): abs(places[a] - places[b]).sum() for a in range(64) for b in range(a)}
    assert set(drawn) == {pair for pair, distance in apart.items() if distance == 1}
    assert len(drawn) < 1.12 * len(set(drawn))


def test_a_grid_that_was_moved_turned_mirrored_and_scaled_comes_back():
    turn = np.array([[0.6, -0.8], [-0.8, -0.6]])
    np.testing.assert_allclose(fitted_to_grid(7 + 0.01 * grid_places() @ turn), grid_places(), atol=1e-9)


def test_pixels_in_one_place_stay_in_one_place():
    np.testing.assert_allclose(fitted_to_grid(np.ones((64, 2))), np.tile(grid_places().mean(axis=0), (64, 1)))


def test_a_morph_goes_from_start_to_end_pixel_by_pixel(random):
    start, end = random.normal(size=(2, 64, 2))
    moments = morph(start, end)
    np.testing.assert_array_equal(moments[0], start)
    np.testing.assert_allclose(moments[-1], end)
    np.testing.assert_allclose(moments[12][0], end[0])
    np.testing.assert_allclose(moments[12][-1], start[-1])
