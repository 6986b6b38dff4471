"""What every test may use."""

from __future__ import annotations

import numpy as np
import pytest

from digitviz import DigitDataset, load_digits


@pytest.fixture(scope="session")
def digits() -> DigitDataset:
    """The 1797 digits."""
    return load_digits()


@pytest.fixture
def random() -> np.random.Generator:
    """Random numbers that are the same in every run."""
    return np.random.default_rng(42)
