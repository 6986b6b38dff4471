from __future__ import annotations

import json
import re
from types import SimpleNamespace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from digitviz import Hyperparameters, TrainingRun
from digitviz.dashboard.lesson import network as lesson_network
from digitviz.dashboard.lesson.formulas import bare
from digitviz.explanations.matching import match_neurons
from digitviz.explanations.starts import likeness, train_from
from digitviz.lesson.dot_product import dot_product
from tests.pages.reading import guess, open_page, words_on


@pytest.fixture
def page() -> AppTest:
    return open_page("network")


def test_it_works_before_any_training(page):
    assert page.title[0].value.endswith("?")
    assert "its network has no biases" in words_on(page)
    assert "Your run has" not in words_on(page)


def test_shapes_follow_the_controls(page):
    for shape in (r"100 \times 64}{x}", r"64 \times 50}{w_1}", r"50 \times 10}{w_2}", r"100 \times 10}{z_2}"):
        assert shape in words_on(page)
    page.number_input("network_batch").set_value(32)
    page.slider("network_layers").set_value(2).run()
    page.number_input("network_hidden_2").set_value(20).run()
    assert not page.exception
    columns_of = dict.fromkeys(("w_1", "b_1", "a_1"), 50) | dict.fromkeys(("w_2", "b_2", "a_2"), 20)
    columns_of |= dict.fromkeys(("w_3", "b_3", "z_3", "p"), 10) | {"x": 64}
    for name, columns in columns_of.items():
        height = {"w_1": 64, "w_2": 50, "w_3": 20}.get(name, 1 if name[0] == "b" else 32)
        assert rf"\underset{{{height} \times {columns}}}{{{name}}}" in words_on(page)
    assert r"\sigma(\sigma(x\,w_1 + b_1)\,w_2 + b_2)\,w_3 + b_3" in words_on(page)
    assert "The diagram stays as it is" in words_on(page)
    page.slider("network_layers").set_value(4).run()
    fields = [field.key for field in page.number_input if field.key.startswith("network_hidden_")]
    assert fields == [f"network_hidden_{number}" for number in (1, 2, 3, 4)]  # on a phone, one below another
    assert r"z_5 =\; & \sigma(\sigma(\sigma(\sigma(x\,w_1 + b_1)" in words_on(page)
    page.slider("network_layers").set_value(0).run()
    assert r"64 \times 10}{w_1}" in words_on(page)


@pytest.mark.parametrize(("layer", "neuron"), [(1, 17), (2, 4)])
def test_a_picked_neuron_is_spelled_out(page, digits, layer, neuron):
    page.selectbox("network_layer").set_value(layer).run()
    page.number_input("network_neuron").set_value(neuron + (layer == 1)).run()  # outputs are named by their digits
    weights = "20 of its 74" if layer == 1 else "10 of its 50"
    said = f"Drawn: the {weights} weights that push most."
    assert said in [caption.value for caption in page.caption]
    page.number_input("network_digit").set_value(10).run()
    assert "They add up to" not in words_on(page)
    guess(page)
    assert "They add up to" in words_on(page)
    run = TrainingRun(digits)
    dot = dot_product(run.network, run.test.pixels[9], layer - 1, neuron)
    assert rf"=\; & {{{bare(dot.total)}}} \end" in words_on(page)
    assert bare(dot.products[dot.order[4:]].sum()) in words_on(page)
    assert page.metric[0].value == str(run.test.labels[9])


@pytest.mark.parametrize(
    ("output", "weight", "said"),
    [
        (2.0, 1.0, "It votes for <b>7</b>."),
        (-2.0, -1.0, "It votes for <b>7</b>."),  # minus times minus
        (2.0, 0.0, "It pushes no digit up."),
    ],
)
def test_a_neuron_votes_for_the_digit_that_it_makes_more_likely(output, weight, said):
    weights = [np.ones((64, 1)), np.full((1, 10), -np.sign(output))]
    weights[1][0, 7] = weight
    parameters = SimpleNamespace(weights=weights)
    now = SimpleNamespace(network=SimpleNamespace(parameters=parameters))
    passed_on = [np.zeros(64), np.array([output]), np.full(10, 0.1)]
    one = SimpleNamespace(now=now, layer=1, neuron=0, is_output=False, sizes=(64, 1, 10), passed_on=passed_on)
    assert lesson_network._says(one).split("<br>")[:2] == [said, "This neuron is loud"]


@pytest.mark.parametrize(
    ("output", "said", "full"), [(3.0, "loud", 3), (2.0, "quiet", 2), (0.01, "quiet", 1), (0.0, "silent", 0)]
)
def test_a_neuron_is_loud_or_quiet_and_only_at_university_with_its_number(output, said, full, monkeypatch):
    now = SimpleNamespace(
        network=SimpleNamespace(parameters=SimpleNamespace(weights=[np.ones((64, 2)), np.eye(2, 10)]))
    )
    passed_on = [np.zeros(64), np.array([output, 5.0]), np.full(10, 0.1)]
    one = SimpleNamespace(now=now, layer=1, neuron=0, is_output=False, sizes=(64, 2, 10), passed_on=passed_on)
    squares, votes = "■" * full + "□" * (5 - full), "It votes for <b>0</b>.<br>" if output else ""
    for is_plain in (True, False):
        monkeypatch.setattr(lesson_network, "is_plain", lambda is_plain=is_plain: is_plain)
        words = re.sub("<b style[^>]*>([^<]*)</b>", r"\1", lesson_network._says(one))
        assert words == f"{votes}This neuron is {said}<br>{squares}{'' if is_plain else f' {output:g}'}"


def said_in(page: AppTest) -> str:
    return json.loads(page.session_state["frames"]["diagram"][1])["figure"]["layout"]["meta"]["says"]


def press(page: AppTest, layer: int, neuron: int, monkeypatch) -> None:
    keys = ("network_layer", "network_neuron", "network_digit", lesson_network.PRESSED)
    state = {key: page.session_state[key] for key in keys if key in page.session_state}
    monkeypatch.setattr(lesson_network.st, "session_state", state)
    monkeypatch.setattr(lesson_network, "clicked", lambda _key: {"customdata": [layer, neuron]})
    asked_of = page.number_input("network_digit").value - 1 if "Which pattern" in said_in(page) else None
    lesson_network.pick_clicked((64, 50, 10), asked_of)
    monkeypatch.undo()
    for key, value in state.items():
        page.session_state[key] = value
    page.run()


def test_the_pattern_with_the_largest_sum_is_asked_for_and_then_opened_in_the_diagram(page, monkeypatch):
    for is_right in (True, False):
        number = page.number_input("network_digit").value
        figure = json.loads(page.session_state["frames"]["diagram"][1])["figure"]
        neurons = [neuron for _layer, neuron in figure["data"][-1]["customdata"]]
        shown = page.number_input("network_neuron").value - 1  # the largest, in More as well
        assert len(neurons) == 4
        assert shown in neurons
        assert said_in(page).endswith("and 4 patterns. Which pattern does this digit fit best?")
        press(page, 1, shown if is_right else next(each for each in neurons if each != shown), monkeypatch)
        assert not page.exception
        letter = "ABCD"[neurons.index(shown)]
        assert f"{'Yes' if is_right else 'No'}, {letter} fits best." in said_in(page)
        assert page.number_input("network_neuron").value == shown + 1
        press(page, 2, 7, monkeypatch)
        assert "This output gets" in said_in(page)
        assert "fits best" not in said_in(page)
        page.button("network_another").click().run()
        assert page.number_input("network_digit").value == number + 1
        assert "Which pattern" in said_in(page)


@pytest.mark.parametrize("change", ["network_neuron", "network_lines", "network_layer"])
def test_who_chooses_a_neuron_or_all_lines_sees_the_diagram_without_a_guess(page, change):
    if change == "network_neuron":
        page.number_input(change).set_value(9).run()
    elif change == "network_layer":
        page.selectbox(change).set_value(2).run()
    else:
        page.toggle(change).set_value(True).run()
    assert not page.exception
    assert "Which pattern" not in said_in(page)
    assert "fits best" not in said_in(page)
    assert "A network with layers of 64, 50, 10 neurons" in said_in(page)


@pytest.mark.parametrize(
    ("sums", "weights", "count"),
    [
        ([1.0, 3.0, 2.0], np.ones((64, 3)), 3),
        ([3.0, 3.0, 2.0], np.ones((64, 3)), 0),  # two fit best
        ([1.0, np.nan, 2.0], np.ones((64, 3)), 0),
        ([1.0, 3.0, 2.0], np.full((64, 3), np.inf), 0),
        ([3.0], np.ones((64, 1)), 0),
        (np.arange(20.0), np.arange(1.0, 21.0) * np.ones((64, 1)), 4),
        (np.arange(20.0), np.arange(20.0, 0.0, -1.0) * np.ones((64, 1)), 4),  # the best has weak weights
    ],
)
def test_it_asks_only_if_one_neuron_fits_best(sums, weights, count):
    one = object.__new__(lesson_network.Picked)
    one.pre_activations = [np.array([sums])]
    one.now = SimpleNamespace(network=SimpleNamespace(parameters=SimpleNamespace(weights=[weights])))
    assert len(one.asked) == count
    assert count == 0 or int(np.argmax(sums)) in one.asked


def test_a_layer_with_fewer_neurons_takes_its_last_and_a_pixel_says_its_ink(page):
    page.selectbox("network_layer").set_value(0).run()
    page.number_input("network_neuron").set_value(64).run()
    page.selectbox("network_layer").set_value(2).run()
    assert not page.exception
    assert page.number_input("network_neuron").value == 9  # the last output
    page.selectbox("network_layer").set_value(0).run()
    assert "passes on its ink" in words_on(page)


def test_a_pixel_without_ink_pushes_nothing(page):
    page.selectbox("network_layer").set_value(0).run()
    page.number_input("network_neuron").set_value(1).run()
    figure = json.loads(page.session_state["frames"]["diagram"][1])["figure"]
    assert figure["layout"]["meta"]["says"].endswith("Selected: This pixel has ink 0 of 16: it is silent")
    assert len(figure["layout"]["shapes"]) == 2  # of the picture and the hidden layer: no pixel has that of an edge
    assert "Drawn: " not in words_on(page)


def test_the_guess_is_compared_with_what_is_counted(page):
    page.slider("network_guess").set_value(500.0).run()
    page.button("network_guess_commit").click().run()
    assert f"You said 500. It learns {Hyperparameters().initial_parameters().size:,}" in words_on(page)


def test_it_shows_the_network_of_the_run(page):
    settings = Hyperparameters(hidden=(6, 4), bias=True, batches=2, steps_per_batch=5, batch_size=20)
    run = page.session_state["job"].run
    run.__init__(run.dataset, settings)
    run.advance(10)
    page.run()
    page.selectbox("network_layer").set_value(3).run()
    guess(page)
    assert f"This network: {run.test_accuracy:.1%} of the test digits right." in words_on(page)
    assert "Your run has biases." in words_on(page)
    assert r"20 \times 6}{a_1}" in words_on(page)
    assert r"\text{(bias)}" in words_on(page)


def test_weights_beyond_all_bounds_and_zero_weights_are_explained(page):
    run = page.session_state["job"].run
    for weight in run.parameters.weights:
        weight *= 1e308
    for layer in (1, 2):
        page.selectbox("network_layer").set_value(layer).run()
        guess(page)
        assert "beyond the largest number" in page.warning[0].value
    assert r"\text{nan}" in words_on(page) or r"\infty" in words_on(page)
    run.__init__(run.dataset, Hyperparameters(initialization="zeros"))
    page.run()
    assert not page.exception
    guess(page)
    assert r"=\; & {0} \end" in words_on(page)
    assert "Every weight is zero" in page.info[0].value


def test_the_number_guessed_can_be_asked_again(page):
    page.slider("network_guess").set_value(500.0).run()
    page.button("network_guess_commit").click().run()
    page.button("network_guess_again").click().run()
    assert "It learns" not in words_on(page)
    page.slider("network_guess").set_value(4000.0).run()
    page.button("network_guess_commit").click().run()
    assert "You said 4,000. It learns" in words_on(page)


def test_new_weights_give_another_network_that_reads_as_well(digits):
    page = open_page("network", step=4)
    test = digits.split()[1]

    def said(start: int) -> None:
        first, second = (train_from(seed, digits.split()[0]) for seed in (0, start))
        for number, network in enumerate((first, second), start=1):
            assert f"**Network {number}** reads {network.accuracy(test.pixels, test.labels):.1%}" in words_on(page)
        order = match_neurons(first, second)[0]
        numbers = f"{likeness(first, second):.2f}", f"{likeness(first, second, order):.2f}"
        assert f"**{numbers[0]}** by number, **{numbers[1]}** if".replace("-", "−") in words_on(page)
        agree = (first.predict(test.pixels) == second.predict(test.pixels)).mean()
        assert f"the same answer for {agree:.1%}" in words_on(page)

    said(1)
    page.button("network_new").click().run()
    assert not page.exception
    said(2)
    page.toggle("network_matched").set_value(True).run()
    assert not page.exception
    said(2)
    page.session_state["network_start"] = 9
    page.button("network_new").click().run()
    said(1)
