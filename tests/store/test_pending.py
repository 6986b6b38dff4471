"""Values waiting to be written."""

from __future__ import annotations

import pytest

from digitviz.store.pending import Change, Drop, Pending, Work


def test_values_that_wait_have_a_bound_and_there_is_room_again_when_they_are_written():
    pending = Pending(max_bytes=10)
    for number in range(1, 5):
        pending.keep("map", "id", number, b"1234")
    assert sorted(pending.value("map", "id")[1]) == [1, 2]
    taken = pending.take_values()
    pending.keep("map", "id", 3, b"1234")
    assert len(pending.value("map", "id")[1]) == 2  # includes the value being written
    pending.done(taken)
    pending.keep("map", "id", 3, b"1234")
    assert sorted(pending.value("map", "id")[1]) == [3]
    pending.drop("map", "id", 1)
    pending.keep("map", "id", 1, b"1234567890")
    assert len(pending.value("map", "id")[1]) == 1


def test_where_states_need_too_much_room_those_that_wait_longest_are_left_out():
    pending = Pending(max_bytes_of_states=10)
    for id in "abcd":
        pending.change("run", id, Change({"step": 1}, b"1234"))
    pending.change("run", "a", Change({"step": 2}, b"12"))
    assert {id: change.state for id, change in pending.changes("run").items()} == {
        "a": b"12", "b": None, "c": b"1234", "d": b"1234"
    }  # fmt: skip
    assert all(change.row is not None for change in pending.changes("run").values())


def test_what_comes_while_something_is_written_waits_with_it():
    pending = Pending()
    pending.change("run", "a", Change({"step": 1, "title": "x", "drawings": ("d",)}, b"one", {"pinned": True}))
    (taken,) = pending.take_owned()
    assert set(taken.changes) == {("run", "a")}
    pending.change("run", "a", Change({"step": 2, "title": "y", "drawings": ("e",)}, None, {"deleted": 5.0}))
    row = {"step": 2, "title": "x", "drawings": ("d",)}
    expected = Change(row, b"one", {"pinned": True, "deleted": 5.0})
    assert pending.changes("run")["a"] == expected
    pending.done(taken)
    assert pending.changes("run")["a"] == expected
    (taken,) = pending.take_owned()
    assert taken.changes == {("run", "a"): expected}
    assert not pending.wait_until_empty(0)
    pending.done(taken)
    assert pending.wait_until_empty(0)


@pytest.mark.parametrize("is_written", [False, True])
def test_drops_and_pieces_keep_their_order_whatever_comes_while_they_are_written(is_written):
    pending = Pending()
    for number in (1, 2, 3):
        pending.keep("map", "id", number, b"old")
    taken = pending.take_values()
    pending.drop("map", "id", 2)
    pending.keep("map", "id", 2, b"new")
    if is_written:
        pending.done(taken)
    again = pending.take_values()
    assert again.drops == {("map", "id"): Drop(2)}
    assert again.pieces == {("map", "id", 2): b"new"} | ({} if is_written else {("map", "id", 1): b"old"})
    pending.drop("map", "id", 2)
    pending.done(again)
    assert pending.take_values() == Work(drops={("map", "id"): Drop(2)})


def test_changes_are_taken_each_on_its_own_and_outcomes_after_their_sweeps():
    pending = Pending()
    pending.keep_outcome("s", "recipe", b"outcome")
    for id in "ab":
        pending.change("run", id, Change({"step": 1}))
    pending.change("drawing", "d", Change({"label": 1}))
    *changes, outcomes = pending.take_owned()
    assert [list(work.changes) for work in changes] == [[("run", "a")], [("run", "b")], [("drawing", "d")]]
    assert outcomes == Work(outcomes={("s", "recipe"): b"outcome"})
