"""A run with imported initial weights or a random split, opened from its URL."""

from __future__ import annotations

import secrets
from dataclasses import replace

import pytest

from digitviz import Hyperparameters, TrainingRun
from digitviz.dashboard.session.open_runs import open_runs
from digitviz.dashboard.session.storage import store
from tests.pages.test_run_standing import keep, open_page, press
from tests.waiting import wait_until


@pytest.fixture
def owner() -> str:
    return secrets.token_hex(32)


def keep_with_weights(owner, digits, weights: str | None) -> str:
    """Save a run at step 0 with imported weights from a file of this name, and return its id."""
    settings = Hyperparameters(batches=60, steps_per_batch=5, engine="numpy", seed=secrets.randbelow(10**6))
    run = TrainingRun(digits, settings, start=TrainingRun(digits, settings).parameters)
    data = {"source": "digits", "distorted": False, "weights": weights}
    kept = replace(keep(owner, training_data=data), recipe=run.recipe.to_dict(), settings=settings.to_dict())
    kept = replace(kept, id=secrets.token_hex(16), step=0, wants_to_go_on=False)
    store().save_run(kept, None)
    return kept.id


def test_weights_whose_name_was_not_kept_are_a_file_s_and_never_the_run_s_own(owner, digits):
    page = open_page(owner, keep_with_weights(owner, digits, None))
    assert page.session_state["given_weights"].called == "a file"
    others = open_page(secrets.token_hex(32), page.session_state["open_run"].id)
    press(others, "copy_run")
    assert others.session_state["open_run"].weights is None


def test_weights_that_a_run_began_with_keep_their_name(owner, digits):
    name = ("my <b>weights</b> " + "x" * 100)[:80]
    page = open_page(secrets.token_hex(32), keep_with_weights(owner, digits, "my\u202e <b>weights</b>\n" + "x" * 100))
    assert page.session_state["given_weights"].file == name
    press(page, "copy_run")
    copied = page.session_state["open_run"].id
    open_runs().save_soon(open_runs().find(copied))
    wait_until(lambda: store().run(copied) is not None)
    assert store().run(copied).training_data["weights"] == name


def test_a_run_on_a_random_split_is_opened_and_copied_with_it(owner, digits):
    settings = Hyperparameters(batches=60, steps_per_batch=5, engine="numpy", seed=secrets.randbelow(10**6))
    data = {"source": "digits", "distorted": False, "split": 3}
    recipe = TrainingRun(digits.shuffled(3), settings).recipe.to_dict()
    kept = replace(keep(owner, training_data=data), recipe=recipe, settings=settings.to_dict())
    kept = replace(kept, id=secrets.token_hex(16), step=0, wants_to_go_on=False)
    store().save_run(kept, None)
    page = open_page(secrets.token_hex(32), kept.id)
    assert page.session_state["job"].run.dataset.id == digits.shuffled(3).id
    press(page, "copy_run")
    copied = page.session_state["open_run"].id
    open_runs().save_soon(open_runs().find(copied))
    wait_until(lambda: store().run(copied) is not None)
    assert store().run(copied).training_data["split"] == 3
