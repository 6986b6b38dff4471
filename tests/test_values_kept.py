"""Values are kept as long as there is room, and found wherever they are."""

from __future__ import annotations

import numpy as np

from digitviz.values import State, Value, Values
from tests.maker import BYTES, state, there
from tests.waiting import wait_until


def test_memory_is_bounded_and_the_least_recently_used_goes_first(maker):
    values = Values({"one": 1}, most_bytes=2 * BYTES)
    maker.go(100)
    for id in ("1", "2", "1", "3"):
        values.ask("a", [maker.of(id)])
        wait_until(lambda id=id: there(values, "a", id))
        assert values.nbytes <= 2 * BYTES
    assert maker.made == ["1", "2", "3"]
    values.ask("b", [maker.of(id) for id in ("1", "3")])
    assert there(values, "b", "1", "3")
    values.ask("b", [maker.of("2")])
    assert not there(values, "b", "2")


def test_a_value_larger_than_the_room_reaches_who_asked_for_it_and_is_not_kept(maker):
    values = Values({"one": 1}, most_bytes=BYTES - 1)
    maker.go()
    values.ask("a", [maker.of("x")])
    wait_until(lambda: there(values, "a", "x"))
    assert values.nbytes == 0
    values.withdraw("a")
    wait_until(lambda: values.threads == 0)  # the thread that made it holds it until it ends
    values.ask("a", [maker.of("x")])
    assert not there(values, "a", "x")
    maker.go()
    wait_until(lambda: there(values, "a", "x"))
    assert maker.made == ["x", "x"]


def test_what_somebody_else_holds_is_found_however_small_the_room(maker):
    values = Values({"one": 1}, most_bytes=BYTES)
    maker.go(2)
    values.ask("a", [maker.of("x")])
    wait_until(lambda: there(values, "a", "x"))
    held = values.standing("a", "x").value
    values.ask("a", [maker.of("y")])
    wait_until(lambda: there(values, "a", "y"))
    values.ask("b", [maker.of("x")])
    assert values.standing("b", "x").value is held


def test_asking_again_computes_it_once_more_and_leaves_others_what_they_have(values, maker):
    maker.go(1)
    for asker in ("a", "b"):
        values.ask(asker, [maker.of("x", reports=True)])
    wait_until(lambda: there(values, "a", "x"))
    before = values.standing("b", "x").value
    values.ask("a", [maker.of("x", reports=True)], again=True)
    wait_until(lambda: state(values, "a", "x") == State.AT_WORK)
    assert values.standing("b", "x").value is before
    values.ask("c", [maker.of("x", reports=True)])
    assert values.standing("c", "x").value is before
    values.ask("c", [maker.of("x", reports=True)], again=True)  # it is being computed: once is enough
    maker.go(1)
    wait_until(lambda: there(values, "a", "x") and there(values, "c", "x"))
    assert maker.made == ["x", "x"]
    assert values.standing("a", "x").value is not before
    assert not values.standing("a", "x").was_there


def test_a_value_is_found_elsewhere_unless_it_is_asked_for_again(values):
    elsewhere, computed = np.zeros(3), np.zeros(3)
    value = Value("x", lambda report: computed, "one", find=lambda: elsewhere)
    values.ask("a", [value])
    wait_until(lambda: there(values, "a", "x"))
    assert values.standing("a", "x").value is elsewhere
    values.ask("a", [value], again=True)
    wait_until(lambda: there(values, "a", "x"))
    assert values.standing("a", "x").value is computed
    values.ask("b", [Value("y", lambda report: computed, "one", find=lambda: None)])
    wait_until(lambda: there(values, "b", "y"))
