"""Number formats in the language of the page.

Python rounds, and Babel supplies the separators. Babel's own `format_decimal` takes 36 µs per number, or 20 µs with a
parsed pattern. `numeral` takes 1 µs, which matters because figures contain thousands of numbers.
"""

import functools
import math
from decimal import Decimal
from typing import Any

from digitviz.language import LANGUAGES, gettext as _, language

MINUS = "−"
LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
"""For `str.translate`: digits become subscripts."""
LARGEST, SMALLEST = 1e15, 1e-9
"""Limits beyond which `short` uses scientific notation."""


def numeral(number: Any, form: str = ",") -> str:
    """Format a number: 1,797 or 93.9% or −0.5 in English, 1.797 or 93,9 % in German.

    Parameters
    ----------
    number : int, float, Decimal or NumPy number
    form : str
        Format specification as in Python's `format`. By default, all digits in groups of three.
    """
    return format(number, form).translate(_signs(language()))


def a_digit(digit: int, doubtful: bool = False) -> str:
    """Format a digit with its article: "a 4", "an 8"; "a digit labelled 4" if its label is doubtful."""
    article = _("an {digit}") if digit == 8 else _("a {digit}")
    return (_("a digit labelled {digit}") if doubtful else article).format(digit=digit)


def in_percent(share: Any, decimals: int = 1) -> str:
    """Format a fraction as a percentage: 0.9389 as 93.9% in English, 93,9 % in German."""
    return numeral(share, f".{decimals}%")


def probability_in_percent(probability: float) -> str:
    """Format a probability as a percentage with one decimal, or as 0% or 100% if it rounds to that."""
    return in_percent(probability, int(0.0005 <= probability < 0.9995))


def plain_number(number: float) -> str:
    """Format a finite number with all its digits, without an exponent: 0.000001 instead of 1e-06."""
    return _plain(float(number) or 0.0, language())


@functools.lru_cache(1024)
def _plain(number: float, _code: str) -> str:
    """Format a number in the current language. A page formats the options of its sliders in every run."""
    return numeral(Decimal(repr(number)).normalize(), ",f")


def short(number: float, digits: int = 3) -> str:
    """Format a number with `digits` significant digits, without an exponent if possible: 0.000001, 1,800, −0.5."""
    number = float(number)
    if not math.isfinite(number):
        return _("not a number") if math.isnan(number) else "∞" if number > 0 else f"{MINUS}∞"
    rounded = format(number, f".{digits}g")
    if number and not SMALLEST <= abs(number) < LARGEST:
        return numeral(number, f".{digits}g")
    return plain_number(float(rounded))


def duration(seconds: float) -> str:
    """Return a rough duration as text: "about 5 minutes"."""
    from babel.dates import format_timedelta

    locale = LANGUAGES[language()].locale
    return _("about {time}").format(time=format_timedelta(max(1, round(seconds)), threshold=1.65, locale=locale))


def separators() -> str:
    """Return the decimal and the thousands separator, for Plotly's layout."""
    signs = _signs(language())
    return signs[ord(".")] + signs[ord(",")]


@functools.cache
def _signs(code: str) -> dict[int, str]:
    """Return the table that replaces the signs in Python's format. Every language uses the long minus sign."""
    from babel import Locale
    from babel.numbers import get_decimal_symbol, get_group_symbol

    locale = Locale.parse(LANGUAGES[code].locale)
    percent = locale.percent_formats[None].suffix[0]
    return str.maketrans({",": get_group_symbol(locale), ".": get_decimal_symbol(locale), "%": percent, "-": MINUS})
