"""External text is shown as code, shortened, and cannot break out."""

from __future__ import annotations

import pytest
import streamlit as st

from digitviz import Hyperparameters
from digitviz.dashboard.runtime.outside import WrongAddress, as_code, bounded, explain, number
from digitviz.dashboard.session import training_data
from digitviz.dashboard.session.addresses import from_address, to_address
from digitviz.dashboard.session.training_data import TrainingData


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("![x](http://evil/t.png)", "`![x](http://evil/t.png)`"),
        ("$x$ :red[y] <b>", "`$x$ :red[y] <b>`"),
        ("a`b", r"`a\x60b`"),
        ("a\nb\t", r"`a\nb\t`"),
        ("\u202egnp.exe", r"`\u202egnp.exe`"),
        ("\u05d0", r"`\u05d0`"),
        ("e\u0301", r"`e\u0301`"),
        ("\ud800", r"`\ud800`"),
        ("数字", "`数字`"),
        ("", '`""`'),
        ("1" * 400, "`" + "1" * 39 + "…` (400 characters)"),
    ],
)
def test_a_text_from_outside_is_code_that_it_cannot_end(text, shown):
    assert as_code(text) == shown


def test_a_text_that_grows_when_it_is_escaped_stays_short():
    assert as_code("\U000e0041" * 10_000) == r"`\U000e0041\U000e0041\U000e0041\U000e004…` (10,000 characters)"


def test_a_parameter_is_shown_with_its_name():
    assert as_code("-1", "seed") == "`seed=-1`"
    assert as_code("", "seed") == "`seed=`"


def test_a_text_is_cut_to_its_bound_and_not_before():
    assert bounded("abcd", 4) == "abcd"
    assert bounded("abcde", 4) == "abc…"


@pytest.mark.parametrize(("text", "value"), [("200", 200), (" -5", -5), ("1e-06", 1e-6), (".5", 0.5), ("2.", 2.0)])
def test_a_number_is_read_as_an_address_has_it(text, value):
    assert number(text) == value
    assert type(number(text)) is type(value)


@pytest.mark.parametrize("text", ["", "nan", "Infinity", "²", "١٢", "1_000", "0x10", "1" * 400, "[" * 100_000, "true"])
def test_what_is_no_number_stays_text(text):
    assert number(text) == text


def test_the_message_names_every_setting_that_is_wrong_and_what_is_allowed():
    with pytest.raises(WrongAddress) as refusal:
        from_address({"seed": "1" * 400, "hidden": "abc", "bias": "1", "digits": "<b>", "batches": "5", "split": "-1"})
    assert explain(refusal.value, "For these, it uses the notebook's.").split("\n") == [
        "This page cannot use some of the settings in this link. For these, it uses the notebook's.",
        "",
        "- Training data: one of digits, handwriting, both. The link says `digits=<b>`.",
        "- Seed of the split: a whole number from 0 to 4,294,967,295. The link says `split=-1`.",
        "- Hidden neurons: at most 4 whole numbers from 1 to 512, one for each hidden layer, joined by hyphens. The "
        "link says `hidden=abc`.",
        "- Bias: true or false. The link says `bias=1`.",
        f"- Seed: a whole number from 0 to 4,294,967,295. The link says `seed={'1' * 39}…` (400 characters).",
    ]


def test_a_training_too_long_is_told_with_both_of_its_numbers():
    with pytest.raises(WrongAddress) as refusal:
        from_address({"batches": "10000"})
    (wrong,) = refusal.value.wrong
    assert wrong.allowed == "at most 2,000,000; 10,000 batches × 500 steps per batch make 5,000,000"
    assert wrong.given == {"batches": "10000"}


def test_parameters_that_others_append_to_a_link_do_not_spoil_its_settings():
    given = {"batches": "50", "digits": "both", "fbclid": "abc", "utm_source": "mail", "digit": "test-3"}
    assert from_address(given) == (Hyperparameters(batches=50), TrainingData("both"))


@pytest.mark.parametrize("hidden", [(), (50,), (1, 512, 3, 4)])
def test_settings_come_back_from_the_address_that_they_are_written_to(hidden):
    settings = Hyperparameters(hidden=hidden, learning_rate=3e-7, bias=True, loss="cross_entropy", seed=2**32 - 1)
    learn_from = TrainingData("handwriting", distorted=True, split=2**32 - 1, wrong_labels=0.2)
    assert from_address(to_address(settings, learn_from)) == (settings, learn_from)


def test_the_notebooks_settings_need_no_address():
    assert to_address(Hyperparameters(), TrainingData()) == {}


@pytest.mark.parametrize("hidden", ["50-", "-50", "50--20", "1-2-3-4-5", "50,20", "-"])
def test_layers_that_are_not_joined_by_single_hyphens_are_refused(hidden):
    with pytest.raises(WrongAddress):
        from_address({"hidden": hidden})


def test_digits_that_are_not_to_be_had_are_never_made(monkeypatch):
    state: dict[str, object] = {"material_source": "evil", "material_distorted": True}
    monkeypatch.setattr(st, "session_state", state)
    assert training_data.chosen() == TrainingData("digits", distorted=True)
    state |= {"material_split": True, "material_split_seed": -5}
    assert training_data.chosen() == TrainingData("digits", distorted=True, split=0)
    for share in (-0.1, 2.0, "0.2", True, None, [0.2]):
        state["material_wrong_labels"] = share
        assert training_data.chosen().wrong_labels == 0
    state["material_wrong_labels"] = 0.3
    assert training_data.chosen().wrong_labels == 0.3
