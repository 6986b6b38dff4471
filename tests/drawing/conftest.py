"""Drawings for measurements, loaded once."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from digitviz.drawing import rasterise
from digitviz.pretrained import load_pretrained
from digitviz.pretrained.measure import load_drawn_digits, load_not_digits

DATA = Path(__file__).parents[1] / "data"


@pytest.fixture(scope="session")
def drawn():
    """400 drawings of digits."""
    return load_drawn_digits(DATA / "drawn_dev.npz")


@pytest.fixture(scope="session")
def not_digits():
    """310 drawings of other things, with their names."""
    return load_not_digits(DATA / "not_digits_dev.npz")


@pytest.fixture(scope="session")
def reader():
    return load_pretrained()


@pytest.fixture(scope="session")
def items() -> list[dict]:
    """20 digits as strokes."""
    return json.loads((DATA / "strokes.json").read_text(encoding="utf-8"))["items"]


@pytest.fixture
def three() -> np.ndarray:
    """A 3 on a canvas of 280 x 280."""
    strokes = [[(100, 80), (150, 70), (170, 100), (130, 130), (175, 160), (150, 205), (95, 195)]]
    return rasterise(strokes, 280, 18)
