"""Sweeps on a Dask cluster: other machines compute the training runs, and their outcomes return as checked bytes.

Dask pickles the function and its arguments, recipes and digits. Outcomes are never unpickled into our objects: they are
bytes, which `Outcome.read` checks.
"""

import hashlib
import ipaddress
import itertools
import logging
import platform
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, wait
from copy import copy
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from digitviz.datasets import DigitDataset
from digitviz.language import gettext as _
from digitviz.ranges import in_short
from digitviz.settings import CLUSTER
from digitviz.training.background_sweep import Keep, Known, SweepState, SweepWork
from digitviz.training.outcome import Outcome
from digitviz.training.sweep import Sweep, outcomes_bytes, split_once

log = logging.getLogger(__name__)

MAX_SHARED = 8
"""Maximum number of data sets kept on the cluster. Each is sent only once and then passed by reference."""
RETRIES = 2
"""Number of times that a training starts again on another worker if its worker fails."""
CONNECT_SECONDS = 10
AHEAD = 2
"""Maximum number of tasks submitted at the same time, per thread of the cluster's workers."""
TASK_SECONDS = 0.5
"""Processor time of a task. Short training runs share one, because each costs the scheduler and this server 15 ms."""
MAX_PER_TASK = 8
"""Maximum number of training runs in a task, because slower ones may follow."""
THREAD = "sweep on a cluster"
LOOK_SECONDS = 0.5
"""Time within which a sweep notices a pause, a new worker, or that the scheduler is back."""


def check_address(address: str) -> str:
    """Return the address of a scheduler if it is safe to connect to it.

    Raises
    ------
    ValueError
        If the connection would leave this machine unencrypted: an eavesdropper could then run code here.
    """
    parts = urlsplit(address)
    if parts.scheme == "tls" and parts.hostname:
        return address
    if parts.scheme == "tcp" and parts.hostname and _is_loopback(parts.hostname):
        return address
    message = _("{address} is not allowed as a cluster. Use tls://host:port, or tcp://127.0.0.1:port on this machine.")
    raise ValueError(message.format(address=in_short(address)))


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@cache
def versions() -> dict[str, str]:
    """Return the version of each program that affects the exact numbers of a training run.

    The version of digitviz is a hash of its source, because two checkouts with the same number can differ.
    """
    folder = Path(__file__).parents[1]
    digest = hashlib.sha256()
    modules = [path for name in ("networks", "training") for path in (folder / name).rglob("*.py")]
    for path in sorted([folder / "datasets.py", *modules]):
        digest.update(path.read_bytes())
    packages = {name: version(name) for name in ("numba", "numpy")}
    return {"Python": platform.python_version(), **packages, "digitviz": digest.hexdigest()[:8]}


class Cluster(Executor):
    """A Dask cluster as an executor, for `digitviz.sweep(..., executor=Cluster(address))`.

    It connects when the first function is submitted, and reconnects if the connection was lost. Any thread may use it.

    Parameters
    ----------
    address : str or distributed.Client
        Address of the scheduler: ``tls://host:port``, or ``tcp://127.0.0.1:port``. Certificates come from Dask's
        configuration (``distributed.comm.tls``). Or a client that is connected, which stays open after `shutdown`.

    Attributes
    ----------
    differences : dict of str to str
        A sentence for each worker whose versions of Python, numba, numpy or digitviz differ from ours, by its address.

    Raises
    ------
    ValueError
        If the address is not allowed.
    """

    def __init__(self, address: Any) -> None:
        self._given = None if isinstance(address, str) else address
        self.address = check_address(address) if self._given is None else str(address.scheduler.address)
        self.differences: dict[str, str] = {}
        self._asked: set[str] = set()
        self._shared: OrderedDict[str, Any] = OrderedDict()
        self._client: Any = None
        self._executor: Any = None
        self._lock = threading.Lock()

    def submit(self, function: Callable[..., Any], /, *arguments: Any) -> Future:  # type: ignore[override]
        """Submit a function that the workers can import.

        Raises
        ------
        OSError
            If the scheduler does not answer.
        RuntimeError
            If a worker cannot run digitviz.
        """
        with self._lock:
            self._connected()
            if not self._asked:
                self._ask_versions()
            shared = [self._share(each) if isinstance(each, DigitDataset) else each for each in arguments]
            return self._executor.submit(function, *shared)

    @property
    def threads(self) -> int:
        """Number of threads of all workers. Reading it also checks the versions of new workers.

        Raises
        ------
        OSError
            If the scheduler does not answer.
        RuntimeError
            If a worker cannot run digitviz.
        """
        with self._lock:
            return sum(self._ask_versions().values())

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Disconnect. The cluster keeps running."""
        with self._lock:
            if self._client is not None and self._given is None:
                self._client.close()
            self._client = None
            self._shared.clear()

    def _ask_versions(self) -> dict[str, int]:
        """Ask new workers for their versions; return the number of threads of each worker, by its address."""
        client = self._connected()
        threads: dict[str, int] = client.nthreads()
        if new := [worker for worker in threads if worker not in self._asked]:
            for worker, theirs in client.run(versions, workers=new, on_error="return").items():
                self._compare(worker, theirs)
            self._asked.update(new)
        return threads

    def _connected(self) -> Any:
        """Return the client, connected. The caller holds the lock."""
        from distributed import Client

        if self._client is None or self._client.status == "closed":
            self._client = self._given or Client(self.address, timeout=CONNECT_SECONDS, set_as_default=False)
            self._executor = self._client.get_executor(pure=False, retries=RETRIES)
            self._asked, self.differences = set(), {}
            self._shared.clear()
        if self._client.status != "running":
            if self._given is None:
                self._client.close(timeout=0)
            self._client = None
            raise ConnectionError(f"the scheduler at {self.address} does not answer")
        return self._client

    def _share(self, dataset: DigitDataset) -> Any:
        """Send digits to the cluster as a task. If the worker that holds it dies, Dask runs the task again.

        Keep a reference to the result: the cluster drops tasks without one, and the digits would be sent again.
        """
        key = f"digitviz-{dataset.id}"
        if key not in self._shared:
            self._shared[key] = self._client.submit(copy, dataset, key=key)
        self._shared.move_to_end(key)
        while len(self._shared) > MAX_SHARED:
            self._shared.popitem(last=False)
        return self._shared[key]

    def _compare(self, worker: str, theirs: Any) -> None:
        """Record how a worker's versions differ from ours."""
        if isinstance(theirs, BaseException):
            message = _("The worker {worker} of the cluster cannot run digitviz: {error}")
            raise RuntimeError(message.format(worker=worker, error=theirs))
        ours = versions()
        if names := [name for name in ours if theirs.get(name) != ours[name]]:
            message = _("The worker {worker} has {theirs} instead of {ours}, so its results can differ.")
            mine, its = (", ".join(f"{name} {found.get(name)}" for name in names) for found in (ours, theirs))
            self.differences[worker] = message.format(worker=worker, theirs=its, ours=mine)
            log.warning(self.differences[worker])


@cache
def cluster_of_server() -> Cluster | None:
    """Return the cluster in `DIGITVIZ_CLUSTER`, or None.

    Raises
    ------
    ValueError
        Same as in `Cluster`.
    """
    return Cluster(CLUSTER.value) if CLUSTER.value else None


class ClusterSweep(SweepWork):
    """A sweep that a cluster computes.

    A thread submits training runs to the cluster and collects their outcomes. Pausing drops unfinished training runs.

    Parameters
    ----------
    sweep, dataset, keep, known
        Same as in `SweepWork`.
    cluster : Cluster
    """

    def __init__(
        self, sweep: Sweep, dataset: DigitDataset, cluster: Cluster, keep: Keep = None, known: Known = None
    ) -> None:
        super().__init__(sweep, dataset, keep, known)
        self._cluster = cluster
        self._waits_because: str | None = None
        self._threads, self._looked_at = 0, 0.0
        self._thread: threading.Thread | None = None

    @property
    def notices(self) -> list[str]:
        """Sentences about why the sweep waits, and about workers with other versions."""
        waits = [] if self._waits_because is None else [self._waits_because]
        return [*waits, *self._cluster.differences.values()]

    def go_on(self) -> None:
        """Begin, or continue after a pause or an error."""
        with self._lock:
            self._runs_on, self.error = True, None
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=THREAD, daemon=True)
                self._thread.start()

    def pause(self) -> None:
        """Stop. The cluster drops unfinished training runs."""
        with self._lock:
            self._runs_on, self._waits_because, self._stopped_as = False, None, SweepState.PAUSED

    def cancel(self) -> None:
        """Stop, like `pause`."""
        self.pause()
        self._stopped_as = SweepState.CANCELLED

    def _run(self) -> None:
        """Submit training runs and collect their outcomes, until a pause, an error or the end."""
        asked: dict[Future, list[int]] = {}
        try:
            split_once(self.sweep, self._dataset)
            while self._goes_on():
                try:
                    self._ask(asked)
                except OSError as error:
                    log.warning("the cluster: %s", error)
                    message = _("The cluster at {address} does not answer. The sweep continues when it does.")
                    self._waits_because = message.format(address=self._cluster.address)
                if not asked:  # no worker, or no answer
                    time.sleep(LOOK_SECONDS)
                for future in wait(asked, LOOK_SECONDS, FIRST_COMPLETED).done:
                    self._take(asked.pop(future), future)
        except Exception as error:
            log.exception("a sweep on the cluster stopped")
            with self._lock:
                self.error, self._runs_on, self._thread = f"{type(error).__name__}: {error}", False, None
        finally:
            for future in asked:
                future.cancel()

    def _goes_on(self) -> bool:
        with self._lock:
            if not self._runs_on or self.table.is_complete:
                self._thread = self._waits_because = None
                return False
            return True

    def _ask(self, asked: dict[Future, list[int]]) -> None:
        """Submit a few tasks per thread of the cluster. A task is one or more training runs."""
        if time.monotonic() - self._looked_at > LOOK_SECONDS:
            self._threads, self._looked_at = self._cluster.threads, time.monotonic()
        waits = _("The cluster has no worker. The sweep continues when one joins.")
        self._waits_because = None if self._threads else waits
        begun, most, trainings = {*itertools.chain(*asked.values())}, AHEAD * self._threads, self.sweep.trainings
        left = [number for number, known in enumerate(self._outcomes) if known is None and number not in begun]
        slowest = max((one.seconds for one in self._outcomes if one is not None), default=TASK_SECONDS)
        several = int(min(MAX_PER_TASK, TASK_SECONDS / max(slowest, 1e-3)))
        while left and len(asked) < most:
            size = max(1, min(several, -(-len(left) // most)))
            numbers, left = left[:size], left[size:]
            told = [trainings[number] for number in numbers]
            asked[self._cluster.submit(outcomes_bytes, told, self._dataset)] = numbers

    def _take(self, numbers: list[int], future: Future) -> None:
        """Store the outcomes of a finished task. If the scheduler lost it, its training runs are submitted again."""
        try:
            found = future.result()
        except CancelledError:
            return
        for number, data in zip(numbers, found, strict=True):
            recipe, batches = self.sweep.trainings[number]
            self._know(number, Outcome.read(data, recipe.id, batches))
