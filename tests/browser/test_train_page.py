"""Train besides its curves: the language during training, and dialogs of neurons and guesses."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.test_training_live import LONG, button, frames_of, press, step_of, wait_for_drawing
from tests.waiting import wait_until

FIRST_NEURON = """plot => {
    const { x, y } = plot.getBoundingClientRect(), { xaxis, yaxis } = plot._fullLayout;
    return [x + xaxis._offset + xaxis.l2p(3), y + yaxis._offset + yaxis.l2p(3)];
}"""
LOOK = """(plot, [clientX, clientY]) => {
    const target = plot.querySelector('.nsewdrag');
    Plotly.Fx.unhover(plot);
    Plotly.Fx.hover(plot, { clientX, clientY, target }, 'xy');
}"""
"""Triggers the hover at once. Plotly waits 50 ms after a move, which may be too late for a click."""


def test_a_training_is_followed_in_the_language_of_its_page(open_page):
    page = open_page(f"{LONG}&lang=zh")
    press(page, "train")
    frames = frames_of(page, "course")
    wait_until(lambda: frames_of(page, "course") > frames + 3)
    expect(page.locator(".st-key-test_accuracy")).to_contain_text("测试准确率")
    expect(page.locator(".st-key-progress")).to_contain_text("计算中")
    expect(page.locator(".st-key-course")).to_contain_text("批次")
    press(page, "pause")


def show_neurons(page: Page) -> Locator:
    page.locator(".st-key-weights_shown").get_by_role("radio", name="What each neuron looks for").click()
    picture = page.locator(".st-key-neurons .digitviz-plot:not([data-frames='0'])")
    picture.scroll_into_view_if_needed()
    return picture


def test_a_neuron_and_a_guess_are_opened_and_a_training_goes_on_behind(open_page):
    page = open_page(LONG)
    wait_for_drawing(page)
    picture = show_neurons(page)
    x, y = picture.evaluate(FIRST_NEURON)
    page.mouse.move(x + 20, y)
    page.mouse.move(x, y)
    page.mouse.down()
    picture.evaluate(LOOK, [x, y])
    page.mouse.up()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("What does this neuron look for?")
    expect(dialog).to_contain_text("Neuron 1 votes most strongly for")
    page.locator(".st-key-opened_neuron_picture .digitviz-plot .main-svg").first.wait_for()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)

    press(page, "train")
    wait_until(lambda: step_of(page) > 0)
    picture.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    expect(page.locator("#digitviz-spoken")).to_have_text(re.compile(r"neuron 12 votes most strongly for \d"))
    frames = frames_of(page, "neurons")
    wait_until(lambda: frames_of(page, "neurons") > frames + 1)
    expect(page.locator(".st-key-neurons .digitviz-spot")).to_be_visible()
    page.keyboard.press("Enter")
    expect(dialog).to_contain_text("Neuron 12 votes most strongly for")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(picture).to_be_focused()

    page.locator(".st-key-guesses .digitviz-plot:not([data-frames='0'])").wait_for()
    point = page.locator(".st-key-guesses .scatterlayer path.point").nth(3)
    point.scroll_into_view_if_needed()
    box = page.locator(".st-key-guesses .nsewdrag").bounding_box()
    place = point.bounding_box()
    page.mouse.move(place["x"] + place["width"] / 2, min(place["y"] + place["height"] / 2, box["y"] + box["height"]))
    expect(page.locator(".st-key-guesses .hoverlayer")).to_contain_text("%")
    page.mouse.down()
    page.mouse.up()
    expect(dialog).to_contain_text("How sure is the network?")
    page.locator(".st-key-guess_bars .digitviz-plot .main-svg").first.wait_for()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    press(page, "pause")
    expect(button(page, "pause")).to_contain_text("Resume")
    expect(dialog).to_have_count(0)

    picture.focus()
    page.keyboard.press("t")
    first = page.locator("dialog.digitviz-table tbody tr").first.locator("td")
    for place in range(3):  # neuron, row and column
        expect(first.nth(place)).to_have_text("1")
