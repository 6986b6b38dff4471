"""Maps as bytes: unpacking restores them exactly and rejects all other bytes."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from digitviz.packing import pack, unpack
from digitviz.projections import METHODS, Embedding, project
from digitviz.projections.packing import MAP_FORMAT, pack_map, unpack_map

NAMES = ("method", "quality", "seed", "options", "notes", "seconds", "trustworthiness", "neighbour_accuracy")


@pytest.mark.parametrize("method", METHODS)
def test_a_map_comes_back_as_it_was_and_places_points_as_before(digits, method):
    x = digits.pixels[:200]
    drawn = project(x, method, digits.labels[:200])
    read = unpack_map(pack_map(drawn), x)
    assert (drawn.cached, read.cached) == (False, True)
    for name in (*NAMES, "explained_variance", "stress"):
        assert getattr(read, name) == getattr(drawn, name)
    lists = sum(each.nbytes for each in (*drawn._nearest, drawn._stays))
    assert read.nbytes == drawn.nbytes == x.nbytes + drawn.coordinates.nbytes + lists
    assert read.coordinates.tobytes() == drawn.coordinates.tobytes()
    new = digits.pixels[200:205]
    np.testing.assert_array_equal(read.place(new).coordinates, drawn.place(new).coordinates)
    assert read.place(new).approximate == drawn.place(new).approximate


def test_the_best_of_several_attempts_places_points_after_a_restart(digits):
    x, new = digits.pixels[:200], digits.pixels[200:205]
    drawn = project(x, "isomap", quality="best", seed=2)
    read = unpack_map(pack_map(drawn), x)
    np.testing.assert_array_equal(read.place(new).coordinates, drawn.place(new).coordinates)
    np.testing.assert_allclose(
        read.place(x[:5]).coordinates, read.coordinates[:5], atol=1e-3 * np.ptp(read.coordinates)
    )


def test_a_map_in_space_and_without_labels_comes_back(blob):
    read = unpack_map(pack_map(project(blob, "pca", dimensions=3)), blob)
    assert read.coordinates.shape == (60, 3)
    assert read.neighbour_accuracy is None
    read.coordinates[0] = 1  # a restored map is writable, as any other


def test_the_same_map_is_the_same_bytes(blob):
    drawn = project(blob, "mds")
    assert pack_map(drawn) == pack_map(drawn)


def changed(drawn: Embedding, coordinates: np.ndarray | None = None, **said: Any) -> bytes:
    """A map whose bytes contain different data, with a valid hash."""
    notes, arrays = unpack(MAP_FORMAT, pack_map(drawn))
    arrays = {"coordinates": arrays["coordinates"] if coordinates is None else coordinates}
    return pack(MAP_FORMAT, notes | said, arrays)


@pytest.mark.parametrize(
    "said",
    [
        {"method": "none"}, {"method": 3}, {"options": {}}, {"options": {"another": 1}},
        {"notes": [["no such note", {}]]}, {"notes": [["few_points", {}]]}, {"coordinates": np.zeros((59, 2))},
        {"coordinates": np.zeros((60, 4))}, {"coordinates": np.zeros(60)},
        {"coordinates": np.zeros((60, 2), np.float32)},
        {"coordinates": np.full((60, 2), np.nan)},
    ],
    ids=repr,
)  # fmt: skip
def test_a_map_of_other_points_or_another_version_is_refused_even_with_a_hash_that_fits(blob, said):
    drawn = project(blob, "mds")
    assert unpack_map(changed(drawn), blob).cached
    with pytest.raises(ValueError, match=r"."):
        unpack_map(changed(drawn, **said), blob)


def test_a_map_with_something_beside_it_or_without_a_part_is_refused(blob):
    notes, arrays = unpack(MAP_FORMAT, pack_map(project(blob, "mds")))
    with pytest.raises(ValueError, match=r"."):
        unpack_map(pack(MAP_FORMAT, notes, arrays | {"more": np.zeros(3)}), blob)
    with pytest.raises(ValueError, match=r"."):
        unpack_map(pack(MAP_FORMAT, notes, {}), blob)
    for name in notes:
        with pytest.raises(ValueError, match=r"."):
            unpack_map(pack(MAP_FORMAT, {key: notes[key] for key in notes if key != name}, arrays), blob)


@pytest.mark.parametrize("at", [0, 8, 60, 300, 900, -1])
def test_a_bit_that_has_changed_is_noticed(blob, at):
    data = bytearray(pack_map(project(blob, "mds")))
    data[at] ^= 1
    with pytest.raises(ValueError, match=r"."):
        unpack_map(bytes(data), blob)


@pytest.mark.parametrize("data", [b"", b"not a map", b"PK\\3\\4", json.dumps({}).encode()])
def test_bytes_that_are_no_map_are_refused(blob, data):
    with pytest.raises(ValueError, match=r"."):
        unpack_map(data, blob)


def test_a_map_of_other_points_is_not_taken_for_theirs(blob):
    data = pack_map(project(blob, "pca"))
    for other in (blob[:-1], np.ones((60, 8)), np.full((60, 8), np.nan)):
        with pytest.raises(ValueError, match=r"."):
            unpack_map(data, other)
