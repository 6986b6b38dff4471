from collections.abc import Callable
from functools import cache

import numpy as np
import pytest

from digitviz import load_digits
from digitviz.projections import Embedding, project


@pytest.fixture(scope="session")
def digits():
    """600 digits: enough for clusters, few enough to map them in a second."""
    return load_digits()[:600]


@pytest.fixture(scope="session")
def drawn(digits) -> Callable[[str], Embedding]:
    """Return the map of these digits by a method with its defaults, shared by all tests. Do not change it."""
    return cache(lambda method: project(digits.pixels, method, digits.labels))


@pytest.fixture(scope="session")
def blob():
    """60 points without structure, shape (60, 8)."""
    return np.random.default_rng(7).normal(size=(60, 8))
