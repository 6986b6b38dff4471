"""Files of a training arrive in the browser."""

from __future__ import annotations

import io
import json

import numpy as np
import pandas as pd
from playwright.sync_api import Page, expect
from safetensors import safe_open

from tests.browser.test_training_live import LONG, press, step_of
from tests.waiting import wait_until

SHORT = "train?batches=3&steps_per_batch=40"


def download(page: Page, kind: str, form: str = "") -> tuple[str, bytes]:
    """Choose a format, press the button, and return the file's name and content."""
    if form:
        page.locator(f".st-key-format_{kind}").get_by_role("radio", name=form, exact=True).click()
        expect(page.locator(f".st-key-download_{kind} button")).to_contain_text(f"({form})")
    with page.expect_download() as file:
        page.locator(f".st-key-download_{kind} button").click()
    return file.value.suggested_filename, file.value.path().read_bytes()


def test_a_finished_training_is_taken_home(open_page):
    page = open_page(SHORT)
    press(page, "train")
    expect(page.locator(".st-key-see_wrong")).to_be_visible()
    name, content = download(page, "weights", "npz")
    assert name == "digitviz-weights-step-120.npz"
    with np.load(io.BytesIO(content), allow_pickle=False) as weights:
        assert weights["w1"].shape == (64, 50)
        accuracy = weights["test_accuracy"][-1]
    name, content = download(page, "history", "CSV")
    assert (name, len(pd.read_csv(io.BytesIO(content)))) == ("digitviz-history-step-120.csv", 120)
    name, content = download(page, "code", "Jupyter")
    assert name == "digitviz-notebook-step-120.ipynb"
    assert f"{accuracy:.1%}" in "".join(json.loads(content)["cells"][0]["source"])


def test_a_training_that_moves_is_taken_home_at_the_step_of_the_moment(open_page, tmp_path):
    page = open_page(LONG)
    press(page, "train")
    wait_until(lambda: step_of(page) > 0)
    before = step_of(page)
    name, content = download(page, "weights")
    assert name == "digitviz-weights.safetensors"
    (tmp_path / name).write_bytes(content)
    with safe_open(tmp_path / name, framework="numpy") as file:
        assert int(file.metadata()["step"]) >= before
    press(page, "pause")
