"""Drawing with mouse, keyboard and finger, as a user would."""

from __future__ import annotations

import gzip
import json
import re
from base64 import b64decode, b64encode
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from digitviz.dashboard.components import component
from digitviz.dashboard.components.pad import unpack
from digitviz.drawing import rasterise, read, to_digit
from digitviz.pretrained import load_pretrained
from tests.browser.conftest import SIXTY_FRAMES, on_page, open_box
from tests.drawing.readings import READ_ALL, expected, pad_drawings, reader_data, same
from tests.waiting import wait_until

ITEMS = json.loads((Path(__file__).parents[1] / "data" / "strokes.json").read_text())["items"]
EVERY = 8
"""The mouse draws every eighth point of a stroke, because each point is a message to the browser."""
REMOVE_ANOTHER = """async (address) => { // a busy browser may remove the element of the network before only now
    const { remove } = await import(new URL(address, document.baseURI).href);
    remove(Object.assign(document.createElement("div"), { digitvizNetwork: new Uint8Array() }));
}"""
DRAW_ALL = """(items) => {
    const pad = document.querySelector(".digitviz-pad").parentElement.digitvizShown, canvas = pad.canvas;
    canvas.setPointerCapture = () => {}; // these events have no real pointer
    const box = canvas.getBoundingClientRect();
    const event = (type, [x, y], more) => new PointerEvent(type, {
        clientX: box.left + (x / 280) * box.width, clientY: box.top + (y / 280) * box.height, pointerType: "mouse",
        ...more,
    });
    const tell = (type, point) => canvas.dispatchEvent(event(type, point, { coalescedEvents: [event(type, point)] }));
    const reading = () => document.querySelector(".st-key-reading").innerText;
    return items.map(({ strokes }) => {
        pad.clear.click();
        for (const [first, ...others] of strokes) {
            tell("pointerdown", first);
            for (const point of others) tell("pointermove", point);
            tell("pointerup", others.at(-1));
        }
        return [pad.sent.bits, reading()];
    });
}"""
"""Draw items one after another with mouse events. Return the ink sent for each, and what the page then says at once."""
READ_HERE = f"""async ({{ known, network, bits }}) => {{
    const through = (content, stream) => new Response(new Blob([content]).stream().pipeThrough(stream));
    const packed = Uint8Array.from(atob(bits), (one) => one.charCodeAt(0));
    const drawings = await through(packed, new DecompressionStream("gzip")).json();
    const scripts = new URL("digitviz-assets/", document.baseURI).href;
    const readings = JSON.stringify(await ({READ_ALL})(scripts, known, network, drawings));
    const reader = new FileReader();
    reader.readAsDataURL(await through(readings, new CompressionStream("gzip")).blob());
    await new Promise((done) => (reader.onload = done));
    return reader.result.split(",")[1];
}}"""
"""Read drawings. They and the results are packed: it takes Playwright twenty seconds to pass them on as they are."""

COUNT_MESSAGES = """() => {
    const pad = document.querySelector(".digitviz-pad").parentElement.digitvizShown, send = pad.sendInk;
    window.digitvizMessages = 0;
    pad.sendInk = function () {
        window.digitvizMessages += 1;
        send.call(this);
    };
}"""
"""Count the calls that send the drawing to the server."""

MOST_OFF = 0.02
"""Share of the ink that may differ: a browser rounds the corners of a stroke, Python does not."""


def answer(page: Page) -> str | None:
    """Return the digit that the page reads, or None."""
    shown = page.locator(".st-key-reading .digit")
    return shown.inner_text() or None if shown.count() else None


def pad_box(page: Page, key: str = "pad") -> tuple[float, float, float]:
    canvas = page.locator(f".st-key-{key} canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    return box["x"], box["y"], box["width"] / 280


def wait_for_pad(page: Page) -> None:
    page.locator(".st-key-pad canvas").wait_for()
    expect(page.locator(".st-key-reading .digit")).to_have_text("?")  # the example


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
    expect(page.locator(".st-key-details .digitviz-plot")).to_have_count(0)


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


def test_an_example_is_read_with_a_reason_by_the_chosen_network_until_somebody_draws(open_page):
    page = open_page("draw")
    wait_for_pad(page)
    hint, reason = page.locator(".digitviz-pad .hint"), page.locator(".digitviz-first .reason")
    expect(hint).to_have_text("An example. Draw your own here!")
    goal, ask = page.locator(".digitviz-reading.challenge"), page.get_by_role("group", name="What will it say?")
    expect(goal).to_have_text("What will it say?")
    expect(reason).to_be_hidden()
    expect(page.locator(".st-key-reading .words")).to_be_empty()
    expect(page.locator(".st-key-bars_reader")).not_to_contain_text("%")
    ask.get_by_role("button", name="9").press("Enter")
    expect(ask).to_be_hidden()
    expect(page.locator(".st-key-reading .digit")).to_have_text("9")
    expect(page.locator(".st-key-bars_reader")).to_contain_text("99%")
    said = "Right! It says 9: the framed upper loop is closed."  # it does not say how to make it say 5
    expect(reason).to_have_text(said)
    expect(goal).to_have_text("Can you make it say 5?")
    expect(page.locator(".digitviz-first .bars")).to_be_hidden()  # the page has its own
    assert page.evaluate("document.querySelector('.digitviz-pad').parentElement.digitvizShown.sent.bits") == ""
    page.get_by_role("radio", name="Untrained").click()
    expect(reason).to_have_text(re.compile(r"It says \d, but that is a guess: even this digit gets only 1\d%\.$"))
    expect(hint).to_have_text("An example. Draw your own here!")
    page.get_by_role("radio", name="All three").click()  # only the server reads, and it does not know the example
    expect(hint).to_have_text("Draw here")
    page.get_by_role("radio", name="Ready-made").click()
    expect(goal).to_be_visible()  # the browser reads again
    page.evaluate(REMOVE_ANOTHER, component.address("reader"))
    draw(page, ITEMS[10])
    assert settle(page) == str(ITEMS[10]["label"])
    expect(hint).to_be_empty()
    expect(reason).to_have_text(re.compile(f"^It says {ITEMS[10]['label']}"))
    expect(goal).to_have_text("✓ 5! Now make it say 4.")
    page.get_by_role("button", name="Clear").click()
    expect(goal).to_have_text("Can you make it say 4?")  # it no longer says 5


def test_there_is_only_the_pad_until_digits_are_drawn_with_the_mouse_and_read(empty):
    page = empty
    assert answer(page) is None
    shown = page.locator(".digitviz-plot")  # before the first stroke, only the bars without length
    assert (shown.count(), page.locator(".st-key-bars_reader .digitviz-plot").count()) == (1, 1)
    pad = page.locator("[data-main-picture]").bounding_box()
    assert pad["y"] <= 300
    assert pad["y"] + pad["height"] <= 720
    for item, draws in ((ITEMS[14], draw), (ITEMS[19], draw_with_the_mouse)):  # one has one stroke, the other three
        draws(page, item)
        assert settle(page) == str(item["label"])
        clear(page)
        assert answer(page) is None


def test_the_ink_of_twenty_digits_and_the_answer_to_each_as_the_pen_is_lifted_are_those_of_python(empty):
    page = empty
    shown = page.evaluate(DRAW_ALL, ITEMS)
    sent = [unpack(bits) for bits, _ in shown]
    for ink, item in zip(sent, ITEMS, strict=True):
        ours = rasterise(item["strokes"], 280, item["brush"])
        assert ((ink > 0) != (ours > 0)).sum() < MOST_OFF * (ours > 0).sum()
    reader = load_pretrained()
    labels = reader.predict(np.concatenate([to_digit(ink).row for ink in sent]))
    assert (labels == [item["label"] for item in ITEMS]).sum() >= 18
    for (_, words), reading in zip(shown, expected(np.stack(sent) > 0, reader), strict=True):
        said = f"{reading['digit']} {reading['words']}".split()  # after the heading, which only the script writes
        assert " ".join(said) in " ".join(words.split())
    wait_until(lambda: settle(page) == str(labels[-1]))


@pytest.mark.thorough
def test_a_browser_reads_every_test_drawing_and_every_digit_on_the_pad_as_python_does(empty):
    drawings, network = pad_drawings(), load_pretrained()
    assert len(drawings) == 400 + 310 + 20 + 1797
    asked = reader_data(drawings, network)
    packed = b64encode(gzip.compress(json.dumps(asked["bits"]).encode(), 1)).decode()
    readings = gzip.decompress(b64decode(empty.evaluate(READ_HERE, asked | {"bits": packed})))
    same(json.loads(readings), expected(drawings, network))


def test_a_drawing_is_sent_when_the_pen_is_lifted_and_the_details_are_dimmed_until_then(drawn):
    page = drawn
    left, top, scale = pad_box(page)
    details = page.locator(".st-key-details")
    page.evaluate(COUNT_MESSAGES)
    page.mouse.move(left + 100 * scale, top + 40 * scale)
    page.mouse.down()
    for y in range(40, 240, 10):
        page.mouse.move(left + 100 * scale, top + y * scale)
    wait_until(lambda: page.locator(".st-key-reading").inner_text() != "")
    page.evaluate(SIXTY_FRAMES)  # longer than the interval between messages of a page that does not read
    assert page.evaluate("digitvizMessages") == 0
    assert details.evaluate("part => getComputedStyle(part).opacity") < "0.5"
    page.mouse.up()
    wait_until(lambda: page.evaluate("digitvizMessages") == 1)
    wait_until(lambda: details.evaluate("part => getComputedStyle(part).opacity") == "1")
    page.get_by_role("button", name="Undo").click()
    settle(page)


def test_the_pictures_and_their_tables_show_the_reading_of_the_browser(drawn):
    page = drawn
    ink = page.evaluate("[...document.digitvizInk.ink]")
    drawing = to_digit(np.reshape(ink, (280, 280)).astype(np.uint8) * 255)
    prediction = read(drawing, load_pretrained())
    numbers = "key => [...document.querySelector(`.st-key-${key} .digitviz-plot`).data[0].z].map(row => [...row])"
    wait_until(lambda: np.array_equal(page.evaluate(numbers, "digit"), drawing.digit))
    third = numbers.replace("data[0]", "data[2]")
    wait_until(lambda: np.array_equal(page.evaluate(third, "stages"), drawing.bitmap))
    cells = np.ravel(page.evaluate(numbers, "hidden")).astype(float)
    np.testing.assert_allclose(cells, load_pretrained().hidden(drawing.row)[-1][0], atol=1e-5)
    bars = page.evaluate("[...document.querySelector('.st-key-bars_reader .digitviz-plot').data[0].x]")
    np.testing.assert_allclose(bars, prediction.probabilities, atol=1e-6)
    said = page.locator(".st-key-stages .digitviz-plot").get_attribute("aria-label")
    height, width = drawing.crop.shape
    assert f"cropped to {height} × {width}" in said


def test_on_a_phone_an_empty_page_takes_the_place_of_the_example_and_a_finger_draws(open_page):
    page = open_page("draw", "phone")
    wait_for_pad(page)
    page.get_by_role("button", name="What does it read on an empty page?").click()
    expect(page.locator(".st-key-blank-page")).to_contain_text("Not sure.")
    expect(page.locator(".digitviz-pad .hint")).to_have_text("Draw here")
    assert answer(page) is None

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
    parts = ("st-key-who", "st-key-pad canvas", "digitviz-first .picture", "st-key-answer", "st-key-challenge")
    who, pad, numbers, said, goal = (page.locator(f".{part}").bounding_box() for part in parts)
    bars = page.locator(".st-key-bars_reader").bounding_box()
    assert who["height"] < 45  # one row
    assert who["y"] < goal["y"] < pad["y"] < pad["y"] + pad["height"] <= said["y"]
    assert numbers["x"] + numbers["width"] < min(said["x"], bars["x"])  # the answer and its bars beside the numbers
    assert said["y"] + said["height"] <= bars["y"] < numbers["y"] + numbers["height"]
    assert bars["width"] > 0.3 * width


def test_pad_and_answer_are_above_the_fold(drawn):
    page = drawn
    page.locator("[data-testid=stMain]").evaluate("main => main.scrollTo(0, 0)")
    for part in (".st-key-pad canvas", ".st-key-reading"):
        box = page.locator(part).bounding_box()
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= 900


@pytest.mark.parametrize(("content", "words"), [(b"a text renamed to png", "not a picture"), (b"", "empty")])
def test_a_file_that_is_no_picture_is_answered_and_the_drawing_is_kept(drawn, tmp_path, content, words):
    page = drawn
    before = answer(page)
    (tmp_path / "digit.png").write_bytes(content)
    if not page.locator(".st-key-upload").is_visible():
        open_box(page, "a photo")
    page.locator(".st-key-upload input[type=file]").set_input_files(tmp_path / "digit.png")
    said = on_page(page, re.compile(words))
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


HEAR = """() => {
    window.heard = [];
    new MutationObserver(() => heard.push(document.querySelector("#digitviz-spoken").textContent))
        .observe(document.querySelector("#digitviz-spoken"), { childList: true });
}"""


def test_the_keyboard_draws_a_one_and_the_place_of_the_pen_is_said(empty):
    page = empty
    page.locator(".st-key-pad canvas").focus()
    for _ in range(14):
        page.keyboard.press("ArrowUp")
    page.keyboard.press("Space")
    for _ in range(28):
        page.keyboard.press("ArrowDown")
    expect(page.locator("#digitviz-spoken")).to_have_text("Pen down, column 20, row 34")
    page.keyboard.press("Space")
    wait_until(lambda: answer(page) == "1")
    page.keyboard.press("Control+z")
    expect(page.locator(".st-key-reading")).to_contain_text("Draw a digit")


def test_the_true_label_of_a_digit_of_the_data_set_is_shown_and_said(empty):
    page = empty
    page.evaluate(HEAR)
    fold, number = (
        page.get_by_text("Use a digit of the data set"),
        page.get_by_label("Digit from the data set", exact=True),
    )
    if not number.is_visible():  # a repetition finds it open
        fold.click()
    number.fill("3")
    page.get_by_role("button", name="Copy to the drawing pad").click()
    expect(on_page(page, "Number 3 is a 2.")).to_be_visible()
    wait_until(lambda: "Number 3 is a 2." in page.evaluate("heard"))
    expect(page.locator("html[data-digitviz-drawing]")).to_have_count(0)  # the details are about this digit
    fold.click()


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


def test_the_map_can_be_changed_and_the_pad_stays_alive_while_it_is_drawn(empty):
    page = empty
    draw(page, ITEMS[0])
    before = settle(page)
    page.get_by_role("radio", name="UMAP").click()
    clear(page)
    page.get_by_role("button", name="Undo").click()
    wait_until(lambda: answer(page) == before)
    # On a new machine UMAP must be compiled first, while other tests keep the processor busy.
    expect(on_page(page, "by UMAP. The star is your drawing")).to_be_visible(timeout=120_000)


def test_a_drawing_that_is_saved_is_listed_at_once_and_can_be_downloaded(empty):
    page = empty  # this test must come last: from now on the page lists drawings
    draw(page, ITEMS[0])
    settle(page)
    page.locator(".st-key-shows").get_by_text(str(ITEMS[0]["label"]), exact=True).click()
    page.get_by_role("button", name="Save drawing").click()
    expect(on_page(page, "1 correct, 0 misclassified")).to_be_visible()
    expect(page.locator(".st-key-reading")).to_contain_text("Draw a digit")
    with page.expect_download() as file:
        page.get_by_role("button", name="Drawings (npz)").click()
    with np.load(file.value.path(), allow_pickle=False) as arrays:
        assert arrays["labels"].tolist() == [ITEMS[0]["label"]]
        assert arrays["images"].any()
