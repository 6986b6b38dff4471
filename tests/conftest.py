"""Fixtures and settings for all tests."""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

# Set before numpy is loaded. Two processes with two threads each would only wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pytest
from hypothesis import settings

from digitviz import DigitDataset, Hyperparameters, TrainingRun, load_digits, train
from digitviz.store.writer import Writer
from digitviz.training.pool import Pool
from digitviz.values import Values
from tests.durations import in_turn, key_of, recorded, too_long
from tests.examples import examples
from tests.maker import Maker

# Other processes may keep the machine busy.
settings.register_profile("ours", max_examples=examples(25), deadline=None)
settings.load_profile("ours")

TOGETHER = {
    "maps": ("browser/test_every_page", "browser/test_languages", "browser/test_map_large", "browser/test_maps"),
    "restarts": (
        "browser/test_downloads", "browser/test_experiments", "browser/test_run_addresses", "browser/test_server_away",
    ),
    "notebook": ("explanations/test_not_digits", "test_pictures", "test_pretrained", "training/test_presets"),
}  # fmt: skip
"""Test files that share a process: its server draws the same maps for them, they restart the same server, or they need
the notebook's whole run."""
GROUPS = {f"tests/{name}.py": group for group, names in TOGETHER.items() for name in names}
OBJECTS_UNTIL_COLLECTED = 20_000
SECONDS_TO_END = 30
MAIN = sys.modules["__main__"]
OPEN_RUNS = "digitviz-open-runs"
"""Name of the thread that monitors the open runs. Copied here, because not all tests need Streamlit."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object | None:
    """Give all tests of a file, or of a group of files, to one process."""
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class Groups(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = super()._split_scope(nodeid)
            return GROUPS.get(file, file)

    return Groups(config, log)


def pytest_collection() -> None:
    """Disable garbage collection while the tests are imported, because hardly any of those objects are freed."""
    gc.disable()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the cases outside a sample as thorough, and those for which `make check` has no time as long.

    The latter includes all tests of the notebook's whole run, which takes 4 s per process. The groups and the slow
    files come first, so that all processes finish at about the same time.
    """
    place: Counter[object] = Counter()
    for item in items:
        if (sampled := item.get_closest_marker("sampled")) is not None:
            test = key_of(item)
            if not in_turn(place[test], sampled.args[0]):
                item.add_marker(pytest.mark.thorough)
            place[test] += 1
    of_the_run = {item for item in items if "notebook_run" in getattr(item, "fixturenames", ())}
    others = [item for item in items if item not in of_the_run and item.get_closest_marker("thorough") is None]
    for item in [*of_the_run, *too_long(others)]:
        item.add_marker(pytest.mark.long)
    count = Counter(item.path for item in items)
    seconds: Counter[Path] = Counter()
    for item in items:
        seconds[item.path] += recorded().get(key_of(item), 0.0)
    grouped = {item.path for item in items if item.nodeid.split("::")[0] in GROUPS}
    in_browser = {item.path for item in items if "browser" in item.path.parts}
    items.sort(
        key=lambda item: (item.path not in grouped, item.path not in in_browser, -seconds[item.path], -count[item.path])
    )


def pytest_collection_finish() -> None:
    """Cache the work that every page test would repeat: most of the time needed to open a page without a browser."""
    if "streamlit.testing.v1" in sys.modules:
        from tests.quick_pages import share_what_all_runs_have_in_common

        share_what_all_runs_have_in_common()
    # Exclude the objects imported so far from all later garbage collections: saves a sixth of the time of
    # test_memory.py.
    gc.collect()
    gc.freeze()
    # A page creates some ten thousand objects. Most of them are freed without a collection.
    gc.set_threshold(OBJECTS_UNTIL_COLLECTED, *gc.get_threshold()[1:])
    gc.enable()


@pytest.fixture(scope="module", autouse=True)
def _a_server_of_its_own() -> None:
    """Start each module with a clean server, without stores or threads from other modules.

    A leftover run or computation uses memory and limits the libraries to one thread, which other tests measure. A
    leftover store keeps monitoring its file. A page that was opened without a browser is left as `__main__`, and every
    process that is spawned would run it.
    """
    sys.modules["__main__"] = MAIN
    alive = [thread for thread in threading.enumerate() if thread.is_alive()]
    for thread in sorted(alive, key=lambda thread: thread.name != OPEN_RUNS):  # this thread would open another store
        owner = getattr(getattr(thread, "_target", None), "__self__", None)
        if thread.name == OPEN_RUNS and owner is not None:
            with owner._changed:
                owner._runs.clear()
                owner._changed.notify_all()
        elif isinstance(owner, Pool):
            for job in [*owner._jobs]:
                owner.cancel(job)
        elif isinstance(owner, Values):
            for asker in [*owner._wants]:
                owner.withdraw(asker)
        elif isinstance(owner, Writer):
            owner.end(SECONDS_TO_END)
        else:
            continue
        thread.join(SECONDS_TO_END)
    if (streamlit := sys.modules.get("streamlit")) is not None:
        streamlit.cache_resource.clear()


@pytest.fixture(scope="session")
def digits() -> DigitDataset:
    """The 1797 digits."""
    return load_digits()


@pytest.fixture(scope="session")
def notebook_run() -> TrainingRun:
    """The notebook's whole run, all 100,000 steps in float64. Do not advance it.

    Uses the compiled engine, which takes a third of the time; `test_compiled_engine.py` compares it with NumPy's.
    """
    return train(load_digits(), Hyperparameters(engine="compiled"))


@pytest.fixture
def random() -> np.random.Generator:
    """Random numbers that are the same in every run."""
    return np.random.default_rng(42)


@pytest.fixture
def maker() -> Iterator[Maker]:
    """Computes values on demand, and computes the remaining ones at the end of a test."""
    maker = Maker()
    yield maker
    maker.go(1000)


@pytest.fixture
def values() -> Values:
    """Values with two lanes; the second can compute two at once."""
    return Values({"one": 1, "two": 2})
