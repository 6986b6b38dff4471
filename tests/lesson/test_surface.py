from __future__ import annotations

import numpy as np
import pytest

from digitviz.lesson.surface import BATCHES, JUMPS, WALL, descend, two_pixel_surface

START = (2.0, -1.0)


@pytest.fixture(scope="module")
def surface(digits):
    return two_pixel_surface(digits.split()[0])


def test_the_loss_is_the_mean_squared_error_of_the_neuron(surface, random):
    for w in random.normal(size=(5, 2)):
        expected = np.mean((surface.targets - surface.x @ w) ** 2) / 2
        assert surface.loss(*w) == pytest.approx(expected)
    grid = np.linspace(-1, 1, 3)
    assert surface.loss(*np.meshgrid(grid, grid)).shape == (3, 3)


def test_the_gradient_is_its_slope_and_vanishes_at_the_lowest_point(surface):
    w, epsilon = np.array(START), 1e-6
    for place, nudge in enumerate(np.eye(2) * epsilon):
        derivative = (surface.loss(*(w + nudge)) - surface.loss(*(w - nudge))) / (2 * epsilon)
        assert surface.gradient(w)[place] == pytest.approx(derivative, rel=1e-6)
    np.testing.assert_allclose(surface.gradient(surface.lowest), 0, atol=1e-12)


@pytest.mark.parametrize(
    ("share", "verdict"), [(0.02, "too small"), (0.5, "right"), (0.95, "zigzag"), (1.03, "diverging")]
)
def test_the_learning_rate_decides_what_becomes_of_the_path(surface, share, verdict):
    path = descend(surface, START, share * surface.largest_rate())
    assert path.verdict == verdict
    assert (path.losses[-1] < path.losses[0]) == (verdict != "diverging")


@pytest.mark.parametrize("share", [0.8, 0.95, 0.99, 1.01, 1.03, 1.2])
def test_the_jumps_across_the_valley_grow_where_the_path_is_said_to_diverge_and_shrink_where_it_zigzags(surface, share):
    path = descend(surface, START, share * surface.largest_rate(), steps=20)
    across = (path.points - surface.lowest) @ np.linalg.eigh(surface.curvature)[1][:, 1]
    jumps = np.abs(np.diff(across))
    assert (across[1:] * across[:-1] < 0).all()
    assert ((np.diff(jumps) > 0) == (path.verdict == "diverging")).all()
    assert path.verdict == ("diverging" if share > 1 else "zigzag")


def test_straight_across_the_valley_a_path_stays_in_the_cut_and_each_length_has_its_verdict(surface):
    start = surface.lowest - WALL * surface.across
    verdicts = []
    for share in (0.07, 0.4, 0.9, 1.1):
        path = descend(surface, tuple(start), share * surface.largest_rate(), steps=JUMPS)
        way = path.points - start
        np.testing.assert_allclose(way - np.outer(way @ surface.across, surface.across), 0, atol=1e-9)
        verdicts.append(path.verdict)
    assert verdicts == ["too small", "right", "zigzag", "diverging"]
    assert surface.right(start) < 0.6 < 0.95 < surface.right(surface.lowest)  # high and low on the picture


def test_momentum_0_is_plain_descent_and_momentum_moves_the_limit(surface):
    path = descend(surface, START, 0.5)
    np.testing.assert_allclose(path.points[1], START - 0.5 * surface.gradient(np.array(START)))
    rate = 1.2 * surface.largest_rate()
    assert descend(surface, START, rate, steps=200).verdict == "diverging"
    tamed = descend(surface, START, rate, momentum=0.5, steps=200)
    assert rate < surface.largest_rate(0.5)
    np.testing.assert_allclose(tamed.points[-1], surface.lowest, atol=1e-3)


@pytest.mark.parametrize("name", BATCHES)
def test_all_three_start_alike_and_the_same_seed_walks_the_same_way(surface, name):
    path = descend(surface, START, 0.3, name=name)
    assert tuple(path.points[0]) == START
    np.testing.assert_array_equal(path.points, descend(surface, START, 0.3, name=name).points)
    assert path.losses[-1] < path.losses[0]


def test_a_path_that_runs_away_ends_early_without_a_warning(surface):
    path = descend(surface, START, 1_000.0, 0.98, "one sample", steps=500)
    assert len(path.points) < 500
    assert np.isfinite(path.losses).all()


def test_at_the_lowest_point_there_is_nothing_to_do(surface):
    assert descend(surface, tuple(surface.lowest), 0.5).verdict == "right"
