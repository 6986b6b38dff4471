"""Experiments as texts: in a URL, in a form, and from a saved definition."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given, strategies as st

from digitviz import Hyperparameters
from digitviz.dashboard.runtime.outside import WrongAddress
from digitviz.dashboard.session import asked_sweep
from digitviz.dashboard.session.asked_sweep import AskedSweep, axis_of
from digitviz.dashboard.session.training_data import TrainingData
from digitviz.training.presets import READY_RACES, READY_SWEEPS
from digitviz.training.sweep import Sweep
from tests.fuzz import hostile

PLAIN = AskedSweep(Hyperparameters(), TrainingData())
NAMES = ("by1", "by2", "by3", "seeds", "weights", "learning_rate", "digits")


@pytest.mark.parametrize("ready", [*READY_SWEEPS.values(), *READY_RACES.values()], ids=[*READY_SWEEPS, *READY_RACES])
def test_a_ready_made_one_keeps_its_definition_in_texts_and_urls(ready):
    asked = asked_sweep.of_ready(ready)
    settings = Hyperparameters(**ready.settings)
    expected = Sweep.of(ready.values, ready.seeds, asked.digits, settings, True, ready.same_weights)
    assert asked.planned() == expected
    assert asked.trainings == expected.size
    assert asked_sweep.read(asked_sweep.write(asked), PLAIN) == asked
    definition = json.loads(json.dumps(expected.to_dict()))
    again = asked_sweep.of_definition(definition, asked.data)
    assert again == asked
    assert again.planned().id == expected.id


def test_parameters_that_a_mail_program_adds_are_no_experiment():
    assert asked_sweep.read({"utm_source": "mail"}, PLAIN) is PLAIN


@given(st.dictionaries(st.sampled_from(NAMES) | hostile.texts(), hostile.texts() | hostile.numbers().map(str)))
def test_any_address_is_an_experiment_or_refused(address):
    try:
        asked = asked_sweep.read(address, PLAIN)
    except WrongAddress:
        return
    with contextlib.suppress(ValueError):
        assert asked.planned().size <= 1_000


@pytest.mark.parametrize(
    "damaged",
    [{}, {"axes": 3}, {"axes": [3]}, {"axes": [{"names": ["seed"], "values": [[1]]}]}, {"base": {"hidden": "x"}}],
)
def test_a_damaged_definition_is_refused(damaged):
    whole = asked_sweep.of_ready(READY_SWEEPS["depth"]).planned().to_dict()
    with pytest.raises(ValueError, match=r"\w"):
        asked_sweep.of_definition(whole | damaged if damaged else {}, TrainingData())


def test_layers_and_switches_are_written_as_in_other_urls():
    assert axis_of(["hidden"], [((),), ((30, 20),)]) == ("hidden", ",30-20")
    assert axis_of(["bias", "learning_rate"], [(True, 1e-6)]) == ("bias/learning_rate", "true/0.000001")
    assert [asked_sweep.parsed("hidden", text) for text in ("", "30-20", "5")] == [(), (30, 20), (5,)]
    assert asked_sweep.parsed("engine", "auto") in {"compiled", "numpy"}
