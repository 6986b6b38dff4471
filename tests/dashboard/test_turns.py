from __future__ import annotations

import threading

import pytest

from digitviz.dashboard.turns import Turns
from tests.waiting import wait_until

LONG = 600.0


def start(turns: Turns, done: list[str], name: str, may_end: threading.Event) -> threading.Thread:
    def run() -> None:
        with turns.take():
            done.append(f"{name} begins")
            assert may_end.wait(60)
            done.append(f"{name} ends")

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_one_waits_until_the_other_is_done():
    turns, done, first, second = Turns(1, LONG), [], threading.Event(), threading.Event()
    threads = [start(turns, done, "first", first)]
    wait_until(lambda: done == ["first begins"])
    threads.append(start(turns, done, "second", second))
    second.set()
    first.set()
    for thread in threads:
        thread.join()
    assert done == ["first begins", "first ends", "second begins", "second ends"]


def test_a_fragment_within_a_page_goes_on_with_the_page_s_turn():
    turns = Turns(1, LONG)
    with turns.take(), turns.take():
        pass


def test_a_page_that_fails_gives_its_turn_back():
    turns = Turns(1, LONG)
    with pytest.raises(ValueError, match="failed"), turns.take():
        raise ValueError("failed")
    with turns.take():
        pass


def test_nobody_waits_for_ever_for_a_page_that_is_slow():
    turns, done, slow, quick = Turns(1, 0.01), [], threading.Event(), threading.Event()
    threads = [start(turns, done, "slow", slow)]
    wait_until(lambda: done == ["slow begins"])
    quick.set()
    threads.append(start(turns, done, "quick", quick))
    wait_until(lambda: "quick ends" in done)
    slow.set()
    for thread in threads:
        thread.join()
    with turns.take():
        pass


def test_others_go_on_while_one_waits_for_something_else():
    turns, done, other = Turns(1, LONG), [], threading.Event()
    other.set()
    with turns.take():
        with turns.set_aside():
            start(turns, done, "other", other).join()
        assert done == ["other begins", "other ends"]
        late = start(turns, done, "late", other)
        assert len(done) == 2  # the turn is held again
    late.join()
    assert done[2:] == ["late begins", "late ends"]


def test_turns_are_had_in_the_order_they_were_asked_for():
    turns, done, may_end = Turns(1, LONG), [], threading.Event()
    threads = [start(turns, done, "0", may_end)]
    wait_until(lambda: done == ["0 begins"])
    for number in range(1, 4):
        threads.append(start(turns, done, str(number), may_end))
        wait_until(lambda number=number: len(turns._waiting) == number)
    may_end.set()
    for thread in threads:
        thread.join()
    assert [words for words in done if "begins" in words] == [f"{number} begins" for number in range(4)]
