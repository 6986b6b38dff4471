"""The count of dead neurons at another point of the slider, which Playwright's Node computes here."""

from __future__ import annotations

import json
import shutil
import subprocess
from base64 import b64encode
from dataclasses import replace

import numpy as np
import pytest
from playwright._impl._driver import compute_driver_executable

from digitviz import Hyperparameters, TrainingRun
from digitviz.dashboard.components.component import SCRIPTS
from digitviz.dashboard.components.training_slider import packed_run
from digitviz.dashboard.server.assets import activations_script
from digitviz.networks.activations import ACTIVATIONS
from digitviz.networks.network import Network
from digitviz.training.faults import check

COUNT = """
import { readFileSync } from "node:fs";
globalThis.document = { documentElement: {} };
const { speak } = await import("./words.js");
const { default: Happening, deadAt } = await import("./happening.js");
const { Moment } = await import("./moment.js");
const { layersOf, sizeOf, unpacked } = await import("./network.js");
await speak("en");
console.log(JSON.stringify(JSON.parse(readFileSync(0)).map((run) => {
  const { head, take } = unpacked(Uint8Array.from(Buffer.from(run, "base64")));
  const training = { ...head, pixels: take(Float32Array, 64 * head.labels.length) };
  const [weights, size] = [take(Float32Array), sizeOf(head.shapes, head.bias)];
  return head.batches.map((_batch, place) => {
    const layers = layersOf(weights.subarray(place * size, (place + 1) * size), head.shapes, head.bias);
    const elsewhere = new Moment(training, { layers });
    return [deadAt(elsewhere), Happening.prototype.deadInWords.call({ elsewhere })];
  });
})));
"""


@pytest.fixture
def counted(tmp_path):
    """Return what the browser counts, and its words, at the start and after each batch of each run."""
    for name in ("elements", "happening", "moment", "network", "numbers", "speak", "special", "words"):
        shutil.copy(SCRIPTS[name], tmp_path)
    (tmp_path / "activations.js").write_text(activations_script())
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "count.js").write_text(COUNT)

    def counted(runs: list[TrainingRun]) -> list[list[tuple[list[str], str]]]:
        command = [str(compute_driver_executable()[0]), str(tmp_path / "count.js")]
        packed = json.dumps([b64encode(packed_run(run)).decode() for run in runs]).encode()
        done = subprocess.run(command, input=packed, capture_output=True)
        assert not done.returncode, done.stderr.decode()
        return json.loads(done.stdout)

    return counted


def test_neurons_are_dead_at_the_slider_by_the_rule_of_the_server(counted, digits):
    settings = Hyperparameters(learning_rate=1e-2, hidden=(30, 20), batches=2, steps_per_batch=5)
    changes = [
        {"activation": activation, "initialization": initialization}
        for activation in ACTIVATIONS
        for initialization in ("zeros", settings.initialization)
    ]
    runs = [TrainingRun(digits, replace(settings, **change)) for change in changes]
    for run in runs:
        run.advance(10)
    for change, run, said in zip(changes, runs, counted(runs), strict=True):
        assert len(said) >= 2, "before training, too"
        for (browser, _words), vector in zip(said, run.history.checkpoint_weights().vectors, strict=True):
            weights = run.parameters.from_vector(vector.astype(np.float64))
            network = Network(weights, change["activation"], run.network.input_scale)
            dead = check(network, run.test, run.test[:0]).dead
            server = [f"{layer}.{neuron + 1}" for layer, found in enumerate(dead, 1) for neuron in found]
            is_gelu = change["activation"] == "gelu"  # whose derivatives reach 1e-13
            assert browser == server or (is_gelu and set(browser) > set(server)), change


def test_the_words_say_that_they_are_about_the_test_digits(counted, digits):
    words = {
        "50 of 50 (1, 2, 3, 4, 5, 6, 7, 8, …)": {},
        "5 of 5 (layer.neuron: 1.1, 1.2, 2.1, 2.2, 2.3)": {"hidden": (2, 3)},
        "none of 50": {"activation": "identity"},
    }
    runs = [TrainingRun(digits, Hyperparameters(initialization="zeros", **settings)) for settings in words.values()]
    said = [words for ((_dead, words),) in counted(runs)]
    assert said == [f"Dead here on all {len(runs[0].test)} test digits: {each}" for each in words]
