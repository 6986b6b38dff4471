"""A run evicted for others while its visitor was away."""

from __future__ import annotations

from tests.pages.reading import open_page


def test_who_comes_back_to_it_is_told_once():
    page = open_page("train")
    gone = page.session_state["job"]
    gone.forgotten = True
    page.run()
    assert any("make room for others" in info.value for info in page.info)
    assert page.session_state["job"] is not gone
    page.run()
    assert not any("make room for others" in info.value for info in page.info)
