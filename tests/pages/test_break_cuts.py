from __future__ import annotations

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from digitviz import Hyperparameters, TrainingRun, load_pretrained
from digitviz.dashboard.questions import break_it
from digitviz.dashboard.questions.asked_digit import TEST, AskedDigit
from digitviz.dashboard.questions.order import QUESTIONS
from digitviz.dashboard.questions.subject import reader
from digitviz.dashboard.session.moment import moment
from digitviz.explanations.ablation import ablate, ablation_accuracies, accuracy_and_loss, prune, set_weight
from tests.pages.reading import open_page, words_on
from tests.waiting import wait_until

NEURONS, WEIGHTS = 4, 5


@pytest.fixture(scope="module")
def runs(digits) -> dict[tuple[int, ...], TrainingRun]:
    made = {}
    for hidden in ((), (12,), (8, 7, 6, 9)):
        settings = Hyperparameters(hidden=hidden, batches=4, steps_per_batch=100, learning_rate=1e-5)
        made[hidden] = TrainingRun(digits, settings)
        made[hidden].advance(made[hidden].total_steps)
    return made


def opened(run: TrainingRun | None, step: int) -> AppTest:
    return open_page("break", run, step)


def percent(value: float) -> str:
    return f"**{value:.1%}** of the"


def off(page: AppTest, mark, *neurons: int) -> AppTest:
    page.session_state["silent_neurons"] = (mark, frozenset(neurons))
    page.run()
    assert not page.exception
    return page


@pytest.mark.parametrize(("hidden", "layer"), [((12,), 0), ((8, 7, 6, 9), 0), ((8, 7, 6, 9), 2)])
def test_neurons_that_are_away_change_the_accuracy_and_come_back(runs, hidden, layer):
    run = runs[hidden]
    network, test = moment(run).network, run.test
    page = opened(run, NEURONS)
    if layer:
        page.button_group("silent_layer").set_value(layer + 1).run()
    assert page.button("neurons_back").disabled
    assert f"With the whole layer, {percent(network.accuracy(test.pixels, test.labels))}" in words_on(page)
    off(page, (run.serial, layer), 1, 4)
    expected = ablate(network, layer, [1, 4]).accuracy(test.pixels, test.labels)
    assert f"Without 2 of {hidden[layer]} neurons, {percent(expected)}" in words_on(page)
    page.button("neurons_back").click().run()
    assert "Without 2 of" not in words_on(page)


def guessed(page: AppTest, key: str) -> AppTest:
    """Guess which neuron matters most. The page does not reveal it before the guess."""
    wait_until(lambda: f"{key}_commit" in {button.key for button in page.run().button})
    assert "matters most:" not in words_on(page)
    assert "silence_worst" not in {button.key for button in page.button}
    assert "neuron_harms" not in page.session_state["frames"]
    page.button(f"{key}_commit").click().run()
    assert not page.exception
    return page


def test_the_neuron_that_matters_most_is_named_after_a_guess(runs):
    run = runs[12,]
    page = guessed(opened(run, NEURONS), "worst_neuron_0_12")
    network, test = moment(run).network, run.test
    without = ablation_accuracies(network, 0, test)
    assert "they do not adapt" in str(QUESTIONS["break"].steps[NEURONS - 1].solution)
    harmless = (without >= network.accuracy(test.pixels, test.labels)).sum()
    assert f"Neuron **{without.argmin() + 1}** matters most: without it, accuracy drops to {without.min():.1%}." in (
        words_on(page)
    )
    assert f"{harmless} of the 12 neurons can be removed" in words_on(page)


def test_of_a_single_neuron_nothing_is_guessed(digits):
    run = TrainingRun(digits, Hyperparameters(hidden=(1,), batches=2, steps_per_batch=50, learning_rate=1e-5))
    run.advance(run.total_steps)
    page = opened(run, NEURONS)
    wait_until(lambda: "neuron_harms" in page.run().session_state["frames"])
    assert not page.exception


def test_the_neuron_that_matters_most_can_be_silenced_and_brought_back_beside_its_name(digits):
    run = TrainingRun(digits, Hyperparameters(hidden=(120,), batches=2, steps_per_batch=50, learning_rate=1e-5))
    run.advance(run.total_steps)
    page = opened(run, NEURONS)
    guessed(page, "worst_neuron_0_120")
    network = moment(run).network
    without = ablation_accuracies(network, 0, run.test)
    worst = int(without.argmin())
    assert page.button("silence_worst").click().run().button("silence_worst").label == f"Restore neuron {worst + 1}"
    assert f"Without 1 of 120 neurons, {percent(float(without.min()))}" in words_on(page)
    page.button("silence_worst").click().run()
    assert f"With the whole layer, {percent(network.accuracy(run.test.pixels, run.test.labels))}" in words_on(page)


def test_of_a_wide_layer_the_page_says_how_many_neurons_it_shows(digits):
    wide = TrainingRun(digits, Hyperparameters(hidden=(512, 512), batches=1, steps_per_batch=2, batch_size=10))
    wide.advance(2)
    assert "100 of the 512 neurons are shown here." in words_on(opened(wide, NEURONS))


def test_without_a_hidden_layer_there_is_nothing_to_take_away(runs):
    page = opened(runs[()], NEURONS)
    assert "no hidden layer" in words_on(page)
    page = opened(runs[()], WEIGHTS)
    assert "test digits are classified correctly" in words_on(page)


def test_the_ready_made_network_can_lose_neurons_and_weights():
    page = opened(None, NEURONS)
    page.query_params["net"] = "reader"
    network, test = load_pretrained(), reader().test
    off(page, ("reader", 0), 0)
    assert percent(ablate(network, 0, [0]).accuracy(test.pixels, test.labels)) in words_on(page)


def chosen(page: AppTest, run: TrainingRun, layer: int, row: int, column: int) -> AppTest:
    page.session_state["chosen_weight"] = ((run.serial, layer), (row, column))
    page.run()
    assert not page.exception
    return page


@pytest.mark.parametrize("hidden", [(), (12,), (8, 7, 6, 9)])
def test_weights_are_cut_and_typed_and_what_was_typed_is_undone(runs, hidden):
    run = runs[hidden]
    network, test, last = moment(run).network, run.test, len(hidden)
    page = opened(run, WEIGHTS)
    page.slider("cut_fraction").set_value(40).run()
    cut = prune(network, 0.4)
    assert percent(cut.accuracy(test.pixels, test.labels)) in words_on(page)
    if hidden:
        page.button_group("cut_matrix").set_value(f"w{last + 1}").run()
    chosen(page, run, last, 3, 7)
    assert page.number_input("typed_weight").value == cut.parameters.weights[last][3, 7]
    page.number_input("typed_weight").set_value(50.0).run()
    typed = set_weight(cut, last, 3, 7, 50.0)
    assert percent(typed.accuracy(test.pixels, test.labels)) in words_on(page)
    assert f"{accuracy_and_loss(typed, test, 'squared_error')[1]:.3g}" in words_on(page)
    answer = int(typed.predict(test.pixels[:1])[0])
    assert f"read as **{answer}**" in words_on(page)
    chosen(page, run, last, 2, 1)
    page.number_input("typed_weight").set_value(-50.0).run()
    both = set_weight(typed, last, 2, 1, -50.0)
    assert percent(both.accuracy(test.pixels, test.labels)) in words_on(page)
    page.button("typed_undo").click().run()
    assert page.number_input("typed_weight").value == cut.parameters.weights[last][2, 1]
    assert percent(typed.accuracy(test.pixels, test.labels)) in words_on(page)
    page.button("typed_undo_all").click().run()
    assert percent(cut.accuracy(test.pixels, test.labels)) in words_on(page)
    assert page.button("typed_undo").disabled


def test_the_same_weight_typed_again_is_undone_at_once(runs):
    run = runs[12,]
    page = chosen(opened(run, WEIGHTS), run, 0, 20, 3)
    before = page.number_input("typed_weight").value
    for value in (1.0, 2.0):
        page.number_input("typed_weight").set_value(value).run()
    page.button("typed_undo").click().run()
    assert page.number_input("typed_weight").value == before


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e13, "7", None, 10**400])
def test_what_a_browser_types_is_taken_only_if_it_is_a_number_within_bounds(monkeypatch, value):
    state = {"typed_weight": value}
    monkeypatch.setattr(break_it.st, "session_state", state)
    break_it._take_typed("owner", 0, (1, 2))
    assert list(state) == ["typed_weight"]


@pytest.mark.parametrize(("x", "y"), [(1e9, 3.0), (-1.0, 3.0), (0.2, 2.0), (3.0, 65.0), (float("nan"), 1.0), ("3", 4)])
def test_a_click_beside_the_weights_chooses_none(monkeypatch, x, y):
    state = {"cut_weights": {"click": {"x": x, "y": y, "curveNumber": 0}}}
    monkeypatch.setattr(break_it.st, "session_state", state)
    break_it._take_weight("owner", 0, (64, 12), False)
    assert list(state) == ["cut_weights"]


def test_a_click_chooses_the_weight_that_was_clicked(monkeypatch):
    for is_last, column in ((False, 4), (True, 5)):
        state = {"cut_weights": {"click": {"x": 5.0, "y": 12.0, "curveNumber": 0}}}
        monkeypatch.setattr(break_it.st, "session_state", state)
        break_it._take_weight("owner", 0, (64, 10), is_last)
        assert state["chosen_weight"] == (("owner", 0), (11, column))


def test_weights_of_a_network_that_diverged_can_be_looked_at(digits):
    run = TrainingRun(digits, Hyperparameters(hidden=(6,), batches=3, steps_per_batch=50, learning_rate=10.0))
    run.advance(run.total_steps)
    for step in (NEURONS, WEIGHTS):
        page = opened(run, step)
        assert not page.exception
    chosen(page, run, 0, int(np.abs(moment(run).network.parameters.weights[0]).max(axis=1).argmax()), 0)


def test_no_answer_is_called_certain():
    network, digits = load_pretrained(), reader().test
    sure = int(network.predict_proba(digits.pixels).max(axis=1).argmax())
    asked = AskedDigit(TEST, sure, digits.pixels[sure], None)
    assert break_it._reading_in_words(asked, network, network).endswith("with a probability of >99%.")
