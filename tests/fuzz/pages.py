"""Opening a page for a check, and checks of its content."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parents[2]
LONGEST_MESSAGE = 4_000
"""Maximum length of a message that names every setting of Train, at about 200 characters each."""


def open_page(name: str, address: Mapping[str, str] | None = None, **state: object) -> AppTest:
    """Open a page in a new session, with URL parameters and session state."""
    page = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    page.query_params.update(address or {})
    for key, value in state.items():
        page.session_state[key] = value
    page.switch_page(f"pages/{name}.py").run()
    return page


def check_page(page: AppTest) -> None:
    """A page works, and its errors are in our own words."""
    assert not page.exception
    for error in page.error:
        check_message(error.value)


def check_message(message: str, longest: int = LONGEST_MESSAGE) -> None:
    """A message is short and printable, and shows external text only as code.

    A code span in Markdown ends at the next backtick, so the text between the spans must be our own.
    """
    assert len(message) <= longest
    for line in message.split("\n"):
        assert line.isprintable()
        assert line.count("`") % 2 == 0
        words = re.sub("`[^`]+`", "", line)
        assert re.fullmatch(r"(- )?[\w .,;:'×=()-]*", words), words
