"""The large map: hovering, clicking, zooming and selecting."""

from __future__ import annotations

import math

from playwright.sync_api import Page, expect

from tests.waiting import wait_until

MAP = ".st-key-map_large .digitviz-plot"


def spot(page: Page, index: int, number: int = 0) -> tuple[float, float]:
    """Return the screen position of a point; `number` is 0 for the first map, 1 for the second."""
    x, y = page.evaluate(
        """([selector, index, number]) => {
          const div = document.querySelector(selector), box = div.getBoundingClientRect();
          const trace = div._fullData[div.layout.meta.map.points[number]];
          const suffix = number ? String(number + 1) : "";
          const [across, up] = [div._fullLayout[`xaxis${suffix}`], div._fullLayout[`yaxis${suffix}`]];
          return [
            box.left + across._offset + across.l2p(trace.x[index]),
            box.top + up._offset + up.l2p(trace.y[index]),
          ];
        }""",
        [MAP, index, number],
    )
    return x, y


def drag_to(page: Page, words: str) -> None:
    bar = page.locator(".digitviz-map-bar")
    if not bar.get_by_role("button", name=words, exact=True).is_visible():
        bar.get_by_role("button", name="Tools", exact=True).click()
    bar.get_by_role("button", name=words, exact=True).click()


def press(page: Page) -> None:
    """Click at the current position of the pointer."""
    page.mouse.down()
    page.mouse.up()


def draw_around(page: Page, index: int, reach: float = 20, corners: int = 12) -> None:
    page.locator(MAP).evaluate("map => map.scrollIntoView({block: 'center'})")  # clear of the navigation on top
    x, y = spot(page, index)
    page.mouse.move(x + reach, y)
    page.mouse.down()
    for corner in range(1, corners + 1):
        angle = 2 * math.pi * corner / corners
        page.mouse.move(x + reach * math.cos(angle), y + reach * math.sin(angle))
    page.mouse.up()


def drag_across(page: Page, index: int, number: int = 0, reach: float = 40) -> None:
    page.locator(MAP).evaluate("map => map.scrollIntoView({block: 'center'})")  # clear of the navigation on top
    x, y = spot(page, index, number)
    page.mouse.move(x - reach, y - reach)
    page.mouse.down()
    page.mouse.move(x, y)
    page.mouse.move(x + reach, y + reach)
    page.mouse.up()


def shown_range(page: Page) -> list[float]:
    return page.evaluate(f"() => document.querySelector('{MAP}')._fullLayout.xaxis.range")


def test_digits_are_seen_on_hover_and_zoomed_in_clicked_for_neighbours_and_listed_by_a_lasso(open_page):
    page = open_page("map")
    expect(page.locator(".st-key-map_status")).to_have_text("The map puts those that look alike together.")
    page.locator(".digitviz-map-bar").wait_for()
    page.locator(MAP).scroll_into_view_if_needed()

    over = page.locator(".digitviz-pictures")
    asked = page.locator(".digitviz-asks")
    expect(asked.locator("canvas")).to_be_visible()
    asked.get_by_role("button").first.press("Enter")
    expect(asked).to_have_count(0)
    expect(page.locator(".st-key-map_status")).to_contain_text(
        "Neighbours first · placed by how alike their pixels are"
    )
    expect(page.locator(MAP)).to_be_focused()  # its arrow keys lead to other points
    page.locator(".st-key-map_clear_picked button").click()  # the surprise, which the map shows at first
    wait_until(lambda: int(over.get_attribute("data-faces") or 0) > 11)
    assert over.get_attribute("data-pictures") == "0"
    page.mouse.move(*spot(page, 100))
    tip = page.locator(".digitviz-tip")
    expect(tip).to_contain_text("#101")
    expect(tip.locator("canvas")).to_be_visible()

    press(page)
    expect(page.locator(".st-key-map_picked_row")).to_contain_text("Digit #101, label 4")
    page.locator(".st-key-map_nearest_1_data .main-svg").first.wait_for()
    page.get_by_text("Closest on the map, and").click()
    expect(page.locator(".st-key-map_nearest_1_map .annotation")).to_have_count(10)
    wait_until(lambda: 1 <= int(over.get_attribute("data-faces") or 0) <= 11)  # its own and those of far neighbours

    drag_to(page, "Lasso")
    draw_around(page, 100)
    expect(page.locator(".st-key-map_selected_row")).to_contain_text("selected")
    page.locator(".st-key-map_chosen .main-svg").first.wait_for()
    listed = page.locator('[data-testid="stCode"]').inner_text().split(", ")
    assert "101" in listed

    drag_to(page, "Zoom")
    drag_across(page, 100)
    wait_until(lambda: 0 < int(page.locator(".digitviz-pictures").get_attribute("data-pictures") or 0) <= 150)
    assert over.get_attribute("data-faces") == "0"
    zoomed = shown_range(page)
    # Plotly takes an earlier click after a drag for a double click, and zooms out.
    wait_until(lambda: page.evaluate(f"() => Date.now() - document.querySelector('{MAP}')._mouseDownTime > 500"))
    page.mouse.move(*spot(page, int(listed[0]) - 1))
    expect(tip).to_be_visible()
    press(page)
    expect(page.locator(".st-key-map_picked_row")).not_to_contain_text("#101,")
    assert shown_range(page) == zoomed
    drag_to(page, "Whole map")
    wait_until(lambda: shown_range(page) != zoomed)

    for kind in ("PNG", "SVG"):
        with page.expect_download() as file:
            drag_to(page, f"Save as {kind}")
        assert file.value.suggested_filename == f"map_large.{kind.lower()}"


def test_what_is_drawn_around_in_one_map_is_marked_in_the_other(open_page):
    page = open_page("map?method=pca&compare=yes&second_method=mds")
    page.locator(".digitviz-map-bar").wait_for()
    expect(page.locator(".st-key-map_status")).to_have_text(
        "Two maps of the same points · Pick any dot to see what is most like it."
    )
    drag_to(page, "Box")
    drag_across(page, 7, number=1)
    expect(page.locator(".st-key-map_selected_row")).to_contain_text("selected")
    selected = f"() => document.querySelector('{MAP}').layout.meta.map.selected.length"
    wait_until(lambda: page.evaluate(selected) > 0)
    counts = page.evaluate(
        f"() => {{ const div = document.querySelector('{MAP}');"
        " return div.layout.meta.map.points.map((trace) => div._fullData[trace + 1].x.length); }"
    )
    assert counts == [page.evaluate(selected)] * 2
