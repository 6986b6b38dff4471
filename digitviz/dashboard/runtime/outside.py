"""Text from outside: from an address or a browser. It is shown as code, and cut short.

Streamlit takes the text of `st.error` and its like for Markdown: a picture named in an address would be loaded from
wherever it lies, and shown as if the dashboard had said it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from digitviz.language import gettext as _
from digitviz.language import ngettext
from digitviz.numbers import numeral

MAX_SHOWN = 40
"""Characters of a text that are shown."""
MOST_OF_AN_ERROR = 200
"""Characters shown of what Python or the system says of an error."""
EMPTY = '""'
"""Shown for a text of no characters: no code is that short."""
MAX_NAMED = 3
"""Parameters shown of those that a page does not know; an address may have a thousand."""
MAX_DIGITS = 40
"""Characters of a number that is read; 17 digits and an exponent tell any."""

_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_UNSEEN = ("C", "M", "Z")
"""Unicode's letters for controls (those that turn the direction of a line too), accents of their own, and spaces."""
_RIGHT_TO_LEFT = ("R", "AL")


@dataclass(frozen=True)
class Wrong:
    """A part of an address that is not allowed.

    Parameters
    ----------
    title : str
        What it sets, in the dashboard's own words; empty if the page knows no such parameter.
    allowed : str
        What it accepts, in the dashboard's own words.
    given : mapping of str to str
        The parameters that set it, each with its value, from outside.
    """

    title: str
    allowed: str
    given: Mapping[str, str]


class WrongAddress(ValueError):
    """An address that a page cannot take.

    Parameters
    ----------
    wrong : sequence of Wrong
        All that is not allowed in it.
    """

    def __init__(self, wrong: Sequence[Wrong]) -> None:
        super().__init__(wrong)
        self.wrong = tuple(wrong)


def as_code(text: str, name: str = "", most: int = MAX_SHOWN) -> str:
    """Write a text from outside for Markdown: as code that it cannot end, in short, with its length if it is cut.

    Backticks, line breaks, and whatever cannot be seen or turns the line around are written as Python escapes them.

    Parameters
    ----------
    name : str, optional
        Of the parameter whose value it is: `seed=12`. In the dashboard's own words.
    most : int, optional
        Characters of the text that are shown.
    """
    shown = bounded("".join(map(_visible, text[: most + 1])), most)
    code = f"`{name}={shown}`" if name else f"`{shown or EMPTY}`"
    if len(text) <= most:
        return code
    return _("{text} ({count} characters)").format(text=code, count=numeral(len(text)))


def bounded(text: str, most: int = MAX_SHOWN) -> str:
    """Cut a text to `most` characters; the last of a longer one is an ellipsis."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _visible(character: str) -> str:
    if character == "`":
        return r"\x60"
    hidden = unicodedata.category(character).startswith(_UNSEEN) and character != " "
    if hidden or unicodedata.bidirectional(character) in _RIGHT_TO_LEFT:
        return character.encode("unicode_escape").decode("ascii")
    return character


def number(text: str) -> int | float | str:
    """Read a number as an address has it: "200", "1e-06". What is none stays the text that it is."""
    text = text.strip()
    if len(text) > MAX_DIGITS or _NUMBER.fullmatch(text) is None:
        return text
    return int(text) if text.lstrip("+-").isdigit() else float(text)


def explain(error: WrongAddress, instead: str) -> str:
    """Say in Markdown what is wrong in an address: all that the page knows, and a few of the names it does not.

    Parameters
    ----------
    instead : str
        A sentence that says what the page does now.
    """
    known = [wrong for wrong in error.wrong if wrong.title]
    unknown = [as_code(name) for wrong in error.wrong if not wrong.title for name in wrong.given]
    lines = [
        _("{title}: {allowed}. The link says {given}.").format(
            title=wrong.title, allowed=wrong.allowed, given=_given(wrong)
        )
        for wrong in known
    ]
    lines += [_("There is no setting called {name}.").format(name=name) for name in unknown[:MAX_NAMED]]
    if more := len(unknown[MAX_NAMED:]):
        lines.append(
            ngettext(
                "The link contains {count} more setting that does not exist.",
                "The link contains {count} more settings that do not exist.",
                more,
            ).format(count=numeral(more))
        )
    intro = _("This page cannot use the settings in this link. {instead}").format(instead=instead)
    return "\n".join([f"{intro}\n", *(f"- {line}" for line in lines)])


def _given(wrong: Wrong) -> str:
    given = [as_code(text, name) for name, text in wrong.given.items()]
    return (
        "".join(given) if len(given) < 2 else _("{one} and {other}").format(one=", ".join(given[:-1]), other=given[-1])
    )
