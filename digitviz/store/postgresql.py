"""Databases on a PostgreSQL server, through psycopg."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from digitviz.store.database import CONNECTIONS, Database, NotOpen, Waiting
from digitviz.store.records import Kind

if TYPE_CHECKING:
    import psycopg
    from sqlalchemy import Connection, Engine

MIGRATION = 0x64696769
"""Number of the advisory lock for migrations: "digi" in ASCII."""
DRIVER = "postgresql+psycopg"
NAMES = ("postgresql://", "postgres://")
"""Prefixes of URLs without the driver."""
SECONDS_TO_CONNECT = 3
SECONDS_OF_A_STATEMENT = 30
SILENT_MILLISECONDS = 8000
"""TCP timeout: a server that acknowledges nothing for this long counts as gone."""
SECONDS_BETWEEN_LOOKS = 0.1
"""Time after which an answer counts as slow."""
SECONDS_BEYOND_PATIENCE = 1.0
"""Additional wait of a read beyond the timeout for locks, so that the server can report a lock first."""

_KINDS = {
    "08": Kind.GONE,  # connection exceptions
    "28": Kind.GONE,  # wrong password
    "3D": Kind.GONE,  # no such database
    "57P": Kind.GONE,  # stopping, stopped, or starting
    "57014": Kind.LOCKED,  # statement timeout
    "55P03": Kind.LOCKED,
    "40": Kind.LOCKED,  # deadlocks and serialization failures
    "53100": Kind.FULL,
    "53300": Kind.GONE,  # too many connections
    "25006": Kind.READ_ONLY,  # for example a standby server
    "42501": Kind.READ_ONLY,  # no permission to write
    "XX001": Kind.DAMAGED,
    "XX002": Kind.DAMAGED,
}
"""Kinds of problems by the first characters of an SQLSTATE (PostgreSQL documentation, appendix A)."""


class PostgreSQL(Database):
    """A database on a PostgreSQL server, which several dashboard servers may share.

    Parameters
    ----------
    url : str
        ``postgresql+psycopg://user:password@host:port/database``.
    patience : float
        Seconds for which a statement waits for a lock.
    waiting : callable, optional
        Returns a context, which a thread enters while it waits for a connection or a slow answer.
    """

    def __init__(self, url: str, patience: float, waiting: Waiting = nullcontext) -> None:
        super().__init__()
        self._waiting, self._read_seconds = waiting, patience + SECONDS_BEYOND_PATIENCE
        self._url = next((f"{DRIVER}://{url.removeprefix(name)}" for name in NAMES if url.startswith(name)), url)
        self._patience = patience

    def lock_for_migration(self, connection: Connection) -> object:
        """Take the advisory lock for migrations."""
        return connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION})")

    def seconds(self, connection: Connection) -> float:
        """Return the time on the database's machine, in seconds since 1970."""
        return float(connection.exec_driver_sql("SELECT extract(epoch FROM clock_timestamp())").scalar_one())

    def kind_of(self, error: BaseException) -> Kind:
        """Return the kind of problem that an error means."""
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
        client = _client(self._read_seconds, self._waiting)

        def connect(dialect: object, record: object, arguments: Any, named: Any) -> object:
            with self._waiting():
                return client.connect(*arguments, **named)

        event.listen(engine, "do_connect", connect)
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
            client: Any = connection.connection.driver_connection
            client.silent_seconds = SECONDS_OF_A_STATEMENT if writes else self._read_seconds
            try:
                yield connection
            finally:
                client.silent_seconds = self._read_seconds


def _client(seconds: float, waiting: Waiting) -> type[psycopg.Connection[Any]]:
    """Return a connection class that waits at most `seconds` for each answer of the server.

    The machine of a stopped server (for example by SIGSTOP) still acknowledges packets, so the TCP timeouts never
    expire.
    """
    import psycopg

    class Client(psycopg.Connection[Any]):
        silent_seconds = seconds

        def __del__(self, *_: object) -> None:
            # SQLAlchemy drops a connection without closing it if the first statements on it fail.
            if hasattr(self, "pgconn"):
                self.close()

        def wait(self, gen: Any, *_: object, **__: object) -> Any:
            return super().wait(self._bounded(gen), SECONDS_BETWEEN_LOOKS)

        def _bounded(self, answer: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
            with ExitStack() as slow:
                heard, is_slow = time.monotonic(), False
                try:
                    wanted = next(answer)
                    while True:
                        ready = yield wanted
                        if ready:
                            heard = time.monotonic()
                        elif time.monotonic() - heard > self.silent_seconds:
                            self.close()
                            raise psycopg.OperationalError("the server does not answer")
                        elif not is_slow:
                            is_slow = True
                            slow.enter_context(waiting())
                        wanted = answer.send(ready)
                except StopIteration as end:
                    return end.value

    return Client
