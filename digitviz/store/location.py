"""Where things are kept: what the environment says, and which database that is."""

from __future__ import annotations

import os
from contextlib import nullcontext
from pathlib import Path

from digitviz.store.database import Database, Waiting
from digitviz.store.postgresql import PostgreSQL
from digitviz.store.sqlite import SQLite

URL_VARIABLE = "DIGITVIZ_DATABASE"
HOME_VARIABLE = "DIGITVIZ_HOME"
CACHE_VARIABLE = "DIGITVIZ_CACHE_BYTES"
CACHE_BYTES = 2_000_000_000
OWNED_VARIABLE = "DIGITVIZ_OWNED_BYTES"
OWNED_BYTES = 10_000_000_000
OWNER_VARIABLE = "DIGITVIZ_BYTES_PER_OWNER"
OWNER_BYTES = 1_000_000_000
RESERVE_VARIABLE = "DIGITVIZ_RESERVE_BYTES"
RESERVE_BYTES = 500_000_000
"""Of the disk, that only runs which are kept already may fill as they go on."""
SQLITE = "sqlite:///"


def default_url() -> str:
    """Return the database that the environment names, else a file of the user's own."""
    url = os.environ.get(URL_VARIABLE)
    if url:
        return url
    home = os.environ.get(HOME_VARIABLE)
    if not home:
        from platformdirs import user_data_path

        home = str(user_data_path("digitviz", appauthor=False))
    return SQLITE + str(Path(home).absolute() / "digitviz.db")


def default_cache_bytes() -> int:
    """Return how many bytes of values are kept: as many as the environment says, if that is a number of them."""
    return _bytes(CACHE_VARIABLE, CACHE_BYTES)


def default_owned_bytes() -> int:
    """Return how many bytes all people together may own: as many as the environment says, if that is a number."""
    return _bytes(OWNED_VARIABLE, OWNED_BYTES)


def default_owner_bytes() -> int:
    """Return how many bytes the runs of one owner may take: as many as the environment says, if that is a number."""
    return _bytes(OWNER_VARIABLE, OWNER_BYTES)


def default_reserve_bytes() -> int:
    """Return how many bytes of the disk stay free of anything new: as many as the environment says, if it does."""
    return _bytes(RESERVE_VARIABLE, RESERVE_BYTES)


def _bytes(variable: str, otherwise: int) -> int:
    try:
        return max(int(float(os.environ[variable])), 0)
    except (KeyError, ValueError, OverflowError):
        return otherwise


def database_of(url: str, patience: float, waiting: Waiting = nullcontext) -> Database:
    """Return the database that a URL names; nothing is opened yet, and a wrong URL is found when it is opened.

    Parameters
    ----------
    url : str
        ``sqlite:///path`` or ``postgresql+psycopg://...``.
    patience : float
        Seconds for which a transaction waits for another one to end.
    waiting : callable, optional
        Returns a context that is entered while a thread waits for a server.
    """
    if url.startswith(SQLITE):
        return SQLite(Path(url.removeprefix(SQLITE)), patience)
    return PostgreSQL(url, patience, waiting)
