"""A run whose steps another version of the engine computed: it opens, shows what is kept, goes on, and that is said."""

from __future__ import annotations

import json
import secrets
from dataclasses import replace

import numpy as np
import pytest
from safetensors import safe_open
from streamlit.testing.v1 import AppTest

from digitviz import Hyperparameters, TrainingRun
from digitviz.dashboard.session import kept_runs
from digitviz.dashboard.session.server_wide import pool
from digitviz.dashboard.session.storage import store
from digitviz.dashboard.train import live
from digitviz.exports.metadata import of_training
from digitviz.exports.moment import Moment
from digitviz.exports.weights import weights_safetensors
from digitviz.store import Standing
from digitviz.training.engines import ENGINE_VERSIONS
from digitviz.training.pieces import state_of
from digitviz.training.trajectories import Trajectories
from tests.kept import kept_run
from tests.pages.test_run_standing import go, open_page
from tests.waiting import wait_until

STOOD_AT = 345
SAID = "The steps up to 345 were computed by another version of the engine than those after them."


@pytest.fixture
def page(digits, monkeypatch) -> AppTest:
    """A page with a run that was kept before the engine got another version."""
    owner = secrets.token_hex(32)
    settings = Hyperparameters(batches=60, steps_per_batch=10, engine="numpy", seed=secrets.randbelow(10**6))
    run = TrainingRun(digits, settings, Trajectories(keeper=store()).find)
    run.advance(STOOD_AT)
    kept = replace(
        kept_run(owner, step=STOOD_AT, total_steps=600, state="ready"),
        recipe=run.recipe.to_dict(), settings=settings.to_dict(),
    )  # fmt: skip
    store().save_run(kept, state_of(run))
    monkeypatch.setitem(ENGINE_VERSIONS, "numpy", ENGINE_VERSIONS["numpy"] + 1)
    page = open_page(owner, kept.id)
    page.session_state["losses_before"] = run.history.losses.ravel()[:STOOD_AT]
    assert not page.exception
    yield page
    page.session_state["job"].pause()


def captions(page: AppTest) -> list[str]:
    return [caption.value for caption in page.caption]


def test_it_opens_with_its_curves_and_goes_on_as_a_segment_of_another_version(page):
    job = page.session_state["job"]
    assert (job.run.step, job.run.recipe.engine_version) == (STOOD_AT, 1)
    np.testing.assert_array_equal(job.run.history.losses.ravel()[:STOOD_AT], page.session_state["losses_before"])
    assert all(picture.build() for picture in live.pictures(job, job.run.snapshot).values())
    assert live.headline(job, pool().progress(job))["step"] == "step 345 of 600"
    assert SAID not in captions(page)
    assert "engine_versions" not in of_training(Moment.of(job.run))

    go(page, 600 - STOOD_AT)
    page.run()
    assert not page.exception
    assert SAID in captions(page)
    np.testing.assert_array_equal(job.run.history.losses.ravel()[:STOOD_AT], page.session_state["losses_before"])
    assert np.isfinite(job.run.history.losses).all()


def test_files_say_which_version_computed_which_steps(page, tmp_path):
    job = page.session_state["job"]
    go(page, 1)
    file = tmp_path / "weights.safetensors"
    file.write_bytes(weights_safetensors(job.run))
    with safe_open(file, "numpy") as opened:
        assert json.loads(opened.metadata()["engine_versions"]) == [[0, 1], [STOOD_AT, 2]]


def test_it_is_kept_so_that_it_can_be_opened_once_more(page, digits, monkeypatch):
    monkeypatch.setattr(kept_runs.training_data, "dataset", lambda *_: digits)
    run = page.session_state["open_run"]
    go(page, 1)
    wait_until(lambda: store().run(run.id).step == STOOD_AT + 1)
    page.run()
    assert SAID in captions(page)
    kept = store().run(run.id)
    assert (kept.recipe["engine_version"], store().standing(run.id, run.epoch)) == (1, Standing.KEPT)
    again = kept_runs.history_of(run.id, Trajectories(keeper=store()).find)()
    assert [(each.step, each.engine_version) for each in again.segments] == [(0, 1), (STOOD_AT, 2)]
