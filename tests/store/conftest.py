"""Stores on both databases, that do not wait long for anything."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from digitviz.store import Store, database_of
from tests.store.breaking import ONLY_ROOT, disk_in_memory
from tests.store.server import MISSING, PATIENCE, PostgreSQLServer, running

DELAYS = (0.02, 0.05)
OpenStore = Callable[..., Store]


@pytest.fixture(scope="session")
def server() -> Iterator[PostgreSQLServer]:
    """A real PostgreSQL."""
    with running() as server:
        if server is None:
            pytest.skip(MISSING)
        yield server


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SQLite's file with the newest tables, in which there is nothing; to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "digitviz.db"
    database = database_of(f"sqlite:///{path}", PATIENCE)
    database.open()
    database.close()
    return path


either = pytest.fixture(params=["sqlite", "postgresql"])


@either
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of either kind that has its tables, and nothing in them."""
    if request.param == "postgresql":
        return request.getfixturevalue("server").migrated_database()
    path = tmp_path / "home" / "digitviz.db"
    path.parent.mkdir(mode=0o700)
    shutil.copy(request.getfixturevalue("migrated_file"), path)
    return f"sqlite:///{path}"


@either
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of either kind without tables; SQLite's is not even a file."""
    if request.param == "postgresql":
        return request.getfixturevalue("server").empty_database()
    return f"sqlite:///{tmp_path}/home/digitviz.db"


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
