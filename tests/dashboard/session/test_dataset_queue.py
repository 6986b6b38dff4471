"""Data sets are made one after the other, for many sessions at once."""

from __future__ import annotations

import subprocess
import sys
import threading

import numpy as np
import pytest

from digitviz.dashboard.session.dataset_queue import DatasetQueue
from tests.waiting import wait_until

BYTES = np.zeros(1000).nbytes


class Maker:
    """Makes arrays, each when it is told to, and remembers which."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.begun: list[str] = []
        self._go = threading.Semaphore(0)

    def go(self, times: int = 1) -> None:
        """Let so many be finished."""
        self._go.release(times)

    def of(self, key: str):
        """Return the function that makes one."""

        def make() -> np.ndarray:
            self.begun.append(key)
            assert self._go.acquire(timeout=30)
            self.made.append(key)
            return np.zeros(1000)

        return make


@pytest.fixture
def maker() -> Maker:
    return Maker()


def asked(queue: DatasetQueue, maker: Maker, asker: str, key: str) -> bool:
    return queue.ask(asker, key, maker.of(key)) is not None


def test_every_one_of_26_sessions_gets_its_own_however_often_all_of_them_ask(maker):
    queue = DatasetQueue(most_bytes=12 * BYTES)
    ready: set[int] = set()

    def all_ask() -> bool:
        for number in set(range(26)) - ready:
            if asked(queue, maker, f"session {number}", f"fraction {number}"):
                ready.add(number)
        return len(ready) == 26

    assert not all_ask()
    assert not all_ask()
    for _ in range(26):
        maker.go()
        before = len(ready)
        wait_until(lambda before=before: all_ask() or len(ready) > before)
    assert maker.made == [f"fraction {number}" for number in range(26)]  # in their order, and each once


def test_what_several_sessions_wait_for_is_made_once(maker):
    queue = DatasetQueue()
    maker.go(2)
    wait_until(lambda: asked(queue, maker, "a", "same") and asked(queue, maker, "b", "same"))
    assert maker.made == ["same"]


def test_a_new_request_of_a_session_replaces_the_one_that_waits(maker):
    queue = DatasetQueue()
    asked(queue, maker, "first", "long")
    for key in ("0.5", "0.6", "0.7"):
        asked(queue, maker, "second", key)
    assert queue.ahead("second") == 1
    maker.go(2)
    wait_until(lambda: asked(queue, maker, "second", "0.7"))
    assert maker.made == ["long", "0.7"]


def test_nothing_is_made_for_a_session_that_has_left_unless_others_wait_for_it(maker):
    queue = DatasetQueue()
    asked(queue, maker, "first", "long")
    asked(queue, maker, "leaves", "alone")
    asked(queue, maker, "leaves too", "shared")
    asked(queue, maker, "stays", "shared")
    queue.withdraw("leaves")
    queue.withdraw("leaves too")
    maker.go(2)
    wait_until(lambda: asked(queue, maker, "stays", "shared"))
    assert maker.made == ["long", "shared"]


def test_everybody_is_told_how_many_come_first(maker):
    queue = DatasetQueue()
    asked(queue, maker, "a", "1")
    wait_until(lambda: maker.begun)
    asked(queue, maker, "b", "2")
    asked(queue, maker, "c", "3")
    assert [queue.ahead(asker) for asker in ("a", "b", "c", "nobody")] == [0, 1, 2, 0]
    maker.go(3)
    wait_until(lambda: asked(queue, maker, "c", "3"))


def test_the_memory_of_what_is_kept_is_bounded(maker):
    queue = DatasetQueue(most_bytes=2 * BYTES)
    maker.go(5)
    for key in ("1", "2", "3"):
        wait_until(lambda key=key: asked(queue, maker, "a", key))
    assert asked(queue, maker, "a", "3")
    assert not asked(queue, maker, "a", "1")
    wait_until(lambda: asked(queue, maker, "a", "1"))
    assert maker.made == ["1", "2", "3", "1"]


def test_what_a_training_still_holds_is_not_made_again(maker):
    queue = DatasetQueue(most_bytes=BYTES)
    maker.go(5)
    held = []

    def first() -> bool:
        held.append(queue.ask("a", "1", maker.of("1")))
        return held[-1] is not None

    wait_until(first)
    wait_until(lambda: asked(queue, maker, "a", "2"))
    assert queue.ask("a", "1", maker.of("1")) is held[-1]
    assert maker.made == ["1", "2"]


def test_a_failure_is_told_to_all_that_wait_and_the_next_is_made(maker):
    queue = DatasetQueue()

    def fail() -> np.ndarray:
        raise ValueError("too few digits")

    asked(queue, maker, "first", "long")
    assert queue.ask("a", "bad", fail) is None
    assert queue.ask("b", "bad", fail) is None
    asked(queue, maker, "c", "good")
    maker.go(2)
    wait_until(lambda: asked(queue, maker, "c", "good"))
    for asker in ("a", "b"):
        with pytest.raises(ValueError, match="too few"):
            queue.ask(asker, "bad", fail)
    queue.withdraw("a")


def test_a_process_ends_at_once_in_the_middle_of_the_work():
    script = """
from digitviz import load_digits
from digitviz.dashboard.session.dataset_queue import DatasetQueue
from digitviz.drawing.practice import PracticeDataset
import threading

digits, begun, queue = load_digits(), threading.Event(), DatasetQueue()

def make():
    begun.set()
    dataset = PracticeDataset(digits.pixels, digits.labels, 50)
    while True:
        dataset.split()
        dataset._parts.clear()

for number in range(26):
    queue.ask(number, number, make)
begun.wait()
print("working", flush=True)
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "working\n"
        try:
            assert process.wait(timeout=5) == 0
        finally:
            process.kill()
