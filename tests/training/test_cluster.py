"""Sweeps on a real Dask scheduler with two worker processes, which run an installed digitviz."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
from collections import Counter
from pathlib import Path

import pytest

from digitviz import DigitDataset, Hyperparameters, Sweep, sweep
from digitviz.training import cluster as module
from digitviz.training.background_sweep import SweepState
from digitviz.training.cluster import Cluster, ClusterSweep, check_address
from tests.ended import ENDS_WITH_US
from tests.waiting import wait_until

ROOT = Path(__file__).parents[2]
BASE = Hyperparameters(batches=4, steps_per_batch=20, engine="numpy", learning_rate=1e-5)
VALUES = {"learning_rate": [1e-6, 1e-5, 1e-4], "bias": [False, True]}
LONG = Hyperparameters(batches=15, steps_per_batch=40, engine="numpy")
MANY, SEEDS = {"learning_rate": [1e-6, 1e-5], "bias": [False, True]}, 50
"""A sweep of 200 trainings."""


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """A folder into which pip has installed digitviz from a copy of the checkout."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("installed")
    shutil.copytree(ROOT / "digitviz", source / "digitviz", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "requirements.txt", "README.md"):
        shutil.copy(ROOT / name, source)
    options = ["--quiet", "--no-deps", "--no-compile", "--no-build-isolation", "--target", str(target)]
    subprocess.run([sys.executable, "-m", "pip", "install", *options, str(source)], check=True)
    return target


class Machines:
    """A scheduler and its workers, each a process."""

    def __init__(self, installed: Path, folder: Path) -> None:
        self.installed, self.folder = installed, folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{self.port}"
        self.scheduler: subprocess.Popen | None = None
        self.workers: list[subprocess.Popen] = []

    def start(self, workers: int = 2) -> None:
        if self.scheduler is None:
            self.scheduler = self._run("scheduler", "--host", "127.0.0.1", "--port", str(self.port))
        for _ in range(workers):
            options = ("--nthreads", "1", "--no-nanny", "--local-directory", str(self.folder))
            self.workers.append(self._run("worker", self.address, *options))

    def _run(self, *command: str) -> subprocess.Popen:
        with (self.folder / "log.txt").open("a") as log:
            return subprocess.Popen(
                [*ENDS_WITH_US, sys.executable, "-m", "dask", *command, "--no-dashboard"],
                cwd=self.folder, env={**os.environ, "PYTHONPATH": str(self.installed)},
                stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip

    def kill_scheduler(self) -> None:
        """End the scheduler, and the workers, which end without it."""
        self.end()
        self.scheduler = None
        self.workers.clear()

    def kill_worker(self) -> None:
        worker = self.workers.pop()
        worker.kill()
        worker.wait(90)

    def end(self) -> None:
        for process in [self.scheduler, *self.workers]:
            if process is not None:
                process.kill()
                process.wait(90)


@pytest.fixture(scope="module")
def machines(installed, tmp_path_factory):
    machines = Machines(installed, tmp_path_factory.mktemp("machines"))
    machines.start()
    yield machines
    machines.end()


@pytest.fixture
def cluster(machines):
    cluster = Cluster(machines.address)
    wait_until(lambda: cluster_has(cluster, len(machines.workers)))
    yield cluster
    cluster.shutdown()


def cluster_has(cluster: Cluster, workers: int) -> bool:
    try:
        return cluster.threads == workers
    except OSError:
        return False


def accepts(cluster: Cluster) -> bool:
    try:
        return cluster.submit(len, b"abc").result(60) == 3
    except OSError:
        return False


def bits(outcomes):
    return [one.curves["test_loss"].tobytes() for one in outcomes]


def test_a_sweep_has_the_bits_of_one_on_this_machine_and_sends_the_digits_once(cluster, digits, monkeypatch):
    from distributed import Client

    sent, submit = [], Client.submit
    monkeypatch.setattr(
        Client, "submit", lambda client, *given, **named: (sent.append(given), submit(client, *given, **named))[1]
    )
    here = bits(sweep(VALUES, 3, BASE, digits).outcomes)
    assert bits(sweep(VALUES, 3, BASE, digits, executor=cluster).outcomes) == here
    assert sum(isinstance(each, DigitDataset) for given in sent for each in given) == 1
    assert cluster.differences == {}
    client = Client(cluster.address, set_as_default=False)
    given = Cluster(client)
    assert bits(sweep(VALUES, 3, BASE, digits, executor=given).outcomes) == here
    given.shutdown()
    assert client.status == "running"
    client.close()


def test_a_worker_with_other_versions_is_named(machines, digits, monkeypatch):
    theirs = module.versions()["numba"]
    monkeypatch.setitem(module.versions(), "numba", "0.1")  # in this process
    cluster = Cluster(machines.address)
    assert cluster.submit(len, b"abc").result(60) == 3  # asks as well
    wait_until(lambda: cluster_has(cluster, 2))
    assert len(cluster.differences) == 2
    for worker, sentence in cluster.differences.items():
        assert worker in sentence
        assert f"has numba {theirs} instead of numba 0.1, so its results can differ" in sentence
    cluster.shutdown()


@pytest.mark.thorough
def test_a_sweep_can_be_paused_and_loses_nothing_with_a_worker_or_the_scheduler(cluster, machines, digits):
    kept, planned = [], Sweep.of(MANY, SEEDS, digits, LONG)
    work = ClusterSweep(planned, digits, cluster, lambda recipe_id, data: kept.append(recipe_id))
    assert (work.state, work.done) == (SweepState.PAUSED, 0)
    work.go_on()
    wait_until(lambda: len(kept) >= 20, 120)
    work.pause()
    assert work.state is SweepState.PAUSED
    wait_until(lambda: module.THREAD not in {thread.name for thread in threading.enumerate()})
    work.go_on()
    wait_until(lambda: len(kept) >= 80, 120)
    machines.kill_worker()
    wait_until(lambda: len(kept) >= 120, 120)
    machines.kill_scheduler()
    wait_until(lambda: work.notices, 120)
    assert urllib.parse.urlsplit(machines.address).netloc in work.notices[0]
    assert work.state is SweepState.RUNNING
    machines.start(workers=1)
    wait_until(lambda: work.state is SweepState.FINISHED, 240)
    assert Counter(kept) == Counter(each.recipe.id for each in planned.trainings)  # none twice, none missing
    assert bits(work.table.outcomes) == bits(sweep(MANY, SEEDS, LONG, digits).outcomes)
    machines.kill_scheduler()
    wait_until(lambda: not accepts(cluster))
    machines.start(workers=1)
    wait_until(lambda: accepts(cluster))


def test_an_error_stops_the_sweep(cluster, digits, monkeypatch):
    monkeypatch.setattr(module, "outcomes_bytes", bytes.fromhex)
    work = ClusterSweep(Sweep.of(VALUES, 1, digits, BASE), digits, cluster)
    work.go_on()
    wait_until(lambda: work.state is SweepState.FAILED, 120)
    assert "TypeError" in work.error


def test_a_cluster_without_workers_is_asked_now_and_then(digits, monkeypatch):
    monkeypatch.setattr(module, "LOOK_SECONDS", module.LOOK_SECONDS / 5)
    looks, pauses = [], []

    class Empty:
        @property
        def threads(self) -> int:
            looks.append(time.monotonic())
            return 0

    work = ClusterSweep(Sweep.of(VALUES, 1, digits, BASE), digits, Empty())
    goes_on = work._goes_on
    monkeypatch.setattr(work, "_goes_on", lambda: pauses.append(time.monotonic()) or goes_on())
    work.go_on()
    wait_until(lambda: len(looks) == 3)
    work.pause()
    assert len(pauses) <= 6
    assert work.state is SweepState.PAUSED


@pytest.mark.parametrize("address", ["tls://cluster.example:8786", "tcp://127.0.0.1:8786", "tcp://localhost:8786"])
def test_an_address_that_is_encrypted_or_on_this_machine_is_allowed(address):
    assert check_address(address) == address


@pytest.mark.parametrize(
    "address", ["tcp://cluster.example:8786", "tcp://10.0.0.7:8786", "ucx://a:1", "tls://", "", "x"]
)
def test_any_other_address_is_refused(address):
    with pytest.raises(ValueError, match="is not allowed as a cluster"):
        Cluster(address)
