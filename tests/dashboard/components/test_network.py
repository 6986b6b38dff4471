"""The browser's computations use the core's tables. Playwright's Node runs them here, without a browser."""

from __future__ import annotations

import json
import subprocess

import numpy as np
import pytest
from playwright._impl._driver import compute_driver_executable

from digitviz.dashboard.components.component import SCRIPTS
from digitviz.dashboard.server.assets import activations_script
from digitviz.networks.activations import ACTIVATIONS
from tests.dashboard.server.test_assets import get

Z = np.concatenate([np.linspace(-12, 12, 97), [-40.0, 40.0]])
COMPUTE = """
import { ACTIVATIONS } from "./activations.js";
import { forward } from "./network.js";
const z = JSON.parse(process.argv[2]);
const one = { inputs: 1, outputs: 1, weights: [1], biases: null };
const network = { layers: [one, one], factor: 1 };
const hidden = (activation) => Array.from(forward({ ...network, activation }, z, z.length).hidden[0]);
const values = Object.entries(ACTIVATIONS).map(([name, bend]) => [name, [z.map((each) => bend(each)), hidden(name)]]);
console.log(JSON.stringify(Object.fromEntries(values)));
"""


@pytest.fixture(scope="module")
def computed(tmp_path_factory) -> dict[str, list[list[float]]]:
    """Values of each activation, alone and in a network's hidden layer."""
    folder = tmp_path_factory.mktemp("scripts")
    for name in ("network", "special"):
        (folder / f"{name}.js").write_text(SCRIPTS[name].read_text())
    (folder / "activations.js").write_text(activations_script())
    (folder / "compute.js").write_text(COMPUTE)
    (folder / "package.json").write_text('{"type": "module"}')
    node = str(compute_driver_executable()[0])
    command = [node, str(folder / "compute.js"), json.dumps(Z.tolist())]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_the_browser_has_every_activation(computed):
    assert computed.keys() == ACTIVATIONS.keys()


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_browser_computes_an_activation_as_the_core_does(computed, name):
    alone, in_network = computed[name]
    np.testing.assert_allclose(alone, ACTIVATIONS[name].function(Z), rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(in_network, alone)


def test_the_server_sends_the_table():
    answer = get("/digitviz-assets/activations.js")
    assert answer.text == activations_script()
    assert answer.headers["Content-Type"].startswith("text/javascript")
