"""Collect every message of the code into the catalogues: `make messages`.

New messages are added without a translation, and messages that left the code are removed. Translations are not copied
from similar messages.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir, extract_python
from babel.messages.pofile import read_po, write_po

from digitviz.language import FOLDER, LANGUAGES, TRANSLATED, path_of

ROOT = FOLDER.parents[1]
METHODS = [(files, "digitviz.locale.__main__:messages") for files in ("pages/**.py", "digitviz/**.py", "app.py")]
METHODS.append(("digitviz/dashboard/components/**.js", "javascript"))
OPTIONS = {"**.js": {"parse_template_string": "yes"}}
KEYWORDS = {"_": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}
TEXTS = dict.fromkeys(["step", "maths_step", "answers", "term"])
"""Functions whose string arguments are messages, one each."""
WIDTH = 110
MADE = datetime(2026, 11, 26, tzinfo=UTC)


def messages(file: Any, keywords: dict[str, Any], tags: Any, options: Any) -> Iterator[tuple[Any, ...]]:
    """Yield the messages of a Python file like Babel's own extractor, and the arguments of the functions in `TEXTS`."""
    for line, name, found, comments in extract_python(file, keywords | TEXTS, tags, options):
        if name not in TEXTS:
            yield line, name, found, comments
        elif isinstance(found, tuple):
            yield from ((line, "gettext", text, comments) for text in found if text)


def collected() -> Catalog:
    """Return every message of the code, with the files that contain it."""
    catalogue = Catalog(project="digitviz", charset="utf-8")
    found = extract_from_dir(
        ROOT, METHODS, OPTIONS, keywords=KEYWORDS, comment_tags=("Translators:",), strip_comment_tags=True,
        directory_filter=lambda folder: not Path(folder).name.startswith((".", "_")) and Path(folder).name != "tests",
    )  # fmt: skip
    for file, _line, message, comments, context in sorted(found, key=lambda each: (each[0], each[1])):
        catalogue.add(message, None, [(file, 0)], auto_comments=comments, context=context)
    return catalogue


def main() -> None:
    """Write the catalogues."""
    for code in TRANSLATED:
        language, path = LANGUAGES[code], path_of(code)
        if path.exists():
            with path.open("rb") as file:
                catalogue = read_po(file, locale=language.locale)
        else:
            catalogue = Catalog(locale=language.locale, project="digitviz", charset="utf-8", fuzzy=False)
        catalogue.update(collected(), no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        catalogue.creation_date = MADE  # otherwise each run would change the file
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            write_po(file, catalogue, width=WIDTH, omit_header=False, include_lineno=False, sort_by_file=True)
        missing = sum(not each.string or not all(each.string) for each in catalogue if each.id)
        print(f"{path.relative_to(ROOT)}: {len(catalogue):,} messages, {missing:,} not translated")


if __name__ == "__main__":
    main()
