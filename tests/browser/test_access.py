"""Figures without a mouse: names, keys and touch."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from digitviz import Hyperparameters, train
from digitviz.numbers import short
from tests.browser.conftest import go_on_to, wait_until_settled
from tests.waiting import wait_until

LOSSES = ".st-key-losses .digitviz-plot"
NEURONS = ".digitviz-plot[data-name=neuron_pictures]"
TABLE = "dialog.digitviz-table"
SCROLLED = "() => document.querySelector('[data-testid=stMain]').scrollTop"
RESTS = """async () => {
    const main = document.querySelector('[data-testid=stMain]'), at = main.scrollTop;
    for (let frame = 0; frame < 10; frame += 1) await new Promise(requestAnimationFrame);
    return main.scrollTop === at;
}"""
STOPS = """() => [...document.querySelectorAll('.digitviz-frame *')]
    .filter(one => one.tabIndex >= 0 && !one.disabled && one.getClientRects().length).map(one => one.className)"""
DRAW_BOTH = """async (names) => {
    const plots = names.map((name) => document.querySelector(`.digitviz-plot[data-name=${name}]`)), drawn = [];
    const watch = new MutationObserver((seen) => drawn.push(...seen.map(({ target }) => target.dataset.name)));
    for (const plot of plots) watch.observe(plot, { attributeFilter: ["data-frames"] });
    await Promise.all(plots.map(({ digitvizPlot: plot }) => {
        plot.waiting = plot.last;
        return plot.work();
    }));
    return [...new Set(drawn)];
}"""
"""Draws two pictures again, and returns their names in the order in which they were drawn."""
IN_VIEW = "name => document.querySelector(`.digitviz-plot[data-name=${name}]`)?.digitvizPlot.inView"


def show_curves(page: Page) -> None:
    """Show the curves alone, which is offered from the first step on: they are then tall enough for all buttons."""
    wait_for_drawings(page)
    expect(page.locator(".st-key-train_view")).to_be_hidden()
    page.locator(".st-key-step button").click()
    page.locator(".st-key-train_view").get_by_role("radio", name="Curves").click()
    expect(page.locator(".digitviz-living")).to_have_count(0)
    wait_for_drawings(page)


def wait_for_drawings(page: Page) -> None:
    page.locator(".digitviz-plot .main-svg").first.wait_for()
    wait_until(lambda: page.locator('.digitviz-plot[data-frames="0"]').count() == 0)


def shown_range(page: Page, plot: str = LOSSES) -> list[float]:
    return page.evaluate(f"() => document.querySelector('{plot}')._fullLayout.xaxis.range")


def swipe(page: Page, plot: str, across: float, down: float, start: float = 0.5) -> None:
    """Swipe over a figure with one finger, from its centre or a part of its width from the left."""
    touched = page.locator(plot)
    touched.evaluate("picture => picture.scrollIntoView({block: 'center'})")
    box = touched.bounding_box()
    x, y = box["x"] + box["width"] * start, box["y"] + box["height"] / 2
    finger = page.context.new_cdp_session(page)
    finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for part in range(1, 11):
        place = {"x": x + across * part / 10, "y": y + down * part / 10}
        finger.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [place]})
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def table_on(page: Page) -> list[list[str]]:
    return page.locator(f"{TABLE} tr").evaluate_all(
        "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
    )


def close_table(page: Page) -> None:
    page.keyboard.press("Escape")
    expect(page.locator(TABLE)).to_have_count(0)


LIFT = """() => {
    const { layout, _fullData } = document.querySelector(".st-key-loss_guess .digitviz-plot");
    return layout.annotations[0].y - _fullData[1].y[layout.meta.drag];
}"""
"""Script that returns how far the handle of the guess is above its bar, in probability."""
TO_ONE = """() => {
    const { top, bottom } = document.querySelector(".st-key-loss_guess .annotation-text").getBoundingClientRect();
    const axis = document.querySelector(".st-key-loss_guess .nsewdrag").getBoundingClientRect();
    const [low, high] = document.querySelector(".st-key-loss_guess .digitviz-plot").layout.yaxis.range;
    return axis.top + (axis.height * (high - 1)) / (high - low) - (top + bottom) / 2;
}"""
"""Script that returns how many pixels the handle is below the probability 1; negative, as a swipe upwards."""
BREAK = """selector => {
    const { digitvizPlot: plot } = document.querySelector(selector);
    plot.draw = () => Promise.reject(new Error("for a test"));
    plot.show(plot.last);
}"""
"""Script that makes the next drawing of a picture fail."""


def test_charts_are_reached_zoomed_and_read_as_tables_with_keys(open_page, digits):
    page = open_page("train?batches=3&steps_per_batch=50")
    show_curves(page)

    # Each chart is one stop, and its buttons are reached from it.
    assert len(page.evaluate(STOPS)) == page.locator(".digitviz-plot").count() >= 4
    page.locator(LOSSES).focus()
    page.keyboard.press("Tab")
    expect(page.locator(".st-key-course .digitviz-plot")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(page.locator(LOSSES)).to_be_focused()
    page.keyboard.press("Enter")
    tools = page.locator(".st-key-losses .digitviz-tools")
    expect(tools.get_by_role("button", name="Zoom in")).to_be_focused()
    expect(tools).to_have_css("opacity", "1")
    page.keyboard.press("ArrowLeft")
    expect(tools.get_by_role("button", name="Save as SVG")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(LOSSES)).to_be_focused()

    # A long table is cut on the screen, but not in the file.
    page.locator(".st-key-weights_1 .digitviz-plot").focus()
    page.keyboard.press("t")
    expect(page.locator(f"{TABLE} p")).to_contain_text("Showing the first 1,000 of 9,600 rows")
    assert len(table_on(page)) == 1 + 1_000
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV").click()
    assert download.value.suggested_filename == "weights_1.csv"
    lines = download.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == "series,pixel,neuron,weight"
    assert len(lines) == 1 + 9_600
    close_table(page)

    # Keys zoom, and what is drawn next keeps the zoom.
    page.locator(LOSSES).focus()
    page.keyboard.press("+")
    wait_until(lambda: shown_range(page) == pytest.approx([50 / 6, 250 / 6]))
    page.locator(".st-key-pause button").click()  # by then Resume
    expect(page.locator(LOSSES)).to_have_attribute("aria-label", re.compile("Loss of each batch, 3 so far"))
    expect(page.locator(".st-key-progress")).to_contain_text("finished")
    assert shown_range(page) == pytest.approx([50 / 6, 250 / 6])
    page.locator(LOSSES).focus()
    page.keyboard.press("ArrowRight")
    wait_until(lambda: shown_range(page)[0] > 50 / 6 + 1)
    page.keyboard.press("r")  # outside a figure, r reruns the page
    wait_until(lambda: shown_range(page) == [0, 50])

    wait_until_settled(page)  # the last steps are drawn with a short delay
    page.locator(LOSSES).focus()
    page.keyboard.press("t")
    expect(page.locator(f"{TABLE} p")).to_have_text("Rows: 150")
    head, *rows = table_on(page)
    assert head == ["batch", "step within the batch", "squared error, summed over 100 digits"]
    losses = train(digits, Hyperparameters(batches=3, steps_per_batch=50)).history.losses
    assert [(int(batch), int(step)) for batch, step, _ in rows] == [(b, s) for b in (1, 2, 3) for s in range(1, 51)]
    assert [float(loss) for *_, loss in rows] == pytest.approx(losses.ravel().tolist(), rel=1e-5)
    expect(page.locator(f"{TABLE} h2")).to_have_text(
        f"Loss of each batch, 3 so far: from {short(losses[0, 0])} to {short(losses[-1, -1])}"
    )
    page.keyboard.press("Escape")
    expect(page.locator(TABLE)).to_have_count(0)
    expect(page.locator(LOSSES)).to_be_focused()

    page.evaluate(BREAK, LOSSES)
    expect(page.locator(LOSSES)).to_have_text("This picture could not be drawn. Reload the page.")
    wait_until(lambda: open_page.complaints)
    assert [words for words in open_page.complaints if "for a test" not in words] == []
    open_page.complaints.clear()


def test_arrow_keys_choose_a_neuron_or_a_point_of_a_map_and_enter_picks_it(open_page):
    page, told = open_page("weights"), "Use the arrow keys to choose, Enter to open"
    neurons = page.locator(NEURONS)
    page.locator(".st-key-all_neurons label").click(timeout=120_000)  # once the example has been trained
    neurons.locator(".textpoint").first.wait_for(state="attached")
    wait_for_drawings(page)
    names = ["manifold", "neuron_pictures"]
    wait_until(lambda: [page.evaluate(IN_VIEW, name) for name in names] == [False, True])
    assert page.evaluate(DRAW_BOTH, names) == names[::-1]  # pictures out of view wait for those in view
    assert told in neurons.get_attribute("aria-description")
    neurons.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    chosen = page.locator(f".digitviz-frame:has({NEURONS}) .digitviz-spot")
    expect(chosen).to_be_visible()
    number = re.search(r"neuron (\d+)", page.locator("#digitviz-spoken").text_content()).group(1)
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(f"Neuron {number} votes")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(neurons).to_be_focused()
    expect(chosen).to_be_visible()
    page.keyboard.press("Escape")
    expect(chosen).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page.locator(f".digitviz-frame:has({NEURONS}) .digitviz-tools button").first).to_be_focused()

    go_on_to(page, "/map?method=pca")
    points = page.locator(".st-key-map_large .digitviz-plot")
    page.locator(".st-key-map_large .scatterlayer").wait_for()
    page.locator(".digitviz-asks").get_by_role("button").first.press("Enter")  # until the guess, a dot is an answer
    expect(page.locator(".digitviz-asks")).to_have_count(0)
    points.focus()
    page.keyboard.press("ArrowRight")
    tip = page.locator(".digitviz-tip")
    expect(tip).to_contain_text("#1")
    page.keyboard.press("ArrowRight")
    expect(tip).not_to_contain_text(re.compile(r"#1\b"))
    number = re.search(r"#(\d+)", tip.text_content()).group(1)
    page.keyboard.press("Enter")
    expect(page.locator(".st-key-map_picked_row")).to_contain_text(f"Digit #{number}, label")
    expect(points).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(tip).not_to_contain_text(f"#{number}")


def expect_a_finger_to_scroll(page: Page, plot: str) -> None:
    """Expect a swipe over a figure to scroll the page, not to zoom."""
    page.locator(plot).evaluate("picture => picture.scrollIntoView({block: 'center'})")
    before, at = shown_range(page, plot), page.evaluate(SCROLLED)
    swipe(page, plot, 40, -200)
    wait_until(lambda: page.evaluate(SCROLLED) > at + 80)
    wait_until(lambda: page.evaluate(RESTS))  # on a scrolling page, a tap only stops the scrolling
    assert shown_range(page, plot) == before


def test_on_a_phone_a_finger_scrolls_over_pictures_until_it_is_asked_to_move_or_turn_them_and_a_tap_picks(open_page):
    page = open_page("train", "phone")
    show_curves(page)
    expect_a_finger_to_scroll(page, LOSSES)
    tools = page.locator(".st-key-losses .digitviz-tools")
    tools.get_by_role("button", name="Table, PNG …").tap()
    tools.get_by_role("button", name="Zoom in").tap()
    wait_until(lambda: shown_range(page)[0] > 0)
    zoomed = shown_range(page)
    tools.get_by_role("button", name="Move").tap()
    done = tools.get_by_role("button", name="Done")
    done.wait_for()
    wait_until(lambda: page.evaluate(f"() => document.querySelector('{LOSSES}')._fullLayout.dragmode") == "pan")
    page.locator(LOSSES).evaluate("picture => picture.scrollIntoView({block: 'center'})")
    at = page.evaluate(SCROLLED)
    swipe(page, LOSSES, -80, -80)
    wait_until(lambda: shown_range(page)[0] > zoomed[0])
    assert page.evaluate(SCROLLED) == at
    done.tap()
    tools.get_by_role("button", name="Reset view").tap()
    wait_until(lambda: shown_range(page) == [0, 500])

    go_on_to(page, "/gradient_descent")
    wait_for_drawings(page)
    valley = page.locator(".st-key-descent_valley")
    expect(valley.locator(".digitviz-tools")).to_have_css("opacity", "0")  # the question has its answers right below
    page.locator(".st-key-descent_presets button").nth(1).tap()
    expect(valley.get_by_role("button", name="Table, PNG …")).to_be_visible()
    expect(valley.locator(".digitviz-tools")).to_have_css("opacity", "0.85")

    go_on_to(page, "/loss")
    wait_for_drawings(page)
    wait_until_settled(page)
    at = page.evaluate(SCROLLED)
    swipe(page, ".st-key-loss_guess .digitviz-plot", 0, -200, start=0.9)  # beside the bar, which a finger moves
    wait_until(lambda: page.evaluate(SCROLLED) > at + 80)
    wait_until(lambda: page.evaluate(RESTS))
    handle = page.locator(".st-key-loss_guess .annotation-text").first
    share = float(re.search(r"[\d.]+", handle.text_content()).group())
    handle.evaluate("words => words.scrollIntoView({block: 'center'})")
    at = page.evaluate(SCROLLED)
    swipe(page, ".st-key-loss_guess .annotation-text >> nth=0", 0, 200)
    page.locator(".st-key-loss_unbend").wait_for()
    assert float(re.search(r"[\d.]+", handle.text_content()).group()) < share - 10
    assert page.evaluate(SCROLLED) == at
    expect(page.locator(".st-key-loss_guess .hovertext")).to_have_count(0)  # nothing covers the number
    wait_until_settled(page)
    assert page.evaluate(LIFT) > 0.1  # the handle is above its low bar, and comes down to it as the bar grows
    handle.evaluate("words => words.scrollIntoView({block: 'center'})")
    swipe(page, ".st-key-loss_guess .annotation-text >> nth=0", 0, page.evaluate(TO_ONE))
    expect(handle).to_contain_text("99.9%")
    assert page.evaluate(LIFT) == pytest.approx(0)

    for path, plot in (("map?method=pca", "map_large"), ("gradient_descent?step=2", "descent_contours")):
        go_on_to(page, f"/{path}")
        wait_for_drawings(page)
        wait_until_settled(page)  # a picture that is drawn in its final size has another range
        if plot == "map_large":
            page.locator(".digitviz-asks, .st-key-map_picked_row").first.wait_for()
        if (answers := page.locator(".digitviz-asks button")).count():  # until then, a map has little below it
            answers.first.tap()
            expect(answers).to_have_count(0)
            wait_until_settled(page)
        drawn = f"document.querySelector('.st-key-{plot} .digitviz-plot')?._fullLayout?.xaxis.range ?? [0, 1]"
        page.wait_for_function(f"() => ({drawn}).join() !== '0,1'")  # which is the range of a picture without its data
        expect_a_finger_to_scroll(page, f".st-key-{plot} .digitviz-plot")

    go_on_to(page, "/map?method=pca&dimensions=3")
    plot = ".st-key-map_large .digitviz-plot"
    page.locator(f"{plot} .gl-container canvas").first.wait_for(timeout=90_000)  # the CPU renders it
    eye = f"() => document.querySelector('{plot}')._fullLayout.scene._scene.getCamera().eye"
    bar = page.locator(".digitviz-map-bar")
    page.locator(plot).evaluate("picture => picture.scrollIntoView({block: 'center'})")
    stands, at = page.evaluate(eye), page.evaluate(SCROLLED)
    swipe(page, plot, -60, -150)
    wait_until(lambda: page.evaluate(SCROLLED) > at + 50)
    wait_until(lambda: page.evaluate(RESTS))
    assert page.evaluate(eye) == pytest.approx(stands)
    bar.get_by_role("button", name="Rotate").tap()
    bar.get_by_role("button", name="Done").wait_for()
    wait_until(lambda: page.evaluate(f"() => document.querySelector('{plot}')._fullLayout.scene.dragmode") is not False)
    swipe(page, plot, -60, -150)
    wait_until(lambda: page.evaluate(eye) != pytest.approx(stands, abs=0.01))

    go_on_to(page, "/network")
    wait_for_drawings(page)
    nodes = page.locator(".st-key-diagram .digitviz-plot .scatterlayer .trace").last.locator("path.point")
    for place, said in ((3, "fits best."), (7, "gets")):  # a guess, then a click
        nodes.nth(place).evaluate("node => node.scrollIntoView({block: 'center'})")
        box = nodes.nth(place).bounding_box()
        page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        expect(page.locator(".st-key-diagram .annotation-text").filter(has_text=said)).to_be_visible()
