from __future__ import annotations

import dataclasses
from itertools import pairwise

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from digitviz import Hyperparameters, TrainingRun, shocked
from digitviz.dashboard.questions import break_it
from digitviz.dashboard.questions.break_it import PLAIN, SHOCKED, runs, setting_of, within_seconds
from digitviz.dashboard.questions.subject import reader
from digitviz.dashboard.session.moment import moment
from digitviz.drawing.practice import PracticeDataset
from digitviz.training.perturbations import PERTURBATIONS
from tests.pages.reading import open_page, words_on
from tests.waiting import wait_until

SHOCK = 6
SETTINGS = Hyperparameters(hidden=(8,), batches=4, steps_per_batch=60, learning_rate=1e-5)


@pytest.fixture(scope="module")
def run(digits) -> TrainingRun:
    run = TrainingRun(digits, SETTINGS)
    run.advance(run.total_steps)
    return run


def trained(page: AppTest, name: str, guess: float) -> AppTest:
    page.button_group("shock_kind").set_value(name).run()
    assert f"shock_{name}_compute" not in {button.key for button in page.button}  # the guess comes first
    page.slider(f"shock_guess_{name}").set_value(guess).run()
    page.button(f"shock_guess_{name}_commit").click().run()
    assert f"You said {guess:g}. Now train both" in words_on(page)
    page.button(f"shock_{name}_compute").click().run()
    wait_until(lambda: "without the change it is" in words_on(page.run()))
    assert not page.exception
    return page


@pytest.mark.parametrize("name", PERTURBATIONS)
def test_after_the_guess_both_are_trained_and_the_accuracies_are_those_of_the_core(run, digits, name):
    page = trained(open_page("break", run, SHOCK), name, 40.0)
    alone = TrainingRun(shocked(digits, name), SETTINGS)
    alone.advance(alone.total_steps)
    after, plain = (f"**{100 * each.test_accuracy:.1f}**" for each in (alone, run))
    assert f"You said 40. It is {after}; without the change it is {plain}. {PERTURBATIONS[name].because}" in words_on(
        page
    )
    page.button(f"shock_guess_{name}_again").click().run()
    assert "without the change" not in words_on(page)


def test_what_was_trained_stays_when_another_shock_is_looked_at(run):
    page = trained(open_page("break", run, SHOCK), "random_labels", 90.0)
    page.button_group("shock_kind").set_value("half").run()
    assert "without the change" not in words_on(page)
    page.button_group("shock_kind").set_value("random_labels").run()
    assert "without the change" in words_on(page)


@pytest.mark.parametrize("name", PERTURBATIONS)
@pytest.mark.parametrize("diverged", [PLAIN, SHOCKED])
def test_no_reason_is_given_for_a_number_that_is_unknown(name, diverged):
    steps, known = np.arange(2), np.array([0.5, 0.9])
    result = dict.fromkeys((PLAIN, SHOCKED), (steps, known, known)) | {diverged: (steps, known * np.nan, known)}
    said = break_it._shock_answer(result, name)
    assert "**unknown, because it diverged**" in said
    assert "**90.0**" in said
    assert str(PERTURBATIONS[name].because) not in said


def test_a_run_that_diverged_later_has_no_accuracy_at_the_end(digits):
    settings = {"batches": 12, "steps_per_batch": 20, "learning_rate": 0.01, "activation": "leaky_relu"}
    run = TrainingRun(digits, Hyperparameters(**settings, engine="numpy"))
    run.advance(run.total_steps)
    assert run.diverged
    assert run.batch > 0
    steps, accuracies, _losses = break_it._course(run.snapshot)
    assert len(steps) == len(accuracies) == run.batch + 1
    assert np.isfinite(accuracies[:-1]).all()
    assert np.isnan(accuracies[-1])


def test_the_ready_made_network_is_no_run_so_the_notebooks_is_trained():
    page = open_page("break", None, SHOCK)
    page.query_params["net"] = "reader"
    page.run()
    assert not page.exception
    assert "trained for 100,000 steps with the notebook's settings" in words_on(page)


def test_both_are_trained_with_the_settings_of_the_run_on_digits_without_copies(digits):
    settings = dataclasses.replace(SETTINGS, train_fraction=0.5, seed=4)
    practice = TrainingRun(PracticeDataset.of(digits, copies=1), settings)
    base, chosen = setting_of(moment(practice))
    assert base.id == digits.id
    assert chosen == settings
    both = runs(base, chosen, "half")
    assert [both[name].hyperparameters for name in (PLAIN, SHOCKED)] == [settings] * 2
    assert len(both[SHOCKED].train) == len(both[PLAIN].train) == len(digits) // 2
    assert setting_of(reader())[1] == Hyperparameters()


@pytest.mark.parametrize(
    ("copies", "drawings", "words"),
    [
        (0, False, ""),
        (1, False, "Neither is trained on the distorted copies of this run."),
        (0, True, "Neither is trained on the drawings of this run."),
        (1, True, "distorted copies of this run. Neither is trained on the drawings of this run."),
    ],
)
def test_the_page_says_what_of_the_training_data_both_do_not_learn_from(digits, copies, drawings, words):
    practice = TrainingRun(PracticeDataset.of(digits, copies, digits[:3] if drawings else None), SETTINGS)
    practice.advance(practice.total_steps)
    said = words_on(open_page("break", practice, SHOCK))
    assert words in said
    assert ("Neither is trained" in said) == bool(words)


@pytest.mark.parametrize(
    "settings",
    [
        Hyperparameters(),
        Hyperparameters(batches=20, steps_per_batch=100_000),
        Hyperparameters(batches=10_000, steps_per_batch=1),
        Hyperparameters(batches=10_000, steps_per_batch=200, batch_size=2000),
        Hyperparameters(batches=1, steps_per_batch=100_000, hidden=(512,) * 4, batch_size=2000),
        Hyperparameters(batches=3, steps_per_batch=7),
    ],
)
def test_no_more_work_than_the_notebooks_is_done(settings):
    def work(of: Hyperparameters) -> int:
        weights = sum(entering * leaving for entering, leaving in pairwise(of.layer_sizes))
        return of.batches * weights * (of.steps_per_batch * of.batch_size + 1797)

    chosen = within_seconds(settings, 1797)
    most = work(Hyperparameters())
    assert work(chosen) <= 1.05 * most or chosen.total_steps == 1
    assert work(chosen) == work(settings) or work(chosen) > 0.4 * most
    assert dataclasses.replace(chosen, batches=1, steps_per_batch=1) == dataclasses.replace(
        settings, batches=1, steps_per_batch=1
    )
