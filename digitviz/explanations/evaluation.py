"""Scores, confusions and calibration of a network, and the batch after which it learnt each digit."""

from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np

from digitviz.datasets import DigitDataset
from digitviz.explanations.progress import OnProgress, ignore_progress
from digitviz.training.history import History
from digitviz.training.run import TrainingRun

DIGITS = 10
SIMULATIONS = 1_000
"""Number of simulated, perfectly calibrated networks to compare a calibration error with."""


def confusion_matrix(y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
    """Count the answers to each true digit, as `sklearn.metrics.confusion_matrix` does with `labels=range(10)`.

    Parameters
    ----------
    y_true, y_pred : ndarray of int, shape (n,)
        Labels and answers, 0 to 9.

    Returns
    -------
    ndarray of int64, shape (10, 10)
        One row per true digit, one column per answer.

    Raises
    ------
    ValueError
        If the lengths differ.
    """
    if np.shape(y_true) != np.shape(y_pred):
        raise ValueError(f"y_pred: shape {np.shape(y_pred)} is not that of y_true, {np.shape(y_true)}")
    pairs = np.asarray(y_true, np.int64) * DIGITS + np.asarray(y_pred, np.int64)
    return np.bincount(pairs.ravel(), minlength=DIGITS * DIGITS).reshape(DIGITS, DIGITS)


def precision_recall_fscore_support(
    y_true: np.ndarray, y_pred: np.ndarray, zero_division: float = np.nan
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return scores for each digit, as scikit-learn's function of this name does with `labels=range(10)`.

    Parameters
    ----------
    y_true, y_pred : ndarray of int, shape (n,)
        Labels and answers, 0 to 9.
    zero_division : float
        Value in place of a division by 0, if a digit is missing among the answers or the labels.

    Returns
    -------
    precision, recall, fscore : ndarray of float64, shape (10,)
        Correct answers as a fraction of all answers with this digit, and of all digits with this label. The F-score is
        2 x precision x recall / (precision + recall).
    support : ndarray of int64, shape (10,)
        Number of digits with each label.
    """
    matrix = confusion_matrix(y_true, y_pred)
    correct, answered, support = np.diag(matrix), matrix.sum(axis=0), matrix.sum(axis=1)
    return (
        _over(correct, answered, zero_division),
        _over(correct, support, zero_division),
        _over(2 * correct, answered + support, zero_division),
        support,
    )


def _over(numerator: np.ndarray, denominator: np.ndarray, otherwise: float) -> np.ndarray:
    """Divide; where the divisor is 0, the result is `otherwise`."""
    return np.divide(numerator, denominator, out=np.full(len(numerator), otherwise), where=denominator != 0)


def wilson_interval(correct: int, count: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return an interval for the accuracy on all digits, assuming that these are a random sample.

    It covers sampling error only. It does not cover digits by other writers, and says little if the digits are not a
    random sample. The last 180 of scikit-learn's digits are not; see `DigitDataset.shuffled`.

    Parameters
    ----------
    correct : int
        Number of digits classified correctly.
    count : int
        Number of digits.
    confidence : float
        Fraction of such intervals that contain the true accuracy, between 0 and 1.

    Returns
    -------
    low, high : float
        0 to 1. The whole range if there are no digits.

    Raises
    ------
    ValueError
        If `correct` is not between 0 and `count`, or `confidence` is not between 0 and 1.

    References
    ----------
    E. B. Wilson, Probable Inference, the Law of Succession, and Statistical Inference, JASA 22, 1927.
    """
    if not 0 <= correct <= count:
        raise ValueError(f"correct: {correct} is not between 0 and {count}")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence: {confidence:g} is not between 0 and 1")
    if not count:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share, squared = correct / count, z * z / count
    middle = (share + squared / 2) / (1 + squared)
    half = z * ((share * (1 - share) + squared / 4) / count) ** 0.5 / (1 + squared)
    return (0.0 if correct == 0 else middle - half), (1.0 if correct == count else middle + half)


@dataclass(frozen=True, eq=False)
class Calibration:
    """The accuracy of a network at each level of its confidence.

    Parameters
    ----------
    confidence : ndarray of float64, shape (bins,)
        Mean probability of the answers in each bin, ascending.
    accuracy : ndarray of float64, shape (bins,)
        Fraction of correct answers in each bin.
    count : ndarray of int64, shape (bins,)
        Number of answers in each bin.
    expected_error : float
        Mean distance between confidence and accuracy over all digits, 0 to 1. nan if there are none.
    by_chance, limit : float
        The same error for perfectly calibrated networks with the same confidences: its mean, and its 95 % quantile.
    """

    confidence: np.ndarray
    accuracy: np.ndarray
    count: np.ndarray
    expected_error: float
    by_chance: float
    limit: float


def calibration(probabilities: np.ndarray, labels: np.ndarray, bins: int = 10) -> Calibration:
    """Compare a network's confidence with its accuracy, in bins of equally many digits.

    Parameters
    ----------
    probabilities : ndarray, shape (n, 10)
        Rows that are not finite do not count.
    labels : ndarray of int, shape (n,)
    bins : int
        Maximum number of bins. No bin is empty.

    Returns
    -------
    Calibration
        `by_chance` and `limit` come from `SIMULATIONS` networks whose accuracy equals their confidence.

    References
    ----------
    M. P. Naeini, G. Cooper, M. Hauskrecht, Obtaining Well Calibrated Probabilities Using Bayesian Binning, AAAI 2015,
    with bins of equal mass: K. Nguyen, B. O'Connor, Posterior calibration and exploratory analysis for natural language
    processing models, EMNLP 2015.
    """
    known = np.isfinite(probabilities).all(axis=1)
    sure = probabilities[known].max(axis=1)
    correct = probabilities[known].argmax(axis=1) == labels[known]
    order = np.argsort(sure, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    confidence = np.array([sure[part].mean() for part in parts])
    accuracy = np.array([correct[part].mean() for part in parts])
    count = np.array([len(part) for part in parts], np.int64)
    if not parts:
        return Calibration(confidence, accuracy, count, np.nan, np.nan, np.nan)
    error = float(np.average(np.abs(confidence - accuracy), weights=count))
    random, by_chance = np.random.default_rng(0), np.zeros(SIMULATIONS)
    for part in parts:
        correct_by_chance = (random.random((SIMULATIONS, len(part)), np.float32) < sure[part]).sum(axis=1)
        by_chance += np.abs(correct_by_chance - sure[part].sum()) / len(order)
    return Calibration(confidence, accuracy, count, error, float(by_chance.mean()), float(np.quantile(by_chance, 0.95)))


def surest_mistakes(probabilities: np.ndarray, labels: np.ndarray, limit: int = 12) -> np.ndarray:
    """Return the rows of the most confident mistakes, the most confident first.

    Parameters
    ----------
    probabilities : ndarray, shape (n, 10)
    labels : ndarray of int, shape (n,)
    limit : int

    Returns
    -------
    ndarray of int64, shape (at most `limit`,)
    """
    wrong = np.flatnonzero((probabilities.argmax(axis=1) != labels) & np.isfinite(probabilities).all(axis=1))
    return wrong[np.argsort(-probabilities[wrong].max(axis=1), kind="stable")[:limit]]


def most_confused(matrix: np.ndarray, limit: int = 5) -> list[tuple[int, int, int]]:
    """Return the most frequent mistakes as (true digit, answer, count), the most frequent first.

    Parameters
    ----------
    matrix : ndarray of int, shape (10, 10)
        Counts, from `confusion_matrix`.
    limit : int
    """
    wrong = matrix * (1 - np.eye(DIGITS, dtype=matrix.dtype))
    order = np.argsort(-wrong, axis=None, kind="stable")[:limit]
    pairs = [divmod(int(place), DIGITS) for place in order]
    return [(true, answer, int(wrong[true, answer])) for true, answer in pairs if wrong[true, answer]]


NEVER = -1


@dataclass(frozen=True, eq=False)
class Learnt:
    """A network's answers to each digit at each checkpoint of a run.

    Parameters
    ----------
    batches : ndarray of int64, shape (stops,)
        Finished batches at each checkpoint, ascending. 0 is before training.
    answers : ndarray of int8, shape (stops, n)
    labels : ndarray of int64, shape (n,)
    """

    batches: np.ndarray
    answers: np.ndarray
    labels: np.ndarray

    @property
    def correct(self) -> np.ndarray:
        """True for each correct answer, shape (stops, n)."""
        return self.answers == self.labels.astype(np.int8)

    @property
    def since(self) -> np.ndarray:
        """Batches after which each digit is classified correctly until the end, shape (n,). -1 for never."""
        place = stays_from(self.correct)
        return np.where(place < 0, NEVER, self.batches[place])

    @property
    def half(self) -> np.ndarray:
        """Batches after which at least half of each digit's samples are learnt, shape (10,). -1 for never or none."""
        since, found = self.since, np.full(DIGITS, NEVER)
        for digit in range(DIGITS):
            of_it = since[self.labels == digit]
            learnt, enough = np.sort(of_it[of_it >= 0]), -(-len(of_it) // 2)
            if 0 < enough <= len(learnt):
                found[digit] = learnt[enough - 1]
        return found

    @property
    def wrong(self) -> np.ndarray:
        """Number of checkpoints at which each digit is misclassified, int64, shape (n,)."""
        return (~self.correct).sum(axis=0)

    def hardest(self, limit: int = 12) -> np.ndarray:
        """Return the rows of the digits with the most misclassified checkpoints, the hardest first.

        Digits that are always classified correctly are left out.
        """
        wrong = self.wrong
        order = np.argsort(-wrong, kind="stable")[:limit]
        return order[wrong[order] > 0]


def stays_from(correct: np.ndarray) -> np.ndarray:
    """Return the row from which each column stays true to the end, shape (n,). -1 if its last value is false.

    Parameters
    ----------
    correct : ndarray of bool, shape (stops, n)
    """
    wrong = ~correct
    since = np.where(wrong.any(axis=0), len(wrong) - wrong[::-1].argmax(axis=0), 0)
    return np.where(since < len(wrong), since, NEVER)


def when_learnt(
    run: TrainingRun,
    digits: DigitDataset | None = None,
    on_progress: OnProgress = ignore_progress,
    history: History | None = None,
) -> Learnt:
    """Classify every digit with the network of a run at each of its checkpoints.

    The checkpoints are the initial weights and the weights kept after batches. The notebook's run has 201, which take
    30 ms for its 180 test digits. Weights are kept in float32; answers are computed in float64.

    Parameters
    ----------
    run : TrainingRun
        The run up to its current point.
    digits : DigitDataset, optional
        Test digits of the run by default.
    on_progress : callable, optional
        Called before each checkpoint with (done, total).
    history : History, optional
        History to use instead of the run's own, if the run has continued since.

    Returns
    -------
    Learnt

    Examples
    --------
    >>> learnt = when_learnt(run)  # doctest: +SKIP
    >>> learnt.since[run.test.labels == 7]  # after how many batches each 7 was learnt  # doctest: +SKIP
    """
    digits = run.test if digits is None else digits
    shown, history = run.snapshot.network, history or run.history
    batches = np.append(0, history.kept_batches + 1)
    answers = np.empty((len(batches), len(digits)), np.int8)
    known = []
    for stop, batch in enumerate(batches.tolist()):
        on_progress(stop, len(batches))
        if (kept := history.recorded_after(batch)) is None:
            continue
        known.append(stop)
        answers[stop] = replace(shown, parameters=kept.in_float64()).predict(digits.pixels)
    return Learnt(batches[known], answers[known], digits.labels)
