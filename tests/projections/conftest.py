import numpy as np
import pytest

from digitviz import load_digits


@pytest.fixture(scope="session")
def digits():
    """600 digits: enough for clusters, few enough for a second a map."""
    return load_digits()[:600]


@pytest.fixture(scope="session")
def blob():
    """60 points without structure, shape (60, 8)."""
    return np.random.default_rng(7).normal(size=(60, 8))
