"""A run in a database of the previous version opens from its URL, and its owner continues it."""

from __future__ import annotations

import gzip
import json

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from digitviz import Hyperparameters, load_digits
from digitviz.dashboard.session.open_runs import pool
from digitviz.dashboard.session.storage import store
from digitviz.store import Store
from digitviz.training.recipe import Recipe
from digitviz.training.run import restore
from tests.pages.reading import words_on
from tests.store.test_old_database import BEFORE, SAID
from tests.training.fingerprint import fingerprint
from tests.training.test_golden_bits import FILE
from tests.waiting import wait_until


@pytest.fixture(autouse=True)
def _old_runs(tmp_path):
    """Copy the runs of the old database, after its migration, into the store of this server."""
    path = tmp_path / "runs.sqlite"
    path.write_bytes(gzip.decompress((BEFORE / "runs.sqlite.gz").read_bytes()))
    old = Store(f"sqlite:///{path}")
    for run in old.runs_of(SAID["owner"]):
        store().save_run(run, old.state(run.id))
    old.close()
    assert store().flush(60)
    yield
    st.cache_resource.clear()  # with the store of that folder


def opened(page: str, name: str) -> AppTest:
    app = AppTest.from_file("../../app.py", default_timeout=30)
    app.session_state["owner"], app.session_state["owner_is_remembered"] = SAID["owner"], True
    app.query_params["run"], app.query_params["lang"] = SAID["runs"][name]["id"], "en"
    app.run().switch_page(f"pages/{page}.py").run()
    assert not app.exception
    return app


def test_a_finished_run_opens_by_its_address_with_its_accuracy_and_its_curves_are_computed_again():
    kept = store().run(SAID["runs"]["finished"]["id"])
    recipe, settings = Recipe.from_dict(kept.recipe), Hyperparameters.from_dict(kept.settings)
    alone = restore(recipe, load_digits(), settings, kept.step, store().state(kept.id))
    assert alone.history.known_from == 200  # the page may find them known by another run
    page = opened("evaluate", "finished")
    page.session_state["evaluate_guess_before_committed"] = "8"
    wait_until(lambda: "**93.9%** of the 180 digits" in words_on(page.run()))  # computed beside the page
    run = page.session_state["open_run"]
    known_bits = fingerprint().id in json.loads(FILE.read_text())["bits"]  # others may compute another last bit
    wait_until(lambda: run.job.run.history.known_from == 0 or run.gap_stays, 300)
    is_filled = run.job.run.history.known_from == 0
    assert is_filled or not known_bits
    accuracy = run.job.run.history.test_accuracy[-1] if is_filled else run.job.run.test_accuracy
    assert accuracy == 169 / 180 == SAID["runs"]["finished"]["accuracy"]


def test_its_owner_goes_on_with_a_paused_run():
    page = opened("train", "paused")
    job = page.session_state["open_run"].job
    assert pool().wait(job, 60)  # the steps since its last engine state are taken again
    assert (job.run.step, job.run.total_steps) == (1234, 2000)
    page.run().button("pause").click().run()
    wait_until(lambda: page.session_state["open_run"].job.run.finished)
    assert page.session_state["open_run"].job.run.test_accuracy > 0.9
    wait_until(lambda: store().run(SAID["runs"]["paused"]["id"]).step == 2000)
