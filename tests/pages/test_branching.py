"""Train: change a setting during the run, go back and branch, and recompute a branch."""

from __future__ import annotations

import numpy as np
import pytest

from digitviz.dashboard.session.current_run import pool
from digitviz.dashboard.train import live
from tests.pages.reading import live_on
from tests.pages.test_train import open_page, press, run_of
from tests.waiting import wait_until

ADDRESS = {"batches": "6", "steps_per_batch": "20", "seed": "7"}


@pytest.fixture
def page():
    page = open_page(**ADDRESS)
    page.select_slider("speed").set_value(100_000).run()
    yield page
    page.session_state["job"].pause()


def train_to_the_end(page) -> None:
    press(page, "train")
    wait_until(lambda: run_of(page).snapshot.state == "finished")
    assert pool().wait(page.session_state["job"])
    page.run()


def test_before_the_first_batch_there_is_nothing_to_go_back_to(page):
    assert page.button("apply_next").disabled
    assert not [button for button in page.button if button.key == "branch"]


def release_at(page, batch: int) -> None:
    """Record that the slider at the top was released at a batch, as its callback does before the page reruns."""
    run = run_of(page)
    page.session_state["branch_moment"] = (run.serial, run.step, batch)
    page.session_state["point_is_new"] = True


def let_go_at(page, batch: int) -> None:
    release_at(page, batch)
    page.run()


def says(page, *words: str) -> bool:
    return any(all(word in caption.value for word in words) for caption in page.caption)


def test_there_is_one_slider_for_the_point_in_training_and_it_follows_the_training(page):
    press(page, "next_batch")
    wait_until(lambda: run_of(page).step == 20)
    page.run()
    assert [slider.key for slider in page.select_slider if slider.key != "speed" and "hp_" not in slider.key] == []
    let_go_at(page, 0)
    assert live_on(page)["through"]["at"] == 0
    page.session_state["opened_neuron"], page.session_state["visit_opened"] = 3, False
    page.run()
    said = "Neuron 4 votes most strongly for"  # at the slider's point
    assert [line.value.endswith("before training.") for line in page.markdown if said in line.value] == [True]
    page.session_state["visit_opened"] = True
    train_to_the_end(page)
    assert live_on(page)["through"]["at"] is None  # the current step, which is different
    page.select_slider("hp_learning_rate").set_value(2e-6).run()
    assert says(page, "The run ends here.")


def test_what_is_changed_is_said_alike_beside_the_settings_and_beside_the_button(page):
    train_to_the_end(page)
    let_go_at(page, 2)
    page.select_slider("hp_learning_rate").set_value(2e-6).run()
    assert "Learning rate" in page.info[0].value
    assert says(page, "Branch after batch 2", "Learning rate")
    assert not page.button("branch").disabled
    page.select_slider("hp_batch_size").set_value(50).run()
    assert "Batch size" in page.info[0].value
    assert says(page, "set this back", "Batch size 100")
    assert page.button("branch").disabled


def test_a_setting_changed_right_after_the_slider_does_not_stop_the_page_from_following_the_slider(page):
    train_to_the_end(page)
    release_at(page, 2)
    page.select_slider("hp_learning_rate").set_value(2e-6).run()
    assert live_on(page)["through"]["at"] == 2
    release_at(page, 3)
    page.select_slider("hp_learning_rate").set_value(5e-6).run()
    assert live_on(page)["through"]["at"] == 3
    assert says(page, "Branch after batch 3", "0.000005")


def test_a_branch_leaves_where_the_slider_stands_and_shows_the_way_not_taken(page):
    train_to_the_end(page)
    parent = run_of(page)
    assert page.button("branch").disabled
    page.select_slider("hp_learning_rate").set_value(2e-6).run()
    let_go_at(page, 6)
    assert page.button("branch").disabled  # at the end, there is nothing left to train
    let_go_at(page, 3)
    assert says(page, "batch 3", "0.000002")
    page.select_slider("speed").set_value(1).run()
    press(page, "branch")
    run = run_of(page)
    assert [(change.batch, change.learning_rate) for change in run.recipe.changes] == [(3, 2e-6)]
    assert says(page, "Your branch is training")
    page.select_slider("speed").set_value(100_000).run()
    wait_until(lambda: run_of(page).snapshot.state == "finished")
    np.testing.assert_array_equal(run.history.losses[:3], parent.history.losses[:3])
    assert (run.history.losses[3, 1:] != parent.history.losses[3, 1:]).all()
    page.run()
    job = page.session_state["job"]
    assert "unchanged" in [trace.get("name") for trace in live._course(False, job, job.run.snapshot)["data"]]
    losses = live._losses(False, False, job, job.run.snapshot)["data"]
    behind = next(trace for trace in losses if trace.get("opacity") == 0.5)
    assert set(behind["customdata"].tolist()) == {4, 5, 6}


def test_a_change_is_applied_from_the_next_batch_on_while_the_training_stands_in_the_middle_of_one(page):
    press(page, "next_batch")
    wait_until(lambda: run_of(page).step == 20)
    press(page, "step")
    wait_until(lambda: run_of(page).step == 21)
    assert page.button("apply_next").disabled
    page.select_slider("hp_learning_rate").set_value(2e-6).run()
    assert not page.button("apply_next").disabled
    press(page, "apply_next")
    assert [change.batch for change in run_of(page).recipe.changes] == [2]
    wait_until(lambda: run_of(page).snapshot.state == "finished")
    assert not page.info


def test_what_makes_it_another_training_cannot_be_applied(page):
    train_to_the_end(page)
    page.select_slider("hp_learning_rate").set_value(2e-6).run()
    page.select_slider("hp_batch_size").set_value(50).run()
    assert page.button("apply_next").disabled
    assert page.button("branch").disabled


def test_a_training_that_another_visitor_has_computed_is_known(page):
    train_to_the_end(page)
    other = open_page(**ADDRESS)
    other.select_slider("speed").set_value(100_000).run()
    assert run_of(other).trajectory is run_of(page).trajectory
    press(other, "train")
    wait_until(lambda: run_of(other).snapshot.state == "finished")
    assert run_of(other) is not run_of(page)


def test_a_finished_run_challenges_to_beat_the_best_of_the_session_on_the_same_test_digits(page):
    def said() -> str:
        return next(line.value for line in page.markdown if "beat" in line.value.lower())

    train_to_the_end(page)
    first = run_of(page).test_accuracy
    assert said() == f"**Can you beat {first:.1%}?**"
    page.select_slider("hp_learning_rate").set_value(1e-5).run()
    train_to_the_end(page.run())
    second = run_of(page).test_accuracy
    assert second > first
    best = f"**Best so far: {second:.1%} (Batches 6, Steps per batch 20, Learning rate 0.00001, Seed 7). Beat it!**"
    assert said() == best
    page.select_slider("hp_learning_rate").set_value(1e-12).run()
    train_to_the_end(page.run())
    assert run_of(page).test_accuracy < second
    assert said() == best


def test_a_shorter_run_of_the_same_steps_does_not_replace_the_best(page):
    train_to_the_end(page)
    first = run_of(page).test_accuracy
    page.session_state["hp_batches"] = 2
    page.run()
    train_to_the_end(page)
    assert run_of(page).test_accuracy < first
    assert any(f"Best so far: {first:.1%}" in line.value for line in page.markdown)


def test_a_change_needs_a_batch_to_begin_with(page):
    for batch in range(1, 4):
        press(page, "next_batch")
        wait_until(lambda batch=batch: run_of(page).step == 20 * batch)
        page.run()
    page.select_slider("hp_learning_rate").set_value(2e-6).run()
    assert not page.button("apply_next").disabled
    page.session_state["hp_batches"] = 3
    page.run()
    assert page.button("apply_next").disabled, "the run would have ended by now"
    assert page.button("branch").disabled
