"""Train in another language, live."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.test_training_live import LONG, frames_of, press
from tests.waiting import wait_until


def test_a_training_is_followed_in_the_language_of_its_page(open_page):
    page = open_page(f"{LONG}&seed=71&lang=zh")  # no other test has begun this training
    press(page, "train")
    frames = frames_of(page, "course")
    wait_until(lambda: frames_of(page, "course") > frames + 3)
    expect(page.locator(".st-key-test_accuracy")).to_contain_text("测试准确率")
    expect(page.locator(".st-key-progress")).to_contain_text("计算中")
    expect(page.locator(".st-key-course")).to_contain_text("批次")
    press(page, "pause")
