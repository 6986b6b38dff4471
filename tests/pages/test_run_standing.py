"""A run that another server goes on with, or that was deleted while it is open."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from digitviz.dashboard.session.server_wide import open_runs, pool
from digitviz.dashboard.session.storage import store
from digitviz.store import Standing, Store, default_url, new_epoch
from digitviz.store.records import KeptRun
from tests.kept import kept_run
from tests.waiting import wait_until

SETTINGS = {"batches": 400, "steps_per_batch": 5, "engine": "numpy"}


@pytest.fixture
def owner() -> str:
    return secrets.token_hex(32)


@pytest.fixture
def other_server() -> Iterator[Store]:
    """The store of another server on the same database."""
    other = Store(default_url())
    yield other
    other.close()


def any_page() -> None:
    """What every page of the dashboard begins with."""
    import streamlit as st

    from digitviz.dashboard.session import current_run, run_address, run_notices

    run_address.begin()
    run_notices.show()
    current_run.job()
    st.button("Step", key="step", disabled=not current_run.is_mine())


def open_page(owner: str, id: str) -> AppTest:
    """Follow a link to a run, as its owner or as somebody else."""
    page = AppTest.from_function(any_page, default_timeout=30)
    page.session_state["owner"], page.session_state["owner_is_remembered"] = owner, True
    page.query_params["run"] = id
    page.run()
    assert not page.exception
    return page


def delete(owner: str, id: str) -> AppTest:
    """Delete a run in My runs, in another tab."""
    page = AppTest.from_file("../../app.py", default_timeout=30)
    page.session_state["owner"], page.session_state["owner_is_remembered"] = owner, True
    page.session_state["visit_opened"] = False
    page.query_params["lang"] = "en"
    page.switch_page("pages/runs.py").run()
    page.menu_button(f"act_{id}").click("Delete").run()
    assert not page.exception
    return page


def go(page: AppTest, steps: int) -> int:
    """Move a run as a click does, and have it saved; return where it stands."""
    job = page.session_state["job"]
    job.run_to(job.run.step + steps)
    pool().submit(job)
    assert pool().wait(job, 30)
    open_runs().save_soon()
    return job.run.step


def may_move(page: AppTest) -> bool:
    page.run()
    return not page.button("step").disabled


def keep(owner: str, **fields) -> KeptRun:
    run = kept_run(owner, settings=SETTINGS, **{"step": 0, "state": "ready", "epoch": new_epoch()} | fields)
    store().save_run(run, None)
    assert store().flush(20)
    return run


def keys(page: AppTest) -> set[str | None]:
    return {button.key for button in page.button}


def press(page: AppTest, key: str) -> None:
    page.button(key).click().run()
    assert not page.exception


def take_away(other: Store, id: str, step: int) -> KeptRun:
    assert store().flush(20)
    found = other.run(id)
    mine = replace(found, epoch=new_epoch(), step=step, wants_to_go_on=False)
    other.take(id, found.epoch, mine.epoch)
    other.save_run(mine, None)
    assert other.flush(20)
    return mine


def is_taken(id: str) -> bool:
    open_runs().save_soon()
    return open_runs().find(id).standing is Standing.TAKEN


def test_who_looks_at_a_run_takes_it_from_nobody_and_its_owner_does(owner):
    run = keep(owner)
    open_page(secrets.token_hex(32), run.id)
    assert store().run(run.id).epoch == run.epoch
    open_page(owner, run.id)
    assert store().run(run.id).epoch == open_runs().find(run.id).epoch != run.epoch


def test_a_run_that_goes_on_on_another_server_stands_still_here_until_it_is_taken_back(owner, other_server):
    id = keep(owner).id
    page = open_page(owner, id)
    go(page, 1)
    wait_until(lambda: other_server.run(id).step == 1)
    take_away(other_server, id, 57)
    go(page, 1)
    wait_until(lambda: is_taken(id))
    assert other_server.run(id).step == 57
    page.run()
    assert any("goes on in another window" in element.value for element in page.info)
    press(page, "go_on_here")
    assert "go_on_here" not in keys(page)
    assert pool().wait(page.session_state["job"], 30)
    assert page.session_state["job"].run.step == 57
    assert go(page, 1) == 58
    wait_until(lambda: other_server.run(id).step == 58)


def test_who_opens_it_again_is_asked_last_and_goes_on_with_it(owner, other_server):
    id = keep(owner).id
    page = open_page(owner, id)
    take_away(other_server, id, 57)
    go(page, 1)
    wait_until(lambda: is_taken(id))
    assert not may_move(page)
    again = open_page(owner, id)
    assert "go_on_here" not in keys(again)
    assert pool().wait(again.session_state["job"], 30)
    assert again.session_state["job"].run.step == 57
    assert may_move(page)
    assert page.session_state["job"] is again.session_state["job"]


def test_a_run_that_is_deleted_stands_still_in_other_tabs_which_can_undo_that(owner):
    id = keep(owner).id
    tab = open_page(owner, id)
    job = tab.session_state["job"]
    job.speed = 50.0
    job.run_to(job.run.total_steps)
    pool().submit(job)
    runs = delete(owner, id)
    assert pool().wait(job, 30)
    step = job.run.step
    tab.run()
    assert any("This run was deleted" in element.value for element in tab.warning)
    assert job.run.step == step
    press(tab, "undo_deletion")
    assert "undo_deletion" not in keys(tab)
    wait_until(lambda: job.run.step > step)
    assert store().run(id) is not None
    runs.run()
    runs.menu_button(f"act_{id}").click("Delete").run()
    assert pool().wait(job, 30)
    press(runs, "undo_run_0")
    tab.run()
    assert "undo_deletion" not in keys(tab)
    job.pause()


def test_in_the_place_of_a_deleted_run_a_new_one_can_be_started(owner):
    id = keep(owner).id
    tab = open_page(owner, id)
    delete(owner, id)
    tab.run()
    press(tab, "start_new_run")
    assert tab.session_state["open_run"] is None
    assert not tab.warning
    assert store().run(id) is None


def test_a_deleted_run_is_no_longer_shown_to_others(owner):
    id = keep(owner).id
    open_page(owner, id)
    open_runs().delete(id)
    page = open_page(secrets.token_hex(32), id)
    assert any("There is no run under this address" in element.value for element in page.error)


def test_a_run_that_another_server_deleted_stands_still_as_soon_as_it_is_saved(owner, other_server):
    id = keep(owner).id
    page = open_page(owner, id)
    other_server.delete([id])
    assert other_server.flush(20)
    go(page, 1)
    wait_until(lambda: open_runs().find(id).standing is Standing.DELETED)
    page.run()
    press(page, "undo_deletion")
    assert store().flush(20)
    assert other_server.run(id) is not None
    assert go(page, 1) == 2
