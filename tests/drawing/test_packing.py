"""Distorted copies as bytes: unpacking restores them exactly and rejects all other bytes."""

from __future__ import annotations

import numpy as np
import pytest

from digitviz.drawing import practice
from digitviz.drawing.practice import COPIES_FORMAT, PracticeDataset, pack_copies, unpack_copies
from digitviz.packing import pack


@pytest.mark.parametrize("drawings", [0, 3])
def test_copies_come_back_as_they_were_and_none_are_drawn(digits, monkeypatch, drawings):
    extra = digits[-drawings:] if drawings else None
    drawn = PracticeDataset.of(digits[:40], 2, extra)
    data = pack_copies(drawn, 0.5)
    monkeypatch.setattr(practice, "distorted_copies", None)
    read = PracticeDataset.of(digits[:40], 2, extra)
    unpack_copies(read, 0.5, data)
    for before, after in zip(drawn.split(0.5), read.split(0.5), strict=True):
        np.testing.assert_array_equal(after.pixels, before.pixels)
        np.testing.assert_array_equal(after.labels, before.labels)
        assert after.id == before.id
    assert read.nbytes == drawn.nbytes
    assert len(data) < drawn.nbytes / 3


INK = np.zeros((40, 64), np.uint8)


@pytest.mark.parametrize(
    "arrays",
    [{}, {"ink": INK[:-1]}, {"ink": INK[:, :63]}, {"ink": INK + 17}, {"ink": INK.astype(float)}, {"other": INK},
     {"ink": INK, "more": INK}],
)  # fmt: skip
def test_what_are_no_copies_of_these_digits_is_refused(digits, arrays):
    enlarged = PracticeDataset.of(digits[:40], 2)
    unpack_copies(PracticeDataset.of(digits[:40], 2), 0.5, pack(COPIES_FORMAT, {}, {"ink": INK}))
    for data in (b"", pack(COPIES_FORMAT, {}, arrays)):
        with pytest.raises(ValueError, match=r"."):
            unpack_copies(enlarged, 0.5, data)
    assert enlarged.nbytes == 0
