"""The numbered steps by which the tables came to be what they are.

A change to the tables is a new file in `versions/` with the next number, whose `down_revision` is the number before,
together with the same change in `tables.py` and `NEWEST`. A migration that was released is not changed any more.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection, MetaData

NEWEST = "0005"
"""Known without loading Alembic, which is needed only when a database is behind."""


class NewerTables(Exception):
    """A newer version of the program made these tables; this one leaves them alone."""


def is_newest(connection: Connection) -> bool:
    """Tell whether there is nothing to migrate, and no table is missing.

    Raises
    ------
    NewerTables
        If a newer version of the program made these tables.
    """
    at, there = _found(connection)
    return at == NEWEST and _metadata().tables.keys() <= there


def migrate(connection: Connection) -> None:
    """Bring the tables to their newest form, in the transaction of a connection that has locked them."""
    if is_newest(connection):  # another server has just done it
        return
    at, _ = _found(connection)
    if at == NEWEST:  # somebody has dropped some
        _metadata().create_all(connection)
        return
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    command.upgrade(config, NEWEST)


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


def _metadata() -> MetaData:
    from digitviz.store.tables import metadata

    return metadata
