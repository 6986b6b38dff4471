"""The browser reads drawings as Python does: the same digit to the last bit, the same answer and the same doubt.

Playwright's Node runs the scripts here, and Chromium for all drawings in `tests/browser/test_drawing_live.py`.
"""

from __future__ import annotations

import itertools
import json
import subprocess
from collections.abc import Callable

import numpy as np
import pytest
from playwright._impl._driver import compute_driver_executable

from digitviz import Network, Parameters
from digitviz.dashboard.components import reader
from digitviz.dashboard.components.component import SCRIPTS
from digitviz.dashboard.server.assets import activations_script
from digitviz.drawing import rasterise, to_digit
from digitviz.language import TRANSLATED, language, speaking, texts_of_scripts
from tests.dashboard.server.test_assets import get
from tests.drawing.readings import READ_ALL, expected, pad_drawings, reader_data, same

SCRIPTS_OF_READER = ("reader", "elements", "reading", "network", "numbers", "special", "words")
COMPUTE = """
import { readFileSync } from "node:fs";
globalThis.document = { documentElement: { lang: "en" } };
const { readAll } = await import("./all.js");
const { known, network, bits, spoken, texts } = JSON.parse(readFileSync(0));
const { speak } = await import("./words.js");
await speak(spoken, { [spoken]: texts && `data:application/json,${encodeURIComponent(texts)}` });
console.log(JSON.stringify(await readAll("./", known, network, bits)));
"""


@pytest.fixture(scope="module")
def read_in_node(tmp_path_factory) -> Callable[[np.ndarray, Network], list[dict]]:
    folder = tmp_path_factory.mktemp("scripts")
    for name in SCRIPTS_OF_READER:
        (folder / f"{name}.js").write_text(SCRIPTS[name].read_text())
    (folder / "activations.js").write_text(activations_script())
    (folder / "all.js").write_text(f"export const readAll = {READ_ALL}")
    (folder / "compute.js").write_text(COMPUTE)
    (folder / "package.json").write_text('{"type": "module"}')
    node = str(compute_driver_executable()[0])

    def read(drawings: np.ndarray, network: Network) -> list[dict]:
        texts = texts_of_scripts(language()) if language() in TRANSLATED else None
        asked = json.dumps(reader_data(drawings, network) | {"spoken": language(), "texts": texts})
        ran = subprocess.run(
            [node, str(folder / "compute.js")], input=asked, capture_output=True, text=True, check=True
        )
        return json.loads(ran.stdout)

    return read


def test_every_eighth_drawing_is_read_alike(read_in_node, reader_network):
    drawings = pad_drawings(8)
    same(read_in_node(drawings, reader_network), expected(drawings, reader_network))


EXTREMES = {
    "full width of slanted ink": np.tri(280, 280, 0) > 0,
    "a slant of more than 45 degrees": rasterise([[(20, 250), (260, 200)], [(40, 30), (60, 40)]]) > 0,
    "a hairline": np.eye(280) > 0,
    "two pixels": np.isin(np.arange(280 * 280).reshape(280, 280), [40_000, 60_010]),
    "dust": np.random.default_rng(1).random((280, 280)) < 0.02,
    "noise": np.random.default_rng(2).random((280, 280)) < 0.2,
    "a column": np.pad(np.ones((200, 1), bool), ((40, 40), (140, 139))),
    "a row": np.pad(np.ones((1, 200), bool), ((140, 139), (40, 40))),
    "one pixel": np.pad(np.ones((1, 1), bool), ((140, 139), (40, 239))),
    "nothing": np.zeros((280, 280), bool),
    "ink up to a quarter of the border": np.pad(np.ones((279, 1), bool), ((0, 1), (0, 279))) > 0,
    "an upright ring": np.hypot(*(np.indices((280, 280)) - 139.5)) // 20 == 4,
    "a block": np.pad(np.ones((120, 120), bool), 80),
}


def test_extreme_drawings_are_read_alike(read_in_node, reader_network):
    drawings = np.stack([*EXTREMES.values()])
    came = read_in_node(drawings, reader_network)
    photographs = [name for name, one in zip(EXTREMES, came, strict=True) if one is None]
    python = [name for name, ink in EXTREMES.items() if to_digit(ink * np.uint8(255)).photograph]
    assert photographs == python == ["full width of slanted ink", "ink up to a quarter of the border"]
    kept = [at for at, one in enumerate(came) if one is not None]
    same([came[at] for at in kept], expected(drawings[kept], reader_network))
    assert "It was upright already." in came[[*EXTREMES].index("a block")]["steps"]


@pytest.mark.parametrize("activation", ["tanh", "gelu", "relu"])
@pytest.mark.parametrize("neurons", [(), (7, 5)])
@pytest.mark.sampled(2)
def test_other_networks_read_alike(read_in_node, random, activation, neurons):
    sizes = [64, *neurons, 10]
    weights = [random.normal(0, 0.2, shape) for shape in itertools.pairwise(sizes)]
    biases = [random.normal(0, 0.2, size) for size in sizes[1:]]
    network = Network(Parameters(weights, biases), activation, "unit")
    drawings = pad_drawings(40)
    with speaking("zh"):  # without a space between sentences
        same(read_in_node(drawings, network), expected(drawings, network))


def test_a_network_whose_numbers_overflow_has_no_answer(read_in_node):
    network = Network(Parameters([np.full((64, 5), 1e200), np.full((5, 10), 1e200)]))
    drawings = pad_drawings(40)[:3]
    same(read_in_node(drawings, network), expected(drawings, network))


def test_a_network_that_prefers_no_digit_is_doubted_alike(read_in_node):
    network = Network(Parameters([np.zeros((64, 5)), np.zeros((5, 10))]))
    drawings = pad_drawings(40)[:3]
    same(came := read_in_node(drawings, network), expected(drawings, network))
    assert "It is equally sure of all ten digits" in came[0]["words"]


def test_the_browser_keeps_the_data_for_all_networks():
    answer = get(f"/{reader.ADDRESS}")
    assert answer.content == reader.known()
    assert "immutable" in answer.headers["Cache-Control"]
    assert len(answer.content) < 140_000


def test_only_small_networks_of_the_plain_digits_are_read_in_the_browser(digits, reader_network):
    train = digits.split()[0]
    assert reader.fits(reader_network, train)
    assert not reader.fits(reader_network, digits.shuffled(1).split()[0])
    assert not reader.fits(reader_network, digits.split(0.5)[0])
    assert not reader.fits(Network(Parameters([np.ones((64, 400)), np.ones((400, 10))])), train)
    assert not reader.fits(Network(Parameters([np.full((64, 10), np.nan)])), train)


@pytest.fixture(scope="module")
def reader_network() -> Network:
    from digitviz import load_pretrained

    return load_pretrained()
