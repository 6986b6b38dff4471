"""Train in another language, live, and a training that ends as soon as it is resumed."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.test_training_live import LONG, button, frames_of, press
from tests.waiting import wait_until


def test_a_training_is_followed_in_the_language_of_its_page(open_page):
    page = open_page(f"{LONG}&seed=71&lang=zh")  # no other test has begun this training
    press(page, "train")
    frames = frames_of(page, "course")
    wait_until(lambda: frames_of(page, "course") > frames + 3)
    expect(page.locator(".st-key-test_accuracy")).to_contain_text("测试准确率")
    expect(page.locator(".st-key-progress")).to_contain_text("计算中")
    expect(page.locator(".st-key-course")).to_contain_text("1,000,000 步")
    press(page, "pause")


def test_a_training_that_ends_as_soon_as_it_is_resumed_is_shown_as_finished(open_page):
    page = open_page("train?batches=2&steps_per_batch=50&engine=numpy&seed=72")
    press(page, "next_batch")
    expect(button(page, "pause")).to_contain_text("Resume")
    expect(page.locator(".st-key-progress")).to_contain_text("paused")
    press(page, "pause")
    expect(button(page, "train")).to_contain_text("Train again")
    expect(button(page, "pause")).to_be_disabled()
    expect(page.locator(".st-key-messages")).to_contain_text("Can you beat")
