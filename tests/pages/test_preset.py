"""The preset that matches the settings is shown, and the page distinguishes this from a visitor's choice."""

from __future__ import annotations

import pytest

from digitviz.dashboard.session import current_run
from tests.pages.test_train import open_page, run_of
from tests.waiting import wait_until


@pytest.mark.parametrize("next_message", ["another setting", "a button"])
def test_a_preset_that_a_slow_browser_still_names_is_no_choice_of_it(next_message):
    page = open_page()
    page.select_slider("hp_batch_size").set_value(50).run()
    assert page.selectbox("preset").value == "own"
    page.selectbox("preset").set_value("notebook")  # the last value known to the browser
    if next_message == "a button":
        page.button("step").click().run()
        wait_until(lambda: run_of(page).step == 1)
        assert run_of(page).hyperparameters.batch_size == 50
    else:
        page.select_slider("hp_batches").set_value(100).run()
        assert page.select_slider("hp_batches").value == 100
    assert page.select_slider("hp_batch_size").value == 50
    assert page.selectbox("preset").value == "own"


def test_a_run_that_took_the_settings_of_a_preset_on_its_way_is_not_described_as_one_that_began_with_them():
    page = open_page()
    page.select_slider("speed").set_value(100_000).run()
    page.button("step").click().run()
    wait_until(lambda: run_of(page).step == 1)
    page.select_slider("hp_learning_rate").set_value(1e-3).run()
    told = "most ReLUs die within 50 steps"
    assert page.selectbox("preset").value == "too_fast"
    assert [told in caption.value for caption in page.caption].count(True) == 1
    page.button("apply_next").click().run()
    assert page.selectbox("preset").value == "too_fast"
    assert not [caption for caption in page.caption if told in caption.value]
    assert [caption for caption in page.caption if caption.value == "This run changed to these settings partway."]


def test_who_looks_at_another_s_run_and_moves_a_setting_is_told_to_make_a_copy_because_train_is_disabled(monkeypatch):
    page = open_page()
    page.button("step").click().run()
    wait_until(lambda: run_of(page).step == 1)
    for rights in ("is_mine", "is_owners"):
        monkeypatch.setattr(current_run, rights, lambda: False)
    page.select_slider("hp_batches").set_value(20).run()
    assert page.run().button("train").disabled
    assert [info.value for info in page.info if "20" in info.value] == [
        "Press **Make a copy**, then **Train** to start over: Batches 200 → 20."
    ]
