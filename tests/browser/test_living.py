"""The living network on Train: before, during and after a training, by pointer and by keyboard."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from digitviz import Hyperparameters, TrainingRun, train
from tests.browser.conftest import SIXTY_FRAMES
from tests.browser.test_training_live import LONG, at_speed, button, press, step_of
from tests.waiting import wait_until

LIVING = ".st-key-net-living .digitviz-living"
SCENE = f"""() => {{
    const {{ number, scene }} = document.querySelector('{LIVING}').digitvizPlot;
    const framed = scene.framed.map(({{ size }}) => size);
    return {{ number, step: scene.moment.step, probabilities: scene.probabilities, framed }};
}}"""

QUICK = """
    const later = window.setTimeout;
    window.setTimeout = (act, wait, ...all) => later(act, wait === 4000 ? 400 : wait, ...all);
"""
"""Shows each digit for 0.4 seconds instead of 4."""
WRITTEN = """
    const { fillText } = CanvasRenderingContext2D.prototype;
    window.written = new Set();
    CanvasRenderingContext2D.prototype.fillText = function (words, ...place) {
        window.written.add(words);
        fillText.call(this, words, ...place);
    };
"""
"""Keeps what is written on canvases."""


def scene_of(page: Page) -> dict:
    page.locator(f"{LIVING}:not([data-frames='0'])").wait_for()
    return page.evaluate(SCENE)


def named(page: Page, name: str):
    return page.locator(LIVING).get_by_role("button", name=name, exact=True)


def test_its_digit_changes_until_a_button_stops_it_and_it_shows_the_initial_the_streams_and_the_final_weights(
    open_page, digits
):
    page = open_page("train?batches=20&steps_per_batch=500", script=QUICK, reduced_motion="no-preference")
    first = scene_of(page)["number"]
    wait_until(lambda: scene_of(page)["number"] != first)
    named(page, "Keep this digit").click()
    kept = scene_of(page)["number"]
    page.evaluate(SIXTY_FRAMES)  # longer than a digit is then shown
    assert scene_of(page)["number"] == kept
    digit = page.locator(f"{LIVING} canvas[tabindex]").bounding_box()
    page.mouse.click(digit["x"] + 20, digit["y"] + digit["height"] / 2 - 5)
    assert scene_of(page)["number"] == kept + 1

    run = train(digits, Hyperparameters(batches=20, steps_per_batch=500))
    before = scene_of(page)
    initial = run.at(0).network.predict_proba(run.test.pixels[[before["number"]]])[0]
    assert (before["step"], before["framed"]) == (0, [3])
    living = f"document.querySelector('{LIVING}').digitvizPlot"
    widths = f"{living}.enlarged.map((cell) => cell.w)"
    small = f"{living}.cells[1].filter((cell) => !{living}.enlarged.includes(cell)).map((cell) => Math.round(cell.y))"
    assert page.evaluate(small) == []  # the others, still random, come with the training
    untrained = page.evaluate(widths)
    for name in ("Why?", "Table"):
        expect(page.locator(f"{LIVING} button", has_text=name)).to_be_hidden()
    assert before["probabilities"] == pytest.approx(initial, rel=1e-5)
    for speed in ("10,000", "3,000"):
        at_speed(page, "ArrowLeft", f"{speed} steps per second")
    press(page, "train")
    wait_until(lambda: scene_of(page)["step"] > 0)
    first = scene_of(page)["step"]
    wait_until(lambda: scene_of(page)["step"] > first)
    expect(page.locator(".st-key-progress")).to_contain_text("finished")
    wait_until(lambda: scene_of(page)["step"] == 10_000)
    last = scene_of(page)
    assert last["framed"] == [3]
    rows, large = page.evaluate(small), page.evaluate(widths)
    assert len(rows) == 50
    assert {rows.count(row) for row in rows} == {25}  # a whole grid
    assert len(large) == len(untrained) == 3
    assert 90 <= min(large) < min(untrained)
    expect(page.locator(f"{LIVING} button", has_text="Why?")).to_be_visible()
    final = run.network.predict_proba(run.test.pixels[[last["number"]]])[0]
    assert last["probabilities"] == pytest.approx(final, rel=1e-3, abs=1e-6)
    expect(page.locator(LIVING)).to_have_attribute("data-answer", str(final.argmax()))
    expect(page.locator(f"{LIVING} .words")).to_contain_text(">99%" if final.max() >= 0.995 else f"{final.max():.0%}")

    asks = page.locator(f"{LIVING} .asks").bounding_box()  # below the digit that they are about
    below = page.evaluate(f"(({{ y, h }}) => y + h)({living}.cells[0][0])")
    top = page.locator(f"{LIVING} canvas.still").bounding_box()["y"]
    assert top + below < asks["y"] < top + below + 60
    page.locator(f"{LIVING} canvas.still").hover(
        position=page.evaluate(f"(({{ x, y, w }}) => ({{ x: x + w / 2, y: y + w / 2 }}))({living}.enlarged[0])")
    )
    neurons = set()
    for _digit in range(6):  # others come below the pointer, and are told
        neurons.add(page.evaluate(f"({living}.go({living}.number + 1), {living}.enlarged[0].neuron + 1)"))
        said = re.compile(f"^Neuron {page.evaluate(f'{living}.enlarged[0].neuron + 1')} of layer 1 ")
        expect(page.locator(f"{LIVING} .tip")).to_have_text(said)
    assert len(neurons) > 1
    page.mouse.move(0, 0)

    edges = f"""() => {{
        const {{ inView, scene, shownEdges }} = document.querySelector('{LIVING}').digitvizPlot;
        const weight = (all) => [...all.values()].reduce((sum, each) => sum + each.weight, 0);
        return [inView, scene.moment.step, weight(scene.edges) === weight(shownEdges)];
    }}"""
    wait_until(lambda: page.evaluate(edges) == [True, 10_000, True])
    inked = f"""() => {{
        const canvas = document.querySelector('{LIVING}').digitvizPlot.edges;
        const {{ data }} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        return data.filter((value, at) => at % 4 === 3 && value).length / (canvas.width * canvas.height);
    }}"""
    wait_until(lambda: page.evaluate(inked) > 0.01)  # the edges are seen
    page.evaluate("document.querySelector('[data-testid=stMain]').scrollTo(0, 9999)")
    wait_until(lambda: page.evaluate(edges)[0] is False)
    page.locator(".st-key-tools [data-testid=stPopoverButton]").evaluate("button => button.click()")
    button(page, "reset").evaluate("button => button.click()")
    wait_until(lambda: page.evaluate(edges)[1] == 0)
    page.evaluate("document.querySelector('[data-testid=stMain]').scrollTo(0, 0)")
    wait_until(lambda: page.evaluate(edges) == [True, 0, True])  # not those of the weights before


def test_without_motion_one_digit_is_seen_its_numbers_what_a_step_moved_and_neurons_by_keys_while_it_trains(
    open_page, digits
):
    settings = Hyperparameters(hidden=(5,), batches=2, steps_per_batch=20)
    page = open_page("train?hidden=5&batches=2&steps_per_batch=20", script=QUICK, reduced_motion="reduce")
    first = scene_of(page)["number"]
    frames = page.locator(LIVING).get_attribute("data-frames")
    page.evaluate(SIXTY_FRAMES)  # longer than a digit is then shown
    assert scene_of(page)["number"] == first
    assert int(page.locator(LIVING).get_attribute("data-frames")) - int(frames) <= 1
    expect(named(page, "Show another digit every few seconds")).to_be_visible()

    page.locator(f"{LIVING} canvas[tabindex='0']").focus()
    page.keyboard.press("t")
    table = page.locator("dialog.digitviz-table")
    expect(table.locator("tbody tr")).to_have_count(15)
    expect(table.locator("h2")).to_contain_text("The network before training")
    shown = [[cell.inner_text() for cell in row.locator("td").all()] for row in table.locator("tbody tr").all()]
    run = train(digits, settings).at(0)
    hidden = run.network.hidden(run.test.pixels[[scene_of(page)["number"]]])[0][0]
    assert [float(row[2].replace("−", "-")) for row in shown[:5]] == pytest.approx(hidden, rel=1e-4)
    outgoing = run.parameters.weights[1]
    assert [int(row[4]) for row in shown[:5]] == np.abs(outgoing).argmax(axis=1).tolist()

    page.keyboard.press("Escape")
    number = scene_of(page)["number"]
    words = page.locator(f"{LIVING} .words")
    for _step in range(2):
        press(page, "step")
        expect(words).to_contain_text(f"Step {_step + 1} moved most: ")
        said = re.compile(rf"after {_step + 1} step{'s' * _step},")
        expect(page.locator(f"{LIVING} canvas[tabindex='0']")).to_have_attribute("aria-label", said)
    run = TrainingRun(digits, settings)
    networks = []
    for _step in range(2):
        run.advance(1)
        networks.append(run.network)
    changes = [after - before for before, after in zip(*(each.parameters.weights for each in networks), strict=True)]
    moved = re.findall(r"(pixel|neuron) (\d+) → (?:neuron|digit) (\d+) \(([+−][\d.e−]+)\)", words.inner_text())
    found = [
        changes[kind == "neuron"][int(row) - 1, int(column) - (kind == "pixel")] for kind, row, column, _by in moved
    ]
    most = np.sort(np.abs(np.concatenate([change.ravel() for change in changes])))[:-4:-1]
    assert np.abs(found) == pytest.approx(most, rel=1e-3)
    assert [float(by.replace("−", "-")) for *_weight, by in moved] == pytest.approx(found, rel=0.05)
    drawn = page.evaluate(f"document.querySelector('{LIVING}').digitvizPlot.moves.map(({{ by }}) => by)")
    assert drawn == pytest.approx(found, rel=1e-3)  # in the picture, too
    label = run.test.labels[number]
    before, after = (each.predict_proba(run.test.pixels[[number]])[0][label] for each in networks)
    digits = next(count for count in range(1, 7) if f"{before:.{count}%}" != f"{after:.{count}%}")
    expect(words).to_contain_text(f"How sure of {label}: {before:.{digits}%} → {after:.{digits}%}.")
    assert page.locator(f"{LIVING} .words").evaluate("words => words.scrollHeight <= words.clientHeight + 1")

    # Arrow keys move between the neurons, and Enter opens one, while it trains.
    at_speed(page, "Home", "1 step per second")
    press(page, "train")
    wait_until(lambda: step_of(page) > 2)
    page.locator(f"{LIVING} canvas[tabindex='0']").focus()
    for _key in range(2):
        page.keyboard.press("ArrowRight")
    spoken = page.locator("#digitviz-spoken")
    expect(spoken).to_have_text(re.compile(r"Neuron \d+ of layer 1 outputs .*leads to digit \d"))
    number = re.search(r"Neuron (\d+)", spoken.inner_text()).group(1)
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(f"Neuron {number} votes most strongly for")
    page.locator(".st-key-opened_neuron_picture .digitviz-plot .main-svg").first.wait_for()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    step = step_of(page)
    wait_until(lambda: step_of(page) > step)
    press(page, "pause")
    expect(button(page, "pause")).to_contain_text("Resume")


@pytest.mark.parametrize(("activation", "is_told"), [("relu", True), ("tanh", False)])
def test_edges_vote_as_their_colour_says_if_no_output_is_negative(open_page, activation, is_told):
    page = open_page(f"train?activation={activation}", script=WRITTEN)
    scene_of(page)
    written = page.evaluate("[...window.written]")
    keys = {"votes for", "votes against"}, {"ink adds", "ink subtracts"}
    assert [key <= set(written) for key in keys] == [is_told, not is_told]
    assert not keys[is_told] & set(written)  # one key for the colours of weights
    assert any(re.fullmatch(r"guesses \d [✓✗]", words) for words in written)


def test_what_is_happening_changes_at_most_every_three_seconds_and_is_announced(open_page):
    page = open_page(LONG, "low")
    expect(page.locator(".st-key-what-is-happening")).to_contain_text("It knows nothing yet: the weights are random")
    expect(page.locator(".st-key-overfitting-gap")).to_be_empty()
    expect(page.locator(".st-key-dead-neurons")).to_contain_text(" of 50")
    expect(page.locator(".st-key-dead-neurons")).to_be_hidden()  # until the accuracies are known
    page.evaluate(
        """() => {
            window.told = [];
            new MutationObserver(() => window.told.push(performance.now()))
                .observe(document.querySelector('.st-key-what-is-happening'), { childList: true });
        }"""
    )
    press(page, "train")
    wait_until(lambda: len(page.evaluate("window.told")) >= 4)
    told = page.evaluate("window.told")
    # A click and the end of a training show the news at once.
    assert all(later - earlier > 2_900 for earlier, later in pairwise(told[1:4]))
    gap = page.locator(".st-key-overfitting-gap")
    expect(gap).to_contain_text(re.compile(r"It reads \d+ of 100 digits it practised on, \d+ of 100 new ones"))
    expect(page.locator(".st-key-dead-neurons")).to_be_visible()
    expect(page.locator(".st-key-dead-neurons")).to_have_text(
        re.compile(r"Dead neurons, which do nothing: \d of 50 \(|none of 50")
    )
    expect(page.locator("#digitviz-spoken")).not_to_be_empty()
    assert page.locator("[aria-live], [role=status]").count() == 1
    press(page, "pause")
