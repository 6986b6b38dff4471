from __future__ import annotations

import numpy as np
import pytest
import sklearn.metrics
from scipy.stats import binomtest

from digitviz.explanations.evaluation import (
    calibration,
    confusion_matrix,
    most_confused,
    precision_recall_fscore_support,
    surest_mistakes,
    wilson_interval,
)

ALL = list(range(10))


@pytest.fixture
def labels(random):
    return random.integers(0, 10, 300)


@pytest.fixture
def answers(labels, random):
    return np.where(random.random(300) < 0.8, labels, random.integers(0, 10, 300))


def test_the_confusion_matrix_is_scikit_learns(labels, answers):
    matrix = confusion_matrix(labels, answers)
    assert np.array_equal(matrix, sklearn.metrics.confusion_matrix(labels, answers, labels=ALL))
    assert matrix[3, 8] == sum(label == 3 and answer == 8 for label, answer in zip(labels, answers, strict=True))


def test_digits_that_do_not_occur_have_rows_of_zeros():
    few = np.array([3, 3, 8])
    assert confusion_matrix(few, few).sum() == 3
    assert not confusion_matrix(few[:0], few[:0]).any()


@pytest.mark.parametrize("zero_division", [0.0, np.nan])
def test_precision_recall_and_f1_are_scikit_learns(labels, answers, zero_division):
    for one, other in ((labels, answers), (labels % 4, answers % 6), (labels[:1], answers[:1])):
        ours = precision_recall_fscore_support(one, other, zero_division)
        theirs = sklearn.metrics.precision_recall_fscore_support(one, other, labels=ALL, zero_division=zero_division)
        for mine, its in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(mine, its, rtol=1e-12)


@pytest.mark.parametrize(("correct", "count"), [(169, 180), (0, 180), (180, 180), (1, 2), (999, 1000), (1, 1)])
@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.999])
def test_the_interval_of_the_accuracy_is_wilsons(correct, count, confidence):
    expected = binomtest(correct, count).proportion_ci(confidence, method="wilson")
    np.testing.assert_allclose(wilson_interval(correct, count, confidence), expected, atol=1e-12)


def test_no_digits_tell_nothing_of_the_accuracy():
    assert wilson_interval(0, 0) == (0.0, 1.0)
    with pytest.raises(ValueError, match="correct: 3 is not between 0 and 2"):
        wilson_interval(3, 2)
    with pytest.raises(ValueError, match="confidence: 1"):
        wilson_interval(1, 2, 1)


def by_hand(probabilities, labels, bins):
    """The slow and obvious calibration: sort, split, average."""
    rows = sorted(range(len(labels)), key=lambda row: max(probabilities[row]))
    size, more = divmod(len(rows), bins)
    found, error = [], 0.0
    for number in range(bins):
        part = [rows.pop(0) for _ in range(size + (number < more))]
        sure = sum(max(probabilities[row]) for row in part) / len(part)
        right = sum(int(np.argmax(probabilities[row])) == labels[row] for row in part) / len(part)
        found.append((sure, right, len(part)))
        error += len(part) / len(labels) * abs(sure - right)
    return found, error


def test_calibration_cuts_the_answers_into_bins_of_equal_mass(labels, random):
    probabilities = random.dirichlet(np.full(10, 0.3), 300)[:297]
    found = calibration(probabilities, labels[:297])
    expected, error = by_hand(probabilities.tolist(), labels[:297].tolist(), 10)
    np.testing.assert_allclose(np.array([found.confidence, found.accuracy, found.count]).T, expected, rtol=1e-12)
    assert found.expected_error == pytest.approx(error, rel=1e-12)
    assert (np.diff(found.confidence) >= 0).all()


def test_a_perfectly_calibrated_network_shows_an_error_by_chance_too(random):
    sure = np.sort(random.uniform(0.7, 1.0, 180))
    probabilities = (1 - sure[:, None]) / 9 * (1 - np.eye(10)[0]) + sure[:, None] * np.eye(10)[0]

    def error() -> float:
        return calibration(probabilities, np.where(random.random(180) < sure, 0, 1)).expected_error

    errors = [error() for _ in range(400)]
    found = calibration(probabilities, np.zeros(180, int))
    assert found.by_chance == pytest.approx(np.mean(errors), rel=0.05)
    assert found.limit == pytest.approx(np.quantile(errors, 0.95), rel=0.1)
    assert found.by_chance == calibration(probabilities, np.ones(180, int)).by_chance  # independent of the answers
    assert calibration(np.tile(probabilities, (10, 1)), np.zeros(1_800, int)).by_chance < found.by_chance / 2


def test_one_who_is_as_sure_as_right_is_calibrated():
    sure = np.eye(10)[[3, 3, 3, 3]] * 0.75 + 0.025
    found = calibration(sure, np.array([3, 3, 3, 4]), bins=1)
    assert found.accuracy.tolist() == [0.75]
    assert found.expected_error == pytest.approx(abs(0.75 - sure.max()))


def test_few_digits_fill_few_bins_and_overflowed_rows_none():
    few = calibration(np.eye(10)[:3], np.array([0, 1, 5]))
    assert few.count.tolist() == [1, 1, 1]
    nothing = calibration(np.full((4, 10), np.nan), np.zeros(4, int))
    assert not len(nothing.count)
    assert np.isnan([nothing.expected_error, nothing.by_chance, nothing.limit]).all()


def test_the_surest_mistakes_come_in_order(labels, random):
    probabilities = random.dirichlet(np.full(10, 0.3), 300)
    wrong = [row for row in range(300) if probabilities[row].argmax() != labels[row]]
    expected = sorted(wrong, key=lambda row: -probabilities[row].max())[:12]
    assert surest_mistakes(probabilities, labels).tolist() == expected
    assert not len(surest_mistakes(np.eye(10), np.arange(10)))
    assert not len(surest_mistakes(np.full((2, 10), np.nan), np.array([1, 2])))


def test_the_most_frequent_confusions_leave_out_what_is_correct(labels, answers):
    matrix = confusion_matrix(labels, answers)
    every = [(matrix[true, answer], true, answer) for true in ALL for answer in ALL if true != answer]
    expected = [(true, answer, count) for count, true, answer in sorted(every, key=lambda one: -one[0])[:5]]
    assert most_confused(matrix) == expected
    assert most_confused(np.diag(np.arange(10))) == []


def test_what_does_not_fit_is_refused(labels):
    for others in (labels[:3], labels[:1]):
        with pytest.raises(ValueError, match="y_pred: shape"):
            confusion_matrix(labels, others)
