from __future__ import annotations

import numpy as np
import pytest

from digitviz import Hyperparameters, TrainingRun
from digitviz.lesson.batch import batch_of
from digitviz.lesson.neuron import INPUTS, TARGET, WEIGHTS, blame
from digitviz.lesson.softmax import losses_along, move_probability, wrongness
from digitviz.networks.forward import softmax


def test_a_moved_probability_leaves_a_distribution_with_the_others_in_proportion(random):
    logits = random.normal(size=10)
    before, after = softmax(logits[np.newaxis])[0], softmax(move_probability(logits, 3, 0.7)[np.newaxis])[0]
    assert after[3] == pytest.approx(0.7)
    assert after.sum() == pytest.approx(1)
    np.testing.assert_allclose(np.delete(after / before, 3), np.full(9, 0.3 / (1 - before[3])))


def test_a_guess_of_one_and_nothing_else_can_still_be_moved():
    logits = np.array([2000.0, *np.zeros(8), -2000.0])  # softmax gives 1, 0, ..., 0
    moved = move_probability(logits, 0, 0.5)
    np.testing.assert_allclose(softmax(moved[np.newaxis])[0], [0.5, *np.full(8, 0.0625), 0])
    assert np.isfinite(wrongness(moved[np.newaxis], np.array([9])).cross_entropy)


def test_the_cost_is_the_sum_over_2n_and_cross_entropy_the_logarithm(digits, random):
    logits = random.normal(size=(7, 10))
    found = wrongness(logits, digits.labels[:7])
    differences = softmax(logits) - digits.one_hot[:7]
    assert found.cost == pytest.approx((np.linalg.norm(differences, axis=1) ** 2).sum() / 14)
    right = softmax(logits)[np.arange(7), digits.labels[:7]]
    assert found.cross_entropy == pytest.approx(-np.log(right).sum())


def test_along_the_probability_both_losses_fall_and_only_one_is_bounded():
    along = np.array([1e-6, 0.1, 0.5, 0.999])
    costs, cross_entropies = losses_along(np.zeros(10), 4, along)
    np.testing.assert_allclose(cross_entropies, -np.log(along))
    assert (np.diff(costs) < 0).all()
    assert costs.max() <= 1


def test_the_notebooks_example_gives_its_numbers():
    found = blame(INPUTS, WEIGHTS, TARGET)
    assert found.output == pytest.approx(0.92)
    assert found.error == pytest.approx(0.08)
    assert found.shares[0] == pytest.approx(0.037, abs=5e-4)
    assert found.shares.sum() == pytest.approx(found.error)
    assert found.derivative == pytest.approx(-(1 - 0.92))


def test_the_gradient_is_the_slope_of_the_squared_error_and_one_exact_step_hits_the_target(random):
    inputs, weights = random.normal(size=(2, 4))
    found, epsilon = blame(inputs, weights, 0.3), 1e-6
    for number, nudge in enumerate(np.eye(4) * epsilon):
        up, down = (blame(inputs, weights + sign * nudge, 0.3).squared_error for sign in (1, -1))
        assert found.gradient[number] == pytest.approx((up - down) / (2 * epsilon), abs=1e-8)
    assert found.output_of(weights - found.exact_rate * found.gradient) == pytest.approx(0.3)


def test_no_weights_no_proportion_and_no_inputs_no_gradient():
    assert blame(INPUTS, np.zeros(4), 1.0).shares is None
    assert blame(INPUTS, [0.5, -0.5, 0, 0], 1.0).shares is None
    asleep = blame(np.zeros(4), WEIGHTS, 1.0)
    assert not asleep.gradient.any()
    assert asleep.exact_rate is None


def test_a_network_that_blew_up_is_wrong_by_nan():
    logits = np.array([[np.inf] * 10])
    assert np.isnan(wrongness(logits, np.array([3])).cross_entropy)
    assert np.isnan(losses_along(logits[0], 3, np.array([0.5]))[0]).all()


@pytest.mark.parametrize("large", [1e308, np.inf, 2e6])
def test_numbers_too_large_count_as_a_million(large):
    assert blame(INPUTS, [large, 0, 0, 0], 1.0).output == 1e6
    assert blame([-large, 0, 0, 0], [1, 0, 0, 0], 1.0).output == -1e6
    assert blame(INPUTS, WEIGHTS, large).target == 1e6


def test_the_batch_is_the_one_that_the_training_takes(digits):
    run = TrainingRun(digits, Hyperparameters(batches=3, steps_per_batch=2, input_scale="unit"))
    run.advance(6)
    batch = batch_of(run, 1)
    np.testing.assert_array_equal(batch.pixels, run.train.pixels[run.history.rows[1]])
    np.testing.assert_array_equal(batch.x, batch.pixels / 16)
    assert batch_of(run, 99).number == 2
    assert len(batch_of(run, 0, limit=7)) == 7
