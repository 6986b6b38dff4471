"""What every test may use."""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections.abc import Iterator

# Before numpy is loaded: two processes with two threads each would only wait for one another.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pytest
from hypothesis import settings

from digitviz import DigitDataset, Hyperparameters, TrainingRun, load_digits, train
from digitviz.store.writer import Writer
from digitviz.training.pool import Pool
from digitviz.values import Values
from tests.examples import examples
from tests.maker import Maker

settings.register_profile("ours", max_examples=examples(100), deadline=None)  # a machine may be busy with others
settings.load_profile("ours")

OBJECTS_UNTIL_COLLECTED = 20_000
SECONDS_TO_END = 30
OPEN_RUNS = "digitviz-open-runs"
"""Name of the thread that looks after the runs that are open; known without Streamlit, which not all tests need."""


def pytest_collection() -> None:
    """Do without collections of garbage while the tests are imported: hardly anything of that goes again."""
    gc.disable()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave to `make test` what looks at the notebook's whole run, which takes each process four seconds."""
    for item in items:
        if "notebook_run" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.long)


def pytest_collection_finish() -> None:
    """Do once what would be done again and again: most of the time that it takes to open a page without a browser."""
    if "streamlit.testing.v1" in sys.modules:
        from tests.quick_pages import share_what_all_runs_have_in_common

        share_what_all_runs_have_in_common()
    # What is imported by now is kept out of every garbage collection to come: a sixth of the time of test_memory.py.
    gc.collect()
    gc.freeze()
    # A page makes some ten thousand objects, most of which go without a collection.
    gc.set_threshold(OBJECTS_UNTIL_COLLECTED, *gc.get_threshold()[1:])
    gc.enable()


@pytest.fixture(scope="module", autouse=True)
def _a_server_of_its_own() -> None:
    """Begin each module with nothing that another left on what counts as the server: no store elsewhere, no thread.

    A training or a computation that goes on takes memory, and holds the libraries to one thread, while tests look at
    just that; a store goes on to look after its file.
    """
    alive = [thread for thread in threading.enumerate() if thread.is_alive()]
    for thread in sorted(alive, key=lambda thread: thread.name != OPEN_RUNS):  # which would open another store
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
    """The notebook's whole run, all 100,000 steps in float64. Nobody may advance it.

    By the compiled engine, in a third of the time; `test_compiled_engine.py` holds it against numpy's.
    """
    return train(load_digits(), Hyperparameters(engine="compiled"))


@pytest.fixture
def random() -> np.random.Generator:
    """Random numbers that are the same in every run."""
    return np.random.default_rng(42)


@pytest.fixture
def maker() -> Iterator[Maker]:
    """Makes values when it is told to; at the end of a test it makes what is left."""
    maker = Maker()
    yield maker
    maker.go(1000)


@pytest.fixture
def values() -> Values:
    """Values of two lanes, of which one is two wide."""
    return Values({"one": 1, "two": 2})
