"""What waits to be written."""

from __future__ import annotations

import pytest

from digitviz.store.pending import Change, Pending


def test_values_that_wait_have_a_bound_and_there_is_room_again_when_they_are_written():
    pending = Pending(most_bytes=10)
    for number in range(1, 5):
        pending.keep("map", "id", number, b"1234")
    assert sorted(pending.value("map", "id").pieces) == [("map", "id", 1), ("map", "id", 2)]
    pending.take_computed()
    pending.keep("map", "id", 3, b"1234")
    assert len(pending.value("map", "id").pieces) == 2  # what is being written counts
    pending.done()
    pending.keep("map", "id", 3, b"1234")
    assert sorted(pending.value("map", "id").pieces) == [("map", "id", 3)]
    pending.drop("map", "id", 1)
    pending.keep("map", "id", 1, b"1234567890")
    assert len(pending.value("map", "id").pieces) == 1


def test_where_states_need_too_much_room_those_that_wait_longest_are_left_out():
    pending = Pending(most_bytes_of_states=10)
    for id in "abcd":
        pending.change_run(id, Change({"step": 1}, b"1234"))
    pending.change_run("a", Change({"step": 2}, b"12"))
    assert {id: change.state for id, change in pending.runs.items()} == {
        "a": b"12", "b": None, "c": b"1234", "d": b"1234"
    }  # fmt: skip
    assert all(change.row is not None for change in pending.runs.values())


def test_what_comes_while_something_is_written_counts_more_when_that_is_put_back():
    pending = Pending()
    pending.change_run("a", Change({"step": 1, "title": "x"}, b"one", ("d",), {"pinned": True}, frozenset({"title"})))
    assert set(pending.take_owned().runs) == {"a"}
    pending.change_run("a", Change({"step": 2, "title": "y"}, None, ("e",), {"deleted": 5.0}, frozenset({"title"})))
    expected = Change(
        {"step": 2, "title": "x"}, b"one", ("d",), {"pinned": True, "deleted": 5.0}, frozenset({"title"})
    )  # fmt: skip
    assert pending.runs["a"] == expected
    pending.put_back()
    assert pending.runs["a"] == expected
    assert pending.take_owned().runs == {"a": expected}
    assert not pending.wait_until_empty(0)
    pending.done()
    assert pending.wait_until_empty(0)


def test_drops_and_pieces_keep_their_order_when_they_are_put_back():
    pending = Pending()
    for number in (1, 2, 3):
        pending.keep("map", "id", number, b"old")
    pending.take_computed()
    pending.drop("map", "id", 2)
    pending.keep("map", "id", 2, b"new")
    pending.put_back()
    taken = pending.take_computed()
    assert taken.drops == {("map", "id"): 2}
    assert taken.pieces == {("map", "id", 1): b"old", ("map", "id", 2): b"new"}


@pytest.mark.parametrize("singly", [False, True])
def test_what_is_refused_goes_behind_what_waits(singly):
    pending = Pending()
    for id in "ab":
        pending.change_run(id, Change({"step": 1}))
    pending.change_drawing("d", Change({"label": 1}))
    taken = pending.take_owned(singly)
    assert (list(taken.runs), list(taken.drawings)) == ((["a"], []) if singly else (["a", "b"], ["d"]))
    pending.put_back(last=singly)
    assert list(pending.take_owned().runs) == (["b", "a"] if singly else ["a", "b"])
