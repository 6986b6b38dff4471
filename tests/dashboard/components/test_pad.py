from __future__ import annotations

import base64

import numpy as np
import pytest

from digitviz.dashboard.components.pad import pack, unpack


def test_ink_survives_the_way_through_text(random):
    picture = (random.random((280, 280)) < 0.3).astype(np.uint8) * 255
    np.testing.assert_array_equal(unpack(pack(picture)), picture)


@pytest.mark.parametrize(
    "sent",
    [
        None, 7, {}, "", "x" * 13068, "AAAA", base64.b64encode(b"\0" * 9799).decode(),
        base64.b64encode(b"\0" * 10_000_000).decode(),
        "é" * 13068, "\ud800" * 13068, "<script>alert(1)</script>",
    ],
)  # fmt: skip
def test_anything_else_from_a_browser_is_no_drawing(sent):
    assert unpack(sent) is None
