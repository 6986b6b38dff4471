"""Facts stated on the pages are measured, so that no page contradicts the core."""

from __future__ import annotations

import dataclasses
import math
import re

import numpy as np
import pytest

from digitviz import Hyperparameters, TrainingRun
from digitviz.dashboard.lesson.order import LESSON
from digitviz.lesson.glossary import LETTERS
from digitviz.lesson.neuron import INPUTS, TARGET, WEIGHTS, blame
from digitviz.lesson.softmax import (
    LARGEST_EXPONENT,
    derivatives_at_the_logit,
    losses_along,
    move_probability,
    softmax_steps,
)
from digitviz.networks.activations import ACTIVATIONS
from digitviz.networks.backpropagation import loss_and_gradients
from digitviz.networks.losses import LOSSES
from digitviz.training.presets import PRESETS
from tests.pages.reading import guess, open_page, words_on

GREEK = {
    "sigma": "σ",
    "delta": "δ",
    "Delta": "Δ",
    "nabla": "∇",
    "eta": "η",
    "beta": "β",
    "lambda": "λ",
    "varepsilon": "ε",
}
INDICES = set("ijk")


def formulas_on(name: str) -> list[str]:
    """Return the LaTeX of a page, including formulas revealed by guesses."""
    page = open_page(name)
    guess(page)
    texts = [element.value for element in [*page.markdown, *page.caption]]
    return [element.value for element in page.latex] + re.findall(r"\$([^$]+)\$", "\n".join(texts))


def letters_of(formula: str) -> set[str]:
    bare = re.sub(r"\\(?:text|mathrm|textcolor|rule|begin|end|tfrac12)\{[^}]*\}(?:\{[^}]*em\})?", "", formula)
    greek = {GREEK[command] for command in re.findall(r"\\([A-Za-z]+)", bare) if command in GREEK}
    return greek | set(re.findall(r"[A-Za-zα-ω]", re.sub(r"\\[A-Za-z]+|\\n|[\d.]+ex", "", bare)))


@pytest.mark.parametrize("name", LESSON)
def test_each_letter_of_a_formula_is_in_the_table_of_letters(name):
    for formula in formulas_on(name):
        assert letters_of(formula) <= LETTERS.keys() | INDICES, formula


def test_softmax_takes_z_and_the_letters_y_and_a_are_never_its_logits_or_its_result():
    formulas = " ".join(formula for name in ("network", "forward", "loss") for formula in formulas_on(name))
    assert set(re.findall(r"softmax\}\((.)", formulas)) == {"z"}
    assert r"\ln p_j" in formulas
    assert r"\lVert y - p \rVert" in formulas
    assert not re.search(r"e\^\{y|y\s*=|\by_\{?\d", formulas)
    for word in (r"z_2 =\; & \sigma(x\,w_1 + b_1)\,w_2 + b_2", r"{p} = \mathrm{softmax}(z_2)"):
        assert word in formulas


def test_the_formula_of_the_network_page_gives_what_the_network_computes(digits):
    run = TrainingRun(digits, Hyperparameters(bias=True, activation="tanh"))
    (w1, w2), (b1, b2) = run.parameters.weights, run.parameters.biases
    x = digits.pixels[:3]
    np.testing.assert_allclose(np.tanh(x @ w1 + b1) @ w2 + b2, run.network.logits(x))


def test_over_the_probability_the_squared_error_is_steepest_near_0_and_over_the_logit_it_is_flat_there(random):
    logits = random.normal(size=10)
    places = np.array([0.001, 0.5, 0.998])
    slopes = [np.subtract(*losses_along(logits, 4, np.array([p + 1e-4, p - 1e-4]))[0]) / 2e-4 for p in places]
    assert (np.diff(np.abs(slopes)) < 0).all()  # so "flatter, the more confident a wrong guess" would be false here
    by_logit = [derivatives_at_the_logit(move_probability(logits, 4, p), 4) for p in (0.0001, 0.001, 0.1)]
    assert (np.diff([abs(squared) for squared, _entropy in by_logit]) > 0).all()
    assert by_logit[1][1] == pytest.approx(-0.999)
    nudge = np.eye(10)[4] * 1e-5
    moved = move_probability(logits, 4, 0.001)
    value = LOSSES["squared_error"].value
    up, down = (
        value(at[None], np.exp(at[None]) / np.exp(at).sum(), np.eye(10)[[4]]) / 2
        for at in (moved + nudge, moved - nudge)
    )
    assert by_logit[1][0] == pytest.approx((up - down) / 2e-5, rel=1e-4)


def test_the_loss_page_shows_the_derivatives_with_respect_to_the_logit():
    page = open_page("loss", step=2)
    page.button_group("loss_guess_first").set_value("same").run()
    assert "−0.999 for cross-entropy" in words_on(page)
    assert "flatter" not in words_on(page)


def test_a_gradient_is_the_sum_over_the_batch_as_the_help_of_the_batch_size_says(digits):
    assert "sum over the batch" in str(Hyperparameters.MEANINGS["batch_size"])
    run, how = TrainingRun(digits), (ACTIVATIONS["relu"], LOSSES["squared_error"], "notebook")
    x, y = run.train.pixels, run.train.one_hot
    _loss, summed = loss_and_gradients(run.parameters, x[:100], y[:100], *how)
    ones = [loss_and_gradients(run.parameters, x[[n]], y[[n]], *how)[1].arrays[0] for n in range(100)]
    np.testing.assert_allclose(summed.arrays[0], sum(ones), rtol=1e-8)
    lengths = [
        np.linalg.norm(loss_and_gradients(run.parameters, x[:size], y[:size], *how)[1].arrays[0])
        for size in (1, 100, 1_600)
    ]
    assert lengths[0] * 5 < lengths[1] < lengths[2] / 5


@pytest.mark.parametrize("seed", range(3))
def test_too_fast_kills_three_in_four_relus_in_50_steps_not_all(digits, seed):
    run = TrainingRun(digits, dataclasses.replace(PRESETS["too_fast"].hyperparameters, seed=seed))
    run.advance(50)
    dead = (run.train.pixels @ run.parameters.weights[0] <= 0).all(axis=0).mean()
    assert 0.75 <= dead < 1
    assert run.test_accuracy < 0.2
    assert "most ReLUs die within 50 steps" in str(PRESETS["too_fast"].sentence)


def test_the_largest_power_that_is_written_does_not_overflow():
    page = open_page("forward", step=5)
    page.number_input("forward_power").set_value(710).run()
    written = float(re.search(r"about exp\(([\d.]+)\)", words_on(page))[1])
    assert math.isfinite(math.exp(written))
    assert written == pytest.approx(LARGEST_EXPONENT, abs=0.01)


def test_where_only_the_sum_of_the_powers_overflows_the_plain_formula_is_not_said_to_work():
    page = open_page("forward", step=6)
    logits = np.array(page.session_state["job"].run.network.logits(page.session_state["job"].run.train.pixels[:1])[0])
    assert np.abs(logits).max() < 1
    for shift, said in ((0, "still works"), (709, "**0** for all ten"), (1_000, "**nan**")):
        page.slider("forward_shift").set_value(shift).run()
        assert said in words_on(page)
    steps = softmax_steps(np.zeros(10), 709.0)
    assert np.isfinite(steps.powers).all()
    assert not steps.plain.any()


def test_guthries_tutorial_is_quoted_as_it_is():
    page = open_page("forward", step=4)
    guess(page)
    words = words_on(page) + words_on(open_page("gradient_descent"))
    assert "affine maps and non-linearities, which this page shows, and objectives" in words
    assert "tutorial trains on one instance at a time" in words


def test_a_step_by_the_notebooks_formula_goes_uphill():
    found = blame(INPUTS, WEIGHTS, TARGET)
    as_written = found.error * found.inputs  # dE/dw as written there, without the minus sign
    assert abs(found.output_of(found.weights - 0.1 * as_written) - TARGET) > abs(found.error)
    assert abs(found.output_of(found.weights + 0.1 * as_written) - TARGET) < abs(found.error)
    words = words_on(open_page("loss"))
    assert "would go uphill" in words
    assert "steps are still right" not in words


def test_the_slider_reaches_twice_the_rate_that_hits_the_target_and_tells_it_only_when_it_is_found():
    found = blame(INPUTS, WEIGHTS, TARGET)
    page = open_page("loss", step=6)
    assert page.slider("loss_rate").max >= 2 * found.exact_rate
    assert "0.518" not in words_on(page)
    page.slider("loss_rate").set_value(0.52).run()
    assert f"learning rate {found.exact_rate:.4g}" in words_on(page)
    twice = found.output_of(found.weights - 2 * found.exact_rate * found.gradient)
    assert twice - TARGET == pytest.approx(found.error)
    page.slider("loss_rate").set_value(1.04).run()
    assert "the output becomes 1.08" in words_on(page)


def test_the_step_of_backpropagation_about_one_weight_opens_on_the_weights_it_asks_about():
    page = open_page("backpropagation", step=3)
    assert page.button_group("backpropagation_layer").value == "w1"
    assert r"\nabla w_{1," in words_on(page)


@pytest.mark.parametrize("scheme", ["darkest", "brightest"])
def test_no_task_asks_for_a_shade_that_the_other_theme_reverses(scheme):
    assert not [name for name, page in LESSON.items() if any(scheme in str(step.task) for step in page.steps)]
