"""A run that another server continues, or that is deleted while it is open."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from digitviz import Hyperparameters, TrainingRun
from digitviz.dashboard.session import current_run
from digitviz.dashboard.session.lease import Lease
from digitviz.dashboard.session.open_runs import open_runs, pool
from digitviz.dashboard.session.storage import store
from digitviz.store import Standing, Store, default_url
from digitviz.store.records import KeptRun, new_epoch
from digitviz.training.engines import ENGINE_VERSIONS
from digitviz.training.gap import GapFill
from digitviz.training.run import saved_state
from digitviz.training.trajectories import Trajectories
from tests.kept import kept_run
from tests.waiting import wait_until

NEW = {"step": 0, "state": "ready"}
SETTINGS = {"batches": 400, "steps_per_batch": 5, "engine": "numpy"}


@pytest.fixture
def owner() -> str:
    return secrets.token_hex(32)


@pytest.fixture
def other_server() -> Iterator[Store]:
    """The store of another server that uses the same database."""
    other = Store(default_url())
    yield other
    other.close()


def any_page() -> None:
    """The first calls of every page."""
    import streamlit as st

    from digitviz.dashboard.session import current_run, run_notices

    current_run.open_asked(own_only=st.session_state.get("own_only", False))
    run_notices.show()
    current_run.attach()
    st.button("Step", key="step", disabled=not current_run.is_mine())
    again = current_run.job().run.hyperparameters
    st.button("Reset", key="reset", on_click=current_run.new_run, args=(again, None))


def open_page(owner: str, id: str, own_only: bool = False) -> AppTest:
    """Follow a link to a run, as its owner or as a visitor."""
    page = AppTest.from_function(any_page, default_timeout=30)
    page.session_state["own_only"] = own_only
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
    """Advance a run as a click does, save it, and return its step."""
    job = page.session_state["job"]
    job.run_to(job.run.step + steps)
    pool().submit(job)
    assert pool().wait(job, 30)
    open_runs().save_soon(page.session_state["open_run"])
    return job.run.step


def may_move(page: AppTest) -> bool:
    page.run()
    return not page.button("step").disabled


def keep(owner: str, settings=SETTINGS, **fields) -> KeptRun:
    run = kept_run(owner, settings=settings, **(NEW | {"changed": time.time(), "epoch": new_epoch()} | fields))
    store().save_run(run, None)
    assert store().flush(90)
    return run


def keys(page: AppTest) -> set[str | None]:
    return {button.key for button in page.button}


def press(page: AppTest, key: str) -> None:
    page.button(key).click().run()
    assert not page.exception


def take_away(other: Store, id: str, step: int) -> KeptRun:
    assert store().flush(90)
    found = other.run(id)
    mine = replace(found, epoch=new_epoch(), step=step, wants_to_go_on=False)
    other.take(id, found.epoch, mine.epoch)
    other.save_run(mine, None)
    assert other.flush(90)
    return mine


def is_taken(id: str) -> bool:
    open_runs().save_soon(open_runs().find(id))
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
    assert any("active in another window" in element.value for element in page.info)
    press(page, "go_on_here")
    assert "go_on_here" not in keys(page)
    assert pool().wait(page.session_state["job"], 30)
    assert page.session_state["job"].run.step == 57
    assert go(page, 1) == 58
    wait_until(lambda: other_server.run(id).step == 58)


@pytest.mark.parametrize("speed", [50.0, None])
def test_a_run_that_moves_notices_that_it_was_taken_and_goes_on_where_the_other_paused_it(owner, other_server, speed):
    """Train on one server, open the run on another, pause it there, and close that server."""
    id = keep(owner, settings=SETTINGS | {"batches": 10_000, "steps_per_batch": 50}).id
    page = open_page(owner, id)
    job = page.session_state["job"]
    job.speed = speed
    job.run_to(job.run.total_steps)
    pool().submit(job)
    wait_until(lambda: other_server.run(id).step > 0)
    paused_at = take_away(other_server, id, other_server.run(id).step).step
    wait_until(lambda: open_runs().find(id).standing is Standing.TAKEN)
    assert pool().wait(job, 30)
    assert job.run.step < job.run.total_steps
    assert other_server.run(id).step == paused_at
    page.run()
    press(page, "go_on_here")
    assert pool().wait(page.session_state["job"], 30)
    assert page.session_state["job"].run.step == store().run(id).step == paused_at


def test_a_tab_leaves_a_run_that_had_to_make_room_and_cannot_be_opened_again(owner, monkeypatch):
    page = open_page(owner, keep(owner).id)
    run = page.session_state["open_run"]
    assert run.tabs
    run.job.forget()
    monkeypatch.setattr(open_runs(), "bring_back", lambda _run: False)
    page.run()
    assert not page.exception
    assert not run.tabs


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


def test_a_tab_that_was_opened_after_the_deletion_can_train_the_run_when_that_is_undone(owner, monkeypatch):
    monkeypatch.setattr(  # all AppTests share one lease
        current_run, "lease", lambda: st.session_state.setdefault("lease", Lease())
    )
    id = keep(owner).id
    first = open_page(owner, id)
    job = first.session_state["job"]
    job.speed = 50.0
    job.run_to(job.run.total_steps)
    pool().submit(job)
    delete(owner, id)
    assert pool().wait(job, 30)
    run, step = open_runs().find(id), job.run.step
    late = open_page(owner, id)
    first.session_state["lease"].end()
    press(late, "undo_deletion")
    wait_until(lambda: job.run.step > step)
    assert run.alone_since is None  # otherwise it would stop soon
    assert may_move(late)
    late.session_state["lease"].end()
    assert run.alone_since is not None


def test_a_viewer_is_told_that_a_run_was_deleted_and_cannot_undo_that(owner):
    id = keep(owner).id
    viewer = open_page(secrets.token_hex(32), id)
    delete(owner, id)
    assert "This run was deleted, so it has stopped." in [element.value for element in viewer.run().warning]
    assert "undo_deletion" not in keys(viewer)


def test_a_deleted_run_that_a_viewer_still_has_open_stays_deleted_when_its_owner_goes_back_to_it(owner):
    id = keep(owner).id
    open_page(secrets.token_hex(32), id)
    delete(owner, id)
    run = open_runs().find(id)
    run.is_held = False  # as some seconds after its owner's last tab
    tab = open_page(owner, id)
    assert run.standing is Standing.DELETED
    assert "undo_deletion" in keys(tab)
    assert not may_move(tab)


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
    assert any("There is no run at this link" in element.value for element in page.error)


def test_a_run_that_another_server_deleted_stands_still_as_soon_as_it_is_saved(owner, other_server):
    id = keep(owner).id
    page = open_page(owner, id)
    other_server.delete([id])
    assert other_server.flush(90)
    go(page, 1)
    wait_until(lambda: open_runs().find(id).standing is Standing.DELETED)
    page.run()
    press(page, "undo_deletion")
    assert store().flush(90)
    assert other_server.run(id) is not None
    assert go(page, 1) == 2


def keep_without_pieces(owner: str, digits) -> tuple[KeptRun, TrainingRun]:
    """Save only the engine state of a run, so that the data of its first 50 batches are missing."""
    settings = Hyperparameters(batches=60, steps_per_batch=5, engine="numpy", seed=secrets.randbelow(10**6))
    run = TrainingRun(digits, settings)
    run.advance(57 * 5)
    kept = kept_run(owner, settings=settings.to_dict(), step=run.step, state="training", epoch=new_epoch())
    store().save_run(kept, saved_state(run))
    return kept, run


def test_lost_batches_are_computed_again_when_their_owner_has_the_run_open(owner, digits):
    kept, run = keep_without_pieces(owner, digits)
    page = open_page(owner, kept.id)
    assert "first 50 batches were lost and are being computed again" in page.get("progress")[0].proto.text
    job = page.session_state["job"]
    wait_until(lambda: open_runs().save_soon(open_runs().find(kept.id)) or not job.run.history.known_from)
    page.run()
    assert not page.get("progress")
    assert job.run.step == run.step
    np.testing.assert_array_equal(job.run.history.losses[:57], run.history.losses[:57])
    assert job.run.history.known_from == 0
    assert pool().wait(job, 30)


def test_who_looks_on_is_told_that_batches_are_lost(owner, digits):
    kept, _ = keep_without_pieces(owner, digits)
    page = open_page(secrets.token_hex(32), kept.id)
    assert "first 50 batches of this run are lost" in page.caption[0].value
    assert "when the owner opens the run" in page.caption[0].value


def test_it_is_said_when_they_cannot_be_computed_again(owner, digits, monkeypatch):
    kept, _ = keep_without_pieces(owner, digits)
    monkeypatch.setattr(GapFill, "is_futile", True)
    page = open_page(owner, kept.id)
    opened = open_runs().find(kept.id)
    wait_until(lambda: open_runs().save_soon(opened) or opened.mending is not None)
    page.run()
    assert [element.value for element in page.caption] == [
        "The records of the first 50 batches of this run are lost, so its curves start later."
    ]


def test_lost_batches_of_an_earlier_engine_stay_lost_without_an_attempt(owner, digits, monkeypatch):
    kept, _ = keep_without_pieces(owner, digits)
    monkeypatch.setitem(ENGINE_VERSIONS, "numpy", ENGINE_VERSIONS["numpy"] + 1)
    for visitor in (owner, secrets.token_hex(32)):
        page = open_page(visitor, kept.id)
        assert [element.value for element in page.caption] == [
            "The records of the first 50 batches of this run are lost, so its curves start later.",
            "This run was started with an earlier version of the engine. New steps may differ in the last digits.",
        ]
    opened = open_runs().find(kept.id)
    open_runs().mend(opened)
    assert opened.mending is None


def test_an_owner_soon_finds_the_step_inside_a_batch_and_a_viewer_is_told_which_one_is_shown(owner, digits):
    settings = Hyperparameters(batches=60, steps_per_batch=50, engine="numpy", seed=secrets.randbelow(10**6))
    run = TrainingRun(digits, settings, Trajectories(cache=store()).find)
    run.advance(1234)
    fields = {"step": 1234, "total_steps": 3000, "state": "ready", "epoch": new_epoch()}
    kept = kept_run(owner, settings=settings.to_dict(), **fields)
    store().save_run(replace(kept, speed=0.01), saved_state(run))  # its pace does not delay them
    said = (
        "You see this run at step 1,200. Its owner had reached step 1,234; the steps between are computed again when "
        "the owner opens the run."
    )
    viewers = open_page(secrets.token_hex(32), kept.id)
    assert said in [element.value for element in viewers.caption]
    job = open_page(owner, kept.id).session_state["job"]
    assert pool().wait(job, 30)
    assert (job.run.step, job.run.snapshot.is_exact) == (1234, True)
    np.testing.assert_array_equal(job.run.parameters.to_vector(), run.parameters.to_vector())
    assert said not in [element.value for element in viewers.run().caption]


def test_a_run_in_the_middle_of_one_long_batch_computes_it_again_and_goes_on(owner):
    settings = {"batches": 1, "steps_per_batch": 100_000, "batch_size": 10, "hidden": [4], "engine": "compiled"}
    settings["seed"] = secrets.randbelow(10**6)
    kept = keep(owner, settings=settings, step=50_000, total_steps=100_000, state="ready", speed=25.0)
    viewers = open_page(secrets.token_hex(32), kept.id)
    assert viewers.caption[0].value.startswith("You see this run at step 0. Its owner had reached step 50,000;")
    page = open_page(owner, kept.id)
    job = page.session_state["job"]
    assert pool().wait(job, 60)
    assert job.run.step == 50_000
    job.speed = None
    assert go(page, 50_000) == 100_000
    assert job.run.finished


def test_a_tab_that_was_gone_for_a_while_takes_its_run_from_no_other_server(owner, other_server):
    id = keep(owner).id
    page = open_page(owner, id)
    taken = take_away(other_server, id, 57)
    open_runs().find(id).is_held = False  # as a few seconds after its tab closed
    page.run()
    assert "go_on_here" not in keys(page)  # shown in the next run of the page
    assert not may_move(page)
    assert "go_on_here" in keys(page)
    assert store().run(id).epoch == taken.epoch


def test_the_address_of_an_experiment_names_and_opens_only_a_run_of_ones_own(owner):
    mine, strangers = keep(owner).id, keep(secrets.token_hex(32)).id
    page = open_page(owner, mine, own_only=True)  # a reload
    for asked in (mine, strangers, "0" * 32):
        page.query_params["run"] = asked
        page.run()
        assert page.session_state["open_run"].id == mine
        assert page.query_params["run"] in (mine, [mine])
        assert not page.error
    guest = open_page(owner, strangers, own_only=True)  # a link that was shared
    assert "run" not in guest.query_params
    assert guest.session_state["open_run"] is None
    assert not guest.info
    watching = open_page(owner, strangers)  # as on every other page
    assert watching.session_state["open_run"].id == strangers
    watching.session_state["own_only"] = True
    watching.run()
    assert "run" not in watching.query_params


def test_a_finished_run_that_was_reset_is_opened_by_its_link_again(owner, digits):
    settings = Hyperparameters(batches=2, steps_per_batch=5, engine="numpy")
    run = TrainingRun(digits, settings)
    run.advance(10)
    kept = kept_run(owner, settings=settings.to_dict(), step=10, epoch=new_epoch())
    store().save_run(kept, saved_state(run))
    page = open_page(owner, kept.id)
    assert page.session_state["job"].run.finished
    press(page, "reset")
    assert "run" not in page.query_params
    page.query_params["run"] = kept.id  # from a browser that does not know yet that its address has changed
    page.run()
    assert page.session_state["job"].run.step == 0
    del page.query_params["run"]
    page.run()
    page.query_params["run"] = kept.id  # as Open in My runs and the browser's back button do
    page.run()
    assert page.session_state["job"].run.finished
    assert page.session_state["open_run"].id == kept.id


def offer_of_the_latest() -> None:
    """The offer, under the run of the URL."""
    from digitviz.dashboard.session import current_run, example

    current_run.open_asked()
    current_run.attach()
    example.offer_latest()


def test_a_tab_with_a_run_at_its_start_does_not_offer_the_latest(owner):
    keep(owner, step=5)
    for address, offered in (({}, {"open_latest"}), ({"run": keep(owner).id}, set())):
        page = AppTest.from_function(offer_of_the_latest, default_timeout=30)
        page.session_state["owner"], page.session_state["owner_is_remembered"] = owner, True
        for name, value in address.items():
            page.query_params[name] = value
        assert keys(page.run()) == offered


def buttons_of_train() -> None:
    """The first calls of Train."""
    from digitviz.dashboard.session import current_run
    from digitviz.dashboard.train import buttons, controls

    current_run.open_asked()
    controls.read_address(current_run.attach().run)
    buttons.buttons()


def test_the_speed_on_train_is_that_of_the_opened_run_and_a_viewer_cannot_change_it(owner):
    run = keep(owner, speed=1_000.0)
    for visitor, is_viewer in ((owner, False), (secrets.token_hex(32), True)):
        page = AppTest.from_function(buttons_of_train, default_timeout=30)
        page.session_state["owner"], page.session_state["owner_is_remembered"] = visitor, True
        page.query_params["run"] = run.id
        page.run()
        assert not page.exception
        speed = page.select_slider("speed")
        assert (speed.value, speed.disabled, speed.proto.set_value) == (1_000, is_viewer, True)
        page.run()
        assert is_viewer or not page.select_slider("speed").proto.set_value  # it would undo a choice made meanwhile


def control_of_draw() -> None:
    """The choice of a network on Draw."""
    from digitviz.dashboard.draw import readers
    from digitviz.dashboard.session import current_run

    current_run.open_asked()
    current_run.attach()
    readers.control()


def test_on_draw_the_network_of_somebody_elses_run_is_not_called_the_viewers(owner):
    run = keep(owner)
    for visitor, name in ((owner, "Yours"), (secrets.token_hex(32), "This run's")):
        page = AppTest.from_function(control_of_draw, default_timeout=30)
        page.session_state["owner"], page.session_state["owner_is_remembered"] = visitor, True
        page.query_params["run"] = run.id
        [who] = page.run().get("button_group")
        assert who.proto.options[0].content == name
        assert name in who.proto.help
