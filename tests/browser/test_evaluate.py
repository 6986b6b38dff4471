"""Evaluate: open a cell of the confusion matrix, choose a digit, copy it to the pad and change its answer."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from digitviz import Hyperparameters, confusion_matrix, train
from digitviz.numbers import a_digit
from tests.browser.conftest import SIZES, wait_until_settled
from tests.browser.test_drawing_live import answer, pad_box
from tests.waiting import wait_until

SETTINGS = {"batches": 12, "steps_per_batch": 200}
MATRIX = """() => {
    const div = document.querySelector(".st-key-confusion .digitviz-plot");
    const [diagonal, others] = div._fullData.map(({ z }) => z);
    return diagonal.map((row, y) => Array.from(row, (value, x) => (x === y ? value : others[y][x]) || 0));
}"""
GO = "to => { history.pushState({}, '', to); dispatchEvent(new PopStateEvent('popstate')); }"
PLACE = """([key, x, y]) => {
    const div = document.querySelector(`.st-key-${key} .digitviz-plot`);
    const { xaxis, yaxis } = div._fullLayout, box = div.getBoundingClientRect();
    return [box.left + xaxis._offset + xaxis.c2p(x), box.top + yaxis._offset + yaxis.c2p(y)];
}"""


def click_at(page: Page, key: str, x: float, y: float) -> None:
    """Wait until the page stops moving, then click a figure at a position in axis units."""
    wait_until_settled(page)
    page.locator(f".st-key-{key} .digitviz-plot .main-svg").first.scroll_into_view_if_needed()
    seen = [page.evaluate(PLACE, [key, x, y])]

    def stays() -> bool:
        seen.append(page.evaluate(PLACE, [key, x, y]))
        return seen[-1] == seen[-2]

    wait_until(stays)
    page.mouse.click(*seen[-1])


def guess(page: Page) -> None:
    """Answer the question of Evaluate, if it has not been answered yet: until then, it hides the matrix."""
    page.locator(":is(.st-key-confusion, .st-key-evaluate_faces) .digitviz-plot .main-svg").first.wait_for()
    if page.locator(".st-key-evaluate_faces").count():
        click_at(page, "evaluate_faces", 1, 11)  # in the corner of the first one
        page.locator(".st-key-confusion .digitviz-plot .main-svg").first.wait_for()


IN_VIEW = """selectors => selectors.every((selector) => {
    const { top, bottom, height } = document.querySelector(selector)?.getBoundingClientRect() ?? { height: 0 };
    return height > 0 && top >= 0 && bottom <= innerHeight;
})"""
CHOSEN = [".digitviz-through", ".digitviz-told", ".st-key-evaluate_bars .main-svg", ".st-key-evaluate_why button"]


@pytest.fixture(scope="module")
def trained(open_shared) -> Page:
    """A page with a finished run. Each test starts by going to Evaluate."""
    page = open_shared("train?" + urlencode(SETTINGS))
    page.locator(".st-key-train button").click()
    expect(page.locator(".st-key-progress")).to_contain_text("finished")
    wait_until_settled(page)
    return page


@pytest.mark.parametrize("size", [pytest.param("desktop", marks=pytest.mark.thorough), "projector"])
def test_a_digit_that_is_chosen_is_seen_with_the_slider_wherever_it_was_clicked(trained, size):
    page = trained
    page.set_viewport_size(SIZES[size]["viewport"])
    page.evaluate(GO, "/evaluate?digit=test-17")
    wait_until(lambda: page.evaluate(IN_VIEW, CHOSEN))
    page.locator(".st-key-evaluate_close button").click()
    expect(page.locator(".digitviz-told")).to_have_count(0)
    expect(page).not_to_have_url(re.compile("digit="))
    click_at(page, "evaluate_hardest", 3.5, 3.5)  # far down the page
    expect(page).to_have_url(re.compile(r"[?&]digit=test-\d+"))
    wait_until(lambda: page.evaluate(IN_VIEW, CHOSEN))


def test_from_a_cell_to_its_digit_to_the_pad_and_to_another_answer(trained, digits):
    page = trained
    page.set_viewport_size(SIZES["desktop"]["viewport"])
    page.evaluate(GO, "/evaluate")  # like a link, so the session stays the same
    guess(page)
    run = train(digits, Hyperparameters(**SETTINGS))
    predictions = run.network.predict(run.test.pixels)
    matrix = confusion_matrix(run.test.labels, predictions)
    assert page.evaluate(MATRIX) == matrix.tolist()

    mistakes = matrix * (1 - np.eye(10, dtype=int))
    label, said = divmod(int(mistakes.argmax()), 10)
    assert mistakes.max() > 1
    click_at(page, "confusion", said, label)
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(f"Is {a_digit(int(label))}, read as {said}")
    expect(dialog).to_contain_text(f"{mistakes.max()} digits. Most confident answers first")
    page.locator(".st-key-evaluate_cell .digitviz-plot .main-svg").first.wait_for()
    click_at(page, "evaluate_cell", 3.5, 3.5)
    expect(dialog).to_have_count(0)
    sentence, place = page.locator(".digitviz-told"), page.locator(".st-key-evaluate_chosen_digit")
    expect(sentence).to_contain_text(re.compile(rf"Wrong: the network after batch 12.* reads this {label} as {said} "))
    number = int(re.search(r"Test digits: #(\d+)", place.inner_text()).group(1))
    assert (run.test.labels[number - 1], predictions[number - 1]) == (label, said)
    expect(page).to_have_url(re.compile(rf"[?&]digit=test-{number}\b"))

    place.get_by_role("button", name=f"All {mistakes.max()} in its cell").click()
    expect(dialog).to_contain_text(f"{mistakes.max()} digits. Most confident answers first")
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_have_count(0)
    place.get_by_role("button", name="Why?").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Why did it say that?")
    expect(page).to_have_url(re.compile(rf"/why\?.*digit=test-{number}\b"))
    wait_until_settled(page)
    page.evaluate(GO, f"/evaluate?digit=test-{number}")  # the link alone opens the digit
    expect(sentence).to_contain_text(f"reads this {label} as {said} ")
    place.get_by_role("button", name="Copy to the drawing pad").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Can it read what you draw?")
    wait_until(lambda: answer(page) is not None)
    before = page.locator(".st-key-reading").inner_text()
    left, top, scale = pad_box(page)
    page.mouse.move(left + 60 * scale, top + 140 * scale)
    page.mouse.down()
    page.mouse.move(left + 220 * scale, top + 140 * scale, steps=4)
    page.mouse.up()
    wait_until(lambda: page.locator(".st-key-reading").inner_text() not in {before, ""})
    assert answer(page) is not None
