import os

import numpy as np
import pytest

from digitviz.projections import METHODS, EmbeddingCache, project


@pytest.fixture
def cache(tmp_path):
    return EmbeddingCache(tmp_path / "maps")


@pytest.mark.parametrize("method", METHODS)
def test_a_map_comes_back_as_it_was_and_places_points_as_before(cache, digits, method):
    drawn = cache.project(digits.pixels[:200], method, digits.labels[:200])
    read = EmbeddingCache(cache.folder).project(digits.pixels[:200], method, digits.labels[:200])
    assert not drawn.cached
    assert read.cached
    for name in ("method", "quality", "seed", "options", "notes", "seconds", "trustworthiness", "neighbour_accuracy"):
        assert getattr(read, name) == getattr(drawn, name)
    assert read.explained_variance == drawn.explained_variance
    assert read.stress == drawn.stress
    assert read.coordinates.tobytes() == drawn.coordinates.tobytes()
    new = digits.pixels[200:205]
    np.testing.assert_array_equal(read.place(new).coordinates, drawn.place(new).coordinates)
    assert read.place(new).approximate == drawn.place(new).approximate


def test_the_best_of_several_attempts_places_points_after_a_restart(cache, digits):
    x, new = digits.pixels[:200], digits.pixels[200:205]
    drawn = cache.project(x, "isomap", quality="best", seed=2)
    read = cache.project(x, "isomap", quality="best", seed=2)
    np.testing.assert_array_equal(read.place(new).coordinates, drawn.place(new).coordinates)
    np.testing.assert_allclose(
        read.place(x[:5]).coordinates, read.coordinates[:5], atol=1e-3 * np.ptp(read.coordinates)
    )


def test_whatever_changes_the_map_is_another_entry(cache, blob):
    labels = np.arange(60) % 3
    calls = [
        {},
        {"method": "isomap"},
        {"seed": 1},
        {"dimensions": 3},
        {"quality": "best"},
        {"iterations": 7},
        {"labels": labels},
        {"labels": labels[::-1]},
        {"x": blob + 1e-9},
    ]
    for call in calls:
        assert not cache.project(**{"x": blob, "method": "mds", **call}).cached
    for call in calls:
        assert cache.project(**{"x": blob, "method": "mds", **call}).cached


def test_an_option_given_as_its_default_is_the_same_entry(cache, blob):
    cache.project(blob, "mds")
    assert cache.project(blob, "mds", iterations=METHODS["mds"].options[0].quick).cached


def test_get_draws_nothing(cache, blob):
    assert cache.get(blob, "pca") is None
    assert not cache.folder.exists()
    cache.project(blob, "pca")
    assert cache.get(blob, "pca").cached


def test_a_map_can_be_drawn_again(cache, blob):
    cache.project(blob, "pca")
    assert not cache.project(blob, "pca", recompute=True).cached


def archive(path, **arrays):
    with path.open("wb") as file:
        np.savez(file, **arrays)


def pickled(path):
    archive(path, coordinates=np.array([{}], dtype=object), details=np.array("{}"))


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes()[:-200]),
        lambda path: path.write_bytes(b"not an archive"),
        pickled,
        lambda path: archive(path, coordinates=np.zeros((60, 2)), details=np.array("{}")),
        lambda path: archive(path, coordinates=np.zeros((5, 2)), details=np.array("{}")),
        lambda path: archive(path, coordinates=np.full((60, 2), np.nan), details=np.array("{}")),
    ],
)
def test_a_damaged_file_is_drawn_anew(cache, blob, damage):
    drawn = cache.project(blob, "mds")
    (path,) = cache.folder.iterdir()
    damage(path)
    again = cache.project(blob, "mds")
    assert not again.cached
    np.testing.assert_array_equal(again.coordinates, drawn.coordinates)
    assert cache.project(blob, "mds").cached


def test_the_least_recently_used_goes_first(tmp_path, blob):
    cache = EmbeddingCache(tmp_path)
    for age, seed in ((300, 0), (200, 1), (100, 2)):
        before = set(tmp_path.iterdir())
        cache.project(blob, "mds", seed=seed)
        (path,) = set(tmp_path.iterdir()) - before
        stamp = path.stat().st_mtime - age
        os.utime(path, (stamp, stamp))
    size = max(path.stat().st_size for path in tmp_path.iterdir())
    assert cache.get(blob, "mds", seed=0).cached  # Used now: no longer the oldest.
    EmbeddingCache(tmp_path, max_bytes=3 * size + size // 2).project(blob, "mds", seed=3)
    assert cache.get(blob, "mds", seed=1) is None
    assert all(cache.get(blob, "mds", seed=seed) for seed in (0, 2, 3))
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 3 * size + size // 2


def test_a_folder_that_cannot_be_written_costs_no_map(tmp_path, blob):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    cached = EmbeddingCache(blocked).project(blob, "pca")
    np.testing.assert_array_equal(cached.coordinates, project(blob, "pca").coordinates)


def test_bad_points_are_refused_before_the_disk_is_asked(cache):
    with pytest.raises(ValueError, match="the same"):
        cache.project(np.ones((5, 5)), "pca")
