"""What every test may use."""

from __future__ import annotations

import numpy as np
import pytest

from digitviz import DigitDataset, load_digits


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let one of the two processes keep the browser and its server, while the other runs all the rest."""
    for item in items:
        if "browser" in item.path.parts:
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="session")
def digits() -> DigitDataset:
    """The 1797 digits."""
    return load_digits()


@pytest.fixture
def random() -> np.random.Generator:
    """Random numbers that are the same in every run."""
    return np.random.default_rng(42)
