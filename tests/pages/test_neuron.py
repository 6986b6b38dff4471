from __future__ import annotations

import json

import pytest
from streamlit.testing.v1 import AppTest

from digitviz import figures
from tests.pages.reading import open_page, words_on


@pytest.fixture
def page() -> AppTest:
    return open_page("neuron")


def told_apart(page: AppTest) -> str:
    return page.metric[0].value


def test_it_opens_on_minus_one_half(page):
    assert page.title[0].value.endswith("?")
    assert r"1 \times 0.25 + 0.5 \times (-1.5) = -0.5" in words_on(page)
    assert r"\sigma(-0.5) = 0" in words_on(page)


@pytest.mark.parametrize(("weight", "value"), [("neuron_w1_slider", 1.0), ("neuron_w2_slider", 0.0)])
def test_either_weight_alone_makes_the_neuron_of_the_first_step_fire(page, weight, value):
    page.slider(weight).set_value(value).run()
    assert r"\sigma(0.25) = 1" in words_on(page)
    assert "only if up wins" in words_on(page)
    assert "does not fire. " not in words_on(page)  # the task stays while the neuron changes


def test_the_drawing_says_why_the_neuron_fires_or_not(page):
    def said() -> str:
        notes = json.loads(page.session_state["frames"]["perceptron"][1])["figure"]["layout"]["annotations"]
        return " ".join(note["text"] for note in notes)

    assert "The sum −0.5 is below 0: <b>it does not fire</b>" in said()
    page.slider("neuron_w1_slider").set_value(0.75).run()
    assert "The sum 0 is not above 0: <b>it does not fire</b>" in said()
    page.slider("neuron_w1_slider").set_value(1.0).run()
    assert "The sum 0.25 is above 0: <b>it fires</b>" in said()


@pytest.mark.parametrize("does", ["guesses", "moves a weight"])
def test_the_first_step_keeps_the_answer_until_the_visitor_guesses_or_moves_a_weight(does):
    page = open_page("neuron", step=1)

    def drawn() -> str:
        return json.dumps(json.loads(page.session_state["frames"]["perceptron"][1]), ensure_ascii=False)

    def is_bright() -> bool:
        return len(json.loads(page.session_state["frames"]["brain"][1])["figure"]["data"]) == 2  # with its glow

    assert page.slider("neuron_w1_slider").label == "Weight w₁"
    assert not is_bright()  # at rest
    assert page.button_group("neuron_fires").label == "Which side wins?"
    assert "does not fire" not in drawn()
    assert "inputs is ?, its output ?" in drawn()
    assert "Who wins?" in drawn()
    assert "−0.5" not in drawn()
    if does == "guesses":
        assert page.button_group("neuron_fires").proto.required  # a double click does not take it back
        page.button_group("neuron_fires").set_value("yes").run()
        assert "it does not fire" in drawn()
        assert not is_bright()
        assert "= <b>−0.5</b>" in drawn()
        assert "Your guess was wrong." in words_on(page)
        page.button("neuron_again").click().run()
        page.button_group("neuron_fires").set_value("no").run()
        assert "Your guess was right." in words_on(page)
    else:
        page.slider("neuron_w1_slider").set_value(1.0).run()
        assert "<b>it fires</b>" in drawn()
        assert is_bright()
        page.slider("neuron_w1_slider").set_value(0.25).run()  # back at the start
        page.selectbox("neuron_activation").set_value("sigmoid").run()
        assert not is_bright()  # its sum is below 0
        page.selectbox("neuron_activation").set_value("step").run()
    assert "neuron_fires" not in [group.key for group in page.button_group]


def test_every_control_moves_the_formula(page):
    page.slider("neuron_count").set_value(4).run()
    page.slider("neuron_x4_slider").set_value(2.0)
    page.slider("neuron_w4_slider").set_value(3.0)
    page.slider("neuron_b_slider").set_value(-1.0)
    page.selectbox("neuron_activation").set_value("relu").run()
    assert not page.exception
    z = 1 * 0.25 + 0.5 * -1.5 + 0.5 * 1 + 2 * 3 - 1
    assert rf"&+ 2 \times 3 \\ &+ (-1) \\ =\; & {{{z:g}}} \end" in words_on(page)
    assert rf"\sigma({z:g}) = {z:g}" in words_on(page)
    assert "Set Inputs to 2".lower() in " ".join(info.value.lower() for info in page.info)
    page.button("neuron_reset").click().run()
    assert r"1 \times 0.25 + 0.5 \times (-1.5) = -0.5" in words_on(page)
    assert (page.slider("neuron_count").value, page.selectbox("neuron_activation").value) == (2, "step")


def test_the_formula_has_the_colours_of_the_picture(page):
    numbers = {"1": figures.RECEIVES, "(-1.5)": figures.PASSES, "-0.5": figures.ADDS, "0": figures.SENDS}
    formulas = "".join(element.value for element in page.latex)
    for number, color in numbers.items():
        assert rf"\textcolor{{{color}}}{{{number}}}" in formulas


def test_a_guess_is_asked_before_the_answer(page):
    assert "no straight line" not in words_on(page)
    assert "goes on forever" not in words_on(page)
    page.button_group("neuron_guess").set_value("XOR").run()
    assert "You said XOR. That is right." in words_on(page)
    assert "For XOR it goes on forever" in words_on(page)


@pytest.mark.parametrize(
    ("gate", "expected"), [("AND", {"4 of 4"}), ("OR", {"4 of 4"}), ("XOR", {"1 of 4", "2 of 4", "3 of 4"})]
)
def test_the_rule_learns_and_and_or_but_not_xor(page, gate, expected):
    page.button_group("neuron_gate").set_value(gate).run()
    assert page.session_state["neuron_gate"] == gate
    page.button("rule_step").click().run()
    page.button("rule_round").click().run()
    page.button("rule_rounds").click().run()
    assert not page.exception
    assert told_apart(page) in expected
    page.button("rule_reset").click().run()
    assert page.slider("neuron_w2_slider").value == -1.5


def test_the_rule_stops_at_the_ends_of_the_sliders(page):
    page.button_group("neuron_gate").set_value("OR").run()
    for name, value in (("w1", -5.0), ("w2", -5.0), ("b", 5.0)):
        page.slider(f"neuron_{name}_slider").set_value(value)
    page.run()
    page.button("rule_round").click().run()
    assert not page.exception
    numbers = [page.slider(f"neuron_{name}_slider").value for name in ("w1", "w2", "b")]
    assert numbers == [-4.0, -4.0, 5.0]  # one mistake takes half from b, three more would add one and a half


def test_no_weights_and_no_input_are_explained(page):
    for name in ("w1", "w2"):
        page.slider(f"neuron_{name}_slider").set_value(0.0)
    page.run()
    assert "ignores its inputs" in page.info[0].value
    page.slider("neuron_w1_slider").set_value(1.0)
    for name in ("x1", "x2"):
        page.slider(f"neuron_{name}_slider").set_value(0.0)
    page.run()
    assert "Every input is zero" in page.info[0].value
    assert not page.exception


def test_the_guess_can_be_asked_again(page):
    page.button_group("neuron_guess").set_value("OR").run()
    assert "no straight line" in words_on(page)
    page.button("neuron_guess_again").click().run()
    assert "no straight line" not in words_on(page)
    assert page.button_group("neuron_guess").value is None
    page.button_group("neuron_guess").set_value("XOR").run()
    assert "You said XOR. That is right." in words_on(page)
