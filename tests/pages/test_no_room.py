"""Without space for another run or drawing, the page shows a warning, and training continues without being saved."""

from __future__ import annotations

import secrets

import pytest
from streamlit.testing.v1 import AppTest

from digitviz.dashboard.session import saved_drawings
from digitviz.dashboard.session.storage import store
from digitviz.store import NoRoom
from tests.pages.test_draw import (
    SEVEN,
    canvas_of,
    draw,
    page as draw_page,  # noqa: F401
)
from tests.pages.test_train import open_page, press, run_of
from tests.store.made import kept_drawing
from tests.waiting import wait_until


@pytest.fixture
def full(monkeypatch) -> dict[str, NoRoom | None]:
    """Reason why there is no space. A test may change it."""
    why: dict[str, NoRoom | None] = {"run": None, "drawing": None}
    monkeypatch.setattr(type(store()), "no_room", lambda store, owner, what: why[what])
    return why


@pytest.fixture
def page():
    page = open_page(batches="5", steps_per_batch="20", seed=str(secrets.randbelow(10**6)))
    yield page
    page.session_state["job"].pause()


def why_on(page: AppTest) -> NoRoom | None:
    return page.session_state["no_room_to_keep"]


@pytest.mark.parametrize("why", NoRoom)
def test_a_training_without_room_goes_on_unsaved_and_is_saved_as_soon_as_there_is_room(page, full, why):
    full["run"] = why
    for step in (1, 2):
        press(page, "step")
        wait_until(lambda step=step: run_of(page).step == step)
        assert why_on(page) is why
        assert page.session_state["open_run"] is None
        assert "run" not in page.query_params
    full["run"] = None
    press(page, "step")
    wait_until(lambda: run_of(page).step == 3)
    assert why_on(page) is None
    run = page.session_state["open_run"]
    wait_until(lambda: (kept := store().run(run.id)) is not None and kept.step == 3)


def test_the_notice_goes_with_the_training(page, full):
    full["run"] = NoRoom.SERVER
    press(page, "step")
    wait_until(lambda: run_of(page).step == 1)
    assert why_on(page) is NoRoom.SERVER
    press(page, "reset")
    assert why_on(page) is None


def notices() -> None:
    from digitviz.dashboard.session import run_notices

    run_notices.show()


@pytest.mark.parametrize(
    ("why", "words"),
    [
        (NoRoom.OWNER, "you have 500 runs"),
        (NoRoom.BYTES, "your runs take up all the space"),
        (NoRoom.SERVER, "the server has no room for more runs"),
        (None, ""),
    ],
)
def test_every_page_says_why_the_training_is_not_saved(why, words):
    page = AppTest.from_function(notices, default_timeout=30)
    page.session_state["no_room_to_keep"] = why
    page.run()
    assert not page.exception
    assert words in " ".join(warning.value for warning in page.warning)
    assert len(page.warning) == (why is not None)


@pytest.mark.parametrize(("why", "words"), [(NoRoom.OWNER, "200 drawings"), (NoRoom.SERVER, "not saved")])
def test_a_drawing_without_room_is_not_saved_and_the_page_says_so(draw_page, full, why, words):  # noqa: F811
    draw(draw_page, canvas_of(SEVEN))
    full["drawing"] = why
    draw_page.button_group("shows").set_value(7).run()
    press(draw_page, "keep")
    assert words in " ".join(error.value for error in draw_page.error)


def test_the_bound_of_drawings_holds_for_all_tabs_of_an_owner(full, monkeypatch):
    monkeypatch.setattr(saved_drawings, "drawings", lambda: [])
    monkeypatch.setattr(saved_drawings, "owner", lambda: "a" * 64)
    full["drawing"] = NoRoom.OWNER
    assert saved_drawings.keep(kept_drawing()) is NoRoom.OWNER
