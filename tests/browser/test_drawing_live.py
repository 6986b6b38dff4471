"""Drawing with mouse, keyboard and finger, as a user would."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from digitviz.dashboard.components.pad import unpack
from digitviz.drawing import rasterise, to_digit
from digitviz.pretrained import load_pretrained
from tests.waiting import wait_until

ITEMS = json.loads((Path(__file__).parents[1] / "data" / "strokes.json").read_text())["items"]
EVERY = 4
"""The mouse draws every fourth point of a stroke, because each point is a message to the browser."""
DRAW_ALL = """(items) => {
    const pad = document.querySelector(".digitviz-pad").parentElement.digitvizPad, canvas = pad.canvas;
    canvas.setPointerCapture = () => {}; // these events have no real pointer
    const box = canvas.getBoundingClientRect();
    const event = (type, [x, y], more) => new PointerEvent(type, {
        clientX: box.left + (x / 280) * box.width, clientY: box.top + (y / 280) * box.height, pointerType: "mouse",
        ...more,
    });
    const tell = (type, point) => canvas.dispatchEvent(event(type, point, { coalescedEvents: [event(type, point)] }));
    return items.map(({ strokes }) => {
        pad.control("clear").click();
        for (const [first, ...others] of strokes) {
            tell("pointerdown", first);
            for (const point of others) tell("pointermove", point);
            tell("pointerup", others.at(-1));
        }
        return pad.sent.bits;
    });
}"""
"""Draw items one after another with mouse events, and return the ink sent for each."""


MOST_OFF = 0.02
"""Share of the ink that may differ: a browser rounds the corners of a stroke, Python does not."""


def answer(page: Page) -> str | None:
    """Return the first digit character in the reading, or None."""
    found = re.search(r"\d", page.locator(".st-key-reading").inner_text())
    return found.group() if found else None


def pad_box(page: Page) -> tuple[float, float, float]:
    canvas = page.locator(".st-key-pad canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    return box["x"], box["y"], box["width"] / 280


def wait_for_pad(page: Page) -> None:
    page.locator(".st-key-pad canvas").wait_for()
    expect(page.locator(".st-key-reading")).to_contain_text("Draw a digit")


def frames(page: Page, key: str) -> int:
    """Return how many times a figure has been drawn; 0 if it is not on the page."""
    shown = page.locator(f".st-key-{key} .digitviz-plot")
    return int(shown.get_attribute("data-frames") or 0) if shown.count() else 0


def draw(page: Page, item: dict) -> None:
    """Draw an item on an empty pad, and wait until the stages of its processing are shown."""
    seen = frames(page, "stages")
    page.evaluate(DRAW_ALL, [item])
    wait_for_stages(page, seen)


def draw_with_the_mouse(page: Page, item: dict) -> None:
    """Draw an item with the mouse, which is many times slower than `draw`."""
    left, top, scale = pad_box(page)
    seen = frames(page, "stages")
    for stroke in item["strokes"]:
        page.mouse.move(left + stroke[0][0] * scale, top + stroke[0][1] * scale)
        page.mouse.down()
        for x, y in [*stroke[1:-1:EVERY], stroke[-1]]:
            page.mouse.move(left + x * scale, top + y * scale)
        page.mouse.up()
    wait_for_stages(page, seen)


def wait_for_stages(page: Page, seen: int) -> None:
    """Wait until the stages of a finished drawing are shown; `seen` is the number of frames drawn before it."""
    page.locator(".st-key-details .digitviz-plot .main-svg").first.wait_for()
    wait_until(lambda: frames(page, "stages") > seen)


def settle(page: Page) -> str:
    """Wait until three checks in a row find no running script, and return the answer."""
    quiet = 0
    while quiet < 3:
        running = page.locator('[data-testid="stApp"]').get_attribute("data-test-script-state") == "running"
        quiet = 0 if running else quiet + 1
        page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return answer(page) or ""


def clear(page: Page) -> None:
    page.get_by_role("button", name="Clear").click()
    expect(page.locator(".st-key-reading")).to_contain_text("Draw a digit")
    expect(page.locator(".digitviz-plot")).to_have_count(0)


@pytest.fixture(scope="module")
def visitor(open_shared) -> Page:
    """A page that the tests share, drawing one digit after another."""
    page = open_shared("draw")
    wait_for_pad(page)
    return page


@pytest.fixture
def empty(visitor) -> Page:
    """The shared page with an empty pad."""
    if answer(visitor) is not None:
        clear(visitor)
    return visitor


@pytest.fixture
def drawn(visitor) -> Page:
    """The shared page with a drawing, which no test may change."""
    if settle(visitor) != str(ITEMS[0]["label"]):
        draw(visitor, ITEMS[0])
        assert settle(visitor) == str(ITEMS[0]["label"])
    return visitor


def test_there_is_only_the_pad_until_digits_are_drawn_with_the_mouse_and_read(empty):
    page = empty
    assert answer(page) is None
    assert page.locator(".digitviz-plot").count() == 0  # before the first stroke, the pad is the only picture
    pad = page.locator("[data-main-picture]").bounding_box()
    assert pad["y"] <= 300
    assert pad["y"] + pad["height"] <= 720
    for item in ITEMS[14], ITEMS[19]:  # one has one stroke, the other three
        draw_with_the_mouse(page, item)
        assert settle(page) == str(item["label"])
        clear(page)
        assert answer(page) is None


def test_the_ink_of_twenty_digits_is_what_python_makes_of_their_strokes_and_is_read(empty):
    page = empty
    sent = [unpack(bits) for bits in page.evaluate(DRAW_ALL, ITEMS)]
    wait_until(lambda: answer(page) is not None)
    for ink, item in zip(sent, ITEMS, strict=True):
        ours = rasterise(item["strokes"], 280, item["brush"])
        assert ((ink > 0) != (ours > 0)).sum() < MOST_OFF * (ours > 0).sum()
    reader = load_pretrained()
    read = reader.predict(np.concatenate([to_digit(ink).row for ink in sent]))
    assert (read == [item["label"] for item in ITEMS]).sum() >= 18
    wait_until(lambda: settle(page) == str(read[-1]))


def test_undo_takes_the_last_stroke_back_and_clear_can_be_undone(empty):
    page = empty
    item = next(item for item in ITEMS if item["label"] == 3)
    draw(page, item)
    before = settle(page)
    clear(page)
    page.get_by_role("button", name="Undo").click()
    wait_until(lambda: answer(page) == before)
    for _ in item["strokes"]:
        page.get_by_role("button", name="Undo").click()
    expect(page.locator(".st-key-reading")).to_contain_text("Draw a digit")


def test_the_keyboard_draws_a_one(empty):
    page = empty
    page.locator(".st-key-pad canvas").focus()
    for _ in range(14):
        page.keyboard.press("ArrowUp")
    page.keyboard.press("Space")
    for _ in range(28):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    wait_until(lambda: answer(page) == "1")


def test_the_reading_follows_the_pen_before_it_is_lifted(empty):
    page = empty
    left, top, scale = pad_box(page)
    seen = frames(page, "stages")
    page.mouse.move(left + 140 * scale, top + 40 * scale)
    page.mouse.down()
    for y in range(40, 240, 4):
        page.mouse.move(left + 140 * scale, top + y * scale)
    wait_until(lambda: answer(page) is not None and frames(page, "stages") > seen)
    assert page.locator(".st-key-details .digitviz-plot").count() == 0
    page.mouse.up()
    page.locator(".st-key-details .digitviz-plot .main-svg").first.wait_for()


def test_a_finger_draws_on_a_phone(open_page):
    page = open_page("draw", "phone")
    wait_for_pad(page)
    item = next(item for item in ITEMS if item["label"] == 7)
    left, top, scale = pad_box(page)
    touch = page.context.new_cdp_session(page)

    def send(kind: str, *points: tuple[float, float]) -> None:
        places = [{"x": left + x * scale, "y": top + y * scale} for x, y in points]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})

    for stroke in item["strokes"]:
        send("touchStart", stroke[0])
        for point in stroke[1:]:
            send("touchMove", point)
        send("touchEnd")
    wait_until(lambda: answer(page) == "7")
    width = page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
    assert width <= page.viewport_size["width"]
    pad, reading = page.locator(".st-key-pad canvas").bounding_box(), page.locator(".st-key-reading").bounding_box()
    assert reading["y"] > pad["y"]


def test_pad_and_answer_are_above_the_fold(drawn):
    page = drawn
    page.locator("[data-testid=stMain]").evaluate("main => main.scrollTo(0, 0)")
    for part in (".st-key-pad canvas", ".st-key-reading"):
        box = page.locator(part).bounding_box()
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= 900


def test_the_map_can_be_changed_and_the_pad_stays_alive_while_it_is_drawn(empty):
    page = empty
    draw(page, ITEMS[0])
    before = settle(page)
    page.get_by_role("radio", name="UMAP").click()
    clear(page)
    page.get_by_role("button", name="Undo").click()
    wait_until(lambda: answer(page) == before)
    # On a new machine UMAP must be compiled first, while other tests keep the processor busy.
    expect(page.get_by_text("by UMAP. The star is your drawing")).to_be_visible(timeout=120_000)


@pytest.mark.parametrize(("content", "words"), [(b"a text renamed to png", "not a picture"), (b"", "empty")])
def test_a_file_that_is_no_picture_is_answered_and_the_drawing_is_kept(drawn, tmp_path, content, words):
    page = drawn
    before = answer(page)
    (tmp_path / "digit.png").write_bytes(content)
    page.locator(".st-key-upload input[type=file]").set_input_files(tmp_path / "digit.png")
    said = page.get_by_text(re.compile(words))
    expect(said).to_be_visible()
    assert settle(page) == before
    page.get_by_role("button", name="Remove digit.png").click()
    expect(said).to_have_count(0)


def test_what_was_drawn_is_still_there_after_another_page(drawn):
    page = drawn
    before = answer(page)
    page.get_by_role("link", name="Train").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("How does a network learn")
    page.get_by_role("link", name="Draw").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Can it read")
    wait_until(lambda: answer(page) == before)


def test_a_term_says_what_it_means_when_it_is_pointed_at_and_when_it_is_pressed(drawn):
    page = drawn
    word, sentence = page.get_by_role("link", name="logits"), page.locator("#term-logits")
    expect(sentence).to_be_hidden()
    word.hover()
    expect(sentence).to_be_visible()
    page.locator(".st-key-pad canvas").hover()
    expect(sentence).to_be_hidden()
    word.focus()
    page.keyboard.press("Enter")
    expect(sentence).to_be_visible()
    at, said = word.bounding_box(), sentence.bounding_box()
    assert said["x"] - 4 < at["x"] < said["x"] + said["width"]
    gap = max(said["y"] - (at["y"] + at["height"]), at["y"] - (said["y"] + said["height"]))
    assert 0 <= gap < 20  # below the word, or above it if there is not enough room
    page.keyboard.press("Escape")
    expect(sentence).to_be_hidden()


def test_a_drawing_that_is_saved_is_listed_at_once_and_can_be_downloaded(empty):
    page = empty  # this test must come last: from now on the page lists drawings
    draw(page, ITEMS[0])
    settle(page)
    page.locator(".st-key-shows").get_by_text(str(ITEMS[0]["label"]), exact=True).click()
    page.get_by_role("button", name="Save drawing").click()
    expect(page.get_by_text("1 correct, 0 misclassified")).to_be_visible()
    expect(page.locator(".st-key-reading")).to_contain_text("Draw a digit")
    with page.expect_download() as file:
        page.get_by_role("button", name="Drawings (npz)").click()
    with np.load(file.value.path(), allow_pickle=False) as arrays:
        assert arrays["labels"].tolist() == [ITEMS[0]["label"]]
        assert arrays["images"].any()
