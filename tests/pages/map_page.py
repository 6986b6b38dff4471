"""Open the map page in a test, and read its content."""

from __future__ import annotations

import json
import threading

from streamlit.testing.v1 import AppTest

from tests.waiting import wait_until

MAPPED = 300
"Number of digits mapped in page tests. Mapping all of them takes seconds and tests nothing more."


def finish(page: AppTest) -> AppTest:
    wait_until(lambda: not any(thread.name == "digitviz-maps" for thread in threading.enumerate()))
    page.run()
    assert not page.exception
    return page


def words(page: AppTest) -> str:
    return "\n".join(element.value for element in [*page.caption, *page.markdown, *page.warning, *page.error])


def figure(page: AppTest, name: str = "map_large") -> dict:
    return json.loads(page.session_state["frames"][name][1])["figure"]


def dots(page: AppTest, number: int = 0) -> dict:
    return figure(page)["data"][figure(page)["layout"]["meta"]["map"]["points"][number]]


def count(page: AppTest, number: int = 0) -> int:
    return int(dots(page, number)["customdata"]["shape"].split(",")[0])
