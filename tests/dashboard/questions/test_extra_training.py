"""Extra training counts among all runs of the server, and is evicted like them."""

from __future__ import annotations

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from digitviz import Hyperparameters, TrainingRun
from digitviz.dashboard.questions import extra_training
from digitviz.dashboard.session.lease import Lease
from digitviz.dashboard.session.open_runs import trajectories
from tests.waiting import wait_until

SETTINGS = Hyperparameters(batches=4, steps_per_batch=25, hidden=(64,))


def script() -> None:
    import dataclasses

    import streamlit as st

    from digitviz.dashboard.questions.extra_training import another_seed
    from digitviz.dashboard.session.current_run import shipped_digits
    from digitviz.dashboard.session.moment import moment
    from digitviz.training.run import TrainingRun
    from tests.dashboard.questions.test_extra_training import SETTINGS

    run = TrainingRun(shipped_digits(), dataclasses.replace(SETTINGS, seed=st.session_state["seed"]))
    run.advance(run.total_steps)
    other = another_seed(moment(run), "Train another")
    st.write("none" if other is None else "finished")
    st.session_state["run"] = other


@pytest.fixture(autouse=True)
def _a_new_server(monkeypatch):
    st.cache_resource.clear()
    monkeypatch.setattr(extra_training, "lease", lambda: st.session_state["lease"])  # all AppTests share one session
    yield
    st.cache_resource.clear()


def session(seed: int) -> AppTest:
    page = AppTest.from_function(script, default_timeout=30)
    page.session_state["seed"], page.session_state["lease"] = seed, Lease()
    return page.run()


def begin(page: AppTest) -> AppTest:
    page.button("extra_another_seed_begin").click().run()
    assert not page.exception
    return page


def state(page: AppTest) -> str:
    return page.run().markdown[0].value


def trained(page: AppTest) -> AppTest:
    begin(page)
    wait_until(lambda: state(page) == "finished", 30)
    return page


def test_what_is_trained_is_counted_and_given_back_when_it_is_given_up(digits):
    page = trained(session(10))
    assert trajectories().nbytes == page.session_state["run"].nbytes > 0
    assert page.session_state["run"].hyperparameters.seed == 11
    page.session_state["seed"] = 20
    assert state(page) == "none"
    trained(page)
    page.session_state["seed"] = 10
    assert state(page) == "none"
    trained(page)
    assert len(trajectories()) == 2  # the first run was found, not repeated


def test_none_begins_where_there_is_no_room_and_what_closed_sessions_have_makes_way(digits):
    trajectories().max_bytes = most = int(1.25 * TrainingRun(digits, SETTINGS).nbytes)
    trajectories().free_for_all = 1.0
    first, second = trained(session(10)), begin(session(20))
    assert "no room for another run of this size" in second.error[0].value
    assert state(second) == "none"
    assert not second.error
    first.session_state["lease"].end()
    first.session_state["run"] = None
    trained(second)
    assert trajectories().nbytes <= most


def test_a_browser_that_was_gone_can_train_it_again():
    page = begin(session(10))
    page.session_state["lease"].end()
    page.session_state["lease"] = Lease()
    assert state(page) == "none"
    trained(page)
