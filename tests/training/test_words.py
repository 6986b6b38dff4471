"""Core messages are translated when they are read, not when they are created."""

from __future__ import annotations

import gettext

import pytest

from digitviz import Hyperparameters, language
from digitviz.drawing import to_digit
from digitviz.drawing.picture import read_picture
from digitviz.networks.activations import ACTIVATIONS
from digitviz.networks.backpropagation import GRADIENTS
from digitviz.networks.initializations import INITIALIZATIONS
from digitviz.networks.losses import LOSSES
from digitviz.networks.network import INPUT_SCALES
from digitviz.numbers import plain_number
from digitviz.ranges import Choice, Interval
from digitviz.training.faults import Divergence, Stuck
from digitviz.training.hyperparameters import InvalidHyperparameters
from digitviz.training.optimizers import OPTIMIZERS
from digitviz.training.presets import PRESETS

TABLES = [ACTIVATIONS, GRADIENTS, INITIALIZATIONS, LOSSES, INPUT_SCALES, OPTIMIZERS]
FAULTS = [
    (Divergence(12_345, "w1"), "After step 12,344, the numbers grew too large for the computer: w1 "),
    (Divergence(1, "w1"), "Before the first step, w1 "),
    (Stuck(7, 0.5), "Since step 7, "),
    (Stuck(7, 0.0), "Since step 7, "),
    (Stuck(1, 0.0, all_weights_zero=True), "Since step 1, "),
]


class Marked(gettext.NullTranslations):
    """Puts marks around every message, to reveal untranslated words."""

    def gettext(self, message: str) -> str:
        return f"«{message}»"


@pytest.fixture
def marked(monkeypatch):
    monkeypatch.setattr(language, "_catalogue", lambda code: Marked())
    with language.speaking("zh"):
        yield


def is_translated(text: object) -> bool:
    return str(text).startswith("«") and str(text).endswith("»")


@pytest.mark.parametrize("table", TABLES)
def test_titles_and_meanings_are_translated(table, marked):
    for entry in table.values():
        assert is_translated(entry.title)
        assert is_translated(getattr(entry, "meaning", entry.title))


def test_settings_and_presets_are_translated(marked):
    for name, allowed in Hyperparameters.RANGES.items():
        assert is_translated(Hyperparameters.TITLES[name])
        assert str(Hyperparameters.MEANINGS[name]).startswith("«")
        assert is_translated(allowed)
        if isinstance(allowed, Choice) and allowed.titles:
            assert all(is_translated(allowed.title(option)) for option in allowed.options)
    for preset in PRESETS.values():
        assert is_translated(preset.title)
        assert is_translated(preset.sentence)


def test_a_table_is_explained_entry_by_entry():
    assert str(Hyperparameters.MEANINGS["gradient"]).splitlines() == [
        "Which gradient the steps follow.",
        "",
        "- **as in the notebook**: 2 (p − y) at the logits, the gradient of twice the cross-entropy",
        "- **exact**: the gradient of the loss",
    ]


@pytest.mark.parametrize(("fault", "begin"), FAULTS)
def test_a_fault_is_told_in_the_language_of_who_reads_it(fault, begin, marked):
    assert is_translated(fault)
    with language.speaking("en"):
        assert begin in str(fault)


def test_an_error_of_the_settings_is_translated(marked):
    with pytest.raises(InvalidHyperparameters, match=r"^«bias must be «True or False», not 2»$"):
        Hyperparameters(bias=2)


def test_what_is_wrong_with_a_picture_or_a_drawing_is_translated(marked):
    with pytest.raises(ValueError, match=r"^«The file is empty"):
        read_picture(b"")
    assert is_translated(to_digit([[0, 0], [0, 0]]).problem)


@pytest.mark.parametrize(
    ("number", "written"),
    [(1e-9, "0.000000001"), (0.5, "0.5"), (100.0, "100"), (2_000_000, "2,000,000"), (-0.25, "−0.25"), (0, "0")],
)
def test_numbers_are_written_out(number, written):
    assert plain_number(number) == written


def test_a_range_says_its_ends_written_out():
    assert str(Interval(1e-9, 100.0)) == "a number from 0.000000001 to 100"
