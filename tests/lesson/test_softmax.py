from __future__ import annotations

import math

import numpy as np
import pytest

from digitviz.lesson.softmax import (
    LARGEST_EXPONENT,
    SMALLEST_EXPONENT,
    column_softmax,
    softmax_or_nan,
    softmax_steps,
)


def test_both_ways_agree_while_the_powers_are_small(random):
    steps = softmax_steps(random.normal(size=10))
    np.testing.assert_allclose(steps.plain, steps.safe)
    np.testing.assert_allclose(steps.shifted_powers / steps.shifted_powers.sum(), steps.safe)


def test_exp_of_1000_is_infinite_and_the_maximum_saves_softmax(random):
    logits = random.normal(size=10)
    steps = softmax_steps(logits, 1000.0)
    assert np.isinf(steps.powers).all()
    assert np.isnan(steps.plain).all()
    assert steps.shifted_powers.max() == 1
    np.testing.assert_allclose(steps.safe, softmax_steps(logits).safe)


def test_the_exponents_are_where_float64_ends():
    assert math.isfinite(math.exp(LARGEST_EXPONENT))
    with pytest.raises(OverflowError):
        math.exp(LARGEST_EXPONENT + 1e-9)
    assert math.exp(SMALLEST_EXPONENT + 1e-9) > 0
    assert math.exp(SMALLEST_EXPONENT - 1e-9) == 0


def test_normalised_columns_do_not_give_probabilities_of_a_row(random):
    logits = random.normal(size=(100, 10))
    np.testing.assert_allclose(column_softmax(logits).sum(axis=0), 1)
    assert np.abs(column_softmax(logits).sum(axis=1) - 1).max() > 0.5
    np.testing.assert_allclose(column_softmax(logits[:1].T), softmax_steps(logits[0]).safe[:, None])
    logits[3] -= 800
    assert not column_softmax(logits)[3].any()


@pytest.mark.parametrize("number", [np.inf, -np.inf, np.nan])
def test_infinite_sums_give_nan_without_a_warning(number):
    row = np.full(10, number)
    assert np.isnan(softmax_or_nan(row[None])).all()
    assert np.isnan(softmax_steps(row, 3.0).safe).all()
    column_softmax(row[None])
