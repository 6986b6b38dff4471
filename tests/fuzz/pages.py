"""A page that is opened for a check, and what may stand on it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parents[2]
LONGEST_MESSAGE = 4_000
"""Characters of a message that names every setting of Train: some 200 for each."""


def open_page(name: str, address: Mapping[str, str] | None = None, **state: object) -> AppTest:
    """Open a page in a session of its own, at an address and with some of its state."""
    page = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    page.query_params.update(address or {})
    for key, value in state.items():
        page.session_state[key] = value
    page.switch_page(f"pages/{name}.py").run()
    return page


def check_page(page: AppTest) -> None:
    """A page stands, and says what is wrong, if anything is, in words of its own."""
    assert not page.exception
    for error in page.error:
        check_message(error.value)


def check_message(message: str, longest: int = LONGEST_MESSAGE) -> None:
    """A message is short, on lines of its own, and holds words from outside as code alone.

    A code span of Markdown ends at the next backtick: between the spans there is nothing from outside.
    """
    assert len(message) <= longest
    for line in message.split("\n"):
        assert line.isprintable()
        assert line.count("`") % 2 == 0
        words = re.sub("`[^`]+`", "", line)
        assert re.fullmatch(r"(- )?[\w .,;:'×=()-]*", words), words
