"""Checks of every page. Each page is opened once with all its steps, then checked by one test after another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

import pytest
from _pytest.mark import ParameterSet
from playwright.sync_api import Page, expect

from digitviz.dashboard.lesson.order import LESSON
from digitviz.dashboard.questions.order import QUESTIONS
from tests.browser.conftest import PAGES, SIZES, go_on_to, put_pictures_away, wait_until_settled
from tests.browser.test_access import wait_for_drawings
from tests.browser.test_axe import violations
from tests.browser.test_layout import MOST_WHILE_LOADING, WATCH
from tests.browser.test_lesson import expect_to_fit_a_phone
from tests.browser.test_spoken import WITHOUT_MESSAGES
from tests.waiting import wait_until

VISITED = [name for name in PAGES if name not in LESSON or name in [*LESSON][::4]]
"""Pages that `make test` visits. `make thorough` visits the other pages of the lesson, which have the same parts, too:
`test_steps.py` and others open them."""


def visits(names: Iterable[str]) -> list[ParameterSet]:
    """Return the pages as parameters. Those that are not visited come last and are marked as thorough."""
    in_turn = sorted(names, key=lambda name: name not in VISITED)
    return [pytest.param(name, marks=() if name in VISITED else pytest.mark.thorough) for name in in_turn]


OUTSIDE_THE_LESSON = [name for name in PAGES if name not in LESSON]
PICTURED = visits(name for name in PAGES if name not in {"start", "draw", "film", "glossary", "runs"})
"""Pages that show a Plotly figure as soon as they open."""
FINISHED = {
    "map": ".st-key-map_status strong",
    "projections": ".st-key-gallery_progress strong:text('8 of 8 maps finished')",
}
"""What the pages of maps show when their maps are finished."""
PLACE = "(picture) => { const { top, bottom } = picture.getBoundingClientRect(); return [top, bottom]; }"
LATEST_TOP, LATEST_BOTTOM = 300, 720
"""Lowest positions allowed for the top and bottom edge of a main picture, in pixels on a projector."""
NOT_REACHED = """() => {
    // Each group is one tab stop: other keys move inside it, open a list or count. Backspace removes a tag.
    const groups = "[role=radiogroup], .digitviz-frame, .stNumberInput, .stSelectbox, .stMultiSelect";
    const controls = "a[href], button, input, select, textarea, summary, [role=slider], [role=combobox]";
    return [...document.querySelectorAll(`:is([data-testid=stMain], [data-testid=stSidebar]) :is(${controls})`)]
        .filter(control => !control.disabled && control.type !== "file")
        .filter(control => !control.closest("[inert], [aria-hidden=true], [data-tag]"))
        .filter(control => control.checkVisibility({ visibilityProperty: true }))
        .filter(control => !control.hasAttribute("data-reached"))
        .filter(control => !control.closest(groups)?.querySelector("[data-reached]"))
        .filter(control => !control.closest(groups)?.hasAttribute("data-reached"))
        .map(control => control.outerHTML.slice(0, 150));
}"""
NOTE = f"""() => {{
    for (const reached of document.querySelectorAll("[data-reached]")) reached.removeAttribute("data-reached");
    document.addEventListener("focusin", ({{ target }}) => target.setAttribute("data-reached", ""));
    window.missed = null;
    document.addEventListener("focusout", ({{ relatedTarget }}) => {{
        if (!relatedTarget) window.missed ??= ({NOT_REACHED})(); // at the end of the page
    }});
}}"""
PICTURES = """pictures => pictures.filter((picture) => !picture.closest("details:not([open])")).map((picture) => [
    picture.role, picture.ariaLabel, picture.dataset.name, picture.hasAttribute("aria-labelledby"),
    picture.closest("[aria-hidden=true], [inert]") !== null,
])"""
"""Returns role, name and key of all pictures outside closed folds, and whether another element names or hides them."""
LIVE = """() => {
    const polite = "[aria-live=polite], [role=status], [role=log], output";
    return [...document.querySelectorAll(polite)]
        .filter((region) => region.checkVisibility({ visibilityProperty: true }))
        .filter((region) => !region.closest("[aria-hidden=true], [inert]"))
        .filter((region) => !region.parentElement.closest(polite)) // not a part of one
        .map((region) => region.id || region.outerHTML.slice(0, 150));
}"""
"""Returns the polite live regions. A page's whole accessibility tree costs half a second of processor time."""
DRAWN = ".digitviz-plot .main-svg"
HIDE = """selector => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`${selector} { display: none }`);
    document.adoptedStyleSheets.push(sheet);
}"""
MOST_TABS, TABS = 400, 10
"""Largest number of tab stops, and how many are visited before the page is asked whether its end is reached."""
CUT_NUMBERS = """() => [...document.querySelectorAll(".stNumberInput input")].filter((field) => {
    const { value } = field;
    field.value = "1797"; // the number of a digit
    const isCut = field.scrollWidth > field.clientWidth;
    field.value = value;
    return isCut;
}).map((field) => field.ariaLabel)"""
UNSEEN = """() => {
    const marks = "[data-selected=true], .stCheckbox label > :nth-child(2), .stSlider [role=group] [style*=left]";
    const paint = (element) => getComputedStyle(element).backgroundColor;
    return [...document.querySelectorAll(marks)].filter((mark) => mark.checkVisibility())
        .filter((mark) => paint(mark) === paint(document.body)).map((mark) => mark.outerHTML.slice(0, 150));
}"""
TWICE = {"width": 640, "height": 360}
"""Viewport of a 1280 x 720 window when the browser zooms to 200 %."""
NO_SHIFTS = """() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => {
    window.shifts.length = 0;
    done();
})))"""
"""Forget the layout shifts so far."""
WIDER = """() => [document.scrollingElement, document.querySelector("[data-testid=stMain]")]
    .map(box => box.scrollWidth - box.clientWidth)"""


@pytest.fixture(scope="module")
def visitors(open_shared) -> list[Page]:
    """Sessions on a projector, in which the tests go from page to page. If one breaks, the next page gets a new one."""
    return [open_shared("", "projector", WATCH)]


@pytest.fixture(scope="module", params=visits(PAGES))
def page(request, visitors, open_shared) -> Iterator[Page]:
    """A page on a projector, with all its steps shown. The tests share it."""
    if visitors[-1].get_by_role("heading", level=1).count() == 0:
        visitors.append(open_shared("", "projector", WATCH))
    page, name = visitors[-1], "" if request.param == "start" else request.param
    is_elsewhere = urlsplit(page.url).path != f"/{name}"
    if is_elsewhere:
        put_pictures_away(page)  # the next page may have another size
    page.set_viewport_size(SIZES["projector"]["viewport"])
    if is_elsewhere:
        wait_until_settled(page)  # Start, from which the first page is opened
        page.evaluate(NO_SHIFTS)
        go_on_to(page, f"/{name}?net=reader" if name in QUESTIONS else f"/{name}")
    wait_until_settled(page)
    shifts = page.evaluate("window.shifts")  # as the page opens
    if name in LESSON:
        whole = page.locator(".st-key-whole_page")
        if not whole.get_by_role("switch").is_checked():  # the setting also applies to the following pages
            whole.locator("label").click()
        expect(page.locator(".st-key-lesson_step")).to_have_count(0)
        expect(page.locator("[class*=st-key-shown_step_]")).to_have_count(len(LESSON[name].steps))
    if name in FINISHED:
        expect(page.locator(FINISHED[name])).to_be_visible(timeout=120_000)
        page.reload()  # with finished maps the page opens as it stays; otherwise one more rerun would follow
        expect(page.locator(FINISHED[name])).to_be_visible()
    wait_until_settled(page)
    page.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, 0)")
    page.shifts = shifts
    yield page
    assert page.get_by_test_id("stException").count() == 0


def test_hardly_anything_moves_while_the_page_opens(page):
    assert sum(shift["by"] for shift in page.shifts) <= MOST_WHILE_LOADING, page.shifts


@pytest.mark.sampled(8)
@pytest.mark.parametrize("size", ["phone", "projector", "desktop"])
@pytest.mark.parametrize("place", range(len(PAGES)), ids=PAGES)
def test_hardly_anything_moves_while_an_address_opens_a_page_and_a_link_the_next_one(open_page, place, size):
    first, then = (f"/{name}".replace("/start", "/") for name in (PAGES[place], PAGES[place - 1]))
    page = open_page(first[1:], size, WATCH)  # each control comes late when it is the first of its kind in a visit
    wait_until_settled(page)
    shifts = page.evaluate("window.shifts")
    assert sum(shift["by"] for shift in shifts) <= MOST_WHILE_LOADING, shifts
    page.evaluate(NO_SHIFTS)
    go_on_to(page, then)
    wait_until_settled(page)
    shifts = page.evaluate("window.shifts")
    assert sum(shift["by"] for shift in shifts) <= MOST_WHILE_LOADING, shifts


@pytest.mark.parametrize("page", OUTSIDE_THE_LESSON, indirect=True)  # `test_steps.py` checks each step of the lesson
def test_the_main_picture_is_whole_on_the_first_screen(page):
    picture = page.locator("[data-main-picture]").first
    expect(picture).to_be_visible()
    expect(page.locator("[data-testid=stStatusWidget]")).to_have_count(0)
    top, bottom = picture.evaluate(PLACE)
    assert top <= LATEST_TOP
    assert bottom <= LATEST_BOTTOM
    if page.url.endswith("/break"):  # both bars, too
        assert page.locator(".digitviz-two").evaluate(PLACE)[1] <= LATEST_BOTTOM
        expect(page.locator(".st-key-one_pixel_readings")).to_be_hidden()


@pytest.mark.parametrize("page", PICTURED, indirect=True)
def test_every_picture_has_a_role_and_a_name_in_words(page):
    wait_for_drawings(page)
    for role, name, key, is_named_otherwise, is_hidden in page.locator(".digitviz-plot").evaluate_all(PICTURES):
        assert role == "img"
        assert len(name.split()) >= 4
        assert name != key
        assert not is_named_otherwise
        assert not is_hidden
    picture = page.locator(".digitviz-plot").first
    expect(picture).to_have_accessible_name(" ".join(picture.get_attribute("aria-label").split()))
    assert "table" in picture.get_attribute("aria-description")


def test_a_screen_reader_is_told_in_one_place(page):
    page.evaluate(WITHOUT_MESSAGES)
    assert page.evaluate(LIVE) == ["digitviz-spoken"]  # `test_spoken.py` and others ask the accessibility tree
    named = page.get_by_role("main").get_attribute("aria-label")
    assert named
    assert page.title() == f"{named} · digitviz"


@pytest.mark.sampled(2)
def test_axe_core_finds_no_violation(page):  # `test_languages.py` checks the colours of the dark theme
    found = violations(page)
    assert not found, "\n".join(found)


@pytest.mark.sampled(2)
def test_tab_reaches_every_control(page):
    assert page.locator(DRAWN).locator(":is(a, [tabindex])").count() == 0
    page.evaluate(HIDE, DRAWN)  # each change of focus would lay them out anew
    page.evaluate(NOTE)
    page.mouse.move(1, 1)  # hide the controls that the settings show on hover only
    page.get_by_test_id("stSkipToContent").focus()
    for number in range(MOST_TABS):
        page.keyboard.press("Tab")
        if number % TABS == 0 and page.evaluate("missed !== null"):
            break
    assert page.evaluate("document.adoptedStyleSheets.pop() && missed") == []  # None if the end is not reached


def test_fields_have_room_for_four_digits(page):
    assert page.evaluate(CUT_NUMBERS) == []


def test_with_forced_colours_choices_switches_and_sliders_show_their_state(page):
    page.emulate_media(forced_colors="active")
    unseen = page.evaluate(UNSEEN)
    page.emulate_media(forced_colors="none")
    assert unseen == []


@pytest.mark.sampled(4)
def test_nothing_has_to_be_scrolled_sideways_as_it_is_at_twice_the_size_and_on_a_phone(page):
    assert max(page.evaluate(WIDER)) <= 0
    in_lesson = urlsplit(page.url).path.strip("/") in LESSON  # its pages draw their many pictures anew at each size
    page.set_viewport_size(SIZES["phone"]["viewport"] if in_lesson else TWICE)
    wait_until_settled(page)
    wait_until(lambda: max(page.evaluate(WIDER)) <= 0)  # once pictures out of view have been drawn anew, too
    if in_lesson:
        expect_to_fit_a_phone(page)
