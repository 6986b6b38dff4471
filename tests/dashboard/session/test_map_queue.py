from __future__ import annotations

import gc
import threading
import weakref

import numpy as np
import pytest

from digitviz import project
from digitviz.dashboard.session.map_memory import KeptMaps, MapsOfRuns
from digitviz.dashboard.session.map_queue import MOST_MOMENTS, MapQueue
from digitviz.dashboard.session.map_requests import FilmRequest, MapProgress, Request
from digitviz.projections import EmbeddingCache
from tests.waiting import wait_until


@pytest.fixture
def queue(tmp_path):
    queue = MapQueue(EmbeddingCache(tmp_path), threading.Lock(), MapsOfRuns())
    yield queue
    queue.close()
    wait_until(lambda: queue.threads == 0)


@pytest.fixture
def points(random):
    return random.normal(size=(60, 5))


def finish(queue: MapQueue, *requests: Request, again: bool = False) -> list:
    keys = queue.ask(requests, again=again)
    wait_until(lambda: not queue.busy(keys))
    return [queue.progress(key) for key in keys]


def test_maps_are_those_of_the_core_and_a_moving_one_leaves_its_moments(queue, points):
    pca, mds = finish(queue, Request(points, "pca"), Request(points, "mds"))
    np.testing.assert_array_equal(pca.embedding.coordinates, project(points, "pca").coordinates)
    np.testing.assert_array_equal(mds.embedding.coordinates, project(points, "mds").coordinates)
    assert not pca.moments
    assert 3 < len(mds.moments) <= MOST_MOMENTS
    assert [iteration for iteration, _ in mds.moments] == sorted({iteration for iteration, _ in mds.moments})


def test_what_is_known_is_not_drawn_again_unless_it_is_asked_for(queue, points):
    (first,) = finish(queue, Request(points, "mds"))
    (same,) = finish(queue, Request(points.copy(), "mds"))
    (again,) = finish(queue, Request(points, "mds"), again=True)
    assert same is first
    assert again is not first
    assert not again.embedding.cached


def test_a_map_that_was_dropped_asked_for_again_and_dropped_again_is_not_drawn(queue, points):
    begun, asked, drawn = threading.Event(), threading.Event(), []
    draw = queue._draw

    def counted(key, request, again):
        drawn.append(key)
        begun.set()
        assert asked.wait(60)  # it is at work until all is asked for
        return draw(key, request, again)

    queue._draw = counted
    slow, other = Request(points, "mds"), Request(points, "pca")
    queue.ask([slow])
    assert begun.wait(60)
    for requests in ([other], [slow], [other]):
        keys = queue.ask(requests)
    asked.set()
    wait_until(lambda: not queue.busy(keys))
    assert drawn == [slow.key(), other.key()]


class Recorded:
    """Stands for the history of a run."""


def test_a_map_of_the_data_is_on_disk_for_the_next_session_and_one_of_a_run_is_not(queue, points, tmp_path):
    finish(queue, Request(points, "pca"), Request(points + 1, "mds", recorded=Recorded()))
    assert len(list(tmp_path.iterdir())) == 1
    (found,) = finish(MapQueue(EmbeddingCache(tmp_path), threading.Lock(), MapsOfRuns()), Request(points, "pca"))
    assert found.embedding.cached


def test_what_was_drawn_before_comes_back_says_so_and_can_be_drawn_again(queue, points):
    run = Recorded()
    wanted = [Request(points, "mds", recorded=run), FilmRequest((points, points + 1), "pca", run)]
    drawn = finish(queue, *wanted)
    assert not any(progress.kept for progress in drawn)
    queue.ask([Request(points, "pca")])
    keys = queue.ask(wanted)
    assert not queue.busy(keys)  # at once
    for before, now in zip(drawn, map(queue.progress, keys), strict=True):
        assert now.kept
        assert (now.mark, now.embedding, now.film) == (before.mark, before.embedding, before.film)
    again = finish(queue, *wanted, again=True)
    assert not any(progress.kept for progress in again)


def test_maps_of_a_run_outlive_the_session_s_desk_and_go_with_the_run(points, tmp_path):
    of_runs, run = MapsOfRuns(), Recorded()
    finish(MapQueue(EmbeddingCache(tmp_path), threading.Lock(), of_runs), Request(points, "mds", recorded=run))
    other = MapQueue(EmbeddingCache(tmp_path), threading.Lock(), of_runs)  # after a lost connection
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
        kept.put(name, MapProgress("done"), 30)
    kept.get("a")
    kept.put("d", MapProgress("done"), 30)
    assert [kept.get(name) is not None for name in "abcd"] == [True, False, True, True]
    kept.put("large", MapProgress("done"), 101)
    assert kept.nbytes <= 100


def test_what_is_no_longer_wanted_is_stopped_and_what_is_wanted_again_comes(queue, random):
    long = Request(random.normal(size=(900, 20)), "mds", options={"iterations": 2000})
    (key,) = queue.ask([long])
    wait_until(lambda: queue.progress(key).iteration > 0)
    queue.close()
    wait_until(lambda: queue.threads == 0)
    assert queue.progress(key).state == "failed"
    queue.ask([long])
    wait_until(lambda: queue.progress(key).iteration > 0)
    assert queue.busy([key])


def test_points_that_cannot_be_mapped_get_the_reason_and_the_next_map_is_drawn(queue, points):
    flat, good = finish(queue, Request(np.ones((20, 3)), "tsne"), Request(points, "pca"))
    assert "the same" in flat.error
    assert good.embedding is not None
