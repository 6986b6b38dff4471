"""A PostgreSQL server, by psycopg."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from digitviz.store.database import CONNECTIONS, Database, NotOpen
from digitviz.store.records import Kind

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine, Table

MIGRATION = 0x64696769
"""The number of the lock that servers take in turn to make tables: "digi"."""
DRIVER = "postgresql+psycopg"
NAMES = ("postgresql://", "postgres://")
"""By which a URL may call it without naming the driver."""
SECONDS_TO_CONNECT = 3
SECONDS_OF_A_STATEMENT = 30
SILENT_MILLISECONDS = 8000
"""After which a server that acknowledges nothing counts as gone."""

_KINDS = {
    "08": Kind.GONE,  # connection exceptions
    "28": Kind.GONE,  # a password that is not right
    "3D": Kind.GONE,  # no such database
    "57P": Kind.GONE,  # it stops, stopped, or has only begun
    "57014": Kind.LOCKED,  # a statement that took too long
    "55P03": Kind.LOCKED,
    "40": Kind.LOCKED,  # deadlocks, and transactions that ran into each other
    "53100": Kind.FULL,
    "53300": Kind.GONE,  # too many others are connected
    "25006": Kind.READ_ONLY,  # as a standby is
    "42501": Kind.READ_ONLY,  # no right to write
    "XX001": Kind.DAMAGED,
    "XX002": Kind.DAMAGED,
}
"""By how an SQLSTATE begins (PostgreSQL's documentation, appendix A)."""


class PostgreSQL(Database):
    """A database of a PostgreSQL server, which several servers of ours may share.

    Parameters
    ----------
    url : str
        ``postgresql+psycopg://user:password@host:port/database``.
    patience : float
        Seconds for which a statement waits for a lock.
    """

    def __init__(self, url: str, patience: float) -> None:
        super().__init__()
        self._url = next((f"{DRIVER}://{url.removeprefix(name)}" for name in NAMES if url.startswith(name)), url)
        self._patience = patience

    def insert(self, table: Table) -> Any:
        """Begin an INSERT."""
        from sqlalchemy.dialects.postgresql import insert

        return insert(table)

    def lock_for_migration(self, connection: Connection) -> None:
        """Take the lock of migrations."""
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION})")

    def kind_of(self, error: BaseException) -> Kind:
        """Tell what an error means."""
        from sqlalchemy.exc import DBAPIError, OperationalError, TimeoutError

        cause = getattr(error, "orig", None) or error
        state = getattr(cause, "sqlstate", None)
        if state is not None:
            return next((kind for begin, kind in _KINDS.items() if state.startswith(begin)), Kind.OTHER)
        lost = isinstance(error, DBAPIError) and error.connection_invalidated
        return (
            Kind.GONE if lost or isinstance(error, OperationalError | TimeoutError | OSError | NotOpen) else Kind.OTHER
        )

    def _connected(self) -> Engine:
        from sqlalchemy import create_engine, event, make_url

        url = make_url(self._url)
        if url.drivername != DRIVER:
            raise ValueError(f"not a URL of SQLite or PostgreSQL: {url.drivername}")
        limits: dict[str, Any] = {
            "connect_timeout": SECONDS_TO_CONNECT, "tcp_user_timeout": SILENT_MILLISECONDS,
            "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3,
        }  # fmt: skip
        engine = create_engine(
            url, connect_args={name: value for name, value in limits.items() if name not in url.query},
            pool_size=CONNECTIONS, max_overflow=3 * CONNECTIONS, pool_timeout=SECONDS_TO_CONNECT, pool_pre_ping=True,
        )  # fmt: skip
        event.listen(engine, "connect", self._limit)
        return engine

    def _limit(self, connection: Any, _: object) -> None:
        waits, takes = round(self._patience * 1000), SECONDS_OF_A_STATEMENT * 1000
        connection.execute(f"SET lock_timeout = {waits}")
        connection.execute(f"SET statement_timeout = {takes}")
        connection.commit()

    @contextmanager
    def _transaction(self, engine: Engine, writes: bool) -> Iterator[Connection]:
        level = "READ COMMITTED" if writes else "REPEATABLE READ"
        with engine.execution_options(isolation_level=level).begin() as connection:
            yield connection
