"""Stores on both databases, with short timeouts."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from digitviz.store import Store, database_of
from digitviz.store.database import Limits
from tests.store.breaking import ONLY_ROOT, disk_in_memory
from tests.store.server import MISSING, PATIENCE, PostgreSQLServer, running

DELAYS = (0.02, 0.05)
OpenStore = Callable[..., Store]


@pytest.fixture(scope="session")
def server() -> Iterator[PostgreSQLServer]:
    """A real PostgreSQL server."""
    with running() as server:
        if server is None:
            pytest.skip(MISSING)
        yield server


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SQLite file with the latest empty tables, as a template."""
    path = tmp_path_factory.mktemp("migrated") / "digitviz.db"
    database = database_of(f"sqlite:///{path}", PATIENCE)
    database.open()
    database.close()
    return path


either = pytest.fixture(params=["sqlite", "postgresql"])


@either
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of a database of either kind with empty tables."""
    if request.param == "postgresql":
        return request.getfixturevalue("server").migrated_database()
    path = tmp_path / "home" / "digitviz.db"
    path.parent.mkdir(mode=0o700)
    shutil.copy(request.getfixturevalue("migrated_file"), path)
    return f"sqlite:///{path}"


@either
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of a database of either kind without tables. SQLite's file does not exist."""
    if request.param == "postgresql":
        return request.getfixturevalue("server").empty_database()
    return f"sqlite:///{tmp_path}/home/digitviz.db"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Path of a file that does not exist yet."""
    return tmp_path / "home" / "digitviz.db"


@pytest.fixture
def open_store() -> Iterator[OpenStore]:
    """Open stores, and close them at the end of the test."""
    stores = []

    def opened(url: str | Path, cache_bytes: int = 2_000_000_000, formats: Any = None, **settings: Any) -> Store:
        url = f"sqlite:///{url}" if isinstance(url, Path) else url
        sizes = {name: settings.pop(f"{name}_bytes") for name in ("owned", "owner") if f"{name}_bytes" in settings}
        limits = Limits(cache_bytes, reserve=settings.pop("reserve", 0), **sizes)
        store = Store(url, formats, limits, **{"patience": PATIENCE, "delays": DELAYS} | settings)
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
