from __future__ import annotations

import gc
import threading
import weakref

import numpy as np
import pytest

from digitviz import project
from digitviz.dashboard.session.map_memory import KeptMaps, MapsOfRuns
from digitviz.dashboard.session.map_queue import MOST_MOMENTS, Desk
from digitviz.dashboard.session.map_requests import FilmRequest, Request, Sheet
from digitviz.projections import EmbeddingCache
from tests.waiting import wait_until


@pytest.fixture
def desk(tmp_path):
    desk = Desk(EmbeddingCache(tmp_path), threading.Lock(), MapsOfRuns())
    yield desk
    desk.close()
    wait_until(lambda: desk.threads == 0)


@pytest.fixture
def points(random):
    return random.normal(size=(60, 5))


def finish(desk: Desk, *requests: Request, again: bool = False) -> list:
    keys = desk.ask(requests, again=again)
    wait_until(lambda: not desk.busy(keys))
    return [desk.sheet(key) for key in keys]


def test_maps_are_those_of_the_core_and_a_moving_one_leaves_its_moments(desk, points):
    pca, mds = finish(desk, Request(points, "pca"), Request(points, "mds"))
    np.testing.assert_array_equal(pca.embedding.coordinates, project(points, "pca").coordinates)
    np.testing.assert_array_equal(mds.embedding.coordinates, project(points, "mds").coordinates)
    assert not pca.moments
    assert 3 < len(mds.moments) <= MOST_MOMENTS
    assert [iteration for iteration, _ in mds.moments] == sorted({iteration for iteration, _ in mds.moments})


def test_what_is_known_is_not_drawn_again_unless_it_is_asked_for(desk, points):
    (first,) = finish(desk, Request(points, "mds"))
    (same,) = finish(desk, Request(points.copy(), "mds"))
    (again,) = finish(desk, Request(points, "mds"), again=True)
    assert same is first
    assert again is not first
    assert not again.embedding.cached


def test_a_map_that_was_dropped_asked_for_again_and_dropped_again_is_not_drawn(desk, points):
    begun, asked, drawn = threading.Event(), threading.Event(), []
    draw = desk._draw

    def counted(key, request, again):
        drawn.append(key)
        begun.set()
        assert asked.wait(60)  # it is at work until all is asked for
        return draw(key, request, again)

    desk._draw = counted
    slow, other = Request(points, "mds"), Request(points, "pca")
    desk.ask([slow])
    assert begun.wait(60)
    for requests in ([other], [slow], [other]):
        keys = desk.ask(requests)
    asked.set()
    wait_until(lambda: not desk.busy(keys))
    assert drawn == [slow.key(), other.key()]


class Recorded:
    """Stands for the history of a run."""


def test_a_map_of_the_data_is_on_disk_for_the_next_session_and_one_of_a_run_is_not(desk, points, tmp_path):
    finish(desk, Request(points, "pca"), Request(points + 1, "mds", recorded=Recorded()))
    assert len(list(tmp_path.iterdir())) == 1
    (found,) = finish(Desk(EmbeddingCache(tmp_path), threading.Lock(), MapsOfRuns()), Request(points, "pca"))
    assert found.embedding.cached


def test_what_was_drawn_before_comes_back_says_so_and_can_be_drawn_again(desk, points):
    run = Recorded()
    wanted = [Request(points, "mds", recorded=run), FilmRequest((points, points + 1), "pca", run)]
    drawn = finish(desk, *wanted)
    assert not any(sheet.kept for sheet in drawn)
    desk.ask([Request(points, "pca")])
    keys = desk.ask(wanted)
    assert not desk.busy(keys)  # at once
    for before, now in zip(drawn, map(desk.sheet, keys), strict=True):
        assert now.kept
        assert (now.mark, now.embedding, now.film) == (before.mark, before.embedding, before.film)
    again = finish(desk, *wanted, again=True)
    assert not any(sheet.kept for sheet in again)


def test_maps_of_a_run_outlive_the_session_s_desk_and_go_with_the_run(points, tmp_path):
    of_runs, run = MapsOfRuns(), Recorded()
    finish(Desk(EmbeddingCache(tmp_path), threading.Lock(), of_runs), Request(points, "mds", recorded=run))
    other = Desk(EmbeddingCache(tmp_path), threading.Lock(), of_runs)  # after a lost connection
    (found,) = finish(other, Request(points, "mds", recorded=run))
    assert found.kept
    kept = weakref.ref(of_runs.of(run))
    del run
    gc.collect()
    assert kept() is None
    assert len(of_runs) == 0


def test_kept_maps_stay_within_their_bytes_and_the_longest_unseen_goes():
    kept = KeptMaps(most_bytes=100)
    for name in "abc":
        kept.put(name, Sheet("done"), 30)
    kept.get("a")
    kept.put("d", Sheet("done"), 30)
    assert [kept.get(name) is not None for name in "abcd"] == [True, False, True, True]
    kept.put("large", Sheet("done"), 101)
    assert kept.nbytes <= 100


def test_what_is_no_longer_wanted_is_stopped_and_what_is_wanted_again_comes(desk, random):
    long = Request(random.normal(size=(900, 20)), "mds", options={"iterations": 2000})
    (key,) = desk.ask([long])
    wait_until(lambda: desk.sheet(key).iteration > 0)
    desk.close()
    wait_until(lambda: desk.threads == 0)
    assert desk.sheet(key).state == "failed"
    desk.ask([long])
    wait_until(lambda: desk.sheet(key).iteration > 0)
    assert desk.busy([key])


def test_points_that_cannot_be_mapped_get_the_reason_and_the_next_map_is_drawn(desk, points):
    flat, good = finish(desk, Request(np.ones((20, 3)), "tsne"), Request(points, "pca"))
    assert "the same" in flat.error
    assert good.embedding is not None
