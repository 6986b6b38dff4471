"""The living network computes and draws the same as the core. Playwright's Node runs it here, without a browser."""

from __future__ import annotations

import json
import shutil
import subprocess
from base64 import b64encode

import numpy as np
import pytest
from playwright._impl._driver import compute_driver_executable

from digitviz import Hyperparameters, TrainingRun
from digitviz.dashboard.components import living
from digitviz.dashboard.components.component import SCRIPTS
from digitviz.dashboard.components.stream import network_block, weights_block
from digitviz.dashboard.server.assets import activations_script
from digitviz.drawing.prediction import ALIKE
from digitviz.explanations.neurons import strongest

SCENES = """
import { readFileSync } from "node:fs";
globalThis.matchMedia = () => ({ matches: true });
const { Scene } = await import("./living.js");
const { numbersOf, unpacked } = await import("./network.js");
const { Weights } = await import("./stream.js");
const weights = new Weights();
let moment = null;
for (const block of JSON.parse(readFileSync(process.argv[2]))) {
  const data = unpacked(Uint8Array.from(Buffer.from(block, "base64")));
  moment = weights.take(data.head, numbersOf(data));
}
const alike = Number(process.argv[3]);
const scenes = weights.network.labels.map((_, number) => new Scene(moment, weights.network, number, alike));
const plain = (edges) => [...edges].map(([key, { weight }]) => [...key.split(" ").map(Number), weight]);
console.log(JSON.stringify(scenes.map(({ shown, hidden, probabilities, answer, hasAnswer, label, framed, edges }) => (
  { shown, hidden, probabilities, answer, hasAnswer, label, framed: framed.map((set) => [...set]), edges: plain(edges) }
))));
"""
DIGITS = 3


@pytest.fixture
def scenes_of(tmp_path):
    """Return the scenes that the browser makes of a run, one for each of the first test digits."""
    needed = ("moment", "network", "numbers", "paint", "speak", "special", "spots", "stream", "words")
    for name in ("living", "elements", *needed):
        shutil.copy(SCRIPTS[name], tmp_path)
    (tmp_path / "activations.js").write_text(activations_script())
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "scenes.js").write_text(SCENES)

    def scenes_of(run: TrainingRun) -> list[dict]:
        digits, network = run.test[:DIGITS], run.network
        initial = run.initial_parameters
        blocks = [network_block(network, initial, digits, "a run"), weights_block(network, digits, "a run", 5)]
        (tmp_path / "data.json").write_text(json.dumps([b64encode(block).decode() for block in blocks]))
        command = [*map(str, (compute_driver_executable()[0], tmp_path / "scenes.js", tmp_path / "data.json", ALIKE))]
        done = subprocess.run(command, capture_output=True, text=True)
        assert not done.returncode, done.stderr
        return json.loads(done.stdout)

    return scenes_of


@pytest.mark.parametrize(
    "settings",
    [
        {"hidden": (12,), "bias": True},
        {"hidden": (130, 20), "activation": "tanh"},
        {"hidden": (200, 300, 110, 7)},
    ],
    ids=["small", "a layer with too many neurons to show", "too large to send"],
)
def test_a_scene_has_the_activations_probabilities_and_strongest_edges_of_the_neurons_that_matter(
    scenes_of, digits, settings
):
    run = TrainingRun(digits, Hyperparameters(batches=2, steps_per_batch=5, **settings))
    run.advance(5)
    network, chosen, shown = run.network, strongest(run.parameters), run.test[:DIGITS]
    pre_activations, inputs = network.layers(shown.pixels)
    for number, scene in enumerate(scenes_of(run)):
        assert scene["shown"] == [neurons.tolist() for neurons in chosen]
        assert scene["label"] == shown.labels[number]
        assert scene["hasAnswer"]
        assert scene["answer"] == pre_activations[-1][number].argmax()
        np.testing.assert_allclose(scene["probabilities"], network.predict_proba(shown.pixels)[number], rtol=1e-4)
        for drawn, layer, neurons in zip(scene["hidden"], inputs[1:], chosen, strict=True):
            np.testing.assert_allclose(drawn, layer[number][neurons], rtol=1e-3, atol=1e-6)
        votes = scene["hidden"][-1] * run.parameters.weights[-1][chosen[-1], scene["answer"]]
        best = np.argsort(-votes)[:3]
        assert scene["framed"][-1] == best[votes[best] > 0].tolist()
        ends = [np.arange(64), *chosen, np.arange(10)]
        framed = [np.array([], int), *(neurons[row] for neurons, row in zip(chosen, scene["framed"], strict=True)), []]
        for gap, weight in enumerate(run.parameters.weights):
            drawn = {(row, column): value for at, row, column, value in scene["edges"] if at == gap}
            parts = inputs[gap][number][:, None] * weight
            rows, columns = (np.isin(np.arange(size), framed[gap + at]) for at, size in enumerate(weight.shape))
            matters = rows[:, None] | columns
            sizes = np.abs(parts * matters)[np.ix_(*ends[gap : gap + 2])]
            least = np.sort(sizes.ravel())[-32]
            assert len(drawn) >= min(32, (sizes > 0).sum())
            for (row, column), value in drawn.items():
                assert matters[row, column]
                assert abs(parts[row, column]) >= least * 0.999
                assert value == pytest.approx(weight[row, column], rel=1e-5)


def test_a_diverged_network_with_weights_beyond_float32_gives_its_own_answer(scenes_of, digits):
    run = TrainingRun(digits, Hyperparameters(hidden=(5, 5), activation="identity", learning_rate=1.0))
    run.advance(500)
    assert run.diverged
    assert np.abs(run.parameters.to_vector()).max() > np.finfo(np.float32).max
    answers = run.network.predict(run.test.pixels[:DIGITS]).tolist()
    assert [scene["answer"] for scene in scenes_of(run)] == answers
    assert [max(scene["probabilities"]) for scene in scenes_of(run)] == DIGITS * [1]


@pytest.mark.parametrize("logits", [0.0, np.nan], ids=["all the same", "overflowed"])
def test_the_same_probability_for_all_digits_and_an_overflow_are_no_answer(scenes_of, digits, logits):
    run = TrainingRun(digits, Hyperparameters(hidden=()))
    run.parameters.weights[0][:] = logits
    assert not any(scene["hasAnswer"] for scene in scenes_of(run))


@pytest.mark.parametrize(
    ("sent", "picked"),
    [(0, 0), (11, 11), (12, None), (-1, None), (2.0, None), ("3", None), (None, None), ([3], None), (True, None)],
)
def test_only_an_index_that_exists_is_picked_whatever_a_browser_sends(monkeypatch, sent, picked):
    monkeypatch.setattr(living, "sent", lambda key, name: sent)
    assert living.picked("living", "neuron", 12) == picked
