from __future__ import annotations

import json
import re

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from digitviz import Hyperparameters, TrainingRun
from digitviz.dashboard.lesson import forward
from digitviz.dashboard.lesson.flow import MAX_DOTS, digit_on_its_way
from digitviz.dashboard.lesson.formulas import bare, significant
from digitviz.lesson.dot_product import dot_product, forward_sums
from digitviz.numbers import a_digit, probability_in_percent
from digitviz.training.setup import batch_rows
from tests.pages.reading import guess, open_page, words_on


@pytest.fixture
def page() -> AppTest:
    return open_page("forward")


def picture_on(page: AppTest, key: str) -> dict:
    return json.loads(page.session_state["frames"][key][1])["figure"]


def make_anew(page: AppTest, settings: Hyperparameters) -> TrainingRun:
    run = page.session_state["job"].run
    run.__init__(run.dataset, settings)
    return run


@pytest.mark.parametrize(
    ("name", "layer", "column", "counted"), [("z1", 0, 22, 23), ("z2", 1, 4, 4)], ids=["neuron 23", "digit 4"]
)
def test_a_cell_is_spelled_out_with_all_its_products(page, digits, name, layer, column, counted):
    assert page.title[0].value.endswith("?")
    page.number_input("forward_batch").set_value(2)
    page.number_input("forward_row").set_value(33)
    page.selectbox("forward_sum").set_value(name).run()
    page.number_input("forward_column").set_value(counted).run()
    guess(page)
    run = TrainingRun(digits)
    pixels = run.train.pixels[batch_rows(run.hyperparameters, len(run.train), 1)[32]]
    dot = dot_product(run.network, pixels, layer, column)
    assert rf"(z_{layer + 1})_{{33,{counted}}}" in words_on(page)
    assert rf"=\; & {{{bare(dot.total)}}} \end" in words_on(page)
    logits = run.network.logits(pixels[None])[0].astype(float)
    powers = np.exp(logits)
    assert rf"= \frac{{{bare(powers.max())}}}{{{bare(powers.sum())}}} \\ &= {bare((powers / powers.sum()).max())}" in (
        words_on(page)
    )
    right = "That is right." if (powers / powers.sum()).max() < 0.5 else "That is not right."
    assert f"You said below 50%. {right} The {logits.argmax()} has the largest score" in words_on(page)
    assert "You said yes. That is not right. It takes 1:01:40 hours." in words_on(page)  # a lesson has 45 minutes


def test_the_row_and_column_fit_a_smaller_run(page):
    page.number_input("forward_row").set_value(100)
    page.number_input("forward_column").set_value(50).run()
    make_anew(page, Hyperparameters(hidden=(6, 4), batch_size=5, bias=True))
    page.run()
    assert not page.exception
    assert (page.number_input("forward_row").value, page.number_input("forward_column").value) == (5, 6)
    assert page.selectbox("forward_sum").options == ["z1", "z2", "z3"]
    page.selectbox("forward_sum").set_value("z2").run()
    guess(page)
    assert "a dot product of 6 pairs" in words_on(page)
    assert "(w_2)" in words_on(page)
    make_anew(page, Hyperparameters(hidden=()))
    page.run()
    assert not page.exception
    assert page.selectbox("forward_sum").options == ["z1"]
    assert (page.number_input("forward_column").min, page.number_input("forward_column").max) == (0, 9)


@pytest.mark.parametrize(
    ("panel", "picked"),
    [(0, ("z1", 1, 21)), (1, ("z1", 4, 1)), (2, ("z1", 4, 21)), (3, ("z2", 4, 21))],
    ids=["x: a digit", "w1: a column", "z1: both", "z2: both"],
)
def test_a_click_on_a_matrix_picks_its_cell_as_it_is_counted_there(monkeypatch, panel, picked):
    state = {"forward_sum": "z1", "forward_column": 1, "forward_row": 1}
    state["forward"] = {"click": {"x": 4, "y": 21, "curveNumber": panel}}
    monkeypatch.setattr(st, "session_state", state)
    forward.pick_clicked([(None, True), ("z1", False), ("z1", True), ("z2", True)])
    assert (state["forward_sum"], state["forward_column"], state["forward_row"]) == picked


def test_the_reader_types_the_power_that_becomes_infinite(page):
    metric = next(each for each in page.metric if each.label == "e to the power of 1")
    assert metric.value == "2.718"
    for power, value in ((0, "1"), (709, "8.218 · 10³⁰⁷"), (710, "∞"), (1_000, "∞"), (-800, "0")):
        page.number_input("forward_power").set_value(power).run()
        assert not page.exception
        assert next(each for each in page.metric if each.label == f"e to the power of {power}").value == value
        assert ("it is infinity" in words_on(page)) == (value == "∞")
        assert ("about exp(" in words_on(page)) == (power == 710)  # to be searched for


def test_softmax_breaks_without_the_maximum(page):
    assert r"e^{\max z} &= \infty, \quad e^{\max z - \max z} = 1" in words_on(page)
    assert "**nan**" in words_on(page)
    assert "| nan |" in words_on(page)
    assert "normalizes columns" in words_on(page)
    page.slider("forward_shift").set_value(0).run()
    assert not page.exception
    assert "**nan**" not in words_on(page)
    assert "| nan |" not in words_on(page)
    assert r"\infty" not in words_on(page)


def flow_on(page: AppTest) -> dict:
    """Return the data of the picture in stages."""
    return next(
        json.loads(each.proto.json)
        for each in page.get("bidi_component")
        if each.proto.component_name == "digitviz_flow"
    )


@pytest.mark.parametrize("hidden", [(), (50,), (30, 20), (3, 1)], ids=str)
def test_the_way_of_a_digit_has_the_networks_numbers(digits, hidden):
    run = TrainingRun(digits, Hyperparameters(hidden=hidden))
    page = open_page("forward", run)
    assert not page.exception
    rows = batch_rows(run.hyperparameters, len(run.train), 0)
    is_right = run.network.predict(run.train.pixels[rows]) == run.train.labels[rows]
    sure = run.network.predict_proba(run.train.pixels[rows]).max(axis=1)
    first = page.number_input("forward_row").value - 1
    assert is_right[first]
    assert sure[first] == sure[is_right].min()  # two answers are near
    rows = rows[first:]
    z, entering = run.network.layers(run.train.pixels[rows[:1]])
    shown = flow_on(page)
    assert len(shown["stages"]) == len(hidden) + 3
    assert len(shown["columns"]) == len(hidden) + 1
    outputs = shown["columns"][-1]
    assert [node["values"][0]["text"] for node in outputs] == [significant(score) for score in z[-1][0]]
    probabilities = run.network.predict_proba(run.train.pixels[rows[:1]])[0]
    values = [node["values"][1] for node in outputs]
    assert {value["since"] for value in values} == {len(hidden) + 2}  # before, the visitor may predict the answer
    assert [value["text"] for value in values] == [probability_in_percent(share) for share in probabilities]
    assert [value["level"] for value in values] == pytest.approx(probabilities, abs=1e-3)
    for layer, nodes in enumerate(shown["columns"][:-1], start=1):
        numbered = [each for each in nodes if each["values"]]
        for node in numbered:
            [value] = node["values"]
            assert (value["since"], value["text"]) == (layer, significant(entering[layer][0, int(node["name"]) - 1]))
        assert sum(bool(node["caption"]) for node in numbered) == 1
        count, size = len(numbered), hidden[layer - 1]
        others = [each["caption"] for each in nodes if not each["values"]]
        assert others == [f"{size - count} more neurons, not drawn"] * (count < size)
        brief = f"{count} of {size}" if count < size else str(size)
        title = f"what {brief} neurons look for" if layer == 1 else f"{brief} neuron{'s' * (size > 1)}"
        assert shown["titles"][layer] == [title, f"{brief} neuron{'s' * (size > 1)}"]
        for node in numbered:  # in the first layer, a picture of the weights
            weights = run.parameters.weights[0][:, int(node["name"]) - 1] if layer == 1 else np.array([])
            assert node["looks_for"] == pytest.approx(weights / np.abs(weights).max(initial=0), abs=1e-3)
    assert not any(node["looks_for"] for node in outputs)
    crowd = shown["crowd"]
    excited = (entering[1][0] / entering[1][0].max() if hidden else np.zeros(0)).tolist()
    assert len(crowd["levels"]) == min(len(excited), MAX_DOTS)
    if hidden:
        [followed] = [int(node["name"]) - 1 for node in shown["columns"][0] if node["values"] and node["caption"]]
        assert "says" not in crowd  # no number before the stages are played
        assert crowd["levels"][crowd["place"]] == pytest.approx(excited[followed], abs=1e-3)
        assert sorted(crowd["levels"])[1:] == pytest.approx(sorted(excited)[1 - len(crowd["levels"]) :], abs=1e-3)
        assert crowd["more"] == ("1 more layer" if len(hidden) == 2 else "")
    label = run.train.labels[rows[0]]
    said = f"{probabilities.argmax()} gets {probability_in_percent(probabilities.max())}"
    assert [said in stage["sentence"] for stage in shown["stages"]] == [False] * (len(hidden) + 2) + [True]
    last, guess = shown["stages"][-1]["sentence"], shown["guess"]
    is_right = probabilities.argmax() == label
    assert last.endswith("The network is right." if is_right else f"The network is wrong: this is {a_digit(label)}.")
    assert int(guess["answer"]) == probabilities.argmax()
    assert [guess["right"], guess["wrong"]] == [f"Your guess was {said}. {last}" for said in ("right", "wrong")]


def test_of_many_neurons_the_most_excited_are_dots_with_the_one_that_is_drawn_large(digits):
    network = TrainingRun(digits, Hyperparameters(hidden=(3 * MAX_DOTS,))).network
    crowds = [digit_on_its_way(network, pixels, 0).crowd for pixels in digits.pixels[:9]]
    assert all(len(crowd["levels"]) == MAX_DOTS > crowd["place"] for crowd in crowds)
    assert {crowd["title"] for crowd in crowds} == {f"{MAX_DOTS} of {3 * MAX_DOTS} neurons"}


def test_the_way_has_no_letters_in_a_school(page):
    first, *others = flow_on(page)["stages"]
    assert not first["letters"]  # the page opens with words
    assert all(stage["letters"] for stage in others)
    page.session_state["level"] = "school"
    page.run()
    assert not any(stage["letters"] for stage in flow_on(page)["stages"])


def test_a_line_in_the_background_is_as_red_as_its_product_pushes_up(digits):
    network = TrainingRun(digits, Hyperparameters(activation="tanh")).network
    shown, sent = forward_sums(network, digits.pixels[0])[1].sources, network.layers(digits.pixels[:1])[1][1][0]
    assert sent[shown].min() < 0  # where a positive weight pushes down
    products = (sent[:, None] * network.parameters.weights[1])[shown].ravel()
    edges = [each for each in digit_on_its_way(network, digits.pixels[0], 0).edges if each.source[0] == 1]
    strengths = [each.strength for each in edges if each.stage is None]
    np.testing.assert_allclose(strengths, products / np.abs(products).max(), atol=1e-3)


def test_the_sum_its_sign_and_the_probabilities_are_told_after_a_guess_and_asked_anew_for_another_digit(page):
    def picture() -> str:
        return json.dumps(picture_on(page, "two_lines"))

    assert "add up to more than 0?" in words_on(page)
    assert "a dot product of" not in words_on(page)
    assert "Logits of the ten digits; the label is" in picture()
    guess(page)
    shown = re.search(r"They add up to (\S+), and the neuron passes on (\S+)\.", words_on(page)).groups()
    is_right = shown[0].startswith("−")  # the guess is no
    assert f"You said no. That is {'' if is_right else 'not '}right. They add up" in words_on(page)
    assert float(shown[1]) == max(0.0, float(shown[0].replace("−", "-")))
    assert "has the largest score and gets" in words_on(page)
    assert "Logits and probabilities of ten digits" in picture()
    page.number_input("forward_row").set_value(2 if page.number_input("forward_row").value == 1 else 1).run()
    assert "They add up to" not in words_on(page)
    assert "has the largest score and gets" not in words_on(page)


def test_the_multiplications_of_a_guess_are_counted(page):
    label = "Multiplications in one guess"
    assert "1:01:40 hours" not in words_on(page)
    guess(page)
    assert next(each for each in page.metric if each.label == label).value == "3,700"
    assert "64 × 50 + 50 × 10" in words_on(page)
    assert "1:01:40 hours" in words_on(page)
    make_anew(page, Hyperparameters(hidden=(30, 20)))
    page.run()
    assert next(each for each in page.metric if each.label == label).value == "2,720"
    assert float(next(each for each in page.metric if each.label == "This computer").value.split()[0]) > 0
    make_anew(page, Hyperparameters(hidden=(512, 512)))
    page.run()
    assert "It takes 83:20:32 hours." in words_on(page)  # without a day, whose name is English


@pytest.mark.parametrize(
    ("hidden", "bias", "shapes"),
    [
        ((50,), False, ["x", "×w1", "=z1", "→a1", "×w2", "=z2", "→p"]),
        ((), True, ["x", "×w1", "+ b1<br>=z1", "→p"]),
        ((30, 20), False, ["x", "×w1", "=z1", "→a1", "…z3", "→p"]),
    ],
    ids=["one hidden layer", "none, with biases", "the first of two"],
)
def test_signs_stand_between_the_matrices(page, hidden, bias, shapes):
    make_anew(page, Hyperparameters(hidden=hidden, bias=bias))
    page.run()
    assert not page.exception
    drawn = picture_on(page, "forward")["layout"]["annotations"]
    titles = [note["text"] for note in drawn if note["text"].startswith("<b>")]
    signs = ["", *(note["text"] for note in drawn if not note["text"].startswith("<b>"))]
    assert [
        sign + re.search("<b>(.*)</b>", title).group(1) for sign, title in zip(signs, titles, strict=True)
    ] == shapes


def test_weights_beyond_all_bounds_and_zero_weights_are_explained(page):
    run = make_anew(page, Hyperparameters())
    for weight in run.parameters.weights:
        weight *= 1e200
    page.run()
    assert not page.exception
    assert "beyond the largest number" in page.warning[0].value
    make_anew(page, Hyperparameters(initialization="zeros"))
    page.run()
    assert not page.exception
    assert "Every weight is zero" in page.info[0].value


def test_it_shows_the_network_of_the_run(page):
    before = words_on(page)
    run = make_anew(page, Hyperparameters(batches=3, steps_per_batch=50, learning_rate=3e-6))
    run.advance(150)
    page.run()
    assert f"This network: {run.test_accuracy:.1%} of the test digits right." in words_on(page)
    assert words_on(page) != before
