"""The dashboard in Chinese: no English sentence is left, and no text is cut off."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from digitviz.dashboard.lesson.order import LESSON
from digitviz.dashboard.questions.order import QUESTIONS
from digitviz.language import LANGUAGES, gettext, speaking
from tests.browser.conftest import go_on_to, wait_until_settled
from tests.browser.test_axe import OF_COLOUR, violations
from tests.browser.test_evaluate import guess

PAGES = [
    "glossary",
    "",
    "train",
    "draw",
    "runs",
    *LESSON,
    "weights",
    *QUESTIONS,
    "projections",
    "map",
    "film",
    "race",
    "sweep",
]
SENTENCE = re.compile(r"[A-Za-z][a-z']+(?:,? [A-Za-z][a-z'’]*){2,}")
"""Three or more English words."""
NAMES = re.compile(
    r"How the backpropagation algorithm works|Neural Networks and Deep Learning|Iterative Dichotomiser|"
    r"Source Sans|PyTorch|scikit-learn"
)
"""Titles and names that are not translated."""
READ = """() => {
  const said = new Set();
  const skipped = "script, style, code, pre, .katex, noscript, .digitviz-english, [lang=en], [data-testid=stCode]";
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const element = node.parentElement;
    if (element && !element.closest(skipped) && node.textContent.trim()) said.add(node.textContent.trim());
  }
  for (const element of document.body.querySelectorAll("[aria-label], [title], [placeholder], [alt]")) {
    if (element.closest(skipped)) continue;
    for (const name of ["aria-label", "title", "placeholder", "alt"]) {
      if (element.getAttribute(name)) said.add(element.getAttribute(name).trim());
    }
  }
  return [...said];
}"""
CUT_OFF = """() => {
  const cut = [];
  for (const text of document.querySelectorAll(".digitviz-plot .main-svg text")) {
    const box = text.getBoundingClientRect(), frame = text.closest("svg").getBoundingClientRect();
    if (!box.width || !text.textContent.trim() || getComputedStyle(text).opacity === "0") continue;
    if (box.left < frame.left - 2 || box.right > frame.right + 2 || box.bottom > frame.bottom + 2) {
      cut.push(text.textContent);
    }
  }
  for (const label of document.querySelectorAll("button p, label p, [data-testid=stMetricLabel] p, h1, h2, h3")) {
    const box = label.getBoundingClientRect();
    if (box.width && label.scrollWidth > label.clientWidth + 1 && getComputedStyle(label).overflow !== "visible") {
      cut.push(label.textContent);
    }
  }
  return cut;
}"""
IS_DARK = """() => {
    const [red, green, blue] = getComputedStyle(document.querySelector(".stApp")).backgroundColor.match(/\\d+/g);
    return Math.max(red, green, blue) < 64;
}"""
OF_STREAMLIT = {"Link to heading", "Choose an option"}
CITED = re.compile(r"[A-Z]\. .*\b(19|20)\d\d")
"""A citation of a paper with authors, title and year, which is not translated."""


@pytest.fixture(scope="module")
def reader(open_shared) -> Page:
    """A Chinese page in the dark theme that the tests share."""
    page = open_shared("glossary?lang=zh")
    page.emulate_media(color_scheme="dark")
    return page


def expect_chinese(page: Page) -> None:
    """Expect what is shown to be in Chinese and the dark theme, whole, and with contrast."""
    wait_until_settled(page)
    english = [
        text
        for text in page.evaluate(READ)
        if SENTENCE.search(NAMES.sub("", text)) and text not in OF_STREAMLIT and not CITED.match(text)
    ]
    assert english == []
    assert page.evaluate(CUT_OFF) == []
    assert page.evaluate(IS_DARK)
    assert violations(page, OF_COLOUR) == []


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.sampled(6)
def test_a_page_in_chinese_has_no_english_sentence_nothing_is_cut_off_and_dark_colours_have_contrast(reader, name):
    page = reader
    if urlsplit(page.url).path != f"/{name}":
        go_on_to(page, f"/{name}?lang=zh")
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    if name in LESSON:
        whole = page.locator(".st-key-whole_page")
        if not whole.get_by_role("switch").is_checked():  # the setting also applies to the following pages
            whole.locator("label").first.click()
        expect(page.locator("[class*=st-key-shown_step_]")).to_have_count(len(LESSON[name].steps))
    if name == "projections":  # until all maps are finished, it shows them in another order
        expect(page.locator(".st-key-gallery_progress strong")).to_contain_text("8 / 8", timeout=120_000)
    if name == "map":
        expect(page.locator(".st-key-map_status strong")).to_be_visible(timeout=120_000)
    expect_chinese(page)
    if name == "evaluate":  # the heads of a table have no colon of any language
        guess(page)
        expect_chinese(page)
        page.locator(".st-key-confusion .digitviz-plot").focus()
        page.keyboard.press("t")
        expect(page.locator("dialog.digitviz-table th")).to_contain_text(["系列", "占该数字的比例"])
        assert not re.search("[:：]", " ".join(page.locator("dialog.digitviz-table th").all_text_contents()))
        page.keyboard.press("Escape")
    with speaking("zh"):
        expect(page.get_by_test_id("stSkipToContent")).to_have_text(gettext("Skip to main content"))
    if name == "train":
        told = page.locator(".st-key-net-living canvas[tabindex]").get_attribute("aria-description")
        assert "方向键" in told


def test_level_and_language_are_read_and_switched_and_stay_from_page_to_page(open_page):
    page = open_page("network?level=school", "low")
    chosen = page.locator(".st-key-level").get_by_role("radio", name="School")
    expect(chosen).to_be_checked()
    page.get_by_role("link", name="Draw").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Can it read what you draw?")
    expect(page).to_have_url(re.compile("level=school"))
    expect(chosen).to_be_checked()
    page.locator(".st-key-level").get_by_role("radio", name="University").click()
    expect(page).to_have_url(re.compile("level=university"))

    page.get_by_role("link", name="Train", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("How does a network learn to read?")
    page.locator(".st-key-lang").get_by_role("radio", name="中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    expect(page).to_have_url(re.compile("lang=zh"))
    expect(page.get_by_role("button", name="训练", exact=True)).to_be_visible()
    title = page.get_by_role("heading", level=1)
    on_train = title.inner_text()
    page.get_by_role("link", name="手写").first.click()
    expect(title).not_to_have_text(on_train)
    expect(title).not_to_contain_text("Can it read")
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    page.locator(".st-key-lang").get_by_role("radio", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Can it read what you draw?")
    expect(page.locator("html")).to_have_attribute("lang", "en")


SLOW = """{
  const ask = window.fetch;
  window.fetch = async (address, ...options) => {
    const answer = await ask(address, ...options);
    if (!String(address).includes("/words-")) return answer;
    await new Promise((done) => setTimeout(done, 1500));
    window.came = true;
    return answer;
  };
  new MutationObserver(() => (window.early ||= !window.came && document.querySelector(".digitviz-pad") !== null))
    .observe(document, { childList: true, subtree: true });
}"""
"""Delays the texts of the scripts, and notes whether one is drawn before they come."""


def test_no_script_draws_before_its_texts_are_there_and_all_follow_a_change_of_the_language(open_page):
    page = open_page("draw?lang=zh", script=SLOW)
    expect(page.get_by_role("button", name="撤销")).to_be_visible()
    assert page.evaluate("[window.came, window.early]") == [True, False]
    page.locator(".digitviz-first .ask button").last.click()  # the guess
    for code in ("en", "zh"):
        page.locator(".st-key-lang").get_by_role("radio", name=LANGUAGES[code].name).click()
        with speaking(code):
            undo, example = gettext("Undo"), gettext("An example.\nDraw your own here!")
            scale, heading = gettext("0 = paper, 16 = full ink"), gettext("Read as")
        expect(page.get_by_role("button", name=undo)).to_be_visible()
        expect(page.locator(".digitviz-pad .hint")).to_have_text(example)
        expect(page.locator(".digitviz-first .scale")).to_have_text(scale)
        expect(page.locator(".digitviz-reading .heading")).to_have_text(heading)
        bars = page.locator(".st-key-bars_reader .digitviz-plot")
        expect(bars).to_have_attribute("aria-label", re.compile(f"^{heading} 9"))
