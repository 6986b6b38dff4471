from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from digitviz import align
from digitviz.dashboard.maps import large
from digitviz.dashboard.maps.large import Points, Shown, follow, placed
from digitviz.dashboard.session.map_jobs import MapProgress, MapState, Reason
from digitviz.projections.spaces import DIGITS


def test_the_same_map_is_not_laid_anew_and_another_family_starts_afresh(random):
    first = follow(None, "a", 0, random.normal(size=(9, 2)))
    second = follow(first, "a", 1, random.normal(size=(9, 2)))
    assert (second.before, follow(second, "a", 1, second.coordinates)) == (0, second)
    assert follow(second, "b", 1, second.coordinates).before is None
    assert follow(second, "a", 2, np.zeros((9, 2))).before is None  # nothing to rotate


def test_of_ten_labels_four_neighbours_are_compared_because_all_nine_always_stay(random):
    points = random.normal(size=(10, 5))
    wanted = SimpleNamespace(of=SimpleNamespace(count=10, points=points))
    done = MapProgress(embedding=SimpleNamespace(coordinates=points[:, :2]))
    kept = Shown(wanted, done, points[:, :2]).kept(3)
    assert [len(found.indices) for found in (kept.in_data, kept.in_map)] == [4, 4]
    enlarged = Shown(wanted, done, 3 * points[:, :2]).kept(3)  # to fit the map shown before it
    np.testing.assert_array_equal(enlarged.in_map.distances, kept.in_map.distances)


def test_a_map_that_is_drawn_once_more_is_seen_moving_and_until_then_the_last_one_stays(random, monkeypatch):
    last = follow(None, "a", 0, random.normal(size=(9, 2)))
    monkeypatch.setattr(large.st, "session_state", {"map_placed": last})
    wanted = [SimpleNamespace(family="a", request=SimpleNamespace(seed=0))]

    def place(progress: MapProgress) -> np.ndarray | None:
        return placed(wanted, [progress])[0].at

    np.testing.assert_array_equal(place(MapProgress()), last.coordinates)
    moving = random.normal(size=(9, 2))
    np.testing.assert_allclose(
        place(MapProgress(MapState.MOVING, 1, 9, moving)), align(last.coordinates, moving).coordinates
    )
    assert place(MapProgress(MapState.FAILED, reason=Reason.STOPPED)) is None


@pytest.mark.parametrize(
    ("strays", "said"),
    [
        ([5], "This 1 also looks like this 6, but the map puts them far apart"),
        ([5, 7], "This 1 also looks like this 6, but the map puts them far apart"),
        ([5, 6], "This 1 also looks like these 6s, but the map puts them far apart"),
        ([1], "The digits most like this 1"),
        ([], "The digits most like this 1"),
    ],
)
def test_the_title_names_all_look_alikes_of_a_label_that_stray_and_a_wrong_answer_is_said_in_words(strays, said):
    labels = np.array([1, 1, 1, 1, 1, 6, 6, 8, 6, 6])

    def kept(at: int) -> SimpleNamespace:
        around = np.arange(5) + 5 * (at >= 5)
        return SimpleNamespace(separated=np.array(strays, int), in_map=SimpleNamespace(indices=around))

    points = Points(DIGITS, SimpleNamespace(labels=labels), np.full(10, 6), np.full(10, 100))
    maps = [SimpleNamespace(embedding=object(), kept=kept)]
    assert large._title(maps, points, 0) == said
    assert large._title(maps, points, 7) == "Why does this 8 lie with the 6s?"
    assert large._how_many_are(8, labels[4:8]) == "**1 of the 4 digits most like it is an 8.**"
    assert large._how_many_are(6, labels[4:8]) == "**2 of the 4 digits most like it are 6s.**"
    assert points.described(0) == "Digit #1, label 1, read as 6: wrong"
    assert points.described(5) == "Digit #6, label 6, read as 6"
