"""Untrusted text from a URL or a browser. The dashboard shortens it and shows it as code.

Streamlit renders the text of `st.error` and similar calls as Markdown. An image named in a URL would be loaded from any
site and appear to be part of the dashboard.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from digitviz.language import gettext as _, listed
from digitviz.numbers import numeral

MAX_SHOWN = 40
"""Maximum number of characters shown of a text."""
MAX_ERROR_LENGTH = 200
"""Maximum number of characters shown of an error message from Python or the system."""
EMPTY = '""'
"""Shown for an empty text, because empty code is not valid."""
MAX_DIGITS = 40
"""Maximum length of a number. 17 digits and an exponent are enough for any float."""

_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_UNSEEN = ("C", "M", "Z")
"""Unicode categories of control characters (including changes of direction), combining accents and spaces."""
_RIGHT_TO_LEFT = ("R", "AL")


@dataclass(frozen=True)
class Wrong:
    """An invalid part of a URL.

    Parameters
    ----------
    title : str
        Name of the setting, from the dashboard.
    allowed : str
        Description of the allowed values, from the dashboard.
    given : mapping of str to str
        Untrusted parameters for the setting, with their values.
    """

    title: str
    allowed: str
    given: Mapping[str, str]


class WrongAddress(ValueError):
    """Raised for a URL with settings that a page cannot use.

    Parameters
    ----------
    wrong : sequence of Wrong
        All invalid parts.
    """

    def __init__(self, wrong: Sequence[Wrong]) -> None:
        super().__init__(wrong)
        self.wrong = tuple(wrong)


def as_code(text: str, name: str = "", limit: int = MAX_SHOWN) -> str:
    """Format an untrusted text for Markdown as code that it cannot end, shortened, with its length if it is cut.

    Backticks, line breaks, invisible characters and changes of direction appear as Python escapes.

    Parameters
    ----------
    name : str, optional
        Name of the parameter with this value, from the dashboard: `seed=12`.
    limit : int, optional
        Maximum number of characters shown.
    """
    shown = bounded("".join(map(_visible, text[: limit + 1])), limit)
    code = f"`{name}={shown}`" if name else f"`{shown or EMPTY}`"
    if len(text) <= limit:
        return code
    return _("{text} ({count} characters)").format(text=code, count=numeral(len(text)))


def bounded(text: str, limit: int = MAX_SHOWN) -> str:
    """Cut a text to `limit` characters. A shortened text ends with an ellipsis."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def _visible(character: str) -> str:
    if character == "`":
        return r"\x60"
    hidden = unicodedata.category(character).startswith(_UNSEEN) and character != " "
    if hidden or unicodedata.bidirectional(character) in _RIGHT_TO_LEFT:
        return character.encode("unicode_escape").decode("ascii")
    return character


def number(text: str) -> int | float | str:
    """Parse a number from a URL: "200", "1e-06". Return any other text unchanged."""
    text = text.strip()
    if len(text) > MAX_DIGITS or _NUMBER.fullmatch(text) is None:
        return text
    return int(text) if text.lstrip("+-").isdigit() else float(text)


def explain(error: WrongAddress, instead: str) -> str:
    """Explain in Markdown the errors in a URL.

    Parameters
    ----------
    instead : str
        A sentence on what the page does instead.
    """
    line = _("{title}: {allowed}. The link says {given}.")
    lines = [line.format(title=wrong.title, allowed=wrong.allowed, given=_given(wrong)) for wrong in error.wrong]
    intro = _("This page cannot use some of the settings in this link. {instead}").format(instead=instead)
    return "\n".join([f"{intro}\n", *(f"- {line}" for line in lines)])


def _given(wrong: Wrong) -> str:
    given = [as_code(text, name) for name, text in wrong.given.items()]
    return "".join(given) if len(given) < 2 else _("{one} and {other}").format(one=listed(given[:-1]), other=given[-1])
