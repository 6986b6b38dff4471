"""The id of a requested map is known before the map is drawn. It depends on all inputs of the map."""

from __future__ import annotations

import numpy as np

from digitviz import TrainingRun
from digitviz.dashboard.session.map_jobs import FilmRequest, MapProgress, MapState, Request, request_of
from digitviz.projections import film_id, map_id, project
from digitviz.projections.spaces import space

LABELS = np.arange(30) % 3


def request(**how: object) -> Request:
    return Request("points", lambda: np.eye(30), "mds", **how)


def test_a_map_is_known_to_whoever_keeps_it_and_to_every_session_by_the_core_s_id():
    assert request().map_id == request().id == map_id("points", "mds")
    assert request(labels=LABELS).map_id == map_id("points", "mds", labelled=True)
    how = {"dimensions": 3, "seed": 4, "quality": "best", "options": {"iterations": 7}}
    assert request(**how).map_id == map_id("points", "mds", **how)


def test_a_map_in_which_points_will_be_placed_is_another_value_of_the_same_map():
    for_placing = request(for_placing=True)
    assert for_placing.map_id == request().map_id
    assert for_placing.id != request().id


def test_a_film_is_known_by_the_core_s_id():
    assert FilmRequest("frames", tuple, "pca").id == film_id("frames", "pca")


def test_a_request_for_a_space_asks_for_its_points_and_labels_and_may_say_more(digits):
    some = digits[:50]
    of = space("pixels", some, TrainingRun(some).network)
    asked = request_of(of, some, "", "pca", seed=3)
    assert asked.points() is of.points
    assert asked.labels is of.labels
    assert asked.seed == 3


def test_nothing_will_change_any_more_of_a_map_that_is_done_or_failed():
    assert [state for state in MapState if MapProgress(state).finished] == [MapState.DONE, MapState.FAILED]


def test_what_is_said_of_a_map_takes_the_memory_of_all_places_in_it():
    places = np.zeros((30, 2))
    moving = MapProgress(MapState.MOVING, moments=((1, places), (2, places)))
    assert moving.nbytes == 2 * places.nbytes
    assert MapProgress(MapState.DONE, film=(places,) * 5).nbytes == 5 * places.nbytes
    drawn = project(np.eye(30), "pca")
    assert MapProgress(MapState.DONE, embedding=drawn).nbytes == drawn.nbytes > 0


def test_every_moment_of_a_map_is_drawn_anew():
    assert MapProgress().mark != MapProgress().mark
