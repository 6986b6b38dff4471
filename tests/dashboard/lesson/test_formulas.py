"""Numbers on the lesson's pages are written as a person would write them."""

from __future__ import annotations

import math

import pytest

from digitviz.dashboard.lesson import formulas
from digitviz.dashboard.lesson.formulas import bare, decimals_for, fixed, significant, tex, written


@pytest.mark.parametrize(
    ("value", "words", "formula"),
    [
        (1e-6, "0.000001", "0.000001"),
        (-42.31234, "−42.31", "-42.31"),
        (12345.6, "12,346", "12{,}346"),
        (3.3e-10, "3.3 · 10⁻¹⁰", r"3.3 \cdot 10^{-10}"),
        (-2e20, "−2 · 10²⁰", r"-2 \cdot 10^{20}"),
        (9.99996, "10", "10"),
        (-0.0, "0", "0"),
        (math.inf, "∞", r"\infty"),
        (-math.inf, "−∞", r"-\infty"),
        (math.nan, "nan", r"\text{nan}"),
    ],
)
def test_a_number_has_decimals_where_they_can_be_read_and_a_true_minus(value, words, formula):
    assert written(value) == words
    assert bare(value) == formula


def test_numbers_in_a_row_have_the_same_decimals():
    assert [fixed(value, 4) for value in (90.0164, -0.00528, -0.00001)] == ["90.0164", "−0.0053", "0.0000"]
    assert fixed(3e12, 2) == "3 · 10¹²"
    assert [decimals_for(value, 2) for value in (-0.00528, 90.0, 0.0, math.nan, 0.0999)] == [4, 0, 0, 0, 2]


def test_numbers_of_neurons_have_three_significant_digits_and_zeros_at_the_end():
    numbers = [significant(value) for value in (4.0, 11.96, -0.012, 9.999, 1234.5, 0.0, 3e-10, math.nan, math.inf)]
    assert numbers == ["4.00", "12.0", "−0.0120", "10.0", "1,234", "0", "3 · 10⁻¹⁰", "nan", "∞"]


def test_a_negative_number_after_another_sign_stands_in_brackets():
    assert (tex(-1.0), tex(1.0)) == ("(-1)", "1")


def test_numbers_of_a_school_have_at_most_three_digits_after_the_point_outside_formulas(monkeypatch):
    monkeypatch.setattr(formulas, "is_plain", lambda: True)
    values = 2.02e-6, -0.023586, 86.4821, 1.0, 0.0, 0.00123, math.inf
    assert [written(value) for value in values] == ["almost 0", "−0.024", "86.5", "1", "0", "0.001", "∞"]
    assert [significant(value) for value in values] == ["almost 0", "−0.024", "86.5", "1.00", "0", "0.001", "∞"]
    assert fixed(-0.023586, 6) == "−0.024"
