"""The pixel map, the animation and the gallery of projections."""

from __future__ import annotations

import re

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from digitviz import kept_neighbours
from tests.browser.conftest import SIZES, wait_until_settled
from tests.waiting import wait_until


def places_in(page: Page, plot: str, trace: int = 0) -> list[float]:
    """Return the x coordinates of the first 20 points of a trace."""
    return page.evaluate(
        f"() => document.querySelector('.st-key-{plot} .digitviz-plot').calcdata[{trace}].slice(0, 20).map(p => p.x)"
    )


def titles_of(page: Page, plot: str) -> list[str]:
    return page.locator(f".st-key-{plot} .annotation-text").all_text_contents()


@pytest.mark.thorough
def test_pixels_morph_between_the_grid_and_the_map_and_are_marked_in_both(open_page):
    page = open_page("weights")
    bar = page.locator(".st-key-manifold .digitviz-film")
    expect(bar.locator(".words")).to_have_text("the network's view")
    mapped = places_in(page, "manifold", 4)
    bar.get_by_role("slider").fill("0")
    expect(bar.locator(".words")).to_have_text("the grid")
    wait_until(lambda: places_in(page, "manifold", 4) == [number % 8 for number in range(20)])
    bar.get_by_role("button", name="Play").click()
    expect(bar.locator(".words")).to_have_text("the network's view")
    wait_until(lambda: places_in(page, "manifold", 4) == mapped)

    def is_marked() -> bool:  # the point may still be moving under the pointer
        page.mouse.move(0, 0)
        page.locator(".st-key-manifold .xy .points path").nth(9).hover(force=True)
        return places_in(page, "manifold", 5) == mapped[9:10]

    wait_until(is_marked)
    assert places_in(page, "manifold", 2) == [1]
    page.locator(".st-key-digits input").click()
    page.get_by_role("option", name="#8 (label 7)", exact=True).click()
    page.keyboard.press("Escape")  # the open list covers the controls around it
    wait_until(lambda: titles_of(page, "manifold")[3:] == ["#15 (label 4)", "#8 (label 7)"])
    bar.get_by_role("slider").fill("0")
    wait_until(lambda: places_in(page, "manifold", 4) == [number % 8 for number in range(20)])


KEEP_TEXTS = """(words) => {
    window.kept = [];
    const watched = { childList: true, characterData: true, subtree: true };
    new MutationObserver(() => kept.push(words.textContent)).observe(words, watched);
}"""


ONE_BELOW_THE_OTHER = """(marks) => {
    const [now, before] = marks.map((mark) => mark.getBoundingClientRect());
    return Boolean(before) && now.top > before.top + 150 && now.left === before.left && now.width === before.width;
}"""
FILLED = """({ calcdata, _fullLayout }) => [0, 2].map((trace) => Math.max(...["x", "y"].map((axis) => {
    const { range: [low, high] } = _fullLayout[`${axis}axis${trace ? 2 : ""}`];
    const labels = calcdata[trace][0].trace.customdata;
    const own = calcdata[trace].filter((_, at) => [3, 8].includes(labels[at][1])).map((point) => point[axis]);
    return (Math.max(...own) - Math.min(...own)) / (high - low);
})))"""
"""How much of its axes the compared digits take on each map, at most 1."""

CHOOSE = """async ([before, after, ink]) => {
    const { Faces } = await import("/digitviz-assets/faces.js");
    const painted = { sheet: new Uint8Array(ink.flatMap((each) => Array(64).fill(each))) };
    const places = before.map((x) => ({ x, y: 0 }));
    return Object.assign(new Faces({}), { painted }).choose([3, 8], [3, 8, 3, 8, 3, 8], places, { x: after, y: after });
}"""


def test_the_film_plays_in_the_browser_and_can_be_scrubbed(open_page):
    page = open_page("train?batches=6&steps_per_batch=50")
    page.locator(".st-key-train button").click()
    expect(page.locator(".st-key-progress")).to_contain_text("finished")
    page.get_by_test_id("stTopNavSection").filter(has_text="Maps").click()
    page.get_by_role("menuitem", name="Animation").click()
    bar = page.locator(".st-key-film .digitviz-film")
    ask = page.locator(".digitviz-ask")
    expect(ask).to_have_text(re.compile(r"^Of 100 digits, \d+ are mixed. How many after training\?0–1011–3031–100$"))
    expect(bar).to_be_hidden()
    expect(page.locator(".digitviz-legend")).to_be_hidden()
    said = page.locator(".digitviz-mixed").first
    expect(said).to_have_text("After training · 3 and 8: ? mixed")  # does not give it away
    assert said.evaluate("said => said.style.getPropertyValue('--share')") == "0"
    ask.get_by_role("button", name="31–100").click()
    expect(ask).to_have_count(0)
    expect(page.locator(".digitviz-legend")).to_be_visible()
    expect(said).to_contain_text(re.compile("^(Right!|Not this time) · 3 and 8: "), timeout=20_000)
    assert said.inner_text().startswith("Right!") == (int(said.get_attribute("data-share").rstrip("%")) > 30)
    expect(bar.locator(".words")).to_contain_text("after batch 6")
    last = places_in(page, "film")
    faces = page.locator(".st-key-film .digitviz-faces")
    wait_until(lambda: len((faces.get_attribute("data-faces") or "").split()) == 2)
    now, before = (each.split(",") for each in faces.get_attribute("data-faces").split())
    assert sorted(now) == sorted(before)  # one of both digits, the same before training and now
    written = page.locator(".st-key-film .scatterlayer > .trace").nth(1)
    expect(written).to_be_hidden()  # the canvas has its numbers
    drawn = page.locator(".st-key-film .digitviz-plot").get_attribute("data-frames")
    bar.locator(".words").evaluate(KEEP_TEXTS)
    bar.get_by_role("button", name="Play").click()
    wait_until(lambda: page.evaluate("kept.length") > 5)
    assert "before training" in page.evaluate("kept[0]")
    expect(bar.locator(".words")).to_contain_text("after batch 6")
    bar.get_by_role("slider").fill("0")
    expect(bar.locator(".words")).to_contain_text("before training")
    wait_until(lambda: places_in(page, "film") != last)
    expect(page.locator(".digitviz-mixed").first).to_contain_text("before training · 3 and 8: ")  # what is shown
    assert faces.get_attribute("data-faces").split() == [",".join(now), ",".join(before)]
    places = [0, 1, 10, 11, 20, 21]
    assert page.evaluate(CHOOSE, [places, [0, 1, 10, 30, 11, 29], [9] * 6]) == [2, 3]  # mixed before, apart after
    assert page.evaluate(CHOOSE, [places, places, [0, 9, 5, 9, 7, 0]]) == [2, 3]  # the usual ones
    assert page.evaluate(CHOOSE, [[0, 9, 0, 9, 0, 9], places, [0, 9, 5, 9, 7, 0]]) == [2, 1]  # of unmixed ones, too
    assert page.locator(".st-key-film .digitviz-plot").get_attribute("data-frames") == drawn  # no new figure was sent
    labels = """plot => [0, 2]
        .map((at) => [...plot.querySelectorAll(".scatterlayer > .trace")[at].querySelectorAll(".point")]
        .filter(dot => getComputedStyle(dot).fillOpacity !== "0")
        .map(dot => plot._fullData[at].customdata[dot.__data__.i][1]))"""
    shown = page.locator(".st-key-film .digitviz-plot").evaluate(labels)
    assert [set(each) for each in shown] == [{3, 8}] * 2  # all other dots are hidden
    assert all(part > 0.8 for part in page.locator(".st-key-film .digitviz-plot").evaluate(FILLED))
    page.set_viewport_size({"width": 390, "height": 844})
    marks = page.locator(".digitviz-mixed")
    wait_until(lambda: marks.evaluate_all(ONE_BELOW_THE_OTHER))  # they are put up anew in the new size


DRAWN_OVER = """async (plot) => {
    const { kin } = await import("/digitviz-assets/lit.js");
    const { calcdata: [points], layout, _fullLayout: { xaxis, yaxis, width } } = plot;
    const sheet = new Uint8Array(await (await fetch(`/${layout.meta.lit.found[0]}`)).arrayBuffer());
    const canvas = plot.querySelector("canvas.digitviz-over");
    const at = (axis, value) => canvas.width / width * (axis._offset + axis.c2p(value));
    const opacity = ({ x, y }) => canvas.getContext("2d").getImageData(at(xaxis, x), at(yaxis, y), 1, 1).data[3];
    const own = parseInt(document.querySelector(".digitviz-guess div").dataset.of);
    return kin(sheet, points, own).map(([one]) => opacity(points[one]));
}"""
"""Returns the opacity of what is drawn over the look-alikes of the digit in question."""


@pytest.fixture(scope="module")
def gallery(open_shared) -> Page:
    """The gallery with all its maps, which the tests share."""
    page = open_shared("projections")
    expect(page.locator(".st-key-gallery_progress")).to_contain_text("8 of 8 maps finished", timeout=120_000)
    wait_until_settled(page)  # the finished maps change places
    ranks = [page.locator(f".st-key-panel_{number} a").first for number in (6, 4, 1)]
    guesses = page.locator(".digitviz-alike button")
    expect(guesses).to_have_count(2)
    expect(page.locator(".digitviz-guess canvas")).to_have_count(11)
    for number in (6, 1):  # no look-alike is marked, because that would answer the question
        assert page.locator(f".st-key-map_{number} .digitviz-plot").evaluate(DRAWN_OVER).count(255) < 3
    legend = page.get_by_role("group", name="Compare two digits")
    expect(legend).to_be_hidden()
    for place, rank in enumerate(ranks):
        expect(rank).to_be_hidden()
        expect(guesses.nth(place % 2)).to_have_text(("Left map", "Right map")[place % 2])
    page.locator(".st-key-map_6 .scatterlayer .point").first.hover(force=True)
    expect(page.locator(".digitviz-alike").first).to_have_text("Left map")  # a pointer does not tell either
    guesses.first.press("Enter")
    expect(page.locator(".digitviz-verdict")).to_have_text("Right!")
    expect(page.get_by_role("link", name="another digit")).to_be_focused()
    for rank in ranks:
        expect(rank).to_be_visible()
    expect(guesses).to_have_count(0)
    expect(legend).to_be_visible()
    for number in (6, 1):  # now they have rings
        plot = page.locator(f".st-key-map_{number} .digitviz-plot")
        wait_until(lambda plot=plot: plot.evaluate(DRAWN_OVER) == [255] * 10)
    return page


LEAST = re.compile(r"^(\d) and (\d) mix least on maps? [\d, and]+ \(\d+%\), most on maps? [\d, and]+ \(\d+%\)\.$")


def test_pressed_digits_are_lit_on_every_map_and_it_says_how_much_two_mix(gallery):
    page, said = gallery, gallery.locator(".digitviz-mixed")
    expect(page.locator(".digitviz-mixed.done").nth(6)).to_be_attached(timeout=120_000)
    answer, trusted = page.locator(".digitviz-least"), page.get_by_text("Trust map 1 most")
    expect(trusted).to_be_visible()
    legend = page.locator(".digitviz-legend")
    expect(legend.locator("[aria-pressed=true]")).to_have_count(0)
    for digit in "39":
        legend.get_by_role("button", name=digit).click()
    expect(said.first).to_contain_text("% mixed")
    expect(answer).to_have_text(LEAST, timeout=120_000)  # once all maps are drawn
    expect(trusted).to_be_hidden()
    pale = "plot => plot.data[0].marker.colorscale.flatMap(([, colour], at) => colour[0] === '#' ? [] : [at >> 1])"
    plot = page.locator(".st-key-map_6 .digitviz-plot")
    wait_until(lambda: plot.evaluate("plot => Boolean(plot.data?.[0]?.marker)"))  # maps are drawn one after another
    wait_until(lambda: set(plot.evaluate(pale)) == {0, 1, 2, 4, 5, 6, 7, 8})
    shares = page.locator(".digitviz-mixed").evaluate_all(
        "all => all.slice(0, 6).map(one => parseInt(one.dataset.share))"
    )
    least, most = (int(number) for number in re.findall(r"\((\d+)%\)", answer.inner_text()))
    assert (least, most) == (min(shares), max(shares))
    last = "plot => [...plot.querySelectorAll('.scatterlayer .trace')[0].querySelectorAll('.point')].at(-1).__data__.i"
    legend.get_by_role("button", name="1").click()  # a third one begins a new pair
    expect(said.first).to_have_text("")
    expect(answer).to_have_text("")
    legend.get_by_role("button", name="8").click()
    expect(said.first).to_contain_text("% mixed")
    labels = "plot => [...plot._fullData[0].customdata].map(([, label]) => label)"
    assert set(plot.evaluate(pale)) == {0, 2, 3, 4, 5, 6, 7, 9}
    assert plot.evaluate("plot => plot.data[0].marker.opacity") == 1  # pale points that overlap stay pale
    wait_until(lambda: plot.evaluate(labels)[plot.evaluate(last)] in (1, 8))  # on top of the pale ones
    for digit in "18":
        legend.get_by_role("button", name=digit).click()
    wait_until(lambda: plot.evaluate(pale) == [])  # none pressed: all are lit
    mix = "async ([script, places, labels]) => (await import(script)).mixed(places, labels, [1, 2])"
    places = [{"x": x, "y": 0} for x in (0, 1, 5, 9, 10)]
    points, apart = page.evaluate(mix, ["/digitviz-assets/lit.js", places, [1, 1, 3, 1, 2]])
    assert (len(points), len(apart)) == (4, 2)


KIN = """async ({ calcdata: [points], layout: { meta: { lit } } }, own) => {
    const { kin } = await import("/digitviz-assets/lit.js");
    const sheet = new Uint8Array(await (await fetch(`/${lit.found[0]}`)).arrayBuffer());
    return [points.map(({ x, y }) => [x, y]), kin(sheet, points, own)];
}"""

OPAQUE = """canvas => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data
    .filter((part, at) => at % 4 === 3 && part === 255).length / canvas.width ** 2"""


def test_the_digit_under_the_pointer_is_marked_in_all_maps_of_digits_and_leads_to_those_most_like_it(gallery, digits):
    page = gallery
    centre = "face => [face.offsetLeft, face.offsetTop]"
    place = (
        "([{ calcdata: [points], _fullLayout: { xaxis, yaxis } }, at]) => "
        "[xaxis._offset + xaxis.c2p(points[at].x), yaxis._offset + yaxis.c2p(points[at].y)]"
    )
    expect(page.locator(".digitviz-mixed.done").nth(6)).to_be_attached(timeout=120_000)
    dot = page.locator(".st-key-map_6 .scatterlayer .trace").first.locator(".point").last
    index = dot.evaluate("dot => dot.__data__.i")
    dot.hover(force=True)
    for number in (6, 4, 1):
        face = page.locator(f".st-key-map_{number} .digitviz-found")
        expect(face).to_be_visible()
        plot = page.locator(f".st-key-map_{number} .digitviz-plot").element_handle()
        wait_until(
            lambda plot=plot, face=face: np.allclose(face.evaluate(centre), page.evaluate(place, [plot, index]), atol=1)
        )
    for number in (6, 1):
        glass = page.locator(f".st-key-map_{number} canvas.digitviz-over")
        expect(glass).to_be_visible()
        assert glass.evaluate(OPAQUE) > np.pi / 8**2  # it lies on the map
        plot = page.locator(f".st-key-map_{number} .digitviz-plot")
        for at in (index, 0, 100, 200, 299):
            places, found = plot.evaluate(KIN, at)
            mapped = digits.pixels[: len(places)]  # the server does not map all digits
            kept = kept_neighbours(mapped, np.array(places), at)
            assert found == [[each, each in kept.common] for each in kept.in_data.indices.tolist()]
    expect(page.locator(".st-key-map_5 canvas.digitviz-over")).to_have_count(0)  # a small map
    rows = [page.locator(f".st-key-map_{number} .digitviz-alike") for number in (6, 1)]
    link, seen = page.get_by_role("link", name="another digit"), set[str]()
    for _digit in range(10):  # the examples, one of each label
        before = rows[0].get_attribute("data-of")
        link.press("Enter")
        wait_until(lambda before=before: rows[0].get_attribute("data-of") != before)
        (shown, *alike), other = (row.get_attribute("data-of").split(",") for row in rows)
        assert [shown, *alike[::2]] == [other[0], *other[1::2]]  # the same digits in the same order
        seen.add(shown)
        for row in rows:
            close = row.get_attribute("data-of").count("true")
            expect(row.locator("strong")).to_contain_text(f"{close} of 10")
            expect(row.locator(".kept")).to_have_count(close)
            expect(row.locator("canvas")).to_have_count(10)
    assert len(seen) == len(set(digits.labels[[int(each) for each in seen]])) == 10
    assert "#" not in page.url


def test_a_picture_stays_near_its_cloud_and_inside(gallery):
    beside = "async ([script, ...all]) => (await import(script)).beside(...all)"
    crowded = [[0, x, y] for x in range(105, 260, 10) for y in range(5, 400, 10)]
    for boxes in ([], [[0, 0, 400, 400]]):
        place = [100, 100], 40, crowded, boxes, [0, 0, 400, 400], [[0, 100, 100], [1, 60, 100]]
        x, y = gallery.evaluate(beside, ["/digitviz-assets/faces.js", *place])
        assert np.hypot(x - 100, y - 100) <= np.hypot(x - 60, y - 100)
        assert min(x, y) > 20


def test_faces_touch_neither_each_other_nor_a_box(gallery):
    places = np.random.default_rng(0).uniform(0, 300, (2000, 2)).tolist()
    boxes = [[80, 80, 140, 120], [180, 130, 220, 170]]
    choose = "async ([script, places, boxes]) => (await import(script)).thinned(places, boxes, 1.8, 28)"
    numbered = [[number, *place] for number, place in enumerate(places)]
    shown = gallery.evaluate(choose, ["/digitviz-assets/faces.js", numbered, boxes])
    assert 20 < len(shown) <= 60
    assert shown[0] == numbered[0]  # the first places are taken first
    at = np.array([place for _index, *place in shown])
    apart = np.abs(at[:, None] - at[None]).max(axis=2) + 1e9 * np.eye(len(at))
    assert apart.min() >= 1.8 * 28
    ends = np.reshape(boxes, (2, 2, 2))
    middles, halves = ends.mean(axis=1), np.diff(ends, axis=1)[:, 0] / 2
    assert (np.abs(at[:, None] - middles) - halves).max(axis=2).min() >= 28 / 2


def test_the_gallery_completes_and_gives_its_maps_away_to_the_reader_alone(gallery):
    page = gallery
    boxes = (page.locator(f".st-key-map_{number} .digitviz-plot").bounding_box() for number in (6, 7))
    large, small = (min(box["width"], box["height"]) for box in boxes)  # a map is a square
    assert large > 1.7 * small
    card, slider = (page.locator(f".st-key-panel_7{inner}").bounding_box() for inner in ("", " .digitviz-film input"))
    assert card["x"] < slider["x"] < slider["x"] + slider["width"] < card["x"] + card["width"]
    assert slider["y"] + slider["height"] < card["y"] + card["height"]
    page.locator(".st-key-map_7 .digitviz-plot").hover()
    bar = page.locator(".st-key-map_7 .digitviz-tools")
    titles = bar.locator("button").evaluate_all("buttons => buttons.map(button => button.title)")
    for kind, start in (("PNG", b"\x89PNG"), ("SVG", b"<svg")):
        with page.expect_download() as download:
            bar.get_by_role("button", name=f"Save as {kind}").click()
        assert download.value.suggested_filename == f"map_7.{kind.lower()}"
        assert download.value.path().read_bytes().startswith(start)
    assert page.locator(".modebar-btn").count() == 0
    assert not [title for title in titles if "Share" in title]  # no button uploads the figure
    page.set_viewport_size(SIZES["projector"]["viewport"])
    cards = [page.locator(f".st-key-panel_{number}") for number in range(1, 9) if number not in (2, 3)]
    wait_until(
        lambda: max(card.evaluate("card => card.getBoundingClientRect().bottom + scrollY") for card in cards) < 720
    )
    page.set_viewport_size(SIZES["phone"]["viewport"])
    title, lower = (page.locator(name).first.bounding_box() for name in ("h1", ".st-key-panel_1"))
    assert lower["y"] + lower["height"] - title["y"] < 780  # both large maps are in the first screen
    page.locator(".st-key-panel_5").scroll_into_view_if_needed()
    legend = page.locator(".digitviz-legend")
    expect(legend).to_be_in_viewport()
    layer = "element => Number(getComputedStyle(element).zIndex)"  # the buttons of a map scroll below it
    assert legend.locator("xpath=../..").evaluate(layer) > bar.evaluate(layer)
