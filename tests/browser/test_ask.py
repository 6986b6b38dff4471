"""The dialog with the questions, and the way from each question to the picture that answers it."""

from __future__ import annotations

import re
from contextlib import suppress
from itertools import islice
from urllib.parse import urljoin, urlsplit

import pytest
from playwright.sync_api import Page, TimeoutError, expect

from digitviz.dashboard.ask.answer import TERMS
from digitviz.dashboard.ask.questions import QUESTIONS
from digitviz.dashboard.session.addresses import from_address
from digitviz.training.presets import PRESETS
from tests.browser.test_axe import violations
from tests.browser.test_evaluate import GO
from tests.browser.test_training_live import step_of
from tests.waiting import wait_until

RINGED = """(places) => {
    const all = places.map((place) => [...document.querySelectorAll(`.st-key-${place}`)].flatMap((element) => {
        const { top, bottom, left, right } = element.getBoundingClientRect();
        const isOnTop = element.contains(document.elementFromPoint((left + right) / 2, (top + bottom) / 2));
        return isOnTop ? element.getAnimations().filter(({ id }) => id === "digitviz-ring") : [];
    }));
    const areRinged = all.every((rings) => rings.length);
    if (areRinged) for (const ring of all.flat()) ring.cancel(); // else the browser would paint each for four seconds
    return areRinged;
}"""
"""Return whether all places are circled, with their middles in sight and not covered. Then the circles are removed."""

SECOND_ACTION = {
    "multiplications": (".st-key-forward_calculator button", ".digitviz-multiplied"),
    "which_loss": (".st-key-loss_guess_first button", ".st-key-loss_curves .main-svg"),
    "sees_all": (".st-key-data_guess_commit button", ".st-key-never_seen .main-svg"),
}
"""Questions whose picture needs another action: the element to press, and the picture."""
EXPERIMENTS = {"race": ".st-key-race_curves", "sweep": ".st-key-sweep_results"}
"""Pages whose pictures need a start, and the picture."""
STARTED = ("engines", "larger", "luck")
"""A race and two sweeps that are started. `tests/pages/` starts every other one and looks for its first outcome."""
LANGUAGES = {"en": "en", "zh-Hans": "zh"}
"""Languages of the document, and as in addresses."""
READY = '[data-testid="stApp"][data-test-script-state="notRunning"]'
MARK = ":is(.scatterlayer path, .hm image, .heatmaplayer image)"
"""The first outcome in a picture of an experiment."""
CURVE = ".scatterlayer .js-line"
"""A curve of a training."""
TYPE = """box => {
    window.told = 0;
    const said = new MutationObserver((changes) => (told += changes.length));
    said.observe(document.querySelector("#digitviz-spoken"), { childList: true });
    for (let end = 1; end <= 6; end += 1) {
        box.value = "xqzvkw".slice(0, end);
        box.dispatchEvent(new Event("input"));
    }
}"""
UNTIL_TRAINED = 300_000
"""Milliseconds for the first training of a sweep. Trainings have a low priority, and other tests keep the cores."""


def dialog(page: Page):
    return page.locator("dialog.digitviz-ask")


def ask(page: Page, text: str) -> None:
    """Choose a question: one action, from the keyboard alone."""
    page.keyboard.press("/")
    page.get_by_role("combobox", name="Ask a question").fill(text)
    expect(dialog(page).get_by_role("option").first).to_have_text(text)
    page.keyboard.press("Enter")
    expect(dialog(page)).to_be_hidden()


@pytest.fixture(scope="module")
def page(open_shared) -> Page:
    """A session that the tests share, at first without a training. Each test goes to the page where it begins."""
    page = open_shared("", "projector")
    page.locator(".digitviz-ask-box").wait_for()
    page.locator("html[data-begun]").wait_for(state="attached")  # the frame's script, which hears the box
    return page


def go(page: Page, address: str, language: str = "en") -> None:
    """Go to any page within the session, in a language."""
    page.evaluate(GO, f"/{address}{'&' if '?' in address else '?'}lang={LANGUAGES[language]}")
    expect(page.locator("html")).to_have_attribute("lang", language)


def test_the_box_on_start_opens_a_dialog_that_keys_and_a_screen_reader_can_use(page):
    go(page, "")
    page.locator(".digitviz-ask-box").click()
    box = page.get_by_role("combobox", name="Ask a question")
    expect(box).to_be_focused()
    expect(page.get_by_role("option")).to_have_count(len(QUESTIONS) + len(TERMS))
    assert violations(page) == []
    box.fill("nueron")
    expect(page.locator("#digitviz-spoken")).to_have_text(re.compile(r"Questions found: \d+"))
    options = page.get_by_role("option")
    expect(options.first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    assert box.get_attribute("aria-activedescendant") == options.nth(1).get_attribute("id")
    expect(dialog(page).locator("p")).to_be_hidden()
    box.fill("how fast is a GPU")
    expect(dialog(page).locator("p")).to_have_text("No question fits exactly. The closest:")
    expect(page.locator("#digitviz-spoken")).to_contain_text("No question fits exactly")  # else it would be told below
    expect(options.first).to_be_visible()
    box.evaluate(TYPE)
    expect(options).to_have_count(0)
    expect(page.locator("#digitviz-spoken")).to_contain_text("No question has these words")
    assert page.evaluate("told") == 1  # once, not at each letter
    expect(dialog(page)).to_contain_text("No question has these words")
    page.keyboard.press("Escape")
    expect(dialog(page)).to_be_hidden()
    expect(page.locator(".digitviz-ask-box")).to_be_focused()
    ask(page, str(QUESTIONS["overfitting"].text))
    page.wait_for_function(RINGED, arg=["train"], polling=100)  # as long as there is no training
    for id in ("how_it_learns", "how_good"):  # on the same page, and on another one
        ask(page, str(QUESTIONS[id].text))
        expect(page.locator("#digitviz-spoken")).to_contain_text(f"{QUESTIONS[id].text} {QUESTIONS[id].answer}")
    expect(page.get_by_role("heading", level=1)).to_be_focused()


def test_the_key_can_be_switched_off_and_is_a_letter_where_one_types(page):
    page.goto(urljoin(page.url, f"/glossary?{urlsplit(page.url).query}"))
    page.get_by_role("heading", level=1).wait_for()
    page.locator("[data-begun]").wait_for(state="attached")
    page.evaluate("document.querySelector('main, .stMain').append(Object.assign(document.createElement('input'), "
                  "{ id: 'typed' }))")  # fmt: skip
    page.locator("#typed").focus()
    page.keyboard.press("/")
    expect(page.locator("#typed")).to_have_value("/")
    expect(dialog(page)).to_have_count(0)
    page.locator("#typed").evaluate("one => one.remove()")
    page.keyboard.press("/")
    page.get_by_role("checkbox", name="The key / opens this window").uncheck()
    page.get_by_role("button", name="Close").click()
    page.reload()
    page.locator("[data-begun]").wait_for(state="attached")
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("/")
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    expect(dialog(page)).to_have_count(0)
    page.get_by_role("link", name="Home").click()
    page.locator(".digitviz-ask-box").click()  # the box stays
    page.get_by_role("checkbox", name="The key / opens this window").check()
    page.keyboard.press("Escape")


@pytest.mark.sampled(4)
@pytest.mark.parametrize("part", range(16))
def test_each_question_leads_in_one_or_two_actions_to_its_picture_which_is_circled_in_two_languages(page, part):
    go(page, "", "zh-Hans")
    page.locator(".digitviz-ask-box").click()
    page.get_by_role("combobox", name="提问").fill("弄混")
    page.keyboard.press("Enter")
    page.wait_for_function(RINGED, arg=["confusion"], polling=100)
    expect(page).to_have_url(re.compile("lang=zh"))

    go(page, "train")
    page.locator(READY).wait_for()
    progress = page.locator(".st-key-progress")
    if "of 2,400" not in progress.inner_text():  # only a new session takes settings from an address
        page.goto(urljoin(page.url, "/train?batches=12&steps_per_batch=200&lang=en"))
        page.locator("html[data-begun]").wait_for(state="attached")
        page.locator(READY).wait_for()
    expect(progress).to_contain_text("of 2,400")
    if "finished" not in progress.inner_text():  # else another part has trained it
        page.locator(".st-key-train button").click()
        expect(progress).to_contain_text("finished")
    go(page, "")
    lost = []
    for id, question in islice(QUESTIONS.items(), part, None, 16):
        place, keys = question.place, question.place.keys
        ask(page, str(question.text))
        try:
            page.wait_for_url(re.compile(f"/{place.page.removeprefix('start')}([?]|$)"))
            if "ready" in place.address:  # the page before may be the same one
                page.wait_for_url(re.compile(f"ready={place.address['ready']}(&|$)"))
            is_trained = keys[-1] == "train"  # only a visitor without a training has to press it
            page.wait_for_function(RINGED, arg=[*(keys[:-1] if is_trained else keys)], polling=100)
            expect(page.locator(".st-key-ask_answer")).to_contain_text(f"{question.text} {question.answer}")
            if id in SECOND_ACTION:
                press, picture = SECOND_ACTION[id]
                page.locator(press).first.click()
                page.locator(picture).first.wait_for()
            if place.page == "train" and place.address:  # a moment of its training is enough
                page.locator(READY).wait_for()
                page.locator(".st-key-train button").click()
                settings = from_address(place.address)[0]
                expect(progress).to_contain_text(f"of {settings.batches * settings.steps_per_batch:,}")
                wait_until(lambda: step_of(page) > 0)
                mark = page.locator(f".st-key-{keys[-1]} :is({CURVE}, canvas)")
                mark.first.wait_for(state="attached")
                pause = page.locator(".st-key-pause button:enabled")
                with suppress(TimeoutError):  # it may have finished
                    pause.click(timeout=1_000)
            if place.page in EXPERIMENTS:
                page.locator(READY).wait_for()  # until then the button of the experiment before may be there
                start = page.locator(f".st-key-{place.page}_start button").first  # another one has its help
                expect(start).to_be_enabled()
                if id not in STARTED:
                    continue
                start.click()
                cancel = page.locator(f".st-key-{place.page}_cancel button")
                mark = page.locator(f"{EXPERIMENTS[place.page]} {MARK}")
                mark.first.wait_for(state="attached", timeout=UNTIL_TRAINED)
                with suppress(TimeoutError):  # it may have finished
                    if cancel.is_enabled():
                        cancel.click(timeout=1_000)
                expect(cancel).to_have_count(0, timeout=UNTIL_TRAINED)
        except Exception as error:
            lost.append((id, str(error)[:500], page.url))
    assert lost == []
    assert page.locator('[data-testid="stException"]').count() == 0


def test_a_question_about_training_sets_everything_and_train_shows_its_answer(page):
    ask(page, str(QUESTIONS["start_at_zero"].text))
    page.wait_for_function(RINGED, arg=["train", "losses"], polling=100)
    preset = page.get_by_role("combobox", name=re.compile("Preset"), include_hidden=True)  # the settings are closed
    expect(preset).to_have_value(str(PRESETS["zeros"].title))
    layers = ["div:has(> .st-key-ask_answer)", ".digitviz-tools"]  # the menu of a picture must not cover "Close"
    page.locator(layers[1]).first.wait_for(state="attached")
    answer, menu = page.evaluate(
        "each => each.map((one) => Number(getComputedStyle(document.querySelector(one)).zIndex))", layers
    )
    assert answer > menu
    page.locator(".st-key-ask_close button").click()
    expect(page.locator(".st-key-ask_answer [data-testid=stAlert]")).to_have_count(0)
    page.locator(".st-key-train button").click()
    expect(page.locator(".st-key-progress")).to_contain_text("finished")
    expect(page.locator(".st-key-test_accuracy")).to_contain_text("8.9%")  # it says 0 to every digit
