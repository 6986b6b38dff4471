"""A run computed by a different engine version: it opens, shows the saved data, continues, and mentions the version."""

from __future__ import annotations

import secrets
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from digitviz import Hyperparameters, TrainingRun
from digitviz.dashboard.session import kept_runs
from digitviz.dashboard.session.open_runs import pool
from digitviz.dashboard.session.storage import store
from digitviz.dashboard.train import live
from digitviz.store import Standing
from digitviz.training.engines import ENGINE_VERSIONS
from digitviz.training.run import saved_state
from digitviz.training.trajectories import Trajectories
from tests.kept import kept_run
from tests.pages.test_run_standing import go, open_page
from tests.waiting import wait_until

STOOD_AT = 345
SAID = "This run was started with an earlier version of the engine. New steps may differ in the last digits."


@pytest.fixture
def page(digits, monkeypatch) -> AppTest:
    """A page with a run saved before a change of the engine version."""
    owner = secrets.token_hex(32)
    settings = Hyperparameters(batches=60, steps_per_batch=10, engine="numpy", seed=secrets.randbelow(10**6))
    run = TrainingRun(digits, settings, Trajectories(cache=store()).find)
    run.advance(STOOD_AT)
    kept = replace(
        kept_run(owner, step=STOOD_AT, total_steps=600, state="ready"),
        recipe=run.recipe.to_dict(), settings=settings.to_dict(),
    )  # fmt: skip
    store().save_run(kept, saved_state(run))
    monkeypatch.setitem(ENGINE_VERSIONS, "numpy", ENGINE_VERSIONS["numpy"] + 1)
    page = open_page(owner, kept.id)
    wait_until(lambda: page.session_state["job"].run.step == STOOD_AT)  # the last five are taken again
    page.session_state["losses_before"] = run.history.losses.ravel()[:STOOD_AT]
    assert not page.exception
    yield page
    page.session_state["job"].pause()


def captions(page: AppTest) -> list[str]:
    return [caption.value for caption in page.caption]


def test_it_opens_with_its_curves_and_continues_with_another_version(page):
    job = page.session_state["job"]
    assert (job.run.step, job.run.recipe.engine_version) == (STOOD_AT, 1)
    np.testing.assert_array_equal(job.run.history.losses.ravel()[:STOOD_AT], page.session_state["losses_before"])
    pictures = (
        partial(live._losses, False, False),
        partial(live._course, False),
        partial(live._weights, 0),
    )
    assert all(draw(job, job.run.snapshot) for draw in pictures)
    headline = live.headline(job, pool().progress(job))
    assert (headline["step"], headline["steps"]) == (345, 600)
    assert SAID in captions(page)

    go(page, 600 - STOOD_AT)
    page.run()
    assert not page.exception
    assert SAID in captions(page)
    np.testing.assert_array_equal(job.run.history.losses.ravel()[:STOOD_AT], page.session_state["losses_before"])
    assert np.isfinite(job.run.history.losses).all()


def test_it_is_kept_so_that_it_can_be_opened_once_more(page, digits, monkeypatch):
    monkeypatch.setattr(kept_runs.training_data, "dataset", lambda *_: digits)
    run = page.session_state["open_run"]
    go(page, 5)  # to the end of a batch
    wait_until(lambda: store().run(run.id).step == STOOD_AT + 5)
    page.run()
    assert SAID in captions(page)
    kept = store().run(run.id)
    assert (kept.recipe["engine_version"], store().standing(run.id, run.epoch)) == (1, Standing.KEPT)
    again = kept_runs.training_of(run.id, Trajectories(cache=store()).find)().history
    assert np.isfinite(again.losses.ravel()[: STOOD_AT + 5]).all()
