"""Requests for values take turns."""

from __future__ import annotations

from digitviz.values import State, Values
from tests.maker import BYTES, state, there
from tests.waiting import wait_until


def test_every_one_of_26_gets_its_own_in_their_order(maker):
    values = Values({"one": 1}, most_bytes=12 * BYTES)
    for _ in range(2):
        for number in range(26):
            values.ask(number, [maker.of(f"x{number}")])
    maker.go(26)
    wait_until(lambda: all(there(values, number, f"x{number}") for number in range(26)))
    assert maker.made == [f"x{number}" for number in range(26)]


def test_askers_take_turns_and_their_own_come_in_the_order_they_said(values, maker):
    values.ask("a", [maker.of(id) for id in ("a1", "a2", "a3")])
    wait_until(lambda: maker.begun)
    values.ask("b", [maker.of(id) for id in ("b1", "b2")])
    values.ask("c", [maker.of("c1")])
    maker.go()
    wait_until(lambda: there(values, "a", "a1"))
    values.ask("a", [maker.of(id) for id in ("a1", "a2", "a3")])  # a repeated request does not come earlier
    maker.go(5)
    wait_until(lambda: there(values, "a", "a3"))
    assert maker.made == ["a1", "b1", "c1", "a2", "b2", "a3"]


def test_lanes_do_not_wait_for_one_another_and_one_may_be_wide(values, maker):
    values.ask("a", [maker.of("x"), *(maker.of(id, lane="two") for id in ("y1", "y2", "y3"))])
    wait_until(lambda: len(maker.begun) == 3)
    assert [state(values, "a", id) for id in ("x", "y1", "y2", "y3")] == [*[State.AT_WORK] * 3, State.WAITING]
    assert values.threads == 3
    maker.go(4)
    wait_until(lambda: there(values, "a", "x", "y1", "y2", "y3"))
    wait_until(lambda: values.threads == 0)


def test_owners_take_turns_however_many_askers_they_have(values, maker):
    for number in range(4):
        values.ask(f"tab {number}", [maker.of(f"a{number}")], owner="a")
    values.ask("b", [maker.of("b0")], owner="b")
    values.ask("tab 0", [maker.of("a0"), maker.of("a4")], owner="a")
    maker.go(6)
    wait_until(lambda: there(values, "tab 0", "a4"))
    assert maker.made == ["a0", "b0", "a1", "a2", "a3", "a4"]
