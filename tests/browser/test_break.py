"""Break it: removing neurons with the pointer and with keys gives the same accuracy as the core."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from digitviz import ablate, load_handwriting, load_pretrained
from tests.browser.conftest import wait_until_settled

PLACE = """(plot, [right, down]) => {
    const { x, y } = plot.getBoundingClientRect(), { xaxis, yaxis } = plot._fullLayout;
    return [x + xaxis._offset + xaxis.l2p(right), y + yaxis._offset + yaxis.l2p(down)];
}"""
LOOK = """(plot, [clientX, clientY]) => {
    Plotly.Fx.unhover(plot);
    Plotly.Fx.hover(plot, { clientX, clientY, target: plot.querySelector('.nsewdrag') }, 'xy');
}"""
"""Triggers the hover at once. Plotly waits 50 ms after a move, which may be too late for a click."""
NOTE_HEIGHTS = """() => {
    window.heights = new Set();
    (function look() {
        if (!document.querySelector(".st-key-train_notebook")) return;
        window.heights.add(Math.round(document.querySelector("h2").getBoundingClientRect().y));
        requestAnimationFrame(look);
    })();
}"""
"""Records where the heading is, as long as the page offers the training or shows its progress."""


def test_a_neuron_is_taken_away_and_the_page_says_the_accuracy_that_the_core_finds(open_page):
    page = open_page("break?step=4&net=reader")
    network, unseen = load_pretrained(), load_handwriting()[5000:]

    def accuracy(*neurons: int) -> str:
        return f"{ablate(network, 0, neurons).accuracy(unseen.pixels, unseen.labels):.1%}"

    main = page.get_by_test_id("stMain")
    expect(main).to_contain_text(
        f"With the whole layer, {accuracy()} of the 1,000 test digits are classified correctly."
    )
    picture = page.locator(".st-key-neurons_off .digitviz-plot:not([data-frames='0'])")
    picture.wait_for()
    wait_until_settled(page)
    x, y = picture.evaluate(PLACE, [4 * 9 + 3, 1 * 12 + 3])  # the fifth picture of the second row
    page.mouse.move(x + 20, y)
    page.mouse.move(x, y)
    page.mouse.down()
    picture.evaluate(LOOK, [x, y])
    page.mouse.up()
    expect(main).to_contain_text(f"Without 1 of 50 neurons, {accuracy(14)} of the 1,000 test digits")
    wait_until_settled(page)
    picture.focus()
    page.keyboard.press("ArrowRight")  # the first neuron
    page.keyboard.press("Enter")
    expect(main).to_contain_text(f"Without 2 of 50 neurons, {accuracy(0, 14)} of the 1,000 test digits")
    page.locator(".st-key-neurons_back button").click()
    expect(main).to_contain_text(f"With the whole layer, {accuracy()}")


@pytest.mark.thorough
def test_the_page_opens_with_the_ready_made_network_and_keeps_step_and_digit_when_a_training_replaces_it(open_page):
    page = open_page("break?step=5&digit=test-17")
    heading, main = page.get_by_role("heading", level=2), page.get_by_test_id("stMain")
    expect(heading).to_have_text("5. Smaller weights")
    expect(main).to_contain_text("The ready-made network, which also reads on Home")
    expect(main).to_contain_text("Test digit #17 is read as")
    wait_until_settled(page)
    train = page.locator(".st-key-train_notebook button")
    train.scroll_into_view_if_needed()
    page.evaluate(NOTE_HEIGHTS)
    train.click()
    expect(train).to_have_count(0, timeout=120_000)
    assert len(page.evaluate("[...window.heights]")) == 1  # nothing moved while it trained
    expect(main).not_to_contain_text("The ready-made network, which also reads on Home")
    expect(heading).to_have_text("5. Smaller weights")
    expect(main).to_contain_text("Handwritten digit #17 is read as")  # the same digit, in a set of this network
    wait_until_settled(page)
    assert "step=5" in page.url
    assert "digit=handwriting-17" in page.url
