"""Kill a process that saves runs, at random times. Is every run at its last acknowledged save, or later?

`python -m tests.benchmarks.store_kills` kills it 50 times.
"""

from __future__ import annotations

import argparse
import os
import random
import select
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

from digitviz.store import Store
from digitviz.training.chunks import TRAJECTORY
from tests.store.made import kept_run

ROOT = Path(__file__).parents[2]
RUNS = [f"{number:032x}" for number in range(5)]
BYTES_OF_A_STATE = 60_000
LONGEST_LIFE = 0.25
"""Maximum seconds from the first save to the kill."""


class Outcome:
    """Number of kills, and of saves acknowledged before them."""

    kills = acknowledged = 0


def save(url: str) -> None:
    """Save the runs at ever later steps, and print each acknowledged step, until this process is killed."""
    store = Store(url)
    steps = {id: run.step if (run := store.run(id)) is not None else 0 for id in RUNS}
    while True:
        for id in RUNS:
            steps[id] += 1
            store.save_run(replace(kept_run(), id=id, step=steps[id]), state_at(steps[id]))
            store.keep(TRAJECTORY, id, steps[id], bytes(20_000))
        acknowledged = {id: store.saved(id) or 0 for id in RUNS}
        print(*acknowledged.values(), flush=True)


def state_at(step: int) -> bytes:
    """Return bytes that encode their step."""
    return step.to_bytes(8, "little") * (BYTES_OF_A_STATE // 8)


def kill_while_saving(url: str, kills: int, seed: int) -> Outcome:
    """Kill a saving process repeatedly, and check the saved runs after each kill.

    Raises
    ------
    AssertionError
        If the database does not open, or a run is older than its last acknowledged save.
    """
    random_moments, outcome = random.Random(seed), Outcome()
    for _ in range(kills):
        acknowledged = _killed_after(url, random_moments.uniform(0, LONGEST_LIFE))
        store = Store(url)
        for id, step in zip(RUNS, acknowledged, strict=True):
            run, state = store.run(id), store.state(id)
            assert step == 0 or (run is not None and run.step >= step), f"{id} should be at {step}, but is {run}"
            assert run is None or state == state_at(run.step), "the state belongs to a different step"
        assert store.trouble is None, store.trouble
        store.close()
        outcome.kills += 1
        outcome.acknowledged += sum(acknowledged)
    return outcome


def _killed_after(url: str, seconds: float) -> list[int]:
    """Kill a saving process `seconds` after its first output, and return the steps it acknowledged last."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.store_kills", "--save", url], cwd=ROOT, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        said, end = os.read(process.stdout.fileno(), 2**16), time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([process.stdout], [], [], left)[0]:
                said = said[-1000:] + os.read(process.stdout.fileno(), 2**16)
        process.kill()
        said += process.stdout.read()
    whole = said[: said.rfind(b"\n")].split(b"\n")[-1]
    return [int(step) for step in whole.split()]


def main() -> None:
    """Read the options and start."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--save", metavar="URL", help="act as the process that is killed")
    chosen = parser.parse_args()
    if chosen.save:
        save(chosen.save)
    home = Path(os.environ["DIGITVIZ_HOME"])
    outcome = kill_while_saving(f"sqlite:///{home}/digitviz.db", chosen.kills, chosen.seed)
    print(f"killed {outcome.kills} times; every run was at its last acknowledged save, or later")


if __name__ == "__main__":
    main()
