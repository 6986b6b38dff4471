"""The receipt: hovering highlights related parts without the server, and clicks open details."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from digitviz import load_handwriting, load_pretrained, most_exciting, receipt
from digitviz.dashboard.questions.subject import UNSEEN_HANDWRITING
from digitviz.numbers import short
from tests.browser.conftest import SIZES, on_page, wait_until_settled
from tests.waiting import wait_until

NUMBER = 3
"Number of the test digit, from 1."
COUNT_SENT = """() => {
    window.sent = 0;
    const send = WebSocket.prototype.send;
    WebSocket.prototype.send = function (...what) { window.sent += 1; return send.apply(this, what); };
}"""


@pytest.fixture(scope="module")
def told():
    return receipt(load_pretrained(), load_handwriting().pixels[UNSEEN_HANDWRITING][NUMBER - 1])


@pytest.fixture(scope="module")
def page(open_shared) -> Page:
    page = open_shared(f"why?net=reader&digit=test-{NUMBER}", "projector")
    wait_until_settled(page)
    expect(page.locator(".digitviz-receipt .votes")).to_be_hidden()  # the tables fold out
    page.locator(".digitviz-receipt summary").click()
    expect(page.locator(".digitviz-receipt .votes")).to_be_visible()
    return page


def lit(page: Page, within: str = "") -> list[str]:
    return page.locator(f".digitviz-receipt {within} .lit").evaluate_all(
        "all => all.map(one => one.getAttribute('data-part'))"
    )


def product(told, pixel: int, neuron: int) -> str:
    weight = told.layers[0].weights[pixel, neuron]
    written = f"({short(weight)})" if weight < 0 else short(weight)
    added = short(told.layers[0].contributions[pixel, neuron])
    return f"row {pixel // 8 + 1}, column {pixel % 8 + 1}: {short(told.layers[0].inputs[pixel])} × {written} = {added}"


def test_what_belongs_together_lights_up_together_and_no_script_is_run(page, told):
    neuron = told.decisive()
    added = told.layers[0].contributions[:, neuron]
    largest = int(abs(added).argmax())
    page.evaluate(COUNT_SENT)
    page.locator(f"rect[data-part=input-{largest}]").nth(1).hover()
    assert lit(page, ".grids") == [f"input-{largest}"] * 3
    assert lit(page, ".formula") == [f"input-{largest}"]
    expect(page.locator(".digitviz-receipt .readout")).to_have_text(product(told, largest, neuron))
    page.locator(".digitviz-receipt .formula .total").hover()
    assert lit(page) == ["sum", "sum"]
    page.locator(f".digits [data-part=logit-{told.against}]").hover()
    assert lit(page, ".tables") == [f"logit-{told.against}"] * 2
    assert page.evaluate("window.sent") == 0


def test_arrow_keys_go_over_the_pixels(page, told):
    neuron = told.decisive()
    page.mouse.move(1, 1)
    page.locator(".digitviz-receipt .grids").focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "ArrowRight", "ArrowUp"):
        page.keyboard.press(key)
    assert lit(page, ".grids") == ["input-2"] * 3
    expect(page.locator(".digitviz-receipt .readout")).to_have_text(product(told, 2, neuron))
    page.keyboard.press("Escape")
    assert lit(page) == []


def test_another_neuron_opens_at_once_and_what_excites_it_follows(page, told):
    other = int(abs(told.leads).argsort(kind="stable")[-3])
    page.locator(f"[data-key=neuron-{other}]").click()
    expect(page.locator(".digitviz-receipt .total").first).to_have_text(short(told.layers[0].sums[other]))
    expect(on_page(page, f"activate neuron {other + 1} most")).to_be_visible()
    wait_until_settled(page)
    train = page.locator(".st-key-exciting .annotation")
    _rows, excited = most_exciting(load_pretrained(), 0, other, _first_digits(), 10)
    expect(train.first).to_contain_text(short(excited[0]))
    third = next(digit for digit in range(10) if digit not in (told.label, told.against))
    page.locator(f".digits [data-key=digit-{third}]").click()
    expect(page.locator(".digitviz-receipt .votes thead")).to_contain_text(f"for the {third}")


def _first_digits():
    from digitviz import load_digits

    return load_digits().split()[0]


def test_a_misclassified_digit_goes_onto_the_pad_and_its_reading_back_to_its_receipt(open_page):
    page = open_page("why?net=reader")
    wait_until_settled(page)
    page.locator(".st-key-why_wrong button").click()
    expect(page).to_have_url(re.compile(r"digit=test-(?!1$)\d+"))
    expect(on_page(page, "but it says")).to_be_visible()
    spoken = page.locator("#digitviz-spoken")
    expect(spoken).to_contain_text("but it says")
    # A slow browser draws the answer of a quick rerun without ever showing that the page ran.
    page.locator(".st-key-told_why p").evaluate("line => { line.textContent = 'Drawn late.'; }")
    expect(spoken).to_have_text("Drawn late.")
    page.get_by_role("button", name="More", exact=True).click()
    page.locator(".st-key-why_pad button").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Can it read what you draw?")
    page.get_by_role("link", name="Why?").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Why did it say that?")
    expect(page).to_have_url(re.compile("digit=pad"))
    expect(on_page(page, re.compile("^It says [0-9]")).first).to_be_visible()


def test_no_bar_lies_behind_a_number(page):
    overlaps = page.locator(".digitviz-receipt td:has(.bar)").evaluate_all(
        """cells => cells.filter(cell => {
            const range = document.createRange();
            range.selectNodeContents(cell.querySelector(".numbers"));
            const text = range.getBoundingClientRect(), bar = cell.querySelector(".bar").getBoundingClientRect();
            const size = parseFloat(getComputedStyle(cell).fontSize);  // a line is taller than its letters
            return text.top + text.height / 2 + size / 2 > bar.top + 0.5;
        }).map(cell => cell.innerText)"""
    )
    assert page.locator(".digitviz-receipt td:has(.bar)").count() > 10
    assert overlaps == []


def test_on_a_phone_no_empty_screen_is_below_the_folded_tables(page):
    usual, summary = page.viewport_size, page.locator(".digitviz-receipt summary")
    summary.click()
    page.set_viewport_size(SIZES["phone"]["viewport"])
    room, told = page.locator(".st-key-receipt_place"), page.locator(".digitviz-receipt")
    wait_until(lambda: 0 <= room.bounding_box()["height"] - told.bounding_box()["height"] < 40)
    page.set_viewport_size(usual)
    summary.click()
