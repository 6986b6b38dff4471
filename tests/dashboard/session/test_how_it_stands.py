"""Status messages of maps, before and after they are drawn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from digitviz import project
from digitviz.dashboard.session.map_jobs import MapProgress, MapState, how_it_stands, took


@pytest.fixture
def embedding(random):
    return project(random.normal(size=(40, 4)), "pca")


def test_a_map_that_moves_says_how_far_it_is():
    moving = MapProgress(MapState.MOVING, 30, 500, np.zeros((3, 2)))
    assert how_it_stands(moving) == "iteration 30 of 500"


def test_a_map_that_waits_or_tells_no_iterations_says_so():
    words = {how_it_stands(MapProgress(state)) for state in (MapState.WAITING, MapState.MOVING, MapState.FAILED)}
    assert len(words) == 3
    assert not any("iteration" in each for each in words)


def test_a_map_that_is_there_says_how_good_it_is_and_how_long_it_took(embedding):
    done = MapProgress(MapState.DONE, embedding=replace(embedding, seconds=2.5))
    said = how_it_stands(done)
    assert f"trustworthiness {embedding.trustworthiness:.1%}" in said
    assert "explained variance" in said
    assert said.endswith("**2.50 s**")


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.002, "**under 0.01 s**"), (0.01, "**0.01 s**"), (12.0, "**12.00 s**")]
)
def test_a_time_too_short_to_tell_is_called_short(seconds, words):
    assert took(seconds, MapProgress(MapState.DONE)) == f"took {words}"


def test_what_was_computed_before_says_so(embedding):
    assert took(1.0, MapProgress(MapState.DONE, embedding=replace(embedding, cached=True))).endswith("loaded from disk")
    assert took(1.0, MapProgress(MapState.DONE, embedding=embedding, kept=True)).endswith("reused")
