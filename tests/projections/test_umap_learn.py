"""umap-learn: the reference for our UMAP, and the fallback if our kernel is unavailable."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from digitviz.projections import project
from digitviz.projections.layout import NOTES

long = pytest.mark.long  # each process compiles umap-learn again: 20 s
SCRIPT = """
import json, sys
import numpy as np
from digitviz import load_digits
from digitviz.projections import project, umap
umap._why_no_kernel = lambda: "it was not compiled"
digits = load_digits()[:300]
drawn = project(digits.pixels, "umap", digits.labels)
places = [drawn.place(digits.pixels[:100]).coordinates for _ in range(2)]
np.savez(sys.argv[1], coordinates=drawn.coordinates, places=places)
told = ("notes", "options", "trustworthiness", "neighbour_accuracy")
print(json.dumps({name: getattr(drawn, name) for name in told}))
"""


@pytest.fixture(scope="module")
def ours(digits):
    return project(digits.pixels[:300], "umap", digits.labels[:300])


@pytest.fixture(scope="module")
def theirs(tmp_path_factory, pytestconfig) -> dict[str, Any]:
    """The map of the same digits by umap-learn, and its positions for a hundred of them, computed twice.

    A separate process compiles it with less optimization, in half the time, and with its own cache.
    """
    folder, kept = tmp_path_factory.mktemp("umap_learn"), pytestconfig.cache.mkdir("umap_learn")
    environment = os.environ | {"NUMBA_OPT": "1", "NUMBA_CACHE_DIR": str(kept)}
    command = [sys.executable, "-c", SCRIPT, folder / "maps.npz"]
    root = Path(__file__).parents[2]
    said = subprocess.run(command, cwd=root, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout
    with np.load(folder / "maps.npz") as maps:
        return json.loads(said.splitlines()[-1]) | dict(maps)


@long
def test_without_our_kernel_umap_learn_draws_the_map_and_the_notes_say_so(ours, theirs):
    assert str(NOTES["by_umap_learn"]) in theirs["notes"]
    assert str(NOTES["by_umap_learn"]) not in ours.notes
    assert theirs["options"] == ours.options


@long
def test_our_maps_are_as_good_as_those_of_umap_learn(ours, theirs):
    assert ours.trustworthiness > theirs["trustworthiness"] - 0.005
    assert ours.neighbour_accuracy > theirs["neighbour_accuracy"] - 0.01
    assert theirs["trustworthiness"] > 0.97


@long
def test_umap_learn_places_points_in_its_map(theirs):
    places, again = theirs["places"]
    off = np.linalg.norm(places - theirs["coordinates"][:100], axis=1)
    assert np.median(off) < 0.05 * np.ptp(theirs["coordinates"])
    np.testing.assert_array_equal(again, places)


def test_a_kernel_that_does_not_compile_is_done_without(digits, monkeypatch):
    from numba.core.errors import TypingError

    from digitviz.projections import umap

    def failing(*_):
        raise TypingError("not in this version")

    monkeypatch.setattr(umap, "_run_epoch", failing)
    assert umap._why_no_kernel() == "numba cannot compile UMAP's kernel: TypingError"
