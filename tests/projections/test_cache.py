import os

import numpy as np
import pytest

from digitviz.projections import METHODS, EmbeddingCache, project


@pytest.fixture
def cache(tmp_path):
    return EmbeddingCache(tmp_path / "maps")


def same(embedding, other) -> bool:
    return embedding.coordinates.tobytes() == other.coordinates.tobytes()


@pytest.mark.parametrize("method", METHODS)
def test_a_map_comes_back_as_it_was_and_places_points_as_before(cache, digits, method):
    x = digits.pixels[:200]
    drawn = project(x, method, digits.labels[:200])
    cache.put("a", drawn)
    read = EmbeddingCache(cache.folder).get("a", lambda: x)
    assert not drawn.cached
    assert read.cached
    for name in ("method", "quality", "seed", "options", "notes", "seconds", "trustworthiness", "neighbour_accuracy"):
        assert getattr(read, name) == getattr(drawn, name)
    assert read.explained_variance == drawn.explained_variance
    assert read.stress == drawn.stress
    assert read.nbytes == drawn.nbytes == x.nbytes + drawn.coordinates.nbytes
    assert same(read, drawn)
    new = digits.pixels[200:205]
    np.testing.assert_array_equal(read.place(new).coordinates, drawn.place(new).coordinates)
    assert read.place(new).approximate == drawn.place(new).approximate


def test_the_best_of_several_attempts_places_points_after_a_restart(cache, digits):
    x, new = digits.pixels[:200], digits.pixels[200:205]
    drawn = project(x, "isomap", quality="best", seed=2)
    cache.put("a", drawn)
    read = cache.get("a", lambda: x)
    np.testing.assert_array_equal(read.place(new).coordinates, drawn.place(new).coordinates)
    np.testing.assert_allclose(
        read.place(x[:5]).coordinates, read.coordinates[:5], atol=1e-3 * np.ptp(read.coordinates)
    )


def test_a_map_is_known_by_its_id_and_no_points_are_made_for_one_that_is_not_there(cache, blob):
    def fail():
        raise AssertionError("points were made")

    assert cache.get("a", fail) is None
    assert not cache.folder.exists()
    plane, space = project(blob, "pca"), project(blob, "pca", dimensions=3)
    cache.put("a", plane)
    cache.put("b", space)
    assert cache.get("c", fail) is None
    assert same(cache.get("a", lambda: blob), plane)
    assert same(cache.get("b", lambda: blob), space)


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
def test_a_damaged_file_is_as_good_as_missing_and_written_anew(cache, blob, damage):
    drawn = project(blob, "mds")
    cache.put("a", drawn)
    (path,) = cache.folder.iterdir()
    damage(path)
    assert cache.get("a", lambda: blob) is None
    cache.put("a", drawn)
    assert same(cache.get("a", lambda: blob), drawn)


def test_a_map_of_other_points_is_not_taken_for_theirs(cache, blob):
    cache.put("a", project(blob, "pca"))
    assert cache.get("a", lambda: blob[:-1]) is None
    assert cache.get("a", lambda: np.ones((60, 8))) is None


def test_the_least_recently_used_goes_first(tmp_path, blob):
    cache, drawn = EmbeddingCache(tmp_path), project(blob, "mds")
    for age, id in ((300, "a"), (200, "b"), (100, "c")):
        cache.put(id, drawn)
        path = tmp_path / f"{id}.npz"
        stamp = path.stat().st_mtime - age
        os.utime(path, (stamp, stamp))
    size = max(path.stat().st_size for path in tmp_path.iterdir())
    assert cache.get("a", lambda: blob).cached  # Used now: no longer the oldest.
    EmbeddingCache(tmp_path, max_bytes=3 * size + size // 2).put("d", drawn)
    assert cache.get("b", lambda: blob) is None
    assert all(cache.get(id, lambda: blob) for id in "acd")
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 3 * size + size // 2


def test_a_folder_that_cannot_be_written_costs_nothing(tmp_path, blob):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    EmbeddingCache(blocked).put("a", project(blob, "pca"))
    assert EmbeddingCache(blocked).get("a", lambda: blob) is None
