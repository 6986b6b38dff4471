from __future__ import annotations

from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
import pytest

from digitviz import Hyperparameters, TrainingRun, landscape, straight_line
from digitviz.figures import loss_landscape, straight_line as figures
from digitviz.figures.loss_landscape import heights, ticks
from digitviz.figures.picture import to_json
from digitviz.figures.straight_line import AS_THEY_ARE, MATCHED

MOMENTS = ["before training", "after batch 1", "after batch 2", "after batch 3"]


@pytest.fixture(scope="module")
def run(digits) -> TrainingRun:
    run = TrainingRun(digits, Hyperparameters(batches=3, steps_per_batch=40, hidden=(8,)))
    run.advance(run.total_steps)
    return run


@pytest.fixture(scope="module")
def found(run):
    stops = [run.initial_parameters, *(run.history.parameters_after(k) for k in range(2)), run.parameters]
    path = np.array([each.to_vector().astype(float) for each in stops])
    found = landscape(run.network, path, run.test, "cross_entropy", resolution=7)
    return replace(found, losses=found.losses**6, path_losses=found.path_losses**6)  # a range as large as in long runs


def test_contours_show_the_losses_and_every_moment_of_the_path(found):
    figure = loss_landscape.landscape_from_above(found, MOMENTS)
    ground, _below, path, start, end = figure.data
    np.testing.assert_allclose(10 ** np.asarray(ground.z, float), found.losses, rtol=1e-4)  # losses span powers of ten
    np.testing.assert_allclose(ground.customdata, found.losses, rtol=1e-6)
    np.testing.assert_array_equal(np.stack([path.x, path.y], axis=1), found.path)
    np.testing.assert_array_equal(path.customdata, found.path_losses)
    assert list(path.text) == MOMENTS
    assert (start.name, end.name) == (MOMENTS[0], MOMENTS[-1])
    np.testing.assert_allclose([end.x[0], end.y[0]], found.path[-1])
    assert f"{found.explained[0]:.1%}" in figure.layout.xaxis.title.text
    assert f"{found.explained[1]:.1%}" in figure.layout.yaxis.title.text


def test_in_space_each_moment_is_at_its_own_loss(found):
    figure = loss_landscape.landscape_in_space(found, MOMENTS)
    surface, path, start, end = figure.data
    span = np.ptp(np.concatenate([np.log10(found.losses).ravel(), np.log10(found.path_losses)]))
    np.testing.assert_allclose(np.asarray(path.z) - loss_landscape.LIFT * span, np.log10(found.path_losses))
    assert surface.z.shape == (7, 7)
    assert (start.name, end.name) == (MOMENTS[0], MOMENTS[-1])
    assert list(path.line.color) == [0, 1, 2, 3]


def test_losses_of_one_size_are_drawn_as_they_are(found):
    flat = replace(found, losses=1 + 0.1 * found.losses / found.losses.max(), path_losses=np.linspace(1.1, 1, 4))
    figure = loss_landscape.landscape_from_above(flat, MOMENTS)
    np.testing.assert_allclose(figure.data[0].z, flat.losses, rtol=1e-6)
    assert figure.layout.coloraxis.colorbar.ticktext is None


@pytest.mark.parametrize("draw", [loss_landscape.landscape_from_above, loss_landscape.landscape_in_space])
@pytest.mark.parametrize("worst", [np.inf, np.nan])
def test_where_there_is_no_number_nothing_is_drawn(found, draw, worst):
    losses = found.losses.copy()
    losses[0, 0] = worst
    figure = draw(replace(found, losses=losses), MOMENTS)
    assert np.isnan(figure.data[0].z[0][0])
    assert np.isfinite(figure.layout.coloraxis.cmax)
    nothing = replace(found, losses=np.full((7, 7), worst), path_losses=np.full(4, worst))
    to_json(draw.plain(nothing, MOMENTS))
    assert isinstance(draw(nothing, MOMENTS), go.Figure)


def test_ticks_are_round_numbers_within_the_range():
    marked = ticks(-2, 1, powers=True)
    assert marked["ticktext"] == ["0.01", "0.03", "0.1", "0.3", "1", "3", "10"]
    np.testing.assert_allclose(marked["tickvals"], np.log10([0.01, 0.03, 0.1, 0.3, 1, 3, 10]))
    assert len(ticks(-300, 300, powers=True)["ticktext"]) <= 8
    assert ticks(0, 1, powers=False) == {}
    assert np.isnan(heights(np.array([0.0]), powers=True)).all()


def test_the_straight_line_has_accuracy_and_loss_of_each_order(digits, run):
    other = TrainingRun(digits, run.hyperparameters.with_next_seed()).network
    lines = {kind: straight_line(run.network, other, run.test, "cross_entropy", 5) for kind in (AS_THEY_ARE, MATCHED)}
    figure = figures.straight_line(lines)
    assert [trace.name for trace in figure.data] == [str(figures.NAMES[kind]) for kind in lines for _ in range(2)]
    np.testing.assert_array_equal(figure.data[0].y, lines[AS_THEY_ARE].accuracies)
    np.testing.assert_array_equal(figure.data[1].y, lines[AS_THEY_ARE].losses)
    assert f"{lines[MATCHED].accuracies.min():.1%}" in figure.layout.meta["says"]
    to_json(figures.straight_line.plain(lines))
