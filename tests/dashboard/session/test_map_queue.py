"""Maps requested by sessions. Each is computed once for all sessions that need it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from digitviz import Embedding, project
from digitviz.dashboard.session.map_jobs import MAX_MOMENTS, FilmRequest, MapProgress, MapState, Reason, Request
from digitviz.dashboard.session.storage import LANES
from digitviz.projections import film
from digitviz.values import Values
from tests.in_memory import InMemory
from tests.map_session import MapSession
from tests.waiting import wait_until

ENDLESS = {"iterations": 2000}


class Server:
    """The values of a server, and sessions that request some."""

    def __init__(self, keeper: InMemory) -> None:
        self.values = Values(LANES, keeper=keeper)
        self._sessions: dict[str, MapSession] = {}

    def session(self, name: str = "a") -> MapSession:
        return self._sessions.setdefault(name, MapSession(self.values, name))

    def is_idle(self) -> bool:
        return self.values.threads == 0


@pytest.fixture
def keeper() -> InMemory:
    return InMemory()


@pytest.fixture
def server(keeper) -> Iterator[Server]:
    server = Server(keeper)
    yield server
    for name in "abc":
        server.session(name).close()
    wait_until(server.is_idle)


@pytest.fixture
def queue(server) -> MapSession:
    return server.session()


class Points:
    """Named points that count how often they are created."""

    def __init__(self, name: str, points: np.ndarray) -> None:
        self.name, self.points, self.made = name, points, 0

    def make(self) -> np.ndarray:
        self.made += 1
        return self.points

    def by(self, method: str, **how: object) -> Request:
        return Request(self.name, self.make, method, **how)


@pytest.fixture
def points(random) -> Points:
    return Points("points", random.normal(size=(60, 5)))


@pytest.fixture
def many(random) -> Points:
    """Enough points to make a map by MDS slow."""
    return Points("many", random.normal(size=(900, 20)))


def finish(queue: MapSession, *requests: Request | FilmRequest, again: bool = False) -> list[MapProgress]:
    ids = queue.ask(requests, again=again)
    wait_until(lambda: not queue.busy(ids))
    return [queue.progress(id) for id in ids]


def is_seen_moving(queue: MapSession, id: str) -> bool:
    return queue.progress(id).coordinates is not None and not queue.progress(id).finished


def test_maps_are_those_of_the_core_and_a_moving_one_leaves_its_moments(queue, points):
    pca, mds = finish(queue, points.by("pca"), points.by("mds"))
    np.testing.assert_array_equal(pca.embedding.coordinates, project(points.points, "pca").coordinates)
    np.testing.assert_array_equal(mds.embedding.coordinates, project(points.points, "mds").coordinates)
    assert not pca.moments
    assert 3 < len(mds.moments) <= MAX_MOMENTS
    assert [iteration for iteration, _ in mds.moments] == sorted({iteration for iteration, _ in mds.moments})


def test_a_film_is_that_of_the_core(queue, points):
    frames = (points.points, points.points + 1)
    (drawn,) = finish(queue, FilmRequest("frames", lambda: frames, "pca"))
    np.testing.assert_array_equal(drawn.film, film(frames, "pca"))
    assert drawn.seconds > 0
    assert drawn.nbytes == sum(frame.nbytes for frame in drawn.film)


def test_a_map_that_is_known_is_not_drawn_again_unless_it_is_asked_for_and_its_points_are_not_made(queue, points):
    (first,) = finish(queue, points.by("mds"))
    (same,) = finish(queue, points.by("mds"))
    assert same is first
    assert points.made == 1
    (again,) = finish(queue, points.by("mds"), again=True)
    assert again.mark != first.mark
    assert not again.embedding.cached
    assert points.made == 2


@pytest.mark.parametrize("kind", ["map", "film"])
def test_two_sessions_that_open_the_same_at_the_same_moment_compute_it_once_and_both_see_it_move(server, many, kind):
    one, other = server.session("a"), server.session("b")
    request = many.by("mds", options=ENDLESS)
    if kind == "film":
        request = FilmRequest("frames", lambda: [many.make()] * 200, "tsne")
    (id,) = one.ask([request])
    assert other.ask([request]) == [id]
    wait_until(lambda: is_seen_moving(one, id) and is_seen_moving(other, id))
    assert one.progress(id).iterations == other.progress(id).iterations > 0
    assert many.made == 1
    one.close()
    seen = other.progress(id).iteration
    wait_until(lambda: other.progress(id).iteration > seen)  # one session leaves: the map continues
    assert one.progress(id).reason == Reason.DROPPED
    other.close()
    wait_until(server.is_idle)  # both leave: it stops
    assert server.values.nbytes == 0


def test_what_two_sessions_wait_for_they_both_get(server, points):
    one, other = server.session("a"), server.session("b")
    ids = one.ask([points.by("mds")])
    (theirs,) = finish(other, points.by("mds"))
    wait_until(lambda: not one.busy(ids))
    assert one.progress(ids[0]).embedding is theirs.embedding
    (later,) = finish(server.session("c"), points.by("mds"))
    assert later.embedding is theirs.embedding
    assert later.kept
    assert points.made == 1


def test_every_map_is_kept_and_found_after_a_restart(queue, keeper, points):
    finish(queue, points.by("pca"), points.by("mds"))
    assert sorted(kind for kind, _ in keeper.values) == ["map", "map"]
    (found,) = finish(Server(keeper).session(), points.by("pca"))
    assert found.embedding.cached
    assert not found.kept
    (other,) = finish(Server(keeper).session(), points.by("pca", labels=np.arange(60) % 2))
    assert not other.embedding.cached


def test_a_map_that_is_computed_again_takes_the_place_of_the_one_that_was_kept(queue, keeper, points):
    request = points.by("pca")
    finish(queue, request)
    before = keeper.values["map", request.map_id]
    (drawn,) = finish(Server(keeper).session(), request, again=True)
    assert not drawn.embedding.cached
    assert keeper.values["map", request.map_id] != before  # the bytes include the computing time


@pytest.mark.parametrize("damage", [lambda data: b"", lambda data: data[:-1], lambda data: b"x" * 5_000_000])
def test_a_damaged_map_is_computed_again_and_kept_again(queue, keeper, points, damage, caplog):
    request = points.by("mds")
    (drawn,) = finish(queue, request)
    key = "map", request.map_id
    keeper.values[key] = damage(keeper.values[key])
    (again,) = finish(Server(keeper).session(), request)
    assert not again.embedding.cached
    np.testing.assert_array_equal(again.coordinates, drawn.coordinates)
    assert "recomputing a damaged cache entry (map)" in caplog.text
    (found,) = finish(Server(keeper).session(), request)
    assert found.embedding.cached


def test_what_was_drawn_before_comes_back_says_so_and_can_be_drawn_again(queue, points):
    frames = FilmRequest("frames", lambda: (points.points, points.points + 1), "pca")
    wanted = [points.by("mds"), frames]
    drawn = finish(queue, *wanted)
    assert not any(progress.kept for progress in drawn)
    queue.ask([points.by("pca")])
    ids = queue.ask(wanted)
    assert not queue.busy(ids)  # without waiting
    for before, now in zip(drawn, map(queue.progress, ids), strict=True):
        assert now.kept
        assert (now.mark, now.embedding, now.film) == (before.mark, before.embedding, before.film)
    again = finish(queue, *wanted, again=True)
    assert not any(progress.kept for progress in again)


def test_a_map_counts_with_the_points_that_it_holds(server, points):
    (drawn,) = finish(server.session(), points.by("mds"))
    moments = sum(places.nbytes for _, places in drawn.moments)
    neighbours = sum(each.nbytes for each in (*drawn.embedding._nearest, drawn.embedding._stays))
    assert server.values.nbytes == points.points.nbytes + drawn.coordinates.nbytes + neighbours + moments


def test_what_is_no_longer_wanted_is_stopped_and_what_is_wanted_again_comes(server, queue, many):
    long = many.by("mds", options=ENDLESS)
    (id,) = queue.ask([long])
    wait_until(lambda: queue.progress(id).iteration > 0)
    queue.close()
    wait_until(server.is_idle)
    assert queue.progress(id).state == MapState.FAILED
    queue.ask([long])
    wait_until(lambda: queue.progress(id).iteration > 0)
    assert queue.busy([id])


def test_points_that_cannot_be_mapped_get_the_reason_and_the_next_map_is_drawn(queue, points):
    flat, few, good = finish(
        queue, Points("flat", np.ones((20, 3))).by("tsne"), Points("few", np.ones((1, 3))).by("pca"), points.by("pca")
    )
    assert flat.reason == Reason.SAME
    assert "the same" in flat.error
    assert few.reason == Reason.REFUSED
    assert good.embedding is not None


def test_whatever_else_goes_wrong_is_logged_and_said_in_words_of_ours(queue, points, caplog):
    def fail() -> np.ndarray:
        raise RuntimeError("a secret")

    broken, good = finish(queue, Request("broken", fail, "pca"), points.by("pca"))
    assert (broken.reason, broken.error) == (Reason.BROKEN, "")
    assert "cannot compute a value (maps)" in caplog.text
    assert good.embedding is not None


def test_pictures_are_drawn_again_only_when_there_is_something_else_to_see(queue, many, points):
    ids = queue.ask([many.by("mds", options=ENDLESS), *(points.by("mds", seed=seed) for seed in range(9))])
    waiting = [queue.progress(id) for id in ids[-2:]]
    assert [progress.state for progress in waiting] == [MapState.WAITING] * 2
    assert [queue.progress(id).mark for id in ids[-2:]] == [progress.mark for progress in waiting]
    assert waiting[0].mark != waiting[1].mark
    wait_until(lambda: is_seen_moving(queue, ids[0]))
    seen = queue.progress(ids[0])
    wait_until(lambda: queue.progress(ids[0]).iteration > seen.iteration)
    assert queue.progress(ids[0]).mark != seen.mark


@pytest.mark.parametrize("kept", [False, True])
def test_a_map_on_which_drawings_land_is_made_ready_for_them(queue, keeper, points, monkeypatch, kept):
    placed = []
    monkeypatch.setattr(Embedding, "place", lambda self, new: placed.append(new.copy()))
    (plain,) = finish(queue, points.by("pca"))
    assert plain.state == MapState.DONE
    assert not placed
    if not kept:
        keeper.values.clear()
    (ready,) = finish(queue, points.by("pca", for_placing=True))
    assert ready.state == MapState.DONE
    assert ready.embedding.cached == kept
    assert [new.tolist() for new in placed] == [points.points[:1].tolist()]
