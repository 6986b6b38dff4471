"""The preset that matches the settings is shown, and the page distinguishes this from a visitor's choice."""

from __future__ import annotations

import pytest

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
