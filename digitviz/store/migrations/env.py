"""What Alembic runs for every migration: here, in a transaction that is there already."""

from __future__ import annotations

from alembic import context


def run() -> None:
    """Take the steps."""
    context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
    context.run_migrations()


if __name__ == "env_py":  # the name by which Alembic loads it
    run()
