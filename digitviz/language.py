"""The language of what a person reads: messages in English in the code, their translations beside it in `locale/`.

A message is a whole sentence with named places: `_("Batch {number} of {batches}").format(number=3, batches=200)`.
Which language is spoken belongs to the thread or task that speaks: `speak` sets it, English is the default.
"""

from __future__ import annotations

import functools
import gettext as standard
import io
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Language:
    """A language that the pages can be read in. Its numbers, dates and plurals follow from its locale.

    Parameters
    ----------
    name : str
        In the language itself.
    locale : str
        Names its folder in `locale/` and its rules in Babel.
    tag : str
        Tells a browser which fonts, voices and numbers to choose.
    line : int
        Characters in a line of comments in exported code. Chinese ones are twice as wide as Latin ones.
    """

    name: str
    locale: str
    tag: str
    line: int = 88


LANGUAGES = {"en": Language("English", "en", "en"), "zh": Language("中文", "zh_CN", "zh-Hans", line=44)}
"""By the code that an address has."""
DEFAULT = "en"
FOLDER = Path(__file__).parent / "locale"

_spoken: ContextVar[str] = ContextVar("digitviz_language", default=DEFAULT)


def language() -> str:
    """Return the code of the language that is spoken, one of `LANGUAGES`."""
    return _spoken.get()


def speak(code: str) -> None:
    """Speak a language from now on, in this thread or task.

    Parameters
    ----------
    code : str
        One of `LANGUAGES`.

    Raises
    ------
    ValueError
        If it is none of them.
    """
    if code not in LANGUAGES:
        raise ValueError(f"there is no language {code!r}; there are {', '.join(LANGUAGES)}")
    _spoken.set(code)


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Speak a language inside a `with` statement; raise ValueError if there is no such language."""
    before = language()
    speak(code)
    try:
        yield
    finally:
        _spoken.set(before)


def gettext(message: str) -> str:
    """Return a message in the language that is spoken; in English if it has not been translated."""
    code = language()
    return message if code == DEFAULT else _catalogue(code).gettext(message)


def ngettext(one: str, many: str, count: float) -> str:
    """Return the form of a message that fits a count."""
    code = language()
    if code == DEFAULT:
        return one if count == 1 else many
    return _catalogue(code).ngettext(one, many, int(count))


def pgettext(context: str, message: str) -> str:
    """Return a message that needs another translation in another place, such as "Start"."""
    code = language()
    return message if code == DEFAULT else _catalogue(code).pgettext(context, message)


@dataclass(frozen=True, repr=False)
class Lazy:
    """A message that is translated each time it is read, for constants and tables; `str` reads it.

    Parameters
    ----------
    message : str
        In English.
    """

    message: str

    def __str__(self) -> str:
        return gettext(self.message)

    def __repr__(self) -> str:
        return repr(self.message)

    def __format__(self, how: str) -> str:
        return format(str(self), how)

    def format(self, **fields: Any) -> str:
        """Return the message with its named places filled."""
        return str(self).format(**fields)


def lazy_gettext(message: str) -> Lazy:
    """Return a message that is translated when it is read."""
    return Lazy(message)


def nearest(locale: str | None) -> str:
    """Return the code of the language that suits a browser's locale: "zh" for "zh-TW", English for one we lack.

    Parameters
    ----------
    locale : str or None
        Such as "zh-CN". Untrusted.
    """
    primary = (locale or "").replace("_", "-").split("-")[0].lower()
    return primary if primary in LANGUAGES else DEFAULT


@functools.cache
def _catalogue(code: str) -> standard.GNUTranslations:
    """Read a language's catalogue: the text that translators edit. No compiled copy of it can be out of date."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with (FOLDER / LANGUAGES[code].locale / "LC_MESSAGES" / "digitviz.po").open("rb") as file:
        catalogue = read_po(file, locale=LANGUAGES[code].locale)
    packed = io.BytesIO()
    write_mo(packed, catalogue)
    packed.seek(0)
    return standard.GNUTranslations(packed)
