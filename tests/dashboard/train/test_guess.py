"""One opened digit of the sample predictions."""

from __future__ import annotations

from contextlib import nullcontext
from types import SimpleNamespace

import numpy as np
import pytest

from digitviz import Hyperparameters, TrainingRun, train
from digitviz.dashboard.train import live
from digitviz.training.pool import Job


@pytest.fixture(scope="module")
def run(digits) -> TrainingRun:
    return train(digits, Hyperparameters(batches=4, steps_per_batch=50))


@pytest.fixture
def said_of(run, monkeypatch):
    """Return a function that opens one of the twelve digits and returns its text."""

    def said_of(number: int) -> str:
        said: list[str] = []
        shown = SimpleNamespace(
            session_state={live.OPENED_GUESS: number}, markdown=said.append,
            columns=lambda *_, **__: (nullcontext(), nullcontext()), page_link=lambda *_, **__: None,
        )  # fmt: skip
        monkeypatch.setattr(live, "st", shown)
        live._guess()
        return said[0]

    monkeypatch.setattr(live.current_run, "job", lambda: Job(run))
    monkeypatch.setattr(live, "plot", lambda *_, **__: None)
    return said_of


def test_an_opened_digit_is_said_to_be_read_correctly_or_taken_for_another_with_its_probability(run, said_of):
    shown = run.test[: live.MAX_GUESSES]
    labels, probabilities = shown.labels, run.network.predict_proba(shown.pixels)
    answers = probabilities.argmax(axis=1)
    assert set(np.sign(answers - labels)) == {-1, 0, 1}
    for number, (answer, label) in enumerate(zip(answers, labels, strict=True)):
        read = f"reads this {label} correctly" if answer == label else f"reads this {label} as {answer}"
        said = f"After 200 steps, the network {read}, with a probability of {probabilities[number, answer]:.1%}."
        assert said_of(number) == said


@pytest.mark.parametrize(
    ("clicked", "opened"),
    [(0, 0), (11, 11), (3.0, 3), (12, None), (-1, None), (2.5, None), ("3", None), (None, None), ([3], None)],
)
def test_only_one_of_the_twelve_is_opened_whatever_a_browser_sends(monkeypatch, clicked, opened):
    state: dict[str, int] = {}
    monkeypatch.setattr(live, "clicked", lambda key: {"customdata": clicked})
    monkeypatch.setattr(live.st, "session_state", state)
    live.take_guess()
    assert state.get(live.OPENED_GUESS) == opened


def test_a_click_beside_every_digit_opens_none(monkeypatch):
    state: dict[str, int] = {}
    monkeypatch.setattr(live, "clicked", lambda key: None)
    monkeypatch.setattr(live.st, "session_state", state)
    live.take_guess()
    assert not state
