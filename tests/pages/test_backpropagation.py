from __future__ import annotations

import json

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from digitviz import Hyperparameters, TrainingRun, train
from digitviz.dashboard.lesson.flow import SMALLEST_BLAME, blame_on_its_way
from digitviz.dashboard.lesson.formulas import bare, fixed, significant, written
from digitviz.explanations.gradient_check import check_weight
from digitviz.lesson.batch import batch_of, digits_in_reach
from digitviz.lesson.chain_rule import chain_rule, gradients_along, one_step
from digitviz.numbers import probability_in_percent
from digitviz.training.pool import Job
from tests.pages.reading import open_page, words_on


@pytest.fixture
def page():
    return open_page("backpropagation")


def run_of(page: AppTest) -> TrainingRun:
    return page.session_state["job"].run


def step_of(run: TrainingRun, rate: float):
    return one_step(run.parameters, batch_of(run, run.batch), "relu", "squared_error", "notebook", rate)


def test_a_step_shows_the_loss_before_and_after_at_the_chosen_rate(page):
    run = run_of(page)
    assert "Digits in it: 100." in words_on(page)
    for times in (1.0, 10_000.0):
        page.select_slider("backpropagation_rate").set_value(times).run()
        step = step_of(run, times * 1e-6)
        change = step.loss_after - step.loss_before
        decimals = 4 if times == 1.0 else 1  # enough to see the change
        numbers = fixed(step.loss_before, decimals), fixed(step.loss_after, decimals)
        assert f"| {numbers[0]} | {numbers[1]} | {'+' * (change > 0)}{fixed(change, decimals)} |" in words_on(page)
        assert numbers[0] != numbers[1]
        assert ("it overshoots, and the loss rises" in words_on(page)) == (step.loss_after > step.loss_before)


def test_every_factor_can_be_seen_with_its_shape_and_what_it_is_made_from(page):
    said = ""
    for place in range(10):
        page.select_slider("backpropagation_factor").set_value(place).run()
        assert not page.exception
        said += words_on(page)
    assert r"\underset{100 \times 10}{\delta_2} = 2\,(p - y)" in said
    assert r"\underset{64 \times 50}{\nabla w_1} = x^\top\,\delta_1" in said


@pytest.mark.parametrize("layer", [1, 0])
def test_it_opens_on_the_weight_most_to_blame(page, layer):
    page.button_group("backpropagation_layer").set_value(f"w{layer + 1}").run()
    gradient = step_of(run_of(page), 1e-6).gradient.weights[layer]
    row, column = page.number_input("backpropagation_row").value, page.number_input("backpropagation_column").value
    picked = row - 1, column - (1 if layer == 0 else 0)  # neurons and pixels count from 1; an output is a digit
    assert abs(gradient[picked]) == np.abs(gradient).max()


def test_a_picked_weight_is_spelled_out_and_checked_by_differences(page):
    page.button_group("backpropagation_layer").set_value("w1").run()
    page.number_input("backpropagation_row").set_value(20)
    page.number_input("backpropagation_column").set_value(7).run()
    page.slider("backpropagation_sample").set_value(3).run()
    assert not page.exception
    run, step = run_of(page), step_of(run_of(page), 1e-6)
    assert bare(step.gradient.weights[0][19, 6]) in words_on(page)
    assert r"\sigma'(z_{1,3,7})" in words_on(page)
    batch = batch_of(run, 0)
    [found] = check_weight(run.parameters, 0, 19, 6, batch.x, batch.one_hot, "relu", "squared_error", [1e-5])
    decimals = 7 if abs(found.by_hand) >= 1 else 8
    for number in (found.by_hand, found.by_differences):
        assert fixed(number, decimals) in words_on(page)
    assert rf"\frac{{{found.loss_above:.7f} - {found.loss_below:.7f}}}{{2 \cdot 0.00001}}" in words_on(page)
    assert fixed(found.notebook, 8) not in words_on(page)  # this value would reveal the answer
    assert "For w1," in page.button_group("backpropagation_secret").label  # for a screen reader: no formula
    page.button_group("backpropagation_secret").set_value("none").run()
    for number in (found.notebook, found.twice_cross_entropy):
        assert fixed(number, 8) in words_on(page)
    page.select_slider("backpropagation_epsilon").set_value(1e-2).run()
    assert not page.exception


def test_slopes_follow_the_activation_and_the_sum(page):
    page.selectbox("backpropagation_bend").set_value("sigmoid")
    page.slider("backpropagation_z").set_value(0.0).run()
    assert r"\sigma'(0) &= 0.25" in words_on(page)


def test_the_secret_shows_after_the_guess_with_the_numbers_of_the_run(digits):
    run = train(digits, Hyperparameters(batches=3, steps_per_batch=50))
    page = open_page("backpropagation", run)
    assert f"This network: {run.test_accuracy:.1%} of the test digits right." in words_on(page)
    assert "times as long" not in words_on(page)
    page.button_group("backpropagation_secret").set_value("none").run()
    assert not page.exception
    along = gradients_along(run, 3)
    assert f"**{along.angles[-1]:.1f}°**" in words_on(page)
    assert f"**{written(along.lengths[-1], 3)}** times as long" in words_on(page)


def test_a_gradient_of_zero_is_explained(digits):
    page = open_page("backpropagation", TrainingRun(digits, Hyperparameters(initialization="zeros")))
    assert "Every gradient is 0" in words_on(page)
    page.button_group("backpropagation_secret").set_value("none").run()
    assert not page.exception
    assert "the angle between them is undefined" in words_on(page)


def test_of_a_large_batch_in_a_large_network_only_the_first_digits_are_taken_apart(digits):
    run = TrainingRun(digits, Hyperparameters(hidden=(512, 512), batch_size=2_000))
    page = open_page("backpropagation", run)
    few = digits_in_reach(run.parameters)
    assert few < 2_000
    assert f"only the first {few} of its 2,000 digits, because the network is large" in words_on(page)
    assert rf"\underset{{{few} \times 10}}{{\delta_3}}" in words_on(page)


def test_other_settings_leave_the_controls_in_their_range(page, digits):
    page.select_slider("backpropagation_factor").set_value(9)
    page.number_input("backpropagation_column").set_value(9).run()
    page.session_state["job"] = Job(TrainingRun(digits, Hyperparameters(hidden=(), learning_rate=0.5)))
    page.run()
    assert not page.exception
    assert page.select_slider("backpropagation_factor").value == 4
    np.testing.assert_array_equal(len(run_of(page).parameters.weights), 1)


def test_one_equation_at_a_time_follows_the_factor_that_is_enlarged():
    page = open_page("backpropagation", step=2)

    def drawn() -> str:
        figure = json.loads(page.session_state["frames"]["backpropagation_chain"][1])["figure"]
        return json.dumps(figure, ensure_ascii=False)

    assert "∇w" not in drawn()  # δ₂ = p − y
    page.select_slider("backpropagation_factor").set_value(9).run()  # x
    assert "∇w<sub>1</sub>" in drawn()
    assert "δ<sub>2</sub>" not in drawn()
    page.select_slider("backpropagation_factor").set_value(3).run()
    assert r"= a_1^\top\,\delta_2" in words_on(page)
    assert "∇w<sub>2</sub>" in drawn()


@pytest.mark.parametrize("step", [3, 4, 6, 7])
def test_the_picked_weight_is_the_same_in_every_step_that_speaks_of_it(step):
    page = open_page("backpropagation", step=step)
    page.button_group("backpropagation_layer").set_value("w1").run()
    page.number_input("backpropagation_row").set_value(20)
    page.number_input("backpropagation_column").set_value(7).run()
    assert not page.exception
    assert "w_{1,20,7}" in words_on(page)


def flow_on(page: AppTest) -> dict:
    """Return the data of the picture in stages."""
    return next(
        json.loads(each.proto.json)
        for each in page.get("bidi_component")
        if each.proto.component_name == "digitviz_flow"
    )


@pytest.mark.parametrize("settings", [{}, {"hidden": ()}, {"hidden": (30, 20), "gradient": "exact"}], ids=str)
def test_the_blame_on_its_way_has_the_numbers_of_the_chain_rule(digits, settings):
    run = TrainingRun(digits, Hyperparameters(**settings))
    page = open_page("backpropagation", run)
    train, how = run.train, run.hyperparameters
    wrong = np.flatnonzero(run.network.predict(train.pixels) != train.labels)
    mean = train.pixels.mean(axis=0)
    kinds = [train.pixels[train.labels == label].mean(axis=0) - mean for label in train.labels[wrong]]
    cosines = [np.dot(own, kind) / np.linalg.norm(own) / np.linalg.norm(kind)
               for own, kind in zip(train.pixels[wrong] - mean, kinds, strict=True)]  # fmt: skip
    order = np.argsort(-np.array(cosines), kind="stable")
    assert page.number_input("backpropagation_digit").value == 1  # the clearest digit with a wrong answer
    assert page.number_input("backpropagation_digit").max == len(wrong) + how.batch_size
    page.number_input("backpropagation_digit").set_value(len(wrong) + 3).run()  # in the batch
    batch = batch_of(run, 0)
    assert flow_on(page)["titles"][0][0] == f"This is a {batch.labels[2]}"
    page.number_input("backpropagation_digit").set_value(3).run()
    assert not page.exception
    batch = batch_of(run, 0, rows=wrong[order[2:3]])
    rule = chain_rule(run.parameters.in_float64(), batch, how.activation, how.loss, how.gradient)
    shown, hidden = flow_on(page), how.hidden
    assert len(shown["stages"]) == 4 + 2 * len(hidden)
    names = [stage["name"] for stage in shown["stages"]]
    assert len(set(names)) == len(names)
    assert ("It reaches a neuron (layer 2)" in names) == (len(hidden) == 2)
    blame = rule.deltas[-1][0]
    wide = np.flatnonzero(np.abs(blame) >= SMALLEST_BLAME * np.abs(blame).max()).tolist()
    assert [arrow["index"] for arrow in shown["blamed"]] == wide
    said = rule.probabilities[0].argmax()
    assert {said, batch.labels[0]} <= set(wide)
    assert shown["titles"][-1] == [f"The network says {said}: wrong", f"says {said}"]
    two = (said, batch.labels[0])
    assert shown["at_first"] == {str(digit): probability_in_percent(rule.probabilities[0][digit]) for digit in two}
    assert len(shown["legend"]) == 2 * bool(hidden)  # the colours of the pictures in the first hidden layer
    gaps = np.abs(rule.probabilities[0] - rule.one_hot[0])[wide]
    assert [arrow["words"] for arrow in shown["blamed"]] == [
        f"{probability_in_percent(gap)} too {'little' if own < 0 else 'much'}"
        for gap, own in zip(gaps, blame[wide], strict=True)
    ]
    rows = np.flatnonzero(run.network.predict(train.pixels) == train.labels)[:1]  # a right answer has no arrow
    rule_of_it = chain_rule(
        run.parameters.in_float64(), batch_of(run, 0, rows=rows), how.activation, how.loss, how.gradient
    )
    right = blame_on_its_way(rule_of_it, train.pixels[rows[0]], how.activation, how.learning_rate)
    assert (right.blamed, right.suspects) == ([], None)
    if hidden:  # which neuron is too loud is to be guessed by its lines to the two digits
        suspects, names = shown["suspects"], [node["name"] for node in shown["columns"][-2] if node["values"]]
        neurons = np.array(names, dtype=int) - 1
        blame = rule.deltas[-2][0][neurons]
        place = int(suspects["answer"])
        assert blame[place] == rule.deltas[-2][0].max() > 0
        assert suspects["says"] == [significant(each) for each in blame]
        assert suspects["letters"] == "ABCD"[: len(neurons)]
        both = run.parameters.weights[-1][neurons][:, [said, batch.labels[0]]]
        lines = np.transpose([suspects["weights"][str(digit)] for digit in (said, batch.labels[0])])
        wrong_way = both * np.sign(rule.deltas[-1][0][[said, batch.labels[0]]])
        assert lines == pytest.approx(wrong_way / np.abs(both).max(), abs=1e-3)
        parts = both * rule.deltas[-1][0][[said, batch.labels[0]]]  # how wrong, times how thick
        assert parts.sum(axis=1).argmax() == place  # so the rule finds it
        if len(hidden) == 1:  # without close calls
            others = np.delete(np.arange(len(neurons)), place)
            assert (2 * parts.sum(axis=1)[others] <= parts[place].sum()).all()
            assert (2 * blame[others] <= blame[place]).all()
        assert suspects["key"] == ["should say less", "should say more"]
        to_right = parts[place].argmax() == 1
        digit, way, should = (batch.labels[0], "down", "rise") if to_right else (said, "up", "fall")
        line = f"dark line pushes {digit} {way}, but {digit} should {should}."
        for own, verdict in enumerate(suspects["verdicts"]):
            assert verdict.startswith(f"Your guess was {'right' if own == place else 'wrong'}. {'ABCD'[place]} gets ")
            assert f"gets most blame, {significant(blame[place])}: its {line}" in verdict
    else:
        assert shown["suspects"] is None
    outputs = shown["columns"][-1]
    bars, probabilities, right = [node["values"][0] for node in outputs], rule.probabilities[0], batch.labels[0]
    assert [bar["level"] for bar in bars] == pytest.approx(probabilities, abs=1e-3)
    missing = np.where(np.arange(10) == right, 1 - probabilities, 0)
    assert [bar["missing"] for bar in bars] == pytest.approx(missing, abs=1e-3)
    assert [bar["tone"] for bar in bars] == ["" if digit == right else "more" for digit in range(10)]
    assert [node["values"][1]["text"] for node in outputs] == [significant(each) for each in rule.deltas[-1][0]]
    for layer in range(len(hidden)):
        for node in (each for each in shown["columns"][layer] if each["values"]):
            neuron = int(node["name"]) - 1
            numbers = rule.handed_back[layer][0, neuron], rule.deltas[layer][0, neuron]
            assert [value["text"] for value in node["values"]] == [significant(each) for each in numbers]
    [edge] = [each for each in shown["edges"] if each["stage"] == len(shown["stages"]) - 1]
    pixel, place = edge["source"][1], edge["target"][1]
    neuron = int(shown["columns"][0][place]["name"]) - bool(hidden)
    before = float(run.parameters.weights[0][pixel, neuron])
    after = before - how.learning_rate * float(rule.inputs[0][0, pixel] * rule.deltas[0][0, neuron])
    shown_before, shown_after = (float(each.replace("−", "-")) for each in edge["says"].split(" → "))
    assert np.sign(shown_after - shown_before) == np.sign(after - before) != 0  # however small the step is
    assert [shown_before, shown_after] == pytest.approx([before, after], abs=0.51 * abs(after - before))
    twice = "twice the difference" in shown["stages"][1]["sentence"]
    assert twice == (how.gradient == "notebook")
    assert outputs[right]["values"][1]["text"] in shown["stages"][1]["sentence"]
    assert shown["titles"][0][0] == f"This is a {right}"


def test_neurons_of_the_last_of_two_layers_are_only_asked_about_if_the_rule_finds_the_one_to_blame(digits):
    run = TrainingRun(digits, Hyperparameters(hidden=(30, 20)))
    how, asked = run.hyperparameters, list[bool]()
    for row in np.flatnonzero(run.network.predict(run.train.pixels) != run.train.labels)[:60]:
        one = batch_of(run, 0, rows=np.array([row]))
        rule = chain_rule(run.parameters.in_float64(), one, how.activation, how.loss, how.gradient)
        shown = blame_on_its_way(rule, one.pixels[0], how.activation, how.learning_rate)
        neurons = np.array([int(node.name) - 1 for node in shown.columns[-2] if node.values])
        two = [rule.probabilities[0].argmax(), one.one_hot[0].argmax()]
        found = (rule.weights[-1][neurons][:, two] @ rule.deltas[-1][0][two]).argmax()
        asked.append(shown.suspects is not None)
        assert asked[-1] == (found == rule.deltas[-2][0][neurons].argmax())
    assert 0 < sum(asked) < len(asked)
