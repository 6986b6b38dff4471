"""Initial weights given to a recipe are part of it, bit for bit, and are checked first."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import numpy as np
import pytest

from digitviz import Hyperparameters, Parameters, load_digits
from digitviz.training.recipe import Recipe

DIGITS = load_digits()
SOME = Hyperparameters(hidden=(3,), engine="numpy", bias=True)
REFUSED = r"must be finite float64 numbers in these shapes: w1 \(64, 3\), w2 \(3, 10\), b1 \(3,\), b2 \(10,\)"


def drawn(settings: Hyperparameters, seed: int) -> Parameters:
    return dataclasses.replace(settings, seed=seed).initial_parameters()


def test_drawn_weights_are_those_of_the_settings():
    expected, first = SOME.initial_parameters(), Recipe.of(DIGITS, SOME).initial_parameters()
    assert [a.tobytes() for a in first.arrays] == [a.tobytes() for a in expected.arrays]


def test_given_weights_are_kept_as_they_were_given():
    given_weights = drawn(SOME, 7)
    before = given_weights.to_vector()
    recipe = Recipe.of(DIGITS, SOME, given_weights)
    for array in [*given_weights.arrays, *recipe.initial_parameters().arrays]:
        array += 1
    assert (recipe.initial_parameters().to_vector() == before).all()
    assert recipe.start is not None
    assert recipe.id == Recipe.of(DIGITS, SOME, drawn(SOME, 7)).id != Recipe.of(DIGITS, SOME).id
    with pytest.raises(ValueError, match="read-only"):
        recipe.start.weights[0][0, 0] = 1.0


def test_the_layout_of_given_weights_in_memory_makes_no_difference():
    plain, other = drawn(SOME, 7), drawn(SOME, 7)
    other.weights = [np.asfortranarray(weight).astype(">f8") for weight in other.weights]
    one, two = Recipe.of(DIGITS, SOME, plain), Recipe.of(DIGITS, SOME, other)
    assert one == two
    assert {array.dtype for array in two.initial_parameters().arrays} == {SOME.dtype}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda weights: Parameters(weights.weights),
        lambda weights: Parameters(weights.weights[:1], weights.biases),
        lambda weights: Parameters([weights.weights[0].T.copy(), weights.weights[1]], weights.biases),
        lambda weights: Parameters([weight.astype(np.float32) for weight in weights.weights], weights.biases),
        lambda weights: Parameters([weight * np.nan for weight in weights.weights], weights.biases),
    ],
    ids=["no biases", "a layer too few", "turned", "other precision", "not finite"],
)
def test_given_weights_that_do_not_fit_are_refused(spoil):
    with pytest.raises(ValueError, match=REFUSED):
        Recipe.of(DIGITS, SOME, spoil(drawn(SOME, 7)))


def test_every_bit_of_them_counts():
    ids = set()
    for number in (0.0, -0.0, 1.0, np.nextafter(1.0, 2.0)):
        weights = drawn(SOME, 7)
        weights.weights[0][0, 0] = number
        ids.add(Recipe.of(DIGITS, SOME, weights).id)
    assert len(ids) == 4


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_json_keeps_every_bit_of_them(precision):
    settings = dataclasses.replace(SOME, precision=precision)
    weights = drawn(settings, 7)
    weights.biases[0][:] = -0.0, 1 / 3, np.finfo(precision).tiny
    recipe = Recipe.of(DIGITS, settings, weights)
    read = Recipe.from_dict(json.loads(json.dumps(recipe.to_dict())))
    assert read == recipe
    assert [a.tobytes() for a in read.initial_parameters().arrays] == [a.tobytes() for a in weights.arrays]


GOOD = Recipe.of(DIGITS, SOME, drawn(SOME, 7)).to_dict()
SINGLE = Recipe.of(DIGITS, dataclasses.replace(SOME, precision="float32")).to_dict()


def with_w1(values: Any, recipe: dict[str, Any] = GOOD) -> dict[str, Any]:
    return {**recipe, "start": {**GOOD["start"], "w1": values}}


WRONG = {
    "not a recipe": [{**GOOD, "start": value} for value in ([], 3, {})] + [with_w1({}), with_w1([[1.5, 10**400]])],
    "inhomogeneous": [with_w1([[1.0], [1.0, 2.0]])],
    "the initial weights must be finite": [
        with_w1([]),
        with_w1(3),
        with_w1(None),
        with_w1([[float("inf")] * 3] * 64),
        with_w1([[1e39] * 3] * 64, SINGLE),
    ],
}


@pytest.mark.parametrize(("message", "values"), [(message, value) for message, many in WRONG.items() for value in many])
def test_what_are_no_weights_is_refused_in_a_few_words(message, values):
    with pytest.raises(ValueError, match=message) as error:
        Recipe.from_dict(values)
    assert len(str(error.value)) < 300
    assert Recipe.from_dict(GOOD).to_dict() == GOOD
