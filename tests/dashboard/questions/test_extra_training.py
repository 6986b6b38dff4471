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

    from digitviz.dashboard.questions.extra_training import ExtraTraining
    from digitviz.dashboard.session.current_run import shipped_digits
    from digitviz.dashboard.session.open_runs import trajectories
    from digitviz.training.run import TrainingRun
    from tests.dashboard.questions.test_extra_training import SETTINGS

    def runs() -> dict[str, TrainingRun]:
        seeds = {"one": st.session_state["seed"], "other": st.session_state["seed"] + 1}
        settings = {name: dataclasses.replace(SETTINGS, seed=seed) for name, seed in seeds.items()}
        return {name: TrainingRun(shipped_digits(), each, trajectories().find) for name, each in settings.items()}

    extra = ExtraTraining("both", st.session_state.get("about", "me"))
    extra.controls("Train both", runs)
    st.write(str(extra.state or "none"))
    st.session_state["runs"] = extra.runs


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
    page.button("extra_both_begin").click().run()
    assert not page.exception
    return page


def state(page: AppTest) -> str:
    return page.run().markdown[0].value


def trained(page: AppTest) -> AppTest:
    begin(page)
    wait_until(lambda: state(page) == "finished", 30)
    return page


def both(digits) -> int:
    """Memory of a session's two finished runs."""
    return 2 * TrainingRun(digits, SETTINGS).nbytes


def test_what_is_trained_is_counted_and_given_back_when_it_is_given_up(digits):
    page = trained(session(10))
    assert trajectories().nbytes == sum(run.nbytes for run in page.session_state["runs"].values()) > 0
    page.session_state["about"] = "another"  # the extra run of the previous subject is still there
    assert state(page) == "none"
    begin(page)
    wait_until(lambda: state(page) == "finished", 30)
    assert len(trajectories()) == 2  # both runs were found, not repeated


def test_none_begins_where_there_is_no_room_and_what_closed_sessions_have_makes_way(digits):
    trajectories().max_bytes = most = int(1.25 * both(digits))
    trajectories().free_for_all = 1.0
    first, second = trained(session(10)), begin(session(20))
    assert "no room for another run of this size" in second.error[0].value
    assert state(second) == "none"
    assert not second.error
    first.session_state["lease"].end()
    trained(second)
    assert trajectories().nbytes <= most
    assert first.session_state["runs"]["one"].finished  # only this test holds the run
    assert state(first) == "none"


def test_a_browser_that_was_gone_for_a_moment_finds_what_was_trained_and_keeps_it(digits):
    trajectories().max_bytes = int(1.25 * both(digits))
    trajectories().free_for_all = 1.0
    page = trained(session(10))
    page.session_state["lease"].end()
    page.session_state["lease"] = Lease()
    assert state(page) == "finished"
    begin(other := session(20))
    assert other.error
    assert state(page) == "finished"


def test_a_training_goes_on_when_the_browser_is_back():
    page = begin(session(10))
    page.session_state["lease"].end()
    page.session_state["lease"] = Lease()
    wait_until(lambda: state(page) == "finished", 30)
