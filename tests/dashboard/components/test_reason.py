"""The reason that the start page gives for an answer is true: Python repeats the change that it names."""

from __future__ import annotations

import json
import subprocess

import numpy as np
import pytest
from playwright._impl._driver import compute_driver_executable
from scipy import ndimage

from digitviz import Network, Parameters, load_pretrained
from digitviz.dashboard.components.component import SCRIPTS
from digitviz.dashboard.components.first_reading import network
from digitviz.dashboard.server.assets import activations_script
from digitviz.drawing import rasterise, to_digit
from digitviz.language import texts_of_scripts
from tests.dashboard.server.test_assets import get
from tests.drawing.readings import pad_drawings, reader_data

SCRIPTS_NEEDED = ("reason", "reader", "elements", "reading", "network", "numbers", "special", "words")
EVERY = 20
MIN_FALL = 0.1
FULL = 16
THIRDS = (slice(0, 3), slice(3, 5), slice(5, 8))
PLACES = {
    f"{row} {column}".replace("middle middle", "middle").removeprefix("middle ").removesuffix(" middle"): (
        rows,
        columns,
    )
    for row, rows in zip(("top", "middle", "bottom"), THIRDS, strict=True)
    for column, columns in zip(("left", "middle", "right"), THIRDS, strict=True)
}
COMPUTE = """
import { readFileSync } from "node:fs";
globalThis.document = { documentElement: { lang: "en" } };
const { knownFrom, readerFrom } = await import("./reader.js");
const { read, toDigit } = await import("./reading.js");
const { reasonFor, reasonWords } = await import("./reason.js");
const { speak } = await import("./words.js");
const { known: rules, network: weights, bits, texts } = JSON.parse(readFileSync(0));
const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const [known, network] = [knownFrom(bytesOf(rules)), readerFrom(bytesOf(weights))];
const say = async (code) => {
  await speak(code, { zh: `data:application/json,${encodeURIComponent(texts)}` });
  return pairs.map((pair) => pair && reasonWords(...pair));
};
const pairs = [];
const give = (text) => {
  const bytes = bytesOf(text);
  const ink = Uint8Array.from({ length: 8 * bytes.length }, (_, at) => (bytes[at >> 3] >> (7 - (at & 7))) & 1);
  const drawing = toDigit(ink, known.rules);
  const reading = drawing && read(drawing, network, known);
  pairs.push(null);
  if (!reading || reading.label === null) return null;
  const reason = reasonFor(drawing, network, reading);
  pairs[pairs.length - 1] = [reading, reason];
  return { label: reading.label, reason: reason && { ...reason, digit: [...reason.digit] } };
};
const given = bits.map(give);
const words = [await say("en"), await say("zh")];
console.log(JSON.stringify(given.map((one, at) => one && { ...one, words: words.map((each) => each[at]) })));
"""


@pytest.fixture(scope="module")
def reasons_for(tmp_path_factory):
    """A function from drawings to the reasons that the page's own scripts give, in English and Chinese."""
    folder = tmp_path_factory.mktemp("scripts")
    for name in SCRIPTS_NEEDED:
        (folder / f"{name}.js").write_text(SCRIPTS[name].read_text())
    (folder / "activations.js").write_text(activations_script())
    (folder / "compute.js").write_text(COMPUTE)
    (folder / "package.json").write_text('{"type": "module"}')

    def give(drawings: np.ndarray, reads: Network | None = None) -> list[dict | None]:
        data = reader_data(drawings, reads or load_pretrained())
        asked = json.dumps({**data, "texts": texts_of_scripts("zh")})
        node = [str(compute_driver_executable()[0]), str(folder / "compute.js")]
        return json.loads(subprocess.run(node, input=asked, capture_output=True, text=True, check=True).stdout)

    return give


@pytest.fixture(scope="module")
def reasons(reasons_for) -> list[dict | None]:
    """The reasons for drawings of all kinds."""
    return reasons_for(pad_drawings(EVERY))


def answer_for(digit: np.ndarray) -> tuple[int, np.ndarray]:
    probabilities = load_pretrained().predict_proba(digit.reshape(1, 64))[0]
    return int(probabilities.argmax()), probabilities


def changed_part(digit: np.ndarray, place: str) -> np.ndarray:
    """Empty a part of a digit, or fill it if it has no ink."""
    changed = digit.copy()
    changed[PLACES[place]] = 0 if digit[PLACES[place]].any() else FULL
    return changed


def test_every_reason_is_a_change_that_takes_the_answer_or_a_tenth_of_its_probability(reasons):
    kinds = []
    for ink, given in zip(pad_drawings(EVERY), reasons, strict=True):
        if given is None:
            continue
        drawing = to_digit(ink * np.uint8(255))
        digit = drawing.digit.astype(float)
        label, before = answer_for(digit)
        assert given["label"] == label
        reason = given["reason"]
        kinds.append(reason["kind"] if reason else "none")
        if reason is None:
            for place in PLACES:
                now, after = answer_for(changed_part(digit, place))
                assert now == label
                assert before[label] - after[label] < MIN_FALL
            continue
        changed = np.reshape(reason["digit"], (8, 8))
        top, left, bottom, right = reason["frame"]
        assert {top, left, bottom, right} <= set(range(9))  # whole pixels
        if reason["kind"] == "loop":
            parts, count = ndimage.label(~drawing.bitmap)
            framed = np.s_[4 * top : 4 * bottom, 4 * left : 4 * right]
            around = [ndimage.binary_dilation(parts == part, iterations=4) for part in range(1, count + 1)]
            assert any(hole[framed].sum() == hole.sum() for hole in around)
            assert ndimage.label(~drawing.bitmap)[1] > 1  # more than the background around the digit
            assert ndimage.label(~ink)[1] > 1
            assert (changed <= digit).all()
        else:
            np.testing.assert_array_equal(changed, changed_part(digit, reason["place"]))
            assert digit[PLACES[reason["place"]]].any() == (reason["kind"] == "ink")
        now, after = answer_for(changed)
        assert now == reason["becomes"]
        assert after[label] == pytest.approx(reason["left"], abs=1e-6)
        assert now != label or before[label] - after[label] >= MIN_FALL
    assert min(kinds.count(kind) for kind in ("loop", "ink", "empty", "none")) > 5


NINE = [(180, 90), (140, 60), (95, 80), (95, 125), (140, 145), (180, 120), (180, 90), (180, 170), (170, 240)]


def test_a_nine_is_closed_and_a_nine_with_a_gap_is_not_said_to_be(reasons_for):
    closed = rasterise([NINE], 280, 20) > 0
    gap = closed.copy()
    gap[:110, 110:160] = False
    whole, torn = reasons_for(np.stack([closed, gap]))
    assert whole["label"] == 9
    assert whole["words"][0].startswith("It says 9: the framed upper loop is closed. If it were open ")
    assert whole["words"][1].startswith("认成 9：上面的圈（方框内）是闭合的。")
    assert "loop" not in torn["words"][0]


def test_a_network_that_guesses_has_no_reason(reasons_for):
    untrained = Network(Parameters([np.random.default_rng(0).normal(0, 0.001, (64, 10))]))
    (given,) = reasons_for(rasterise([NINE], 280, 20)[np.newaxis] > 0, untrained)
    assert given["reason"] is None
    guess = f"It says {given['label']}, but that is a guess: even this digit gets only "
    assert given["words"][0].startswith(guess)


def test_every_sentence_names_the_answer_and_has_no_empty_place(reasons):
    for given in reasons:
        if given:
            for words in given["words"]:
                assert str(given["label"]) in words
                assert "{" not in words
                assert "undefined" not in words


def test_a_browser_keeps_the_network():
    came = get("/digitviz-assets/pretrained.bin")
    assert came.content == network()
    assert "immutable" in came.headers["Cache-Control"]
