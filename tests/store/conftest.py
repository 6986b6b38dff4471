"""Stores on both databases, that do not wait long for anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from digitviz.store import Store
from tests.store.breaking import ONLY_ROOT, disk_in_memory
from tests.store.server import MISSING, PostgreSQLServer, running

PATIENCE = 20.0
DELAYS = (0.02, 0.05)
OpenStore = Callable[..., Store]


@pytest.fixture(scope="session")
def server() -> Iterator[PostgreSQLServer]:
    """A real PostgreSQL."""
    with running() as server:
        if server is None:
            pytest.skip(MISSING)
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/home/digitviz.db"
    return request.getfixturevalue("server").empty_database()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a file is that nobody has made yet."""
    return tmp_path / "home" / "digitviz.db"


@pytest.fixture
def open_store() -> Iterator[OpenStore]:
    """Open stores; at the end they are closed."""
    stores = []

    def opened(url: str | Path, cache_bytes: int = 2_000_000_000, formats: Any = None, **settings: Any) -> Store:
        url = f"sqlite:///{url}" if isinstance(url, Path) else url
        store = Store(url, cache_bytes, formats, **{"patience": PATIENCE, "delays": DELAYS, "reserve": 0} | settings)
        stores.append(store)
        return store

    yield opened
    for store in stores:
        store.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 3 MB, in memory."""
    with disk_in_memory(tmp_path / "disk", 3) as mounted:
        if not mounted:
            pytest.skip(ONLY_ROOT)
        yield tmp_path / "disk"
