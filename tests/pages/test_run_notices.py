"""Notices about the shown run: it is not saved, or its browser will not be recognized again."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from digitviz import Hyperparameters, TrainingRun
from digitviz.dashboard.session import storage
from digitviz.store.records import Kind, Trouble
from digitviz.training.pool import Job, Progress
from tests.pages.reading import live_on, open_page
from tests.waiting import wait_until

KEEPS_NONE = "This browser blocks cookies"
FULL = Trouble(Kind.FULL, 0.0)
REMOVED = Trouble(Kind.REMOVED, 0.0)
ASIDE = Trouble(Kind.DAMAGED, 0.0, aside="/somewhere/digitviz.db.damaged-20260504-140200")


def in_trouble(monkeypatch: pytest.MonkeyPatch, trouble: Trouble | None) -> None:
    monkeypatch.setattr(storage, "store", lambda: SimpleNamespace(trouble=trouble))


@pytest.fixture
def page():
    """Train, with a run paused after one step."""
    page = open_page("train")
    page.button("step").click().run()
    assert not page.exception
    return page


def said_in_its_place(page: AppTest) -> str | None:
    return live_on(page)["unsaved"]


def test_a_run_that_stands_can_be_resumed_while_its_accuracy_is_computed(digits, monkeypatch):
    run = TrainingRun(digits, Hyperparameters(batches=5, steps_per_batch=20))
    run.advance(30)
    known, judge = threading.Event(), Job._judge

    def slow(job, run):
        assert known.wait(90)
        judge(job, run)

    monkeypatch.setattr(Job, "_judge", slow)
    page = open_page("train", run.copy())
    assert page.button("pause").label == "Resume"
    assert live_on(page)["moves"]  # the page reruns once the accuracy is known
    known.set()
    wait_until(lambda: not live_on(page.run())["moves"])
    assert live_on(page)["stream"], "Resume would wait for the page's turn"
    assert page.button("pause").label == "Resume"


def above_a_page(has_run: bool = True, says_saving: bool = False) -> AppTest:
    """Show the header of every page, in a new session."""

    def script(has_run: bool, says_saving: bool) -> None:
        from digitviz.dashboard.session import current_run, run_notices

        if has_run and current_run.opened() is None:
            current_run.attach()
            current_run.step()
        run_notices.show(says_saving)

    above = AppTest.from_function(script, args=(has_run, says_saving)).run()
    assert not above.exception
    return above


@pytest.mark.parametrize(("trouble", "words"), [(FULL, "The disk is full."), (ASIDE, "digitviz.db.damaged-2026")])
def test_train_says_in_its_place_what_is_not_saved(page, monkeypatch, trouble, words):
    assert said_in_its_place(page) is None
    in_trouble(monkeypatch, trouble)
    said = said_in_its_place(page.run())
    assert words in said
    assert "`" not in said
    assert not above_a_page(says_saving=True).warning


@pytest.mark.parametrize(
    ("trouble", "words"),
    [(FULL, "The disk is full."), (REMOVED, "Saved runs are missing"), (ASIDE, "`digitviz.db.damaged-2026")],
)
def test_other_pages_say_it_above_what_they_show_when_they_are_run(monkeypatch, trouble, words):
    above = above_a_page()
    assert not above.warning
    in_trouble(monkeypatch, trouble)
    assert words in above.run().warning[0].value
    in_trouble(monkeypatch, None)
    assert not above.run().warning


def test_a_page_whose_training_stands_asks_until_all_is_saved(page, monkeypatch):
    monkeypatch.setattr(Progress, "can_resume", False)  # otherwise it follows the stream for a click on Resume
    wait_until(lambda: live_on(page.run())["stream"] is None)  # the accuracy is known
    in_trouble(monkeypatch, FULL)
    shown = live_on(page.run())
    assert shown["stream"]
    assert not shown["moves"]
    for told_for_a_day in (ASIDE, REMOVED):
        in_trouble(monkeypatch, told_for_a_day)
        assert live_on(page.run())["stream"] is None


def test_nothing_is_said_to_who_has_no_run(monkeypatch):
    in_trouble(monkeypatch, FULL)
    page = open_page("train")
    assert said_in_its_place(page) is None
    assert live_on(page)["stream"] is None
    above = above_a_page(has_run=False)
    assert not [*above.warning, *above.caption]


def test_a_browser_without_cookies_is_told_on_train_from_the_first_and_elsewhere_once_it_has_a_run():
    page = open_page("train")
    assert sum(KEEPS_NONE in caption.value for caption in page.caption) == 1
    above = above_a_page()
    assert [KEEPS_NONE in caption.value for caption in above.caption] == [True]
    for one in (page, above):
        one.session_state["owner_is_remembered"] = True
        assert not any(KEEPS_NONE in caption.value for caption in one.run().caption)
    assert not above_a_page(says_saving=True).caption
