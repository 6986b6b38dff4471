from __future__ import annotations

import numpy as np

from digitviz import figures
from digitviz.projections.manifold import fitted_to_grid, grid_places, morph


def test_each_digit_is_drawn_twice_and_only_the_lower_one_moves(digits, random):
    places = random.normal(size=(64, 2))
    weights = random.normal(size=(64, 50))
    figure = figures.pixel_manifold(digits.images[[3, 13]], ["a 3", "a 3"], places, weights)
    dots = [trace for trace in figure.data if trace.marker.coloraxis]
    np.testing.assert_array_equal(dots[0].marker.color, digits.pixels[3])
    np.testing.assert_array_equal(dots[3].marker.color, digits.pixels[13])
    np.testing.assert_allclose(np.array([dots[2].x, dots[2].y]).T, grid_places())
    np.testing.assert_allclose(np.array([dots[3].x, dots[3].y]).T, fitted_to_grid(places), atol=1e-2)
    assert len(figure.frames) == len(morph(grid_places(), places)) > 4
    moving = [figure.data[number] for number in figure.frames[0].traces]
    assert {trace.yaxis for trace in moving} == {"y2", "y4"}
    np.testing.assert_allclose(np.array([figure.frames[0].data[1].x, figure.frames[0].data[1].y]).T, grid_places())
    loudest = int(np.abs(weights[20]).argmax())
    weight = f"{weights[20, loudest]:+.4f}".replace("-", "−")
    assert f"{weight} to neuron {loudest + 1}" in dots[0].text[20]
    assert dots[0].customdata[20].tolist() == [3, 5]  # row and column, counted from 1


def test_a_pixel_is_linked_to_itself_in_every_picture(digits, random):
    places, weights = random.normal(size=(64, 2)), random.normal(size=(64, 5))
    figure = figures.pixel_manifold(digits.images[:3], ["0", "1", "2"], places, weights)
    (link,) = figure.layout.meta["links"]
    assert all(len(figure.data[number].x) == 64 for number in link["points"])
    assert [figure.data[number].xaxis for number in link["points"]] == [
        figure.data[number].xaxis for number in link["marks"]
    ]
    assert len(link["points"]) == 6
