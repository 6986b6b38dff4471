"""Bring the tables of a database to their newest form.

A database without tables gets those of `tables`. One of an earlier version takes the numbered steps of `steps`. A
change of the tables is a change in `tables`, a function with the next number in `steps`, and that number in `NEWEST`. A
step that was released never changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection

NEWEST = "0005"
"""Known without loading Alembic, which only a database of an earlier version needs."""


class NewerTables(Exception):
    """A newer version of the program made these tables, so this version does not touch them."""


def is_newest(connection: Connection) -> bool:
    """Return whether the database is migrated and no table is missing.

    Raises
    ------
    NewerTables
        If a newer version of the program made these tables.
    """
    from digitviz.store.tables import metadata

    at, there = _found(connection)
    return at == NEWEST and metadata.tables.keys() <= there


def migrate(connection: Connection) -> None:
    """Bring the tables to their newest form, in the transaction of a connection that has locked them."""
    if is_newest(connection):  # another server has just done it
        return
    at, _ = _found(connection)
    if at in {None, NEWEST}:  # nothing is there, or somebody has dropped some tables
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
    """Return the number of the last step that was taken, and the names of the tables that are there."""
    from sqlalchemy import inspect, text

    there = {*inspect(connection).get_table_names()}
    if "alembic_version" not in there:
        return None, there
    at = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if at is not None and at > NEWEST:
        raise NewerTables(at)
    return at, there
