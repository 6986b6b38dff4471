"""Messages about the progress and failure of maps."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from digitviz.dashboard.session import map_jobs
from digitviz.dashboard.session.map_jobs import MapProgress, MapState, Reason

HOSTILE = "points: `<b>`](javascript:1) **bold** " + "x" * 400


def failed(reason: Reason, error: str = "", **how_far: int) -> MapProgress:
    return MapProgress(MapState.FAILED, reason=reason, error=error, **how_far)


def test_what_the_core_says_of_points_reaches_markdown_as_code_and_a_picture_without_markup():
    progress = failed(Reason.REFUSED, HOSTILE)
    assert map_jobs.why_not(progress).startswith(r"No map: `points: \x60<b>\x60](javascript:1) **bold** x")
    assert len(map_jobs.why_not(progress)) < 300
    assert "&lt;b&gt;" in map_jobs.coming(progress)
    assert len(map_jobs.coming(progress)) < 300


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason != Reason.REFUSED])
def test_a_known_reason_is_a_sentence_of_ours(reason):
    progress = failed(reason, HOSTILE, iteration=1200, iterations=2000)
    for said in (map_jobs.why_not(progress), map_jobs.coming(progress)):
        assert "javascript" not in said
        assert said.endswith(".")
    assert map_jobs.why_not(failed(Reason.STOPPED, iteration=1200, iterations=2000)).startswith(
        "Stopped at iteration 1,200 of 2,000."
    )


def test_a_map_that_is_on_its_way_says_how_far_it_is():
    assert map_jobs.how_it_stands(MapProgress()) == map_jobs.coming(MapProgress()) == "waiting"
    assert map_jobs.how_it_stands(MapProgress(MapState.MOVING, 5, 1000)) == "iteration 5 of 1,000"
    assert map_jobs.coming(MapProgress(MapState.MOVING, 5, 1000)) == "computing"


@pytest.mark.parametrize(
    ("seconds", "cached", "kept", "said"),
    [
        (0.004, False, False, "took **under 0.01 s**"),
        (1.234, False, True, "took **1.23 s**, reused"),
        (1.234, True, False, "took **1.23 s**, loaded from disk"),
        (1.234, True, True, "took **1.23 s**, reused"),
    ],
)
def test_a_finished_map_says_how_long_it_took_and_when(seconds, cached, kept, said):
    progress = MapProgress(MapState.DONE, embedding=SimpleNamespace(cached=cached), kept=kept)
    assert map_jobs.took(seconds, progress) == said
