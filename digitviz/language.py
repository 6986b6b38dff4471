"""Translation of messages: English in the code, other languages in `locale/`.

A message is a whole sentence with named placeholders: `_("Batch {number} of {batches}").format(number=3, batches=200)`.
`speak` sets the language of the current thread or task. The default is English.
"""

import functools
import gettext as standard
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Language:
    """A language of the pages. The locale determines numbers, dates and plurals.

    Parameters
    ----------
    name : str
        Name of the language in the language itself.
    locale : str
        Locale in Babel, and name of the folder in `locale/`.
    tag : str
        Language tag for browsers, which select fonts, voices and number formats by it.
    comma, gap : str
        Separators between the parts of a list, and between two sentences.
    line : int
        Characters per line of comments in exported code. Chinese characters are twice as wide as Latin ones.
    """

    name: str
    locale: str
    tag: str
    comma: str = ", "
    gap: str = " "
    line: int = 88


LANGUAGES = {"en": Language("English", "en", "en"), "zh": Language("中文", "zh_CN", "zh-Hans", "、", "", line=44)}
"""Languages by their code in links."""
DEFAULT = "en"
TRANSLATED = [code for code in LANGUAGES if code != DEFAULT]
_SAID_BY_SCRIPTS = ("drawing/drawing.py", "drawing/prediction.py")
"""Modules whose messages scripts get in English."""
_COUNTS = 200
"""Counts with a plural form of their own in scripts. Those of larger ones depend on the last two digits."""
FOLDER = Path(__file__).parent / "locale"

_spoken: ContextVar[str] = ContextVar("digitviz_language", default=DEFAULT)


def language() -> str:
    """Return the code of the current language, a key in `LANGUAGES`."""
    return _spoken.get()


def speak(code: str) -> None:
    """Set the language of this thread or task.

    Parameters
    ----------
    code : str
        Key in `LANGUAGES`.

    Raises
    ------
    ValueError
        If there is no such language.
    """
    if code not in LANGUAGES:
        raise ValueError(f"there is no language {code!r}; choose one of {', '.join(LANGUAGES)}")
    _spoken.set(code)


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Context manager that sets the language temporarily; raises ValueError if there is no such language."""
    before = language()
    speak(code)
    try:
        yield
    finally:
        _spoken.set(before)


def gettext(message: str) -> str:
    """Translate a message into the current language; return it in English if there is no translation."""
    code = language()
    return message if code == DEFAULT else _catalogue(code).gettext(message)


def ngettext(one: str, many: str, count: float) -> str:
    """Translate a message in the singular or plural form for a count."""
    code = language()
    if code == DEFAULT:
        return one if count == 1 else many
    return _catalogue(code).ngettext(one, many, int(count))


def pgettext(context: str, message: str) -> str:
    """Translate a message whose translation depends on its context, for example "Start"."""
    code = language()
    return message if code == DEFAULT else _catalogue(code).pgettext(context, message)


def listed(parts: Iterable[object]) -> str:
    """Join the parts of a list as the current language does: "1, 2" in English."""
    return LANGUAGES[language()].comma.join(map(str, parts))


def joined(sentences: Iterable[object]) -> str:
    """Join sentences, without the empty ones, as the current language does: with a space in English."""
    return LANGUAGES[language()].gap.join(filter(None, map(str, sentences)))


@dataclass(frozen=True, repr=False)
class Lazy:
    """A message for constants and tables, which `str` translates each time.

    Parameters
    ----------
    message : str
        English message.
    """

    message: str

    def __str__(self) -> str:
        return gettext(self.message)

    def __repr__(self) -> str:
        return repr(self.message)

    def __format__(self, how: str) -> str:
        return format(str(self), how)

    def format(self, **fields: Any) -> str:
        """Translate the message and fill in its placeholders."""
        return str(self).format(**fields)


def lazy_gettext(message: str) -> Lazy:
    """Mark a message for translation by `str`."""
    return Lazy(message)


def nearest(locale: str | None) -> str:
    """Return the language code for a browser's locale: "zh" for "zh-TW", English if we do not have the language.

    Parameters
    ----------
    locale : str or None
        Locale such as "zh-CN". Untrusted.
    """
    primary = (locale or "").replace("_", "-").split("-")[0].lower()
    return primary if primary in LANGUAGES else DEFAULT


def languages_in_words(codes: Sequence[str]) -> str:
    """Return the names of languages in the current language, such as "English and Chinese"."""
    from babel import Locale
    from babel.lists import format_list

    here = Locale.parse(LANGUAGES[language()].locale)
    names = [Locale.parse(LANGUAGES[code].locale).get_language_name(here) or LANGUAGES[code].name for code in codes]
    return format_list(names, locale=here)


def texts_of_scripts(code: str) -> str:
    """Return the translations of the texts in scripts, as JSON by the English texts, with a context as in MO files."""
    return _read(code)[1]


def _catalogue(code: str) -> standard.GNUTranslations:
    return _read(code)[0]


def path_of(code: str) -> Path:
    """Return the path of a language's catalogue."""
    return FOLDER / LANGUAGES[code].locale / "LC_MESSAGES" / "digitviz.po"


@functools.cache
def _read(code: str) -> tuple[standard.GNUTranslations, str]:
    """Read a language's catalogue from its .po file, which always has the latest edits of the translators."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with path_of(code).open("rb") as file:
        catalogue = read_po(file, locale=LANGUAGES[code].locale)
    packed = io.BytesIO()
    write_mo(packed, catalogue)
    packed.seek(0)
    plural = standard.c2py(catalogue.plural_expr)
    of_scripts: dict[str, object] = {
        "\4comma": LANGUAGES[code].comma,
        "\4gap": LANGUAGES[code].gap,
        "\4plural": [plural(count) for count in range(_COUNTS)],
    }
    for message in catalogue:
        if any(file.endswith((".js", *_SAID_BY_SCRIPTS)) for file, _line in message.locations) and message.string:
            name = message.id if isinstance(message.id, str) else message.id[0]
            of_scripts[f"{message.context}\4{name}" if message.context else name] = message.string
    return standard.GNUTranslations(packed), json.dumps(of_scripts, ensure_ascii=False, separators=(",", ":"))
