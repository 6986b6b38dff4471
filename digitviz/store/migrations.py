"""Migrations of the tables to the newest version.

A database without tables gets those in `tables`. In a database of an earlier version, `steps` adds what is missing. To
change the tables, change `tables` and raise `NEWEST`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection

NEWEST = "0007"
"""Number of the version of the tables."""


class NewerTables(Exception):
    """Raised if a newer version of the program created the tables, so this version must not change them."""


def is_newest(connection: Connection) -> bool:
    """Return whether the database is migrated and has all tables.

    Raises
    ------
    NewerTables
        If a newer version of the program created the tables.
    """
    from digitviz.store.tables import metadata

    at, there = _found(connection)
    return at == NEWEST and metadata.tables.keys() <= there


def migrate(connection: Connection) -> None:
    """Migrate the tables, in the transaction of a connection that has locked them."""
    if is_newest(connection):  # another server has just done it
        return
    at, _ = _found(connection)
    if at in {None, NEWEST}:  # no tables yet, or some were dropped
        from digitviz.store.tables import metadata

        metadata.create_all(connection)
    else:
        from digitviz.store.steps import take

        take(connection, at)
    for statement in (
        "CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)",
        "DELETE FROM alembic_version",
        f"INSERT INTO alembic_version VALUES ('{NEWEST}')",
    ):
        connection.exec_driver_sql(statement)


def _found(connection: Connection) -> tuple[str | None, set[str]]:
    """Return the number of the version of the tables, and the names of the existing tables."""
    from sqlalchemy import inspect, text

    there = {*inspect(connection).get_table_names()}
    if "alembic_version" not in there:
        return None, there
    at = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if at is not None and at > NEWEST:
        raise NewerTables(at)
    return at, there
