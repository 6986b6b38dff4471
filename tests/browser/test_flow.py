"""The pictures in stages of Forward and Backpropagation: buttons, playing, and widths."""

from __future__ import annotations

import re
from itertools import combinations

from playwright.sync_api import Page, expect

from tests.browser.conftest import SIZES, go_on_to, on_page
from tests.waiting import wait_until

LIT = ".digitviz-flow path.lit + text"
OVERLAPS = """(kind = ".halo") => {
    const boxes = [...document.querySelectorAll(".digitviz-flow svg " + kind)].filter(text => text.textContent)
        .map(text => text.getBoundingClientRect());
    return boxes.flatMap((one, place) => boxes.slice(place + 1).filter(other =>
        Math.min(one.right, other.right) - Math.max(one.left, other.left) > 2 &&
        Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > 4));
}"""
STRUCK_THROUGH = """() => {
    const boxes = name =>
        [...document.querySelectorAll(".digitviz-flow " + name)].map(part => part.getBoundingClientRect());
    const edge = Math.max(...boxes(".pixel").map(({ right }) => right));
    const strikes = (wire, ink) => ink.right > wire.left && ink.left < wire.right &&
        Math.abs((ink.top + ink.bottom) / 2 - wire.top) < 6;
    return boxes("path:not(.lit)").filter(({ left }) => left < edge).length +
        boxes(".wire").filter(wire => boxes(".ink").some(ink => strikes(wire, ink))).length;
}"""
CROSSED = """() => {
    const flow = document.querySelector(".digitviz-flow").parentElement.digitvizShown;
    const parts = [...flow.svg.children], caption = parts.findIndex(part => part.textContent === flow.data.pixels);
    return parts.slice(caption).filter(part => part.matches(".lit")).length + !parts[caption].matches(".halo");
}"""
BLUE = """() => [".digitviz-flow .play", ".digitviz-stepper .next"].map(name =>
    getComputedStyle(document.querySelector(name)).backgroundColor !== "rgba(0, 0, 0, 0)")"""
OUTSIDE = """() => {
    const frame = document.querySelector(".digitviz-flow").getBoundingClientRect();
    return [...document.querySelectorAll(".digitviz-flow svg *")].map(part => part.getBoundingClientRect())
        .filter(box => box.width && (box.left < frame.left - 1 || box.right > frame.right + 1)).length;
}"""


DEEP = """() => {
    const flow = document.querySelector(".digitviz-flow").parentElement.digitvizShown;
    const { columns: [neurons, digits], titles: [picture, hidden, output] } = flow.data;
    const long = values => values.map(value => ({ ...value, text: "0.00285" }));
    const small = neurons.map(({ values, ...more }) => ({ ...more, values: long(values) }));
    const columns = [small, small, small, small, digits];
    flow.rerun({ ...flow.data, columns, titles: [picture, hidden, hidden, hidden, hidden, output], edges: [] });
    const boxes = [...document.querySelectorAll(".digitviz-flow svg text")].map(text => text.getBoundingClientRect());
    return boxes.flatMap((one, place) => boxes.slice(place + 1).filter(other =>
        Math.min(one.right, other.right) > Math.max(one.left, other.left) &&
        Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > 4)).length;
}"""


BEFORE_A_CAPTION = """() => {
    const flow = document.querySelector(".digitviz-flow").parentElement.digitvizShown;
    const { columns: [neurons, digits], titles: [picture, hidden, output] } = flow.data;
    const at = neurons.findIndex(({ values, caption }) => values.length && caption);
    const edge = { source: [1, at], target: [2, at], strength: 1, stage: 1, says: "0.801 × −0.38", since: 1 };
    const columns = [neurons, neurons, digits];
    flow.rerun({ ...flow.data, columns, titles: [picture, hidden, hidden, output], edges: [edge] });
    flow.choose(1);
}"""


def stages(page: Page) -> list:
    return page.locator(".digitviz-flow .stages button:not(.play)").all()


def expect_sentences_and_numbers(page: Page, name: str, size: str) -> None:
    """Expect each stage to have its sentence, and its numbers where they can be read."""
    sentence = page.locator(".digitviz-flow .sentence")
    expect(sentence).not_to_be_empty()
    is_backward, rows = name == "backpropagation", page.locator(".digitviz-flow svg g:has(> rect.neuron)")
    neurons, circles = page.locator(".digitviz-flow rect.neuron"), page.locator(".digitviz-flow circle.neuron")
    blamed = page.locator(".digitviz-flow .blamed").all_text_contents()
    assert sorted(re.sub(r"[\d.]+", "", text) for text in blamed) == ["▲ % too little", "▼ % too much"] * is_backward
    assert not page.locator(".digitviz-flow .pixel.shown").count()
    lines = page.locator(".digitviz-flow path.votes:not(.arrow)")
    expect(lines).to_have_count(8 * is_backward)  # from four neurons to two digits, as thick as their weights
    assert page.locator(".digitviz-flow path.ink-line").count() == 2 * (
        not is_backward
    )  # around the digit, and on one neuron
    expect(neurons).to_have_count(0 if is_backward else 10)
    expect(circles).to_have_count(6 if is_backward else 8)  # suspects and two answers, or a crowd
    one_neuron = page.locator(".digitviz-flow path.grey:not(.arrow)")
    expect(one_neuron).to_have_count(int(not is_backward))  # only one has lines to all digits
    if not is_backward:
        tracks = page.locator(".digitviz-flow .track").evaluate_all("all => all.map(each => each.getBBox().width)")
        assert len(tracks) == 10
        assert min(tracks) > 50  # the bars to guess from are there on a phone, too
        words = page.locator(".digitviz-flow svg text").all_text_contents()
        assert not [text for text in words if "." in text]  # no number of a neuron yet
        assert "red: excited" not in words
        assert len(set(circles.evaluate_all("all => all.map(each => getComputedStyle(each).fill)"))) == 1  # all empty
        heads = "64 pixels", "1 of 50 neurons", "8 of 50 neurons", "Which digit will it say?"
        tops = {
            on_page(page, head, exact=True).evaluate("head => head.getAttribute('y')")
            for head in heads[size == "phone" :]
        }
        assert len(tops) == (3 if size == "phone" else 1)
    seen = "4 of 50 neurons" if is_backward else "1 of 50 neurons"
    chosen = "4 of 50 neurons" if size == "phone" else "what 4 of 50 neurons look for"
    expect(on_page(page, seen, exact=True)).to_be_visible()
    assert page.evaluate(OUTSIDE) == 0
    assert page.evaluate(OVERLAPS) == []
    if is_backward:
        ends = lines.evaluate_all("all => all.map(({ attributes: { d } }) => d.value.match(/[\\d.]+/g).map(Number))")
        for one, other in combinations(ends, 2):  # in one order at both ends, or the row of neurons is between them
            axis = int(one[1] != other[1])
            assert (one[axis] - other[axis]) * (one[axis + 2] - other[axis + 2]) > 0
        widths = lines.evaluate_all("all => all.map(each => each.getAttribute('stroke-width'))")
        assert len(set(widths)) > 4
        guess = page.get_by_role("button", name=re.compile("^Blame neuron [A-D]$"))
        expect(guess).to_have_count(4)
        assert page.evaluate(BLUE) == [False, False]  # the guess comes first
        assert page.locator(".digitviz-flow .letter").all_text_contents() == list("ABCD")
        assert circles.nth(0).bounding_box()["width"] > (70 if size == "phone" else 80)
        texts = ["Which neuron is most to blame?", "■ thick and dark: much blame", "■ pale: less blame"]
        tops = [on_page(page, text, exact=True).bounding_box()["y"] for text in texts]
        assert 0 < tops[2] - tops[1] < 40  # in one place
        colours = set(lines.evaluate_all("all => all.map(each => getComputedStyle(each).stroke)"))
        assert len(colours) == 2
        expect(page.locator(".digitviz-flow g.followed")).to_have_count(0)
        guess.nth(1).focus()
        page.keyboard.press("Enter")
        expect(guess).to_have_count(0)
        letter, most = page.locator(".digitviz-flow g.followed text").all_text_contents()
        verdict = "right" if letter == "B" else "wrong"
        line = r"its dark line pushes (\d up, but \d should fall|\d down, but \d should rise)\.$"
        said = rf"^Your guess was {verdict}\. {letter} gets most blame, {re.escape(most)}: {line}"
        expect(sentence).to_have_text(re.compile(said))
        expect(on_page(page, "■ should say less\u2003■ should say more", exact=True)).to_be_visible()
        expect(page.locator(".digitviz-flow g.mine")).to_have_count(1)
        assert page.evaluate(BLUE) == [True, False]
        expect(page.locator(".digitviz-flow path.arrow")).to_have_count(2)  # along the lines of the one to blame
        assert page.evaluate(OUTSIDE) == 0
        assert page.evaluate(OVERLAPS) == []
    stages(page)[1].click()
    expect(rows).to_have_count(14)
    letters = page.locator(".digitviz-flow g > text").filter(has_text=re.compile("^[A-D] ?$"))
    expect(letters).to_have_count(4 * is_backward)
    framed = page.locator(".digitviz-flow .pixel.shown").count()
    assert framed == 5  # their lines are there before anything flows along them
    assert page.evaluate(STRUCK_THROUGH) == 0
    assert page.locator(".digitviz-flow path.grey").count() == 60 * is_backward  # of 5 pixels, 4 neurons and 10 digits
    names = [button.locator(".name").bounding_box()["width"] > 20 for button in stages(page)]
    assert all(names) if size == "projector" else sum(names) == 1
    expect(on_page(page, chosen, exact=True)).to_be_visible()
    caption = on_page(page, "lines: framed pixels only")
    expect(caption).to_have_count(int(size != "phone"))  # there, lines would cross it
    legend = page.locator(".digitviz-flow .legends")
    expect(legend).to_be_visible()  # beside the pictures of the neurons
    said, lit = set(), list[int]()
    for button in stages(page):
        button.click()
        expect(button).to_have_attribute("aria-pressed", "true")
        said.add(sentence.text_content())
        lit.append(page.locator(LIT).count())
        assert page.evaluate(OUTSIDE) == 0
        assert page.evaluate(OVERLAPS) == []
    assert len(said) == len(stages(page))
    assert not page.locator(".digitviz-flow path.grey").count()
    assert sum(lit) > 7
    if is_backward:
        stages(page)[2].click()
        arrow, flow = page.locator(".digitviz-flow path.arrow").first, page.locator(".digitviz-flow")
        moves = "arrow => getComputedStyle(arrow).animationName"
        page.emulate_media(reduced_motion="no-preference")
        assert arrow.evaluate(moves) == "none"
        flow.evaluate("flow => flow.classList.add('playing')")
        assert arrow.evaluate(moves) == "digitviz-run"
        page.emulate_media(reduced_motion="reduce")
        assert arrow.evaluate(moves) == "none"
        flow.evaluate("flow => flow.classList.remove('playing')")
        assert lit[2] == 10  # a product for every digit, or ≈ 0 if it is small
        if size == "phone":
            stages(page)[0].click()
            assert page.evaluate(DEEP) == 0  # nor are the texts of four hidden layers on each other
        if size == "projector":  # in a window that is not high, a second row of buttons does not push the sentence down
            page.set_viewport_size({"width": 1280, "height": 760})
            sizes = list[float]()
            for wide in ("100%", "30rem"):
                page.locator(".digitviz-flow .stages").evaluate("(row, wide) => { row.style.width = wide }", wide)
                stages(page)[0].click()
                sizes.append(page.locator(".digitviz-flow svg").bounding_box()["height"])
            assert sizes[1] < sizes[0] - 5
    page.set_viewport_size(SIZES["projector"]["viewport"])
    wait_until(lambda: page.evaluate(OUTSIDE) == 0)


def test_each_stage_has_its_sentence_and_its_numbers_where_they_can_be_read_on_a_phone(open_page):
    page = open_page("forward", "phone")
    expect_sentences_and_numbers(page, "forward", "phone")
    stages(page)[1].click()
    assert page.evaluate(CROSSED) == 0
    page.set_viewport_size(SIZES["phone"]["viewport"])
    page.evaluate(BEFORE_A_CAPTION)
    expect(page.locator(".digitviz-flow g.followed").get_by_text("neuron")).to_have_count(2)  # one in each layer
    assert page.evaluate(OVERLAPS) == []
    go_on_to(page, "/backpropagation")
    expect_sentences_and_numbers(page, "backpropagation", "phone")


DRAWN_AGAIN = """async () => {
    document.querySelector(".digitviz-flow").style.marginRight = "2px";
    for (let frame = 0; frame < 3; frame += 1) await new Promise(requestAnimationFrame);
}"""
"""Makes the picture a little narrower, so that it is drawn again."""


def test_a_projector_plays_the_stages_and_says_them_and_a_guess_plays_on_and_is_marked_at_the_answer(open_page):
    page = open_page("forward", "projector")
    play = page.locator(".digitviz-flow .play")
    play.focus()
    assert page.evaluate(BLUE) == [False, False]  # the guess comes first
    page.keyboard.press("Enter")
    first, second, third, *_ = stages(page)
    expect(second).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#digitviz-spoken")).to_have_text(page.locator(".digitviz-flow .sentence").text_content())
    expect(play).to_contain_text("Stop")
    expect(page.locator(".digitviz-flow.playing")).to_be_attached()
    expect(third).to_have_attribute("aria-pressed", "true", timeout=10_000)
    play.click()
    expect(play).to_contain_text("Play")
    expect(page.locator(".digitviz-flow.playing")).to_have_count(0)  # the bar of the stage is full at once
    first.click()
    expect(first).to_have_attribute("aria-pressed", "true")
    expect(page.locator(LIT)).to_have_count(0)

    expect_sentences_and_numbers(page, "forward", "projector")
    first.click()
    guess = page.get_by_role("button", name="Guess 7")
    guess.focus()
    page.keyboard.press("Enter")
    expect(stages(page)[1]).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".digitviz-flow .play")).to_be_focused()
    expect(page.locator(".digitviz-flow path.followed").first).to_be_attached()
    assert page.evaluate(BLUE) == [False, True]  # all stages have been shown
    stages(page)[-1].click()
    expect(page.locator(".digitviz-flow g.mine")).to_contain_text("your guess")
    sentence = page.locator(".digitviz-flow .sentence")
    expect(sentence).to_have_text(re.compile(r"^Your guess was (right|wrong)\. .* The network is right\.$"))
    expect(page.locator("#digitviz-spoken")).to_have_text(sentence.text_content())
    expect(page.get_by_role("button", name="Guess 7")).to_have_count(0)
    page.locator(".st-key-forward_row").get_by_test_id("stNumberInputStepUp").click()
    expect(first).to_have_attribute("aria-pressed", "true")  # another digit is to be guessed first
    expect(page.get_by_role("button", name="Guess 7")).to_be_visible()
    page.evaluate(BEFORE_A_CAPTION)
    expect(page.locator(LIT)).to_have_count(1)
    assert page.evaluate(OVERLAPS) == []  # a product and the name of the neuron that it goes to
    first.click()
    page.get_by_role("button", name="Guess 7").hover()
    page.mouse.down()
    page.evaluate(DRAWN_AGAIN)
    page.mouse.up()
    expect(stages(page)[1]).to_have_attribute("aria-pressed", "true")

    go_on_to(page, "/backpropagation")
    expect_sentences_and_numbers(page, "backpropagation", "projector")
    stages(page)[0].click()
    page.locator(".st-key-backpropagation_digit").get_by_test_id("stNumberInputStepUp").click()
    expect(page.get_by_role("button", name=re.compile("^Blame neuron"))).to_have_count(4)
    for width in (768, 645):  # no text is on another
        page.set_viewport_size({"width": width, "height": 1024})
        wait_until(lambda: page.evaluate(OVERLAPS, "text") == [])
