from __future__ import annotations

import networkx
import numpy as np

from digitviz.projections.manifold import fitted_to_grid, grid_paths, grid_places, morph


def test_the_rows_and_columns_are_the_edges_of_the_grid():
    drawn = [
        frozenset(edge) for path in grid_paths() for edge in zip(path[:-1].tolist(), path[1:].tolist(), strict=True)
    ]
    edges = networkx.grid_2d_graph(8, 8).edges
    expected = {frozenset((8 * a + b, 8 * c + d)) for (a, b), (c, d) in edges}
    assert set(drawn) == expected
    assert len(drawn) == len(expected)


def test_a_grid_that_was_moved_turned_mirrored_and_scaled_comes_back():
    turn = np.array([[0.6, -0.8], [-0.8, -0.6]])
    np.testing.assert_allclose(fitted_to_grid(7 + 0.01 * grid_places() @ turn), grid_places(), atol=1e-9)


def test_pixels_in_one_place_stay_in_one_place():
    np.testing.assert_allclose(fitted_to_grid(np.ones((64, 2))), np.tile(grid_places().mean(axis=0), (64, 1)))


def test_a_morph_goes_from_start_to_end_pixel_by_pixel(random):
    start, end = random.normal(size=(2, 64, 2))
    moments = morph(start, end, steps=10)
    np.testing.assert_array_equal(moments[0], start)
    np.testing.assert_allclose(moments[-1], end)
    np.testing.assert_allclose(moments[5][0], end[0])
    np.testing.assert_allclose(moments[5][-1], start[-1])
