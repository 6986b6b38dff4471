"""The browser extends the curves of a run to what the server would draw."""

from __future__ import annotations

import json
import shutil
import subprocess
from base64 import b64encode
from collections.abc import Callable
from itertools import pairwise

import pytest
from playwright._impl._driver import compute_driver_executable

from digitviz import DigitDataset, Hyperparameters, TrainingRun
from digitviz.dashboard.components.component import SCRIPTS
from digitviz.dashboard.components.stream import curves_block
from digitviz.dashboard.server.assets import activations_script
from digitviz.figures import loss_curves, progress_curves
from digitviz.training.history import History
from digitviz.training.run import restore, saved_state
from digitviz.training.trajectories import Trajectories
from tests.training.keeping import Kept, chunks_of

EXTEND = """
import { readFileSync } from "node:fs";
import { KINDS } from "./curves.js";
import { unpacked } from "./network.js";
import { Curves } from "./stream.js";
const { blocks, metas } = JSON.parse(readFileSync(process.argv[2]));
const curves = new Curves();
for (const block of blocks) {
  const { head, take } = unpacked(Uint8Array.from(Buffer.from(block, "base64")));
  if (!curves.take(head, take(Float32Array))) throw new Error("a block was refused");
}
const plain = (list) => Array.from(list ?? [], (x) => (Number.isFinite(x) ? x : null));
const line = (trace, { x, y, customdata }) => [trace, plain(x), plain(y), plain(customdata)];
const written = metas.map((meta) => ({
  traces: KINDS[meta.kind].traces(curves, meta).map(([trace, data]) => line(trace, data)),
  grows: KINDS[meta.kind].grows(curves, 0, meta).map((data) => line(data.trace, data)),
}));
console.log(JSON.stringify(written));
"""


def trained(digits: DigitDataset, steps: int, **settings: object) -> TrainingRun:
    run = TrainingRun(digits, Hyperparameters(**{"batches": 40, "steps_per_batch": 20, "batch_size": 10} | settings))
    run.advance(steps)
    return run


def branched(digits: DigitDataset) -> tuple[TrainingRun, History]:
    parent = trained(digits, 330)
    branch = parent.branch(8, learning_rate=3e-6)
    branch.advance(90)
    return branch, parent.history


def without_its_start(digits: DigitDataset) -> tuple[TrainingRun, None]:
    with chunks_of(2):
        run = trained(digits, 330)
        find = Trajectories(cache=Kept()).find
        lost = restore(run.recipe, run.dataset, run.hyperparameters, run.step, saved_state(run), find)
        assert lost.history.known_from > 10
        lost.advance(100)
    return lost, None


CASES: dict[str, Callable[[DigitDataset], tuple[TrainingRun, History | None]]] = {
    "inside a batch": lambda digits: (trained(digits, 330), None),
    "between two batches": lambda digits: (trained(digits, 320), None),
    "finished": lambda digits: (trained(digits, 800), None),
    "one step per batch": lambda digits: (trained(digits, 33, steps_per_batch=1), None),
    "thinned": lambda digits: (trained(digits, 1_950, batches=700, steps_per_batch=3), None),
    "thinned, one step per batch": lambda digits: (
        trained(digits[:100], 5_400, batches=6_000, steps_per_batch=1),
        None,
    ),
    "diverged": lambda digits: (trained(digits, 330, learning_rate=0.1), None),
    "a branch": branched,
    "lost its start": without_its_start,
}


@pytest.fixture
def extend(tmp_path):
    """Return the curves that the browser makes of some blocks, for figures with this `meta`."""
    for name in ("curves", "elements", "moment", "network", "paint", "speak", "special", "spots", "stream", "words"):
        shutil.copy(SCRIPTS[name], tmp_path)
    (tmp_path / "activations.js").write_text(activations_script())
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "extend.js").write_text(EXTEND)

    def run(blocks: list[bytes], metas: list[dict[str, object]]) -> list[dict[str, list]]:
        data = {"blocks": [b64encode(block).decode() for block in blocks], "metas": metas}
        (tmp_path / "data.json").write_text(json.dumps(data))
        command = [str(compute_driver_executable()[0]), str(tmp_path / "extend.js"), str(tmp_path / "data.json")]
        done = subprocess.run(command, capture_output=True, text=True)
        assert not done.returncode, done.stderr
        return json.loads(done.stdout)

    return run


def points(trace: dict) -> tuple[list, list]:
    """Return the points of a trace. None stands for what is not finite."""
    return [float(x) for x in trace["x"]], [float(y) if abs(y) < float("inf") else None for y in trace["y"]]


def by_batch(x: list, y: list, batches: list) -> dict[int, list]:
    curves: dict[int, list] = {}
    for step, loss, batch in zip(x, y, batches, strict=True):
        if loss is not None:
            curves.setdefault(int(batch), []).append((float(step), loss))
    return curves


@pytest.mark.parametrize("case", CASES)
def test_extended_curves_are_those_that_the_server_draws(extend, digits, case):
    run, parent = CASES[case](digits)
    history, settings = run.history, run.hyperparameters
    cuts = [0, *range(run.step % 47, run.step, 47 * (1 + run.step // 1_000)), run.step]
    blocks = [curves_block(History(run.trajectory, to, settings.batches), since) for since, to in pairwise(cuts) if to]
    drawn = history.recorded_losses, False, "loss", run.step, settings.batches, parent, None, True
    of_tests = {"test_loss": history.test_loss, "digits": settings.batch_size}
    losses, in_a_row = (loss_curves.plain(*drawn, **tests) for tests in ({}, of_tests))
    course, low = (
        progress_curves.plain(history, run.snapshot.batch, parent=parent, is_low=is_low, test_digits=len(run.test))
        for is_low in (False, True)
    )
    figures = losses, in_a_row, course, low
    metas = [figure["layout"]["meta"]["grows"] for figure in figures]
    for figure, meta, extended in zip(figures, metas, extend(blocks, metas), strict=True):
        expect_the_same(figure, meta, extended, -(-run.step // settings.steps_per_batch))
        assert meta["kind"] == "course" or (meta["first"] > 0) == (parent is not None)


def expect_the_same(figure: dict, meta: dict, extended: dict, now: int) -> None:
    """Expect the traces of a figure. The first ones can contain the curves of all batches, by their colour."""
    colours = meta.get("colours", -1) + 1
    for trace, x, y, _batches in extended["traces"][colours and colours + 2 :]:
        assert (x, y) == points(figure["data"][trace])
    found, drawn = {}, {}
    for trace, *curves in extended["traces"][:colours]:
        found |= {(trace, batch): curve for batch, curve in by_batch(*curves).items()}
        known = figure["data"][trace]
        drawn |= {(trace, batch): curve for batch, curve in by_batch(*points(known), known["customdata"]).items()}
    for trace, x, y, _batches in extended["grows"]:  # the current batch is painted over the others
        if trace < meta["first"] + colours:
            found |= {(trace, batch): curve for batch, curve in by_batch(x, y, [now] * len(x)).items()}
    assert found == drawn
