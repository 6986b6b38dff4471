"""What is happening, in words. Most observations are made on real trainings."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest

from digitviz import Hyperparameters, TrainingRun
from digitviz.dashboard.train import happening
from digitviz.dashboard.train.happening import OBSERVATIONS, Facts, dead_in_words, gap_in_words, now, observed
from digitviz.drawing.practice import PracticeDataset
from digitviz.language import speaking
from digitviz.training.faults import Checkup
from digitviz.training.pool import Job, Progress, ProgressState
from digitviz.training.record import BATCH_CURVES


def news(run: TrainingRun, speed: float | None = None, running: bool = False) -> dict[str, str]:
    job = Job(run, speed)
    _ = run.snapshot.test_accuracy, run.snapshot.checkup
    job.judged = run.snapshot
    over = run.finished or run.diverged
    state = ProgressState.RUNNING if running else ProgressState.FINISHED if over else ProgressState.PAUSED
    return now(job, Progress(state, run.step, run.total_steps, 0.0, None, 0, None))


def stood(digits, steps: int, **settings: object) -> TrainingRun:
    run = TrainingRun(digits, Hyperparameters(**{"batches": 40, "steps_per_batch": 50, "batch_size": 100} | settings))
    run.advance(steps)
    return run


def numbers(words: str) -> list[float]:
    return [float(number.replace(",", "")) for number in re.findall(r"\d[\d,]*\.?\d*", words)]


def test_before_the_first_step_the_weights_are_random_unless_they_are_imported_or_zeros(digits):
    run = stood(digits, 0)
    assert news(run)["kind"] == "before"
    imported = TrainingRun(digits, run.hyperparameters, start=run.initial_parameters)
    for other in (imported, stood(digits, 0, initialization="zeros")):
        assert news(other)["kind"] == "not_random"
    assert news(imported, running=True)["words"] == "The first step is being computed."


def test_a_sentence_says_what_lasts_because_steps_follow_while_it_is_read():
    falling, flat = made(step=1_030, losses=np.linspace(900, 20, 1_030)), made(losses=np.full(60, 5.0))
    assert observed(falling)[1].endswith(" in 30 steps: the answers get better.")
    rising = made(step=40, losses=np.linspace(20, 80, 60))
    assert observed(rising)[1].startswith("The loss rises from 20 to ")
    assert observed(dataclasses.replace(rising, over=True))[0] != "rises"
    assert observed(flat)[1] == "Step by step, it is looking for better weights."


def test_another_curve_with_one_value_per_batch_is_one_entry(digits, monkeypatch):
    monkeypatch.setitem(BATCH_CURVES, "weight_norm", lambda end: float(np.linalg.norm(end.parameters.to_vector())))
    run = stood(digits, 0)
    for _batch in range(40):  # `ends` compares with an earlier batch, if there is one
        run.advance(50)
        assert news(run)["words"]
    norm = np.linalg.norm(run.network.parameters.to_vector())
    assert run.history.of_batches("weight_norm")[-1] == pytest.approx(norm)


def test_it_says_when_the_first_digit_is_known_and_which(digits):
    run = TrainingRun(digits, Hyperparameters(batches=60, steps_per_batch=100))
    while len(run.snapshot.checkup.known) == 0:
        run.advance(25)
    assert len(run.snapshot.checkup.known) == 1
    told = news(run, running=True)
    assert told["kind"] == "first_digit"
    digit = run.snapshot.checkup.known[0]
    assert numbers(told["words"]) == [digit, 90]


def test_too_long_steps_make_the_loss_of_a_batch_rise(digits):
    run = stood(digits, 0, learning_rate=1e-2, activation="tanh")
    kinds = set()
    for _step in range(20):
        run.advance(10)
        told = news(run, running=True)
        kinds.add(told["kind"])
        if told["kind"] == "rises":
            begin, end, steps = numbers(told["words"])
            assert steps == (run.step - 1) % 50 + 1
            assert end > 1.05 * begin
            assert end == pytest.approx(run.history.losses.ravel()[run.step - 1], rel=0.01)
    assert "rises" in kinds


def test_with_one_step_for_each_batch_the_mean_of_100_losses_must_rise():
    losses = np.concatenate([np.full(150, 10.0), np.full(100, 12.0)])
    one_step = {"steps_per_batch": 1, "losses": losses}
    assert observed(made(step=250, **one_step)) == (
        "rises",
        "The loss rises from 10 to 12 in 100 steps: the steps are too long.",
    )
    assert observed(made(step=160, **one_step))[0] == "looks"
    assert observed(made(step=250, **one_step | {"losses": losses[::-1]})) == (
        "falls",
        "The loss falls from 11 to 10 in 100 steps: the answers get better.",
    )


def test_a_new_batch_is_said_only_when_stepping_or_slow(digits):
    run = stood(digits, 8 * 50 + 1, learning_rate=1e-5)
    losses = run.history.losses.ravel()
    assert losses[400] > 1.2 * losses[399]
    told = news(run)
    assert told["kind"] == "new_batch"
    assert numbers(told["words"]) == pytest.approx([losses[399], losses[400]], rel=0.01)
    assert news(run, speed=10, running=True)["kind"] == "new_batch"
    assert news(run, speed=1_000, running=True)["kind"] != "new_batch"
    assert news(run, running=True)["kind"] != "new_batch"
    run.advance(10)
    assert news(run)["kind"] != "new_batch"


def test_nothing_has_changed_for_2000_steps(digits):
    run = stood(digits, 3_000, learning_rate=1e-9, batches=100)
    told = news(run, running=True)
    assert told["kind"] == "unchanged"
    assert numbers(told["words"]) == [2_000]
    assert news(stood(digits, 1_500, learning_rate=1e-9, batches=100), running=True)["kind"] != "unchanged"


def test_it_memorizes_if_it_knows_its_own_digits_much_better_than_new_ones(digits):
    run = TrainingRun(
        digits, Hyperparameters(batches=20, steps_per_batch=200, train_fraction=0.1, batch_size=50, learning_rate=1e-5)
    )
    run.advance(run.total_steps)
    train, test = run.history.train_accuracy[-1], run.history.test_accuracy[-1]
    assert train >= 0.95
    assert test <= train - 0.1
    told = news(run)
    assert told["kind"] == "memorizes"
    assert numbers(told["words"]) == [round(100 * train), round(100 * test)]
    assert told["gap"].endswith("it overfits.")


def test_dead_neurons_are_counted_and_named(digits):
    run = stood(digits, 200, learning_rate=1e-3)
    dead = run.snapshot.checkup.dead[0]
    assert len(dead) > 1
    told = news(run, running=True)
    assert numbers(told["dead"])[:2] == [len(dead), 50]
    assert numbers(told["dead"])[2:] == (dead[:8] + 1).tolist()


def made(**changes: object) -> Facts:
    return dataclasses.replace(
        Facts(60, 50, True, False, False, np.linspace(80, 20, 60), np.full((2, 4), np.nan), None, 50), **changes
    )


def test_the_rarest_that_holds_is_said():
    three = Checkup((np.array([3, 5, 8]),), (1, 2, 3))
    ends = np.array([[np.nan] * 4, [0.97, 0.8, 0.1, 0.5]])
    assert observed(made())[0] == "falls"
    assert observed(made(checkup=three)) == (
        "dead",
        "3 neurons do nothing: whatever the digit, their output stays the same.",
    )
    assert observed(made(checkup=three, ends=ends))[0] == "memorizes"
    assert observed(made(checkup=three, ends=ends, losses=np.linspace(20, 80, 60)))[0] == "rises"
    assert observed(made(losses=np.full(60, 5.0)))[0] == "looks"
    assert observed(made(losses=np.linspace(90.02, 90.01, 60)))[0] == "looks", "both would be written as 90"
    few_learnt = np.array([[np.nan] * 4, [0.9, 0.85, 0.1, 0.5]])
    told = observed(made(over=True, ends=few_learnt))
    assert told[0] == "over"
    assert told[1].startswith("Training is over after ")
    assert observed(made(over=True))[0] != "over", "no batch has ended"
    few = Checkup((np.array([3, 5]),), (1, 2, 3))
    assert observed(made(checkup=few))[0] == "falls"
    assert observed(made(checkup=three, neurons=100))[0] == "falls"
    assert observed(made(checkup=Checkup((), (4,))))[0] == "first_digit"


def test_every_observation_has_words_in_both_languages():
    names = ["digit", "first", "now", "before", "steps", "train", "test", "count", "step", "batch", "share"]
    fields = dict.fromkeys(names, "1")
    for _holds, words in OBSERVATIONS.values():
        english = words.format(**fields)
        with speaking("zh"):
            chinese = words.format(**fields)
        assert english.isascii()
        assert english != chinese


def test_a_gap_is_chance_only_within_two_standard_errors_of_the_difference_in_both_directions():
    many = 1617, 180
    assert "which can be chance" in gap_in_words(0.93, 0.9, *many)
    assert "overfits a little" in gap_in_words(0.95, 0.9, *many)
    assert gap_in_words(0.95, 0.9, *many, is_plain=True).endswith("those are harder for it.")
    assert "which can be chance" in gap_in_words(0.95, 0.9, 150, 180), "few training digits have a standard error too"
    assert numbers(gap_in_words(0.982, 0.939, *many)) == [98, 100, 94, 100]
    assert numbers(gap_in_words(0.9845, 0.9755, 3000, 3000)) == [98.5, 100, 97.5, 100], "they would round alike"
    assert numbers(gap_in_words(0.996, 0.94, *many)) == [99.6, 100, 94.0, 100], "not all are right"
    assert gap_in_words(0.99999, 0.9, 60_000, 10_000).startswith("It reads 99.9 of 100 digits")
    assert gap_in_words(1.0, 0.9 - 1e-9, *many).endswith("it overfits.")
    assert "harder to read" in gap_in_words(0.6, 0.702, *many)
    assert "can be chance" in gap_in_words(1.0, 1.0, *many)
    assert gap_in_words(float("nan"), float("nan"), *many) == ""


def test_wrong_labels_explain_the_gap_also_if_the_digits_are_copied(digits):
    wrong = digits.mislabelled(0.2)
    for each in (wrong, PracticeDataset.of(wrong, 1)):
        run = TrainingRun(each, Hyperparameters(batches=1, steps_per_batch=5))
        run.advance(5)
        assert news(run)["gap"].endswith(" of 100 new ones, but 20% of its own labels are wrong.")


def test_dead_neurons_in_several_layers_are_named_with_their_layer_and_many_are_cut():
    many = Checkup((np.arange(7), np.array([4, 9])), ())
    assert dead_in_words(many, 30) == (
        "Dead neurons, which do nothing: 9 of 30 (layer.neuron: 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 2.5, …)"
    )
    assert dead_in_words(None, 30) == "Dead neurons, which do nothing: not counted yet"
    assert dead_in_words(Checkup((np.array([], int),), ()), 50) == "Dead neurons, which do nothing: none of 50"


def test_nothing_is_computed_for_the_stream(digits, monkeypatch):
    run = stood(digits, 130)
    monkeypatch.setattr("digitviz.training.run.check", lambda *_: pytest.fail("computed in the event loop"))
    job = Job(run)
    told = now(job, Progress(ProgressState.RUNNING, run.step, run.total_steps, 1e4, 1.0, 0, None))
    assert told["dead"] == "Dead neurons, which do nothing: not counted yet"
    assert happening.facts(job, Progress(ProgressState.RUNNING, 1, 2, 1.0, 1.0, 0, None)).checkup is None
