from __future__ import annotations

import numpy as np
import pytest

from digitviz import Hyperparameters, Network, TrainingRun, load_handwriting, train
from digitviz.explanations.evaluation import stays_from, when_learnt
from digitviz.training.presets import PRESETS


@pytest.fixture
def run(digits):
    run = TrainingRun(digits, Hyperparameters(batches=6, steps_per_batch=20))
    run.advance(5 * 20 + 7)
    return run


def by_hand(run, digits):
    """Classify the digits one by one at each checkpoint: when each stays correct, and how often it is wrong."""
    since, wrong = [], []
    networks = {batch: run.at(batch).network for batch in range(run.batch + 1)}
    for pixels, label in zip(digits.pixels, digits.labels, strict=True):
        right = [bool(networks[batch].predict(pixels[None])[0] == label) for batch in networks]
        since.append(next((batch for batch in networks if all(right[batch:])), -1))
        wrong.append(right.count(False))
    return since, wrong


def test_a_digit_is_learnt_when_it_stays_right_to_the_end(run):
    learnt = when_learnt(run)
    since, wrong = by_hand(run, run.test)
    assert learnt.batches.tolist() == [0, 1, 2, 3, 4, 5]
    assert learnt.since.tolist() == since
    assert learnt.wrong.tolist() == wrong
    assert learnt.hardest(9).tolist() == sorted(range(180), key=lambda row: -wrong[row])[:9]
    assert len(set(since)) > 3


def test_a_kind_of_digit_is_learnt_when_half_of_it_is(run):
    learnt = when_learnt(run)
    for digit in range(10):
        since = [batch for batch, label in zip(learnt.since, learnt.labels, strict=True) if label == digit]
        halves = [stop for stop in range(6) if 2 * sum(0 <= batch <= stop for batch in since) >= len(since)]
        assert learnt.half[digit] == (halves[0] if halves else -1)
    assert (when_learnt(run, run.test[:0]).half == -1).all()


def test_any_digits_can_be_asked_about(run):
    some = load_handwriting()[-50:]
    assert when_learnt(run, some).since.tolist() == by_hand(run, some)[0]


def test_the_last_stop_answers_as_the_network_does(digits):
    run = train(digits, PRESETS["adam"].hyperparameters)
    learnt = when_learnt(run)
    assert len(learnt.batches) == 201
    assert learnt.batches[-1] == 200
    assert np.array_equal(learnt.answers[-1], run.network.predict(run.test.pixels))
    never = learnt.since == -1
    assert 0 < never.sum() == round((1 - run.test_accuracy) * 180)


@pytest.mark.parametrize(
    ("correct", "since"),
    [([1, 1, 1], 0), ([0, 1, 1], 1), ([1, 0, 1], 2), ([1, 1, 0], -1), ([0, 0, 0], -1), ([1], 0), ([0], -1)],
)
def test_right_for_good_is_after_the_last_mistake(correct, since):
    assert stays_from(np.array(correct, bool)[:, None]).tolist() == [since]


def test_a_run_that_has_not_begun_has_one_stop(digits):
    run = TrainingRun(digits)
    learnt = when_learnt(run)
    right = Network(run.initial_parameters).predict(run.test.pixels) == run.test.labels
    assert learnt.batches.tolist() == [0]
    assert learnt.since.tolist() == np.where(right, 0, -1).tolist()
    assert set(learnt.hardest(180)) == set(np.flatnonzero(~right))


def test_who_watches_can_stop_it(run):
    seen = []
    when_learnt(run, on_progress=lambda done, of: seen.append((done, of)))
    assert seen == [(stop, 6) for stop in range(6)]

    def stop(done, of):
        raise InterruptedError

    with pytest.raises(InterruptedError):
        when_learnt(run, on_progress=stop)
