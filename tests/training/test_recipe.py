"""A recipe contains everything that the steps of a run depend on, and its id is unique."""

from __future__ import annotations

import dataclasses
import json
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from digitviz import Hyperparameters, Parameters, load_digits
from digitviz.language import Lazy as Said
from digitviz.ranges import Interval
from digitviz.training import hyperparameters as hyperparameters_module, recipe as recipe_module
from digitviz.training.engines import ENGINE_VERSIONS, ENGINES
from digitviz.training.hyperparameters import InvalidHyperparameters
from digitviz.training.recipe import CHANGEABLE, FORMAT, Change, Recipe
from tests.examples import examples
from tests.fuzz.settings import allowed

DIGITS = load_digits()
RANGES = Hyperparameters.RANGES
SOME = Hyperparameters(hidden=(3,), engine="numpy", bias=True)
RECIPE = Recipe.of(DIGITS, SOME)
FEW = {
    "learning_rate": st.sampled_from([1e-3, 0.1, 1e-6]),
    "weight_decay": st.sampled_from([0.0, -0.0, 0.01]),
    **{name: st.sampled_from(RANGES[name].options) for name in ("optimizer", "loss", "gradient")},
}
"""Values of settings that can change during a run. There are few, so that some changes have no effect."""
CHANGES = st.lists(st.tuples(st.integers(1, 4), st.fixed_dictionaries({}, optional=FEW)), max_size=4)


@st.composite
def hyperparameters(draw: st.DrawFn) -> Hyperparameters:
    """Settings with arbitrary valid values in every field, but few batches and small layers."""
    fields = {name: draw(allowed(accepted)) for name, accepted in RANGES.items() if name not in ("hidden", "batches")}
    fields["engine"] = draw(st.sampled_from(list(ENGINES)))
    return Hyperparameters(
        hidden=draw(st.lists(st.integers(1, 4), max_size=4)), batches=draw(st.integers(1, 20)), **fields
    )


def drawn(settings: Hyperparameters, seed: int) -> Parameters:
    return dataclasses.replace(settings, seed=seed).initial_parameters()


@st.composite
def recipes(draw: st.DrawFn) -> Recipe:
    """Recipes with changes during the run, some with imported weights."""
    chosen = draw(hyperparameters())
    start = drawn(chosen, draw(st.integers(0, 3))) if draw(st.booleans()) else None
    recipe = Recipe(chosen, draw(st.sampled_from(["0" * 64, "a" * 64])), ENGINE_VERSIONS[chosen.engine], start)
    for batch, changed in sorted(draw(CHANGES), key=lambda each: each[0]):
        recipe = recipe.changed(batch, **changed)
    return recipe


def content(recipe: Recipe) -> Any:
    """Return everything the steps depend on as plain Python objects, without using the module."""
    start = None if recipe.start is None else [(a.shape, a.dtype, a.tobytes()) for a in recipe.start.arrays]
    settings = dataclasses.replace(recipe.hyperparameters, batches=1)
    return settings, recipe.dataset_id, recipe.engine_version, start, recipe.changes


@settings(max_examples=examples(50), deadline=None, derandomize=True)
@given(recipes(), recipes())
@pytest.mark.thorough
def test_ids_are_equal_exactly_where_the_content_is(one, other):
    assert (one.id == other.id) == (one == other) == (content(one) == content(other))


@settings(max_examples=examples(50), deadline=None, derandomize=True)
@given(recipes(), st.data())
def test_a_recipe_with_one_field_changed_is_another_unless_it_is_batches(recipe, data):
    name = data.draw(
        st.sampled_from([name for name in RANGES if name not in ("hidden", "bias", "precision", "engine")])
    )
    accepted = st.integers(1, 20) if name == "batches" else allowed(RANGES[name])
    changed = dataclasses.replace(recipe.hyperparameters, **{name: data.draw(accepted)})
    other = dataclasses.replace(recipe, hyperparameters=changed)
    assert (recipe == other) == (recipe.id == other.id) == (content(recipe) == content(other))
    if recipe == other:
        assert hash(recipe) == hash(other)
        assert name == "batches" or getattr(recipe.hyperparameters, name) == getattr(changed, name)


@given(st.integers(1, 4000))
def test_how_long_a_training_lasts_never_matters(batches):
    longer = Recipe.of(DIGITS, dataclasses.replace(SOME, batches=batches))
    assert (longer.id, longer, hash(longer)) == (RECIPE.id, RECIPE, hash(RECIPE))
    assert longer.hyperparameters.batches == batches


@given(st.permutations(list(FEW)), st.fixed_dictionaries(FEW))
def test_the_order_of_what_is_changed_never_matters(order, changes):
    at_once = RECIPE.changed(2, **changes)
    reordered = RECIPE.changed(2, **{name: changes[name] for name in order})
    one_by_one = RECIPE
    for name in order:
        one_by_one = one_by_one.changed(2, **{name: changes[name]})
    assert at_once == reordered == one_by_one
    assert at_once.changes == one_by_one.changes


@settings(max_examples=examples(50), deadline=None, derandomize=True)
@given(recipes())
def test_json_gives_a_recipe_back(recipe):
    read = Recipe.from_dict(json.loads(json.dumps(recipe.to_dict(), allow_nan=False)))
    assert (read, read.id, content(read)) == (recipe, recipe.id, content(recipe))
    assert read.hyperparameters == recipe.hyperparameters
    assert pickle.loads(pickle.dumps(recipe)) == recipe


@given(CHANGES)
def test_the_settings_at_a_batch_are_those_of_the_last_changes_before_it(changes):
    recipe, expected = RECIPE, {}
    for batch, changed in sorted(changes, key=lambda each: each[0]):
        recipe = recipe.changed(batch, **changed)
        expected.setdefault(batch, {}).update(changed)
    now = SOME
    for batch in range(6):
        now = dataclasses.replace(now, **expected.get(batch, {}))
        assert recipe.settings_at(batch) == now
    assert all(one.batch < other.batch for one, other in zip(recipe.changes, recipe.changes[1:], strict=False))


def test_the_id_of_a_recipe_stays_what_it_is():
    """If this fails, ids on disks and in URLs have become invalid: raise the number in `FORMAT`."""
    settings = Hyperparameters(engine="numpy")
    assert FORMAT == "digitviz recipe 1"
    assert Recipe(settings, "0" * 64, 1).id == "04b17e9839593556360997ff215ca2da4c963e899fc0e26b502ec2dec4053512"
    start = Parameters([np.arange(640.0).reshape(64, 10) / 7], [np.arange(10.0)])
    given_weights = Recipe(Hyperparameters(hidden=(), bias=True, engine="torch"), "0" * 64, 1, start)
    branch = given_weights.changed(3, learning_rate=0.1, optimizer="adam")
    assert branch.id == "2667e8218088a59785374189646342b6e31d9c6cddb3dfa94a18ab47f4740dd3"


def test_the_engine_is_chosen_when_the_recipe_is_made():
    recipe = Recipe.of(DIGITS, Hyperparameters(engine="auto"))
    assert recipe.engine == recipe.hyperparameters.engine == "compiled"  # compiled before these tests
    assert recipe.engine_version == ENGINE_VERSIONS["compiled"]
    assert recipe.dataset_id == DIGITS.id
    assert set(ENGINE_VERSIONS) == set(ENGINES)
    with pytest.raises(InvalidHyperparameters, match="engine must be one of compiled, numpy, torch, not 'auto'"):
        dataclasses.replace(recipe, hyperparameters=Hyperparameters())


@pytest.mark.parametrize("version", [0, ENGINE_VERSIONS["numpy"] + 1, 1.5, None])
def test_a_version_that_no_engine_had_yet_is_refused(version):
    with pytest.raises(InvalidHyperparameters, match="engine_version must be a whole number from 1"):
        dataclasses.replace(RECIPE, engine_version=version)


def test_another_version_of_the_engine_makes_another_recipe(monkeypatch):
    monkeypatch.setitem(ENGINE_VERSIONS, "numpy", 2)
    newer = Recipe.of(DIGITS, SOME)
    assert newer.engine_version == 2
    assert newer != RECIPE
    assert Recipe.from_dict(RECIPE.to_dict()).engine_version == 1


def test_it_is_equal_to_nothing_but_a_recipe():
    assert RECIPE.id != RECIPE
    assert len({RECIPE, Recipe.of(DIGITS, SOME), RECIPE.changed(1, loss="cross_entropy")}) == 2


def test_a_branch_leaves_the_later_changes_behind():
    recipe = RECIPE.changed(2, learning_rate=0.1).changed(5, optimizer="adam").changed(8, loss="cross_entropy")
    branch = recipe.changed(5, learning_rate=0.2)
    assert branch.changes == (Change(2, learning_rate=0.1), Change(5, learning_rate=0.2, optimizer="adam"))
    assert branch.up_to(5) == recipe.up_to(5) == RECIPE.changed(2, learning_rate=0.1)
    assert recipe.up_to(2) == recipe.up_to(0) == RECIPE
    assert recipe.up_to(9) == recipe
    assert recipe.changed(6) == recipe.up_to(6)


def test_a_change_that_changes_nothing_vanishes():
    assert RECIPE.changed(2, learning_rate=SOME.learning_rate, weight_decay=-0.0) == RECIPE
    there_and_back = RECIPE.changed(2, optimizer="adam").changed(2, optimizer=SOME.optimizer)
    assert there_and_back.changes == ()
    later = RECIPE.changed(2, optimizer="adam").changed(4, optimizer="adam", loss="cross_entropy")
    assert later.changes == (Change(2, optimizer="adam"), Change(4, loss="cross_entropy"))


def test_a_change_holds_from_its_batch_on():
    recipe = RECIPE.changed(2, learning_rate=0.5)
    rates = [recipe.settings_at(batch).learning_rate for batch in (0, 1, 2, 3, 9999)]
    assert rates == [1e-6, 1e-6, 0.5, 0.5, 0.5]
    with pytest.raises(ValueError, match="batch: -1 is negative"):
        recipe.settings_at(-1)


@pytest.mark.parametrize("name", sorted({*RANGES, "colour"} - set(CHANGEABLE)))
def test_only_what_keeps_network_and_batches_can_change(name):
    assert set(CHANGEABLE) == {"learning_rate", "weight_decay", "optimizer", "loss", "gradient"}
    value = getattr(SOME, name, "red")
    with pytest.raises(ValueError, match=f"'{name}' cannot change during training; what can is learning_rate, "):
        RECIPE.changed(2, **{name: value})


@pytest.mark.parametrize(
    ("batch", "changed", "message"),
    [
        (2, {"learning_rate": 0.0}, "learning_rate must be a number from"),
        (2, {"learning_rate": None}, "learning_rate must be a number from .* not None"),
        (2, {"optimizer": "rprop", "loss": 3}, "optimizer must be one of .*; loss must be one of"),
        (0, {"loss": "cross_entropy"}, "batch must be a whole number from 1 to 10,000, not 0"),
        (10_001, {}, "batch must be a whole number from 1 to 10,000"),
        (1.5, {}, "batch must be a whole number"),
    ],
)
def test_a_change_out_of_range_is_refused(batch, changed, message):
    with pytest.raises(InvalidHyperparameters, match=message):
        RECIPE.changed(batch, **changed)


def test_a_zero_has_no_sign():
    assert Recipe.of(DIGITS, dataclasses.replace(SOME, weight_decay=-0.0)) == RECIPE
    decaying = Recipe.of(DIGITS, dataclasses.replace(SOME, weight_decay=0.1))
    assert decaying.changed(1, weight_decay=-0.0) == decaying.changed(1, weight_decay=0.0)


def test_values_are_read_as_settings_are():
    assert RECIPE.changed(np.int64(2), optimizer="Adam", learning_rate=1) == RECIPE.changed(
        2, optimizer="adam", learning_rate=1.0
    )


def test_changes_of_one_batch_or_out_of_order_are_refused():
    for batches in ((2, 2), (3, 2)):
        changes = Change(batches[0], learning_rate=0.1), Change(batches[1], learning_rate=0.2)
        with pytest.raises(ValueError, match="in order of batch"):
            dataclasses.replace(RECIPE, changes=changes)


GOOD = RECIPE.changed(2, loss="cross_entropy").to_dict()


WRONG = {
    "not a recipe": [
        None, [], "recipe", {name: GOOD[name] for name in GOOD if name != "start"},
        *({**GOOD, "changes": value} for value in (None, [3], [{"loss": "cross_entropy"}])),
    ],
    "format must be digitviz recipe 1": [{**GOOD, "format": "digitviz recipe 2"}, {**GOOD, "format": None}],
    "settings must be a mapping": [{**GOOD, "hyperparameters": value} for value in (None, [])],
    "learning_rate must be": [{**GOOD, "hyperparameters": {**GOOD["hyperparameters"], "learning_rate": "1"}}],
    "engine must be one of": [{**GOOD, "hyperparameters": {**GOOD["hyperparameters"], "engine": "auto"}}],
    "dataset_id must be 64": [{**GOOD, "dataset_id": value} for value in (None, 3, "0" * 63, "G" * 64, ["0"] * 64)],
    "engine_version must be": [{**GOOD, "engine_version": value} for value in (None, "1", True, 10**400)],
    "cannot change during training": [{**GOOD, "changes": [{"batch": 2, "seed": 3}]}],
    "batch must be a whole number": [{**GOOD, "changes": [{"batch": value}]} for value in (None, "2", 0, 10**9)],
    "in order of batch": [{**GOOD, "changes": [{"batch": 2, "loss": "cross_entropy"}] * 2}],
}  # fmt: skip


@pytest.mark.parametrize(("message", "values"), [(message, value) for message, many in WRONG.items() for value in many])
def test_what_is_no_recipe_is_refused_in_a_few_words(message, values):
    with pytest.raises(ValueError, match=message) as error:
        Recipe.from_dict(values)
    assert len(str(error.value)) < 500
    assert Recipe.from_dict(GOOD).to_dict() == GOOD


@dataclasses.dataclass(frozen=True)
class Later(Hyperparameters):
    """Settings of a later version, with an additional field."""

    smoothing: float = hyperparameters_module._field(
        0.1, Said("Smoothing"), Interval(0.0, 0.5), Said("A setting of a later version."), as_before=0.0
    )


hyperparameters_module._describe(Later)


def test_a_run_saved_before_a_setting_existed_opens_with_the_value_that_means_as_before(monkeypatch):
    """Independent of the setting's later default."""
    saved = json.loads(json.dumps(RECIPE.to_dict()))
    monkeypatch.setattr(recipe_module, "Hyperparameters", Later)
    read = Recipe.from_dict(saved)
    assert isinstance(read.hyperparameters, Later)
    assert (read.hyperparameters.smoothing, Later().smoothing) == (0.0, 0.1)
    assert read.id == RECIPE.id
    assert read.to_dict() == saved
    assert Later.from_dict({"seed": 3}).smoothing == 0.0


def test_a_setting_that_was_added_later_counts_once_it_is_used(monkeypatch):
    monkeypatch.setattr(recipe_module, "Hyperparameters", Later)
    settings = {**SOME.values, "smoothing": 0.2}
    used = Recipe(Later(**settings), RECIPE.dataset_id, RECIPE.engine_version)
    assert used.id != RECIPE.id
    assert used.to_dict()["hyperparameters"]["smoothing"] == 0.2
    assert Recipe.from_dict(json.loads(json.dumps(used.to_dict()))) == used
