"""The training slider: it gives the same results as the core, in the browser and without server requests."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterator
from itertools import pairwise, product

import numpy as np
import pytest
from playwright.sync_api import Page, Request, Route, WebSocket, expect
from sklearn.metrics import confusion_matrix

from digitviz import Hyperparameters, Network, Parameters, TrainingRun, load_handwriting, train
from digitviz.explanations.neurons import votes
from digitviz.networks.activations import ACTIVATIONS
from digitviz.networks.forward import softmax
from digitviz.networks.network import INPUT_SCALES
from digitviz.numbers import short
from tests.browser.conftest import on_page, open_settings, wait_until_settled
from tests.browser.test_evaluate import GO, MATRIX, guess
from tests.browser.test_training_live import press
from tests.waiting import wait_until

COMPUTE = """async ({ networks, pixels, labels }) => {
    const own = await import(new URL('digitviz-assets/network.js', document.baseURI));
    const digits = Float32Array.from(pixels);
    return networks.map(({ vector, shapes, bias, activation, factor }) => {
        const layers = own.layersOf(Float32Array.from(vector), shapes, bias);
        const { logits } = own.forward({ layers, activation, factor }, digits, labels.length);
        const answers = own.answers(logits);
        return {
            logits: Array.from(logits), answers, confusion: own.confusionMatrix(labels, answers),
            votes: own.votes(layers), probabilities: Array.from(own.softmax(logits)),
        };
    });
}"""
MOVES = """async moves => {
    const root = document.querySelector('.digitviz-through'), slider = root.querySelector('input');
    const frame = () => new Promise(requestAnimationFrame);
    const took = [];
    for (let move = 0; move < moves; move += 1) {
        const place = (7 + 13 * move) % slider.max, begun = performance.now();
        slider.value = place;
        slider.dispatchEvent(new Event('input'));
        while (root.dataset.shown !== String(place)) {
            if (performance.now() - begun > 30_000) throw new Error(`${root.dataset.shown} is shown, not ${place}`);
            await frame();
        }
        await frame();
        took.push(performance.now() - begun);
    }
    return took;
}"""
POINT = """() => {
    const plot = document.querySelector('.st-key-losses .digitviz-plot');
    const { xaxis, yaxis } = plot._fullLayout, traces = plot._fullData.filter(({ customdata }) => customdata);
    const points = traces.map(({ x, y, customdata }) => ({ x: x[3], y: y[3], batch: customdata[3] }));
    const room = (one) => Math.min(...points.map((other) => other === one ? Infinity : Math.abs(other.y - one.y)));
    const { x, y, batch } = points.reduce((best, one) => room(one) > room(best) ? one : best);
    const { left, top } = plot.getBoundingClientRect(), target = plot.querySelector('.nsewdrag');
    const clientX = left + xaxis._offset + xaxis.d2p(x), clientY = top + yaxis._offset + yaxis.d2p(y);
    Plotly.Fx.unhover(plot);
    Plotly.Fx.hover(plot, { clientX, clientY, target }, 'xy');
    return batch;
}"""
"""Point at the curve that is farthest from the others, and return its batch."""
LEAVE = """() => {
    const plot = document.querySelector('.st-key-losses .digitviz-plot');
    Plotly.Fx.unhover(plot, { target: plot.querySelector('.nsewdrag') });
}"""
PLACE = "() => Number(document.querySelector('.digitviz-through').dataset.shown)"
MOVE_TO = """place => {
    const slider = document.querySelector('.digitviz-through input');
    slider.value = place;
    slider.dispatchEvent(new Event('input'));
}"""
HEAR = "() => window.addEventListener('digitviz:moment', ({ detail }) => { window.moment = detail; })"
LIVING = ".st-key-net-living .digitviz-living"
SETTINGS = Hyperparameters(batches=30, steps_per_batch=100)


def random_networks(digits) -> list[Network]:
    random = np.random.default_rng(5)
    networks = []
    for activation, depth in product(ACTIVATIONS, range(5)):
        sizes = [64, *random.integers(5, 15, depth).tolist(), 10]
        scale = [*INPUT_SCALES][depth % 2]
        weights = [random.normal(size=shape) / np.sqrt(shape[0]) for shape in pairwise(sizes)]
        biases = [random.normal(size=size) for size in sizes[1:]] if depth % 3 else None
        parameters = Parameters(weights, biases).to_vector().astype(np.float32).astype(float)  # like checkpoints
        networks.append(Network(Parameters(weights, biases).from_vector(parameters), activation, scale))
    return networks


@pytest.mark.thorough
def test_the_browser_computes_what_the_core_computes_for_every_kind_of_network(what_is_asked, digits):
    test, networks = digits.split()[1], random_networks(digits)
    page, _asked = what_is_asked
    described = [
        {
            "vector": network.parameters.to_vector().tolist(),
            "shapes": [weight.shape for weight in network.parameters.weights],
            "bias": network.parameters.biases is not None,
            "activation": network.activation,
            "factor": INPUT_SCALES[network.input_scale].factor,
        }
        for network in networks
    ]
    asked = {"networks": described, "pixels": test.pixels.ravel().tolist(), "labels": test.labels.tolist()}
    for network, computed in zip(networks, page.evaluate(COMPUTE, asked), strict=True):
        logits, answers = network.logits(test.pixels), network.predict(test.pixels)
        np.testing.assert_allclose(np.reshape(computed["logits"], (-1, 10)), logits, rtol=1e-9, atol=1e-9)
        assert computed["answers"] == answers.tolist()
        assert computed["confusion"] == confusion_matrix(test.labels, answers, labels=range(10)).tolist()
        voted = votes(network.parameters)
        assert computed["votes"] == (None if voted is None else voted.tolist())
        np.testing.assert_allclose(
            np.reshape(computed["probabilities"], (-1, 10)), softmax(logits), rtol=1e-9, atol=1e-9
        )


def trained(page: Page) -> None:
    """Train to the end, and wait until the slider has loaded the weights."""
    press(page, "train")
    slider = page.locator(".digitviz-through")
    slider.hover()
    page.locator(".digitviz-through[data-loaded]").wait_for()


def drawn(page: Page, key: str, trace: int) -> np.ndarray:
    z = page.evaluate(
        """([key, trace]) => {
            const { z } = document.querySelector(`.st-key-${key} .digitviz-plot`)._fullData[trace];
            return Array.from(z, row => Array.from(row));
        }""",
        [key, trace],
    )
    return np.array(z)


def test_the_page_shows_any_moment_of_its_training_and_w1_of_a_batch_and_branches_there(open_page, digits):
    page = open_page("train?batches=30&steps_per_batch=100")
    expect(page.locator(".st-key-progress")).to_contain_text("not started")
    expect(page.locator(".digitviz-through")).to_have_count(0)
    height = page.locator(".digitviz-live").bounding_box()["height"]
    trained(page)
    assert page.locator(".digitviz-live").bounding_box()["height"] == height
    page.evaluate(HEAR)
    now = page.locator(".st-key-test_accuracy .value").inner_text()

    slider = page.get_by_role("slider", name="Drag to move through the training", exact=True)
    slider.focus()
    page.keyboard.press("Home")
    for _ in range(15):
        page.keyboard.press("ArrowRight")
    page.locator(".digitviz-through[data-shown='15']").wait_for()
    run = train(digits, SETTINGS)
    network = Network(run.history.parameters_after(14), run.network.activation, run.network.input_scale)
    answers = network.predict(run.test.pixels)
    confusion = page.evaluate("() => window.moment.confusion")
    assert confusion == confusion_matrix(run.test.labels, answers, labels=range(10)).tolist()
    assert page.locator(".st-key-test_accuracy .value").inner_text() == f"{(answers == run.test.labels).mean():.1%}"
    expect(page.locator(".digitviz-through .moment")).to_contain_text("step 1,500 of 3,000")
    network_shown, following = page.locator(LIVING), page.locator(LIVING).get_by_role("button", name="Next digit")
    read = dict[int, str]()
    for _digit in range(12):
        number = page.evaluate("living => living.digitvizPlot.number", network_shown.element_handle())
        read[number] = network_shown.get_attribute("data-answer")
        following.click()
    assert read == dict(enumerate(map(str, answers[:12])))
    page.locator(".st-key-weights_1 .digitviz-plot").scroll_into_view_if_needed()
    wait_until(lambda: np.allclose(drawn(page, "weights_1", 1), network.parameters.weights[0], atol=1e-6))
    first, last = (each.weights[0] for each in (run.initial_parameters, network.parameters))
    sizes, change = " × ".join(map(str, last.shape)), short(np.abs(last - first).max())
    named = f"w1 before training and now, {sizes} weights; the largest change is {change}"
    label = page.locator(".st-key-weights_1 .digitviz-plot").get_attribute("aria-label")
    assert label == f"after batch 15 of 30: {named}"

    def expect_w1_after(batch: int) -> None:
        """Expect it in the picture of all weights and in that of the network."""
        w1 = run.history.parameters_after(batch - 1).weights[0]
        page.locator(".st-key-weights_1 .digitviz-plot").scroll_into_view_if_needed()
        wait_until(lambda: np.allclose(drawn(page, "weights_1", 1), w1, atol=1e-6))
        network_shown.scroll_into_view_if_needed()  # a picture out of sight is not drawn
        expect(network_shown.locator("[role=img]").first).to_have_accessible_name(
            re.compile(rf"after batch {batch} of 30")
        )

    pointed = page.evaluate(POINT)
    assert pointed != 15
    expect_w1_after(pointed)
    assert page.evaluate(PLACE) == 15
    page.evaluate(LEAVE)
    expect_w1_after(15)

    page.locator(".digitviz-through .back").click()
    expect(page.locator(".st-key-test_accuracy .value")).to_have_text(now)
    expect(page.locator(".st-key-progress .words")).to_contain_text("finished")
    page.locator(".st-key-weights_1 .digitviz-plot").scroll_into_view_if_needed()
    wait_until(lambda: np.allclose(drawn(page, "weights_1", 1), run.parameters.weights[0], atol=1e-6))

    expect(page.get_by_role("slider", name="Drag to move through the training")).to_have_count(
        1
    )  # there is only one such slider
    slider.focus()
    page.keyboard.press("Home")
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    page.locator(".digitviz-through[data-shown='4']").wait_for()
    open_settings(page)
    page.locator(".st-key-hp_learning_rate").get_by_role("slider").focus()
    page.keyboard.press("ArrowRight")
    expect(on_page(page, "Branch after batch 4: Learning rate")).to_be_visible()
    expect(page.locator(".digitviz-through .moment")).to_contain_text("step 400 of 3,000")  # the slider does not move
    page.locator(".digitviz-through .back").click()
    expect(on_page(page, "The run ends here.")).to_be_visible()
    expect(page.locator(".st-key-branch button")).to_be_disabled()
    page.evaluate(MOVE_TO, 7)
    page.evaluate("() => document.querySelector('.digitviz-through input').dispatchEvent(new Event('change'))")
    expect(on_page(page, "Branch after batch 7: Learning rate")).to_be_visible()
    page.locator(".st-key-branch button").click()
    expect(page.locator(".st-key-progress .words")).to_contain_text("finished")
    expect(on_page(page, "To branch, first change one of these settings.")).to_be_visible()
    expect(page.locator(".digitviz-through")).to_have_class(re.compile(r"\bnow\b"))


def test_a_point_that_is_still_loading_is_not_shown_on_the_next_page(open_page):
    page, held = open_page("train?batches=30&steps_per_batch=100"), list[Route]()
    page.route(re.compile("/stops"), lambda route: held.append(route))
    press(page, "train")
    page.locator(".digitviz-through").wait_for()
    page.evaluate(MOVE_TO, 5)
    wait_until(lambda: page.evaluate("() => 1") and held)
    page.evaluate(GO, "/glossary")
    expect(page.locator(".digitviz-through")).to_have_count(0)
    page.evaluate(HEAR)
    with page.expect_response(re.compile("/stops")):
        for route in held:
            route.continue_()
    page.wait_for_timeout(500)
    assert page.evaluate("() => window.moment ?? null") is None


@pytest.fixture(scope="module")
def what_is_asked(open_shared) -> Iterator[tuple[Page, list[str]]]:
    """A page with a finished run, and a list of all its requests and messages to the server.

    Each test starts by going to Evaluate, with the slider at the end of training, and leaves it there.
    """
    page, asked = open_shared(""), list[str]()

    def hear(socket: WebSocket) -> None:
        socket.on("framesent", lambda _: asked.append("message"))

    def note(request: Request) -> None:
        asked.append(request.url)

    page.on("websocket", hear)
    page.on("request", note)
    page.goto(f"{open_shared.server.url}/train?batches=100&steps_per_batch=50")
    press(page, "train")
    page.locator(".digitviz-through").wait_for()
    yield page, asked
    page.remove_listener("websocket", hear)
    page.remove_listener("request", note)


def evaluate(page: Page, address: str = "") -> None:
    """Go to Train and on to Evaluate within the session, as links do."""
    page.evaluate(GO, "/train")
    page.locator(".st-key-train").wait_for()
    page.evaluate(GO, f"/evaluate{address}")


def back_to_the_end(page: Page) -> None:
    page.locator(".digitviz-through .back").click()
    expect(page).not_to_have_url(re.compile(rf"[?&]batch={MOMENT}\b"))


def test_the_confusion_matrix_is_that_of_any_moment_and_the_server_is_asked_for_nothing(what_is_asked, at_the_moment):
    page, asked = what_is_asked
    evaluate(page)
    guess(page)
    page.locator(".digitviz-through").hover()
    page.locator(".digitviz-through[data-loaded]").wait_for()
    wait_until_settled(page)
    run, network = at_the_moment
    expected = confusion_matrix(run.test.labels, network.predict(run.test.pixels), labels=range(10)).tolist()
    page.evaluate(MOVE_TO, MOMENT)
    wait_until(lambda: page.evaluate(PLACE) == MOMENT)
    wait_until(lambda: page.evaluate(MATRIX) == expected)
    wait_until_settled(page)
    assert asked
    asked.clear()
    medians = (statistics.median(page.evaluate(MOVES, 20)) for _ in range(3))  # the machine may be busy
    assert any(median < 100 for median in medians)  # ms
    page.get_by_role("button", name="Speed").click()
    page.get_by_role("button", name="Speed: 2×").click()
    page.locator(".digitviz-through .play").click()
    wait_until(lambda: page.evaluate(PLACE) > 50)
    assert asked == []

    page.locator(".digitviz-through .play").click()
    page.evaluate(MOVE_TO, MOMENT)
    wait_until(lambda: page.evaluate(MATRIX) == expected)
    page.evaluate("() => document.querySelector('.digitviz-through input').dispatchEvent(new Event('change'))")
    expect(page).to_have_url(re.compile(rf"[?&]batch={MOMENT}\b"))
    wait_until_settled(page)
    assert page.evaluate(MATRIX) == expected
    assert page.evaluate(PLACE) == MOMENT
    back_to_the_end(page)


BARS = "() => Array.from(document.querySelector('.st-key-evaluate_bars .digitviz-plot')._fullData[0].x)"
MOMENT = 50


@pytest.fixture(scope="module")
def at_the_moment(digits) -> tuple[TrainingRun, Network]:
    """The run of the shared page, and its network after the batch that the tests go to."""
    run = train(digits, Hyperparameters(batches=100, steps_per_batch=50))
    return run, Network(run.history.parameters_after(MOMENT - 1), run.network.activation, run.network.input_scale)


def test_a_chosen_digit_is_read_at_any_moment_and_the_server_is_asked_for_nothing(what_is_asked, at_the_moment):
    page, asked = what_is_asked
    run, network = at_the_moment
    row = 16
    evaluate(page, f"?digit=test-{row + 1}")
    sentence = page.locator(".digitviz-told")
    expect(sentence).to_contain_text("the network after batch 100 reads")
    page.locator(".st-key-evaluate_bars .digitviz-plot .main-svg").first.wait_for()
    page.locator(".digitviz-through").hover()
    page.locator(".digitviz-through[data-loaded]").wait_for()
    wait_until_settled(page)
    asked.clear()
    page.evaluate(MOVE_TO, 20)
    wait_until(lambda: page.evaluate(PLACE) == 20)
    page.evaluate(MOVE_TO, MOMENT)
    expected = network.predict_proba(run.test.pixels[row : row + 1])[0]
    wait_until(lambda: np.allclose(page.evaluate(BARS), expected, rtol=0, atol=1e-5))
    label, answer = int(run.test.labels[row]), int(expected.argmax())
    read = f"the network after batch {MOMENT} reads this {label} as {answer} ({expected[answer]:.1%})."
    expect(sentence).to_have_text(f"{'Correct' if label == answer else 'Wrong'}: {read}")
    assert asked == []
    page.evaluate("() => document.querySelector('.digitviz-through input').dispatchEvent(new Event('change'))")
    expect(page).to_have_url(re.compile(rf"[?&]batch={MOMENT}\b"))
    wait_until(lambda: np.allclose(page.evaluate(BARS), expected, rtol=0, atol=1e-5))
    expect(sentence).to_contain_text(f"the network after batch {MOMENT} reads")
    back_to_the_end(page)


def test_the_training_digits_follow_while_the_slider_moves(what_is_asked, at_the_moment):
    page, asked = what_is_asked
    run, network = at_the_moment
    evaluate(page, "?set=training")
    guess(page)
    expect(on_page(page, "of the 1,617 digits are read correctly")).to_be_visible()
    wait_until(lambda: sum(map(sum, page.evaluate(MATRIX))) == len(run.train))
    page.locator(".digitviz-through").hover()
    page.locator(".digitviz-through[data-loaded]").wait_for()
    wait_until_settled(page)
    asked.clear()
    page.evaluate(MOVES, 10)
    page.evaluate(MOVE_TO, MOMENT)
    expected = confusion_matrix(run.train.labels, network.predict(run.train.pixels), labels=range(10)).tolist()
    wait_until(lambda: page.evaluate(MATRIX) == expected)
    assert asked == []

    page.locator(".digitviz-through .back").click()
    page.locator(".st-key-evaluate_set").get_by_text(
        "Other people's handwriting"
    ).click()  # the browser requests this data set on demand
    expect(page).to_have_url(re.compile(r"[?&]set=handwriting\b"))
    expect(on_page(page, "of the 1,617 digits are read correctly")).to_have_count(0)
    wait_until_settled(page)
    page.evaluate(MOVE_TO, MOMENT)
    others = load_handwriting()[5000:]
    expected = confusion_matrix(others.labels, network.predict(others.pixels), labels=range(10)).tolist()
    wait_until(lambda: page.evaluate(MATRIX) == expected)
