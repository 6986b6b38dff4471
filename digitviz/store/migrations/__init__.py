"""The numbered steps by which the tables came to be what they are.

A change to the tables is a new file in `versions/` with the next number, whose `down_revision` is the number before,
together with the same change in `tables.py` and `NEWEST`. A migration that was released is not changed any more.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection

NEWEST = "0003"
"""Known without loading Alembic, which is needed only when a database is behind."""


class NewerTables(Exception):
    """A newer version of the program made these tables; this one leaves them alone."""


def is_newest(connection: Connection) -> bool:
    """Tell whether there is nothing to migrate.

    Raises
    ------
    NewerTables
        If a newer version of the program made these tables.
    """
    from sqlalchemy import inspect, text

    if not inspect(connection).has_table("alembic_version"):
        return False
    at = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if at is not None and at > NEWEST:
        raise NewerTables(at)
    return at == NEWEST


def migrate(connection: Connection) -> None:
    """Bring the tables to their newest form, in the transaction of a connection that has locked them."""
    if is_newest(connection):  # another server has just done it
        return
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    command.upgrade(config, NEWEST)
