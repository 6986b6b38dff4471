"""Values are cached while there is space, and found in every cache."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from digitviz.values import MAX_BYTES_OF_AN_ENTRY, CacheEntry, State, Value, Values
from tests.in_memory import InMemory
from tests.maker import BYTES, state, there
from tests.waiting import wait_until


def test_memory_is_bounded_and_the_least_recently_used_goes_first(maker):
    values = Values({"one": 1}, most_bytes=2 * BYTES)
    maker.go(3)
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
    wait_until(lambda: values.threads == 0)  # the thread that computed it holds it until it ends
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
    values.ask("c", [maker.of("x", reports=True)], again=True)  # already being computed, so not started twice
    maker.go(1)
    wait_until(lambda: there(values, "a", "x") and there(values, "c", "x"))
    assert maker.made == ["x", "x"]
    assert values.standing("a", "x").value is not before
    assert not values.standing("a", "x").was_there


def packed(array: np.ndarray) -> bytes:
    return array.tobytes()


def unpacked(data: bytes) -> np.ndarray:
    return np.frombuffer(data).copy()


def kept_as(id: str, compute, pack=packed, unpack=unpacked) -> Value:
    return Value(id, compute, "one", CacheEntry("array", id, pack, unpack))


def never(report: object) -> np.ndarray:
    raise AssertionError("it was computed")


def got(values: Values, value: Value, again: bool = False) -> np.ndarray:
    values.ask("a", [value], again=again)
    wait_until(lambda: there(values, "a", value.id))
    return values.standing("a", value.id).value


def test_a_value_is_looked_for_in_memory_then_where_it_is_kept_and_then_computed():
    keeper = InMemory()
    first = got(Values({"one": 1}, keeper=keeper), kept_as("x", lambda report: np.arange(3.0)))
    assert keeper.values == {("array", "x"): first.tobytes()}
    values = Values({"one": 1}, keeper=keeper)
    found = got(values, kept_as("x", never))
    np.testing.assert_array_equal(found, first)
    keeper.values.clear()
    assert got(values, kept_as("x", never)) is found
    assert got(values, kept_as("y", lambda report: first)) is first


def test_a_value_that_is_asked_for_again_takes_the_place_of_the_one_that_is_kept():
    keeper = InMemory()
    keeper.keep("array", "x", 1, np.zeros(3).tobytes())
    computed = got(Values({"one": 1}, keeper=keeper), kept_as("x", lambda report: np.ones(3)), again=True)
    assert keeper.values == {("array", "x"): computed.tobytes()}


def test_a_value_is_kept_nowhere_if_it_is_too_large_or_cannot_be_packed(caplog):
    keeper = InMemory()
    values = Values({"one": 1}, keeper=keeper)

    def fail(array: np.ndarray) -> bytes:
        raise RuntimeError("broken")

    many = MAX_BYTES_OF_AN_ENTRY // 8
    assert len(got(values, kept_as("x", lambda report: np.zeros(many + 1)))) > many
    assert got(values, kept_as("y", lambda report: np.zeros(3), fail)) is not None
    assert "cannot cache a value" in caplog.text
    assert keeper.values == {}


def test_a_computation_that_is_stopped_leaves_what_is_kept(maker):
    keeper = InMemory()
    keeper.keep("array", "x", 1, np.zeros(3).tobytes())
    values = Values({"one": 1}, keeper=keeper)
    values.ask("a", [replace(maker.of("x", reports=True), kept=CacheEntry("array", "x", packed, unpacked))], again=True)
    wait_until(lambda: maker.begun == ["x"])
    values.withdraw("a")
    wait_until(lambda: values.threads == 0)
    assert keeper.values == {("array", "x"): np.zeros(3).tobytes()}
