"""A PostgreSQL server for the tests, from any installed version."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from digitviz.store import database_of, tables
from digitviz.store.migrations import NEWEST
from tests.ended import ENDS_WITH_US
from tests.waiting import wait_until

BINARIES = "/usr/lib/postgresql/*/bin"
"""Folders where Debian installs programs outside the PATH."""
ALONE = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' "
    "AND pid != pg_backend_pid()",
    "ALTER DATABASE postgres RESET ALL",
)
"""Statements that disconnect all other clients and reset all settings."""
PATIENCE = 20.0
MISSING = "no PostgreSQL server is installed: python -m tests.store.install installs one"


def find_binaries() -> Path | None:
    """Return the folder with `initdb` and `postgres`, of the newest version if there are several."""
    folders = sorted(Path("/").glob(BINARIES[1:]), key=lambda folder: float(folder.parent.name))
    if on_path := shutil.which("initdb"):
        folders.append(Path(on_path).resolve().parent)
    return next((folder for folder in reversed(folders) if (folder / "postgres").exists()), None)


class PostgreSQLServer:
    """Runs in a folder of its own and listens in it alone, so that no port is taken."""

    def __init__(self, binaries: Path) -> None:
        self._binaries = binaries
        self.folder = Path(tempfile.mkdtemp(prefix="digitviz-pg-"))
        # It refuses to be run by root.
        self._user = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
        if self._user:
            shutil.chown(self.folder, "postgres", "postgres")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self._has_tables = False
        self._run("initdb", "-U", "digitviz", "-A", "trust", "--no-sync", "-E", "UTF8", "--no-locale")
        self.start()

    def start(self) -> None:
        """Start it, or start it again."""
        options = {"listen_addresses": "", "fsync": "off", "shared_buffers": "16MB"}
        places = ["-D", self.folder / "data", "-k", self.folder, "-p", str(self._port)]
        command = [self._binaries / "postgres", *places, *(f"--{name}={value}" for name, value in options.items())]
        with (self.folder / "log.txt").open("a") as log:
            self._process = subprocess.Popen(
                [*ENDS_WITH_US, *command], cwd=self.folder, stdout=log, stderr=log, **self._user
            )
        wait_until(self._answers, PATIENCE)

    def _answers(self) -> bool:
        assert self._process.poll() is None, (self.folder / "log.txt").read_text()
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def stop(self) -> None:
        """Stop it at once, as a machine that loses power."""
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(PATIENCE)

    @contextmanager
    def gone(self) -> Iterator[None]:
        """Keep it stopped inside the block."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Let it answer nothing, while its machine still acknowledges what it is sent."""
        first = (self.folder / "data" / "postmaster.pid").read_text().split()[0]
        stopped = [int(first)]
        os.kill(stopped[0], signal.SIGSTOP)  # so that it begins no other process
        try:
            others = subprocess.run(["ps", "-o", "pid=", "--ppid", first], capture_output=True, text=True, check=True)
            for process in map(int, others.stdout.split()):
                os.kill(process, signal.SIGSTOP)
                stopped.append(process)
            yield
        finally:
            for process in reversed(stopped):
                os.kill(process, signal.SIGCONT)

    def empty_database(self) -> str:
        """Return the URL of a database in which there is nothing."""
        self.execute(*ALONE, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
        self._has_tables = False
        return self.url

    def migrated_database(self) -> str:
        """Return the URL of a database with the newest tables, in which there is nothing: they are made once."""
        if self._has_tables:
            names = ", ".join(tables.metadata.tables)
            self.execute(*ALONE, f"UPDATE alembic_version SET version_num = '{NEWEST}'", f"TRUNCATE {names}")
        else:
            database = database_of(self.empty_database(), PATIENCE)
            database.open()
            database.close()
            self._has_tables = True
        return self.url

    @property
    def url(self) -> str:
        """Address of its only database."""
        return f"postgresql://digitviz@/postgres?host={self.folder}&port={self._port}"

    def connect(self) -> psycopg.Connection[tuple[object, ...]]:
        """Connect to the database, as somebody else."""
        return psycopg.connect(
            host=str(self.folder), port=self._port, user="digitviz", dbname="postgres", autocommit=True
        )  # fmt: skip

    def execute(self, *statements: str) -> None:
        """Execute SQL statements, each on its own."""
        with self.connect() as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def remove(self) -> None:
        """Stop it for good."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, command: str, *arguments: str) -> None:
        subprocess.run(
            [self._binaries / command, "-D", self.folder / "data", *arguments],
            cwd=self.folder, check=True, stdout=subprocess.DEVNULL, **self._user,
        )  # fmt: skip


@contextmanager
def running() -> Iterator[PostgreSQLServer | None]:
    """Have a server run; None where none is installed."""
    binaries = find_binaries()
    if binaries is None:
        yield None
        return
    server = PostgreSQLServer(binaries)
    try:
        yield server
    finally:
        server.remove()
