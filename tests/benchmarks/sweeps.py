"""How long does a sweep of 200 trainings take with one worker, with two, and on a Dask cluster of two processes?

Each round measures all three, one after another. The cluster is a real scheduler with two workers on this machine.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from digitviz import Hyperparameters, Sweep
from digitviz.datasets import load_digits
from digitviz.training.background_sweep import BackgroundSweep, SweepState, SweepWork
from digitviz.training.cluster import Cluster, ClusterSweep
from digitviz.training.outcome import compute
from digitviz.training.pool import Pool
from tests.benchmarks.report import machine, table
from tests.training.test_cluster import ROOT, Machines, cluster_has
from tests.waiting import wait_until

ROUNDS = 5
SETTINGS = {"learning_rate": [1e-6, 2e-6], "hidden": [(50,), (40,)]}
SEEDS = 50
BASE = Hyperparameters(batches=40, steps_per_batch=50, engine="compiled")
LONG = Hyperparameters(batches=2_000, steps_per_batch=1, engine="compiled")


def seconds(work: SweepWork) -> float:
    """Compute a sweep; return the seconds that it took."""
    begin = time.perf_counter()
    work.go_on()
    wait_until(lambda: work.state is SweepState.FINISHED, 300)
    return time.perf_counter() - begin


def main() -> None:
    """Print the times of each round, and the size and the processor time of outcomes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    asked, digits = parser.parse_args(), load_digits()
    rows: list[tuple[float, ...]] = []
    kept: dict[str, bytes] = {}
    with TemporaryDirectory() as folder:
        machines = Machines(ROOT, Path(folder))
        try:
            machines.start()
            cluster = Cluster(machines.address)
            wait_until(lambda: cluster_has(cluster, 2))
            for number in range(asked.rounds + 1):  # the first warms up
                planned = Sweep.of(SETTINGS, SEEDS, digits, replace(BASE, seed=1_000 * number))
                kept.clear()
                rows.append(
                    (
                        seconds(BackgroundSweep(planned, digits, Pool(workers=1))),
                        seconds(BackgroundSweep(planned, digits, Pool(workers=2), keep=kept.__setitem__)),
                        seconds(ClusterSweep(planned, digits, cluster)),
                    )
                )
            cluster.shutdown()
        finally:
            machines.end()
    shares = [(one / two, far / two) for one, two, far in rows[1:]]
    shown = [[f"{value:.2f}" for value in (*row, *share)] for row, share in zip(rows[1:], shares, strict=True)]
    print(machine())
    print(table(("one worker, s", "two, s", "cluster, s", "one / two", "cluster / two"), shown))
    print("medians: one / two {:.2f} (at least 1.5), cluster / two {:.2f} (at most 1.15)".format(*np.median(shares, 0)))
    print(f"stored for {len(kept)} outcomes: {sum(map(len, kept.values())) / 1e6:.2f} MB (at most 1)")
    recipe = Sweep.of({}, 1, digits, LONG).trainings[0].recipe
    spent = [compute(recipe, LONG.batches, digits).seconds for _ in range(asked.rounds)]
    print(f"outcome of 2,000 batches of one step: {np.median(spent):.3f} s of processor time (at most .3)")


if __name__ == "__main__":
    main()
