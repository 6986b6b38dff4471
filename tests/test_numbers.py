"""Numbers follow the page's language. A language with a decimal comma only needs one row and one catalogue."""

from __future__ import annotations

import math
import re
from contextvars import ContextVar
from decimal import Decimal

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from digitviz import figures, language
from digitviz.language import LANGUAGES, Language, speaking
from digitviz.numbers import a_digit, in_percent, numeral, plain_number, probability_in_percent, separators, short
from digitviz.ranges import Interval
from tests.pages.reading import open_page


@pytest.fixture
def german(monkeypatch, tmp_path):
    """Add a language with a decimal comma and an empty catalogue."""
    catalogue = tmp_path / "de" / "LC_MESSAGES" / "digitviz.po"
    catalogue.parent.mkdir(parents=True)
    catalogue.write_text('msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n')
    monkeypatch.setattr(language, "FOLDER", tmp_path)
    monkeypatch.setitem(LANGUAGES, "de", Language("Deutsch", "de", "de"))
    return "de"


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (1e-6, "0.000001"), (1e-9, "0.000000001"), (3e-3, "0.003"), (0.25, "0.25"), (100.0, "100"), (0, "0"),
        (0.0, "0"), (16_000, "16,000"), (1e6, "1,000,000"), (1e22, "10,000,000,000,000,000,000,000"), (-0.5, "−0.5"),
    ],
)  # fmt: skip
def test_a_number_is_written_out_without_a_power_of_ten(number, written):
    assert plain_number(number) == written


@pytest.mark.parametrize("code", ["en", "zh"])
@pytest.mark.parametrize("form", [",", ",.0f", ".1%", ".0%", ".2f", ".4g", "+.4f", ",.3f"])
@pytest.mark.parametrize(
    "number", [0, 1, 1797, 0.93888, 0.005, 12345.678, 2.675, -0.25, np.float64(0.1), Decimal("7.5")]
)
def test_english_and_chinese_numbers_are_those_of_python_with_a_true_minus(code, form, number):
    with speaking(code):
        assert numeral(number, form) == format(number, form).replace("-", "−")


def test_another_language_writes_its_own_signs(german):
    assert separators() == ".,"
    with speaking(german):
        assert numeral(1234.5, ",.1f") == "1.234,5"
        assert [in_percent(0.9388), in_percent(0.5, 0)] == ["93,9\N{NO-BREAK SPACE}%", "50\N{NO-BREAK SPACE}%"]
        assert [plain_number(0.001), plain_number(-16_000)] == ["0,001", "−16.000"]
        assert [short(1797.0), short(-0.51234), short(math.inf)] == ["1.800", "−0,512", "∞"]
        assert str(Interval(0.5, 2e6)) == "a number from 0,5 to 2.000.000"
        assert separators() == ",."


def test_only_a_probability_that_rounds_to_0_or_1_has_no_decimals():
    probabilities = 0.0, 0.0004, 0.0006, 0.2, 0.9994, 0.9996, 1.0
    assert [*map(probability_in_percent, probabilities)] == ["0%", "0%", "0.1%", "20.0%", "99.9%", "100%", "100%"]


def test_figures_write_numbers_in_the_language_of_the_page(german, digits):
    def drawn() -> dict:
        return figures.guesses(digits.images[:1], digits.labels[:1], np.full((1, 10), 0.125)).to_dict()

    assert "separators" not in drawn()["layout"]
    assert "12.5%" in str(drawn()["data"])
    with speaking(german):
        figure = drawn()
    assert figure["layout"]["separators"] == ",."  # for numbers that Plotly writes in hover templates and on axes
    assert "12,5\\xa0%" in ascii(figure["data"])


def test_a_page_writes_numbers_in_its_language(german, monkeypatch):
    monkeypatch.setattr(language, "_spoken", ContextVar("spoken", default=german))  # a page runs in its own thread
    page = open_page("train")
    assert {"0,001", "100.000"} <= {option for slider in page.select_slider for option in slider.options}
    page = AppTest.from_file("../app.py", default_timeout=30)
    page.query_params["net"], page.session_state["evaluate_guess_before_committed"] = "reader", "8"
    page.switch_page("pages/evaluate.py").run()
    assert any(re.search(r"\b9\d,\d\xa0%", text.value) for text in page.markdown)


def test_every_digit_has_its_article():
    assert " ".join(map(a_digit, range(10))) == "a 0 a 1 a 2 a 3 a 4 a 5 a 6 a 7 an 8 a 9"
    with speaking("zh"):
        assert a_digit(8) == "8"
