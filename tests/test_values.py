"""Values are computed once for all who request them."""

from __future__ import annotations

import subprocess
import sys
import threading

import numpy as np
import pytest

from digitviz.values import Report, State, Value, Values
from tests.maker import BYTES, state, there
from tests.waiting import wait_until


def test_what_two_ask_for_at_the_same_moment_is_computed_once_and_both_see_how_far_it_is(values, maker):
    for asker in ("a", "b"):
        values.ask(asker, [maker.of("x", reports=True)])
    wait_until(lambda: values.standing("a", "x").progress is not None)
    for asker in ("a", "b"):
        assert state(values, asker, "x") == State.AT_WORK
        assert values.standing(asker, "x").progress >= 0
    maker.go()
    wait_until(lambda: there(values, "a", "x") and there(values, "b", "x"))
    assert maker.begun == ["x"]
    assert values.standing("a", "x").value is values.standing("b", "x").value
    assert not values.standing("b", "x").was_there
    values.ask("c", [maker.of("x")])
    assert values.standing("c", "x").was_there


def test_when_one_of_two_leaves_it_goes_on_and_when_both_have_left_it_stops(values, maker):
    for asker in ("a", "b"):
        values.ask(asker, [maker.of("x", reports=True)])
    wait_until(lambda: maker.begun)
    values.withdraw("a")
    assert state(values, "a", "x") == State.NOT_ASKED
    seen = values.standing("b", "x").progress
    wait_until(lambda: values.standing("b", "x").progress != seen)
    values.withdraw("b")
    wait_until(lambda: values.threads == 0)
    assert maker.stopped == ["x"]
    assert not maker.made
    values.ask("a", [maker.of("x", reports=True)])
    maker.go()
    wait_until(lambda: there(values, "a", "x"))
    assert maker.begun == ["x", "x"]


def test_what_is_wanted_again_before_it_noticed_that_it_was_not_goes_on(values, maker):
    values.ask("a", [maker.of("x")])
    wait_until(lambda: maker.begun)
    values.ask("a", [maker.of("y")])
    values.ask("a", [maker.of("x")])
    maker.go()
    wait_until(lambda: there(values, "a", "x"))
    assert maker.begun == ["x"]


def test_what_is_asked_for_between_its_end_and_its_clearing_away_is_begun_anew(values):
    tries: list[int] = []

    def compute(report: Report) -> np.ndarray:
        tries.append(1)
        if len(tries) == 1:
            values.withdraw("a")
            try:
                report(0)
            finally:
                values.ask("b", [value])  # too late: the computation is already stopping
        return np.zeros(1)

    value = Value("x", compute, "one")
    values.ask("a", [value])
    wait_until(lambda: there(values, "b", "x"))
    assert len(tries) == 2


def test_what_cannot_be_stopped_is_finished_and_kept(values, maker):
    values.ask("a", [maker.of("x")])
    wait_until(lambda: maker.begun)
    values.withdraw("a")
    maker.go()
    wait_until(lambda: values.threads == 0)
    values.ask("b", [maker.of("x")])
    assert there(values, "b", "x")


def test_what_waits_and_is_dropped_is_not_begun_unless_others_wait_for_it(values, maker):
    values.ask("first", [maker.of("long")])
    values.ask("leaves", [maker.of("alone")])
    values.ask("leaves too", [maker.of("shared")])
    values.ask("stays", [maker.of("shared")])
    for asker in ("leaves", "leaves too"):
        values.withdraw(asker)
    for id in ("0.5", "0.6", "0.7"):  # each one replaces those before
        values.ask("chooses", [maker.of(id)])
    maker.go(3)
    wait_until(lambda: there(values, "chooses", "0.7"))
    assert maker.made == ["long", "shared", "0.7"]


def test_a_failure_is_told_to_all_that_wait_and_the_next_is_made(values, maker):
    tried = []

    def fail(report: Report) -> np.ndarray:
        tried.append(1)
        raise ValueError("too few digits")

    bad = Value("bad", fail, "one")
    values.ask("first", [maker.of("long")])
    values.ask("a", [bad])
    values.ask("b", [bad])
    values.ask("c", [maker.of("good")])
    maker.go(2)
    wait_until(lambda: there(values, "c", "good"))
    for asker in ("a", "b"):
        values.ask(asker, [bad])  # not tried again while it is requested
        assert "too few" in str(values.standing(asker, "bad").error)
    assert len(tried) == 1
    values.ask("newcomer", [bad])
    wait_until(lambda: state(values, "newcomer", "bad") == State.FAILED)
    values.ask("a", [bad], again=True)
    wait_until(lambda: len(tried) == 3)


def test_one_can_wait_for_it_but_not_longer_than_one_says(values, maker):
    values.ask("a", [maker.of("x")])
    values.wait("a", ["x"], 0.01)
    assert not there(values, "a", "x")
    maker.go()
    values.wait("a", ["x"], 60)
    assert there(values, "a", "x")
    values.wait("a", ["unknown"], 60)


def test_many_threads_that_ask_and_leave_get_what_they_asked_for(maker):
    values = Values({"two": 2}, most_bytes=3 * BYTES)
    wrong: list[object] = []

    def visit(number: int) -> None:
        for turn in range(40):
            ids = [f"x{(number + turn + k) % 7}" for k in range(3)]
            values.ask(
                number, [Value(id, lambda report, id=id: report(id) or np.array([float(id[1:])]), "two") for id in ids]
            )
            values.wait(number, ids, 60)
            found = [values.standing(number, id) for id in ids]
            wrong.extend(
                one for one, id in zip(found, ids, strict=True) if one.value is None or one.value[0] != float(id[1:])
            )

    visitors = [threading.Thread(target=visit, args=(number,)) for number in range(8)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join(60)
    assert not wrong
    wait_until(lambda: values.threads == 0)


def test_a_thread_that_cannot_start_leaves_the_lane_open(values, maker, monkeypatch):
    def refused(_thread):
        raise RuntimeError("can't start new thread")

    maker.go()
    with monkeypatch.context() as full:
        full.setattr(threading.Thread, "start", refused)
        with pytest.raises(RuntimeError):
            values.ask("a", [maker.of("x")])
    values.ask("b", [maker.of("x")])
    wait_until(lambda: there(values, "b", "x"))


def test_a_process_ends_at_once_in_the_middle_of_the_work():
    script = """
import threading
from digitviz import load_digits
from digitviz.drawing.practice import PracticeDataset
from digitviz.values import Value, Values

digits, begun = load_digits(), threading.Event()

def make(report):
    begun.set()
    dataset = PracticeDataset.of(digits, 50)
    while True:
        dataset.split()
        dataset._parts.clear()

values = Values({"one": 1})
for number in range(26):
    values.ask(number, [Value(str(number), make, "one")])
begun.wait()
print("working", flush=True)
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "working\n"
        try:
            assert process.wait(timeout=60) == 0  # not after the work, which has no end
        finally:
            process.kill()
