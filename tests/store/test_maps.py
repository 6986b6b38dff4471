"""The store saves maps for all servers on a database."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import pytest
from sqlalchemy import select, update

from digitviz.dashboard.session.map_jobs import MapProgress, Request
from digitviz.dashboard.session.storage import LANES
from digitviz.projections.packing import MAP, MAP_FORMAT
from digitviz.store import Store, database_of, tables
from digitviz.values import Values
from tests.map_session import MapSession
from tests.waiting import wait_until

FORMATS = {MAP: MAP_FORMAT}


class Visitor:
    """A visitor who requests maps of random points from a server."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.queue = MapSession(Values(LANES, keeper=store))
        self.points = np.random.default_rng(3).normal(size=(60, 5))

    def map(self, seed: int = 0, method: str = "pca") -> Request:
        return Request("points", lambda: self.points, method, seed=seed)

    def gets(self, request: Request) -> MapProgress:
        ids = self.queue.ask([request])
        wait_until(lambda: not self.queue.busy(ids))
        assert self.store.flush(90)
        return self.queue.progress(ids[0])


@pytest.fixture
def visitor_of(open_store) -> Iterator:
    """Create visitors, each with a new server."""
    visitors = []

    def new(url, *arguments, **settings) -> Visitor:
        visitors.append(Visitor(open_store(url, *arguments, formats=FORMATS, **settings)))
        return visitors[-1]

    yield new
    for visitor in visitors:
        visitor.queue.close()


def test_a_map_that_one_server_drew_is_there_for_all_that_share_the_database(url, visitor_of):
    one, other = visitor_of(url), visitor_of(url)
    drawn = one.gets(one.map(method="mds"))
    assert not drawn.embedding.cached
    for server in (other, visitor_of(url)):
        found = server.gets(server.map(method="mds"))
        assert found.embedding.cached
        np.testing.assert_array_equal(found.coordinates, drawn.coordinates)
        assert not found.moments


@pytest.mark.parametrize("what", ["data", "digest", "the map"])
def test_a_damaged_map_is_computed_again_and_replaced(url, visitor_of, what):
    one = visitor_of(url)
    drawn = one.gets(one.map())
    other = visitor_of(url)
    if what == "the map":
        one.store.drop(MAP, one.map().map_id, 1)
        one.store.keep(MAP, one.map().map_id, 1, b"{}")
        assert one.store.flush(90)
    else:
        database = database_of(url, 90)
        database.open()
        with database.writing() as connection:
            connection.execute(update(tables.chunk).values({what: b"x" * 100}))
        database.close()
    again = other.gets(other.map())
    assert not again.embedding.cached
    np.testing.assert_array_equal(again.coordinates, drawn.coordinates)
    third = visitor_of(url)
    assert third.gets(third.map()).embedding.cached
    assert other.store.trouble is None


def test_the_map_that_was_used_least_recently_makes_room(url, visitor_of):
    now = itertools.count(1000, 100)
    one = visitor_of(url)
    one.gets(one.map())
    size = len(*one.store.load(MAP, one.map().map_id))
    full = visitor_of(url, 4 * size, clock=lambda: float(next(now)))
    for seed in range(1, 8):
        full.gets(full.map(seed))
    database = database_of(url, 20)
    database.open()

    def kept() -> set[str]:
        with database.reading() as connection:
            return set(connection.execute(select(tables.value.c.id)).scalars())

    wait_until(lambda: len(kept()) <= 4)
    assert full.map(7).map_id in kept()
    assert one.map(1).map_id not in kept()
    database.close()


def test_maps_in_another_format_are_forgotten(url, open_store, visitor_of):
    old = Visitor(open_store(url, formats={MAP: "digitviz map 0"}))
    old.gets(old.map())
    chores = old.store._writer._chores
    wait_until(
        lambda: chores._next and not chores._due
    )  # otherwise it may delete new values, whose format it does not know
    new = visitor_of(url)
    assert not new.gets(new.map()).embedding.cached
    assert new.gets(new.map(1)).embedding is not None
    assert new.store.flush(90)
    newer = visitor_of(url)
    assert newer.gets(newer.map()).embedding.cached


def test_a_database_in_trouble_keeps_no_map_from_being_drawn(visitor_of, tmp_path):
    (tmp_path / "file").write_text("in the way")
    visitor = visitor_of(tmp_path / "file" / "digitviz.db")
    ids = visitor.queue.ask([visitor.map()])
    wait_until(lambda: not visitor.queue.busy(ids))
    assert visitor.queue.progress(ids[0]).embedding is not None
    assert visitor.store.trouble is not None
