from __future__ import annotations

import itertools

import pytest
from sqlalchemy import select, text, update

from digitviz.store import database_of, tables
from digitviz.training.chunks import TRAJECTORY
from tests.waiting import wait_until

MB = 1_000_000


def pieces(*numbers: int, size: int = 100) -> dict[int, bytes]:
    return {number: bytes([number]) * size for number in numbers}


def keep(store, id: str, kept: dict[int, bytes]) -> None:
    for number, data in kept.items():
        store.keep(TRAJECTORY, id, number, data)


def test_pieces_are_returned_from_the_first_to_the_first_that_is_missing(url, open_store):
    store = open_store(url)
    kept = pieces(1, 2, 3, 5, size=2 * MB + 1) | pieces(4, size=0)
    keep(store, "id", {number: kept[number] for number in (3, 1, 2, 5)})
    for _ in range(2):
        assert store.load(TRAJECTORY, "id") == [kept[1], kept[2], kept[3]]
        assert store.flush(90)
    store.keep(TRAJECTORY, "id", 4, kept[4])
    assert store.flush(90)
    store.close()
    assert open_store(url).load(TRAJECTORY, "id") == [kept[number] for number in range(1, 6)]


def test_a_piece_is_kept_once_whoever_computes_it(url, open_store):
    one, other = open_store(url), open_store(url)
    one.keep(TRAJECTORY, "id", 1, b"first")
    assert one.flush(90)
    other.keep(TRAJECTORY, "id", 1, b"second" * MB)
    assert other.flush(90)
    assert one.load(TRAJECTORY, "id") == other.load(TRAJECTORY, "id") == [b"first"]


def test_no_row_is_larger_than_a_megabyte(url, open_store):
    store = open_store(url)
    store.keep(TRAJECTORY, "id", 1, bytes(2 * MB + 5))
    assert store.flush(90)
    database = database_of(url, 90)
    database.open()
    with database.reading() as connection:
        sizes = connection.execute(text("SELECT length(data) FROM chunk ORDER BY part")).scalars().all()
    database.close()
    assert sizes == [MB, MB, 5]


def test_what_is_dropped_is_gone_and_can_be_kept_again(url, open_store):
    store = open_store(url)
    keep(store, "id", pieces(1, 2, 3))
    keep(store, "other", pieces(1, 2))
    assert store.flush(90)
    store.drop(TRAJECTORY, "id", 2)
    for _ in range(2):
        assert store.load(TRAJECTORY, "id") == [bytes([1]) * 100]
        assert store.flush(90)
    store.keep(TRAJECTORY, "id", 2, b"again")
    for _ in range(2):
        assert store.load(TRAJECTORY, "id") == [bytes([1]) * 100, b"again"]
        assert store.flush(90)
    store.keep(TRAJECTORY, "id", 3, b"never")
    store.drop(TRAJECTORY, "id", 1)
    assert store.load(TRAJECTORY, "id") == []
    assert store.flush(90)
    assert store.load(TRAJECTORY, "id") == []
    assert len(store.load(TRAJECTORY, "other")) == 2


def test_a_map_is_a_value_of_one_piece(url, open_store):
    store = open_store(url)
    assert store.load("map", "id") == []
    store.keep("map", "id", 1, b"map")
    assert store.flush(90)
    assert store.load("map", "id") == [b"map"]
    assert store.load(TRAJECTORY, "id") == []
    store.drop("map", "id", 1)
    assert store.load("map", "id") == []
    store.keep("map", "id", 1, b"new")
    assert store.flush(90)
    assert store.load("map", "id") == [b"new"]


@pytest.mark.parametrize("damage", [{"data": b"x" * 100}, {"digest": b""}, {"parts": 2}, {"part": 1}])
def test_a_damaged_piece_is_dropped_and_kept_again(url, open_store, damage):
    store = open_store(url)
    keep(store, "id", pieces(1, 2, 3))
    assert store.flush(90)
    database = database_of(url, 90)
    database.open()
    with database.writing() as connection:
        connection.execute(update(tables.chunk).where(tables.chunk.c.number == 2).values(damage))
    assert store.load(TRAJECTORY, "id") == [bytes([1]) * 100]
    assert store.flush(90)
    with database.reading() as connection:
        assert connection.execute(select(tables.chunk.c.number)).scalars().all() == [1]
    database.close()
    keep(store, "id", pieces(1, 2, 3))
    assert store.flush(90)
    assert len(store.load(TRAJECTORY, "id")) == 3
    assert store.trouble is None


def test_a_damaged_state_counts_as_missing(url, open_store):
    from tests.store.made import kept_run

    store, run = open_store(url), kept_run()
    store.save_run(run, b"state")
    assert store.flush(90)
    database = database_of(url, 90)
    database.open()
    with database.writing() as connection:
        connection.execute(update(tables.run_chunk).values(data=b"other"))
    database.close()
    assert store.state(run.id) is None
    assert store.run(run.id) == run
    store.save_run(run, b"new")
    assert store.flush(90)
    assert store.state(run.id) == b"new"


def test_the_least_recently_used_values_make_room(url, open_store):
    now = itertools.count(1000, 100)
    store = open_store(url, 10 * MB, clock=lambda: float(next(now)))
    for id in range(9):
        store.keep("map", str(id), 1, bytes(MB))
        assert store.flush(90)
    assert store.load("map", "0")  # marks it as just used
    for id in range(9, 13):
        store.keep("map", str(id), 1, bytes(MB))
        assert store.flush(90)
    database = database_of(url, 20)
    database.open()

    def kept() -> set[int]:
        with database.reading() as connection:
            return set(map(int, connection.execute(select(tables.value.c.id)).scalars()))

    wait_until(lambda: kept() in ({0, *range(first, 13)} for first in (4, 5)))
    database.close()


def test_values_in_another_format_are_dropped_and_those_of_today_stay(url, open_store):
    old = open_store(url, formats={"trajectory": "1", "map": "1"})
    old.keep(TRAJECTORY, "id", 1, b"old")
    old.keep("map", "id", 1, b"map")
    assert old.flush(90)
    new = open_store(url, formats={"trajectory": "2", "map": "1"})
    assert new.load(TRAJECTORY, "id") == []
    assert new.load("map", "id") == [b"map"]
    new.keep(TRAJECTORY, "id", 1, b"new")
    assert new.flush(90)
    assert new.load(TRAJECTORY, "id") == [b"new"]
    wait_until(lambda: old.load(TRAJECTORY, "id") == [])


def test_the_file_gets_smaller_when_much_was_dropped(path, open_store):
    store = open_store(path)
    keep(store, "id", pieces(*range(1, 13), size=MB))
    assert store.flush(90)
    store.drop(TRAJECTORY, "id", 1)
    assert store.flush(90)
    store.close()
    assert path.stat().st_size > 12 * MB
    store = open_store(path)
    assert store.flush(90)
    wait_until(lambda: store.load(TRAJECTORY, "id") == [])

    database = database_of(f"sqlite:///{path}", 90)
    database.open()

    def size() -> int:
        with database.reading() as connection:
            return connection.exec_driver_sql("PRAGMA page_count").scalar_one() * 4096

    wait_until(lambda: size() < 6 * MB)
    database.close()


@pytest.mark.parametrize(("kind", "id"), [("k" * 21, "id"), ("map", "i" * 101)])
def test_a_name_that_no_database_could_hold_is_refused_at_once(path, open_store, kind, id):
    with pytest.raises(ValueError, match="too long"):
        open_store(path).keep(kind, id, 1, b"")
