"""Sentences on pages about ties, single neurons, biases and unusual runs."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from digitviz import figures
from digitviz.dashboard.lesson import page
from digitviz.dashboard.lesson.flow import digit_on_its_way
from digitviz.dashboard.questions import geometry
from digitviz.dashboard.questions.asked_digit import clear_digit, clear_digits
from digitviz.dashboard.questions.break_it import _left_out, _worst_in_words
from digitviz.dashboard.questions.evaluate import _learnt_in_words
from digitviz.dashboard.questions.geometry import Lines, _line_in_words
from digitviz.dashboard.session.moment import Moment
from digitviz.drawing.practice import PracticeDataset
from digitviz.explanations.evaluation import Learnt
from digitviz.explanations.matching import StraightLine
from digitviz.figures.straight_line import AS_THEY_ARE, MATCHED
from digitviz.lesson.dot_product import DotProduct
from tests.explanations.made import made_network


def test_all_neurons_that_matter_most_are_named():
    said = _worst_in_words(np.array([0.9, 0.88, 0.88, 0.93]), 0.93)
    assert said.startswith("Neuron **2** matters most: without it, accuracy drops to 88.0%.")
    assert said.endswith("Equally important: 3.")


def test_a_single_neuron_is_not_compared_with_others():
    assert _worst_in_words(np.array([0.1]), 0.6) == "Without its only neuron, accuracy drops to 10.0%."
    assert _worst_in_words(np.array([0.1]), 0.1) == "The only neuron can be removed without any loss of accuracy."


def test_digits_that_are_learnt_in_the_same_batch_are_named_together():
    labels = np.array([1, 1, 2, 2, 3])
    answers = np.stack([np.full(5, 7), [1, 0, 2, 2, 0]]).astype(np.int8)
    said = _learnt_in_words(Learnt(np.array([0, 1]), answers, labels))
    assert (
        "are learned by batch 1 (the tall lines): **1**, **2**. Still misclassified at the end: **2** of 5 test digits"
        in said
    )


def test_a_picture_says_if_no_pixel_costs_accuracy_and_when_half_of_the_digits_were_learnt():
    said = figures.important_pixels.plain(np.full((8, 8), -0.01))["layout"]["meta"]["says"]
    assert said.endswith("it never falls")
    harms = figures.changes.neuron_harms.plain(np.array([0.94, 0.95]), 0.94)
    assert harms["layout"]["meta"]["says"].endswith("no single one costs any")
    assert not any(harms["data"][0]["text"])
    since, nothing = np.array([1, 1, 200, 200]), np.full(10, -1)
    said = figures.learnt_digits.plain(since, np.arange(4), nothing, 200)["layout"]["meta"]["says"]
    assert "stay so from batch 1 on" in said


def a_line(accuracies) -> StraightLine:
    return StraightLine(np.linspace(0, 1, len(accuracies)), np.array(accuracies), np.zeros(len(accuracies)))


def test_the_lowest_accuracy_between_two_networks_is_not_that_of_an_end():
    falls, same = a_line([0.95, 0.6, 0.1]), a_line([0.9, 0.95, 0.92])
    said = _line_in_words(Lines({AS_THEY_ARE: falls, MATCHED: same}, 3, 50))
    assert "the lowest is **60.0%** (50% of the way)" in said
    assert said.endswith("The lowest accuracy is then **95.0%**.")
    assert "In between, the lowest is **95.0%**" in _line_in_words(Lines({AS_THEY_ARE: same}, 0, 0))


def test_two_runs_on_right_labels_say_so_to_a_network_trained_on_wrong_ones(digits):
    wrong = "Neither has the wrong labels of this run."
    for dataset in (digits.mislabelled(0.2), PracticeDataset.of(digits.mislabelled(0.2))):
        assert _left_out(SimpleNamespace(run=SimpleNamespace(dataset=dataset))) == [wrong]
    assert len(_left_out(SimpleNamespace(run=SimpleNamespace(dataset=PracticeDataset.of(dataset, copies=1))))) == 2


def test_a_network_that_is_never_sure_opens_with_a_digit_it_reads_correctly(digits):
    network = made_network()
    answers = network.predict(digits.pixels)
    first = int(np.flatnonzero(answers == digits.labels)[0])
    asked = Moment("", network, "", digits, digits[np.arange(first - 2, first + 40)])
    assert not clear_digits(asked)
    assert clear_digit(asked) == 2


def test_the_sum_of_the_products_is_judged_and_told_without_the_bias(monkeypatch):
    said = []
    monkeypatch.setattr(page, "predict_first", lambda key, asked, choices, answer: said.append(answer("yes")))
    monkeypatch.setattr(page.example, "shown", lambda: (SimpleNamespace(serial=0),))
    dot = DotProduct(np.array([2.0]), np.array([1.5]), np.array([3.0]), -4.0, -1.0)
    page.guess_of_sum("test_1", 1, 1, False, dot, 0.0)
    assert said == ["That is right. They add up to 3 (−1 with the bias), and the neuron passes on 0."]


def test_a_score_says_what_its_bias_adds(digits):
    for biases in (True, False):
        network = made_network((2,), biases=biases)
        stages = digit_on_its_way(network, digits.pixels[0], 0).stages[1:3]
        assert all(("The sum includes its bias" in stage.sentence) == biases for stage in stages)


def test_two_losses_that_differ_do_not_look_equal(monkeypatch):
    said = []
    monkeypatch.setattr(geometry, "predict_first", lambda *_asked: said.append(_asked[-1]("yes")))
    for lowest in (0.23101, 0.23102):
        landscape = SimpleNamespace(losses=np.array([[lowest, 3.0]]), path_losses=np.array([5.0, 0.23102]))
        geometry._is_it_the_lowest(landscape)
    assert "the loss is 0.23101, while the path ends at 0.23102" in said[0]
    assert said[1].startswith("**Yes**")
