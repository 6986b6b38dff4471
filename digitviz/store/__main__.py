"""List the owners of runs and drawings on this server with their last visits, and remove abandoned data on request.

    python -m digitviz.store
    python -m digitviz.store --remove-unseen-for 365d

The server never removes runs and drawings automatically. This command lists their owners in order of their last visits.
With `--remove-unseen-for` it lists the owners whose data it would remove and asks for confirmation. Answer "yes", or
use `--yes` in a script. It reads the same environment variables as the server, and works while the server runs.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from digitviz.store.store import SQLITE, database_of, default_url

PATIENCE = 20.0
"""Seconds to wait for locks of a server."""
SHOWN = 12
"""Number of characters shown of an owner's id."""
UNITS = {"d": 1, "w": 7, "y": 365}


def days(text: str) -> int:
    """Read a number of days: 30d, 8w or 1y."""
    found = re.fullmatch(r"(\d{1,6})([dwy])", text)
    if found is None or not int(found[1]):
        raise argparse.ArgumentTypeError(f"{text!r} is not a time such as 365d, 52w or 1y")
    return int(found[1]) * UNITS[found[2]]


def main(arguments: Sequence[str] | None = None) -> int:
    """List owners and, on request and after confirmation, remove the data of some."""
    parser = argparse.ArgumentParser("python -m digitviz.store", description=__doc__.split("\n")[0])
    parser.add_argument("--remove-unseen-for", type=days, metavar="365d", help="who was not here for so long")
    parser.add_argument("--yes", action="store_true", help="remove without asking")
    asked = parser.parse_args(arguments)
    url = default_url()
    if url.startswith(SQLITE) and not Path(url.removeprefix(SQLITE)).exists():
        print("Nothing is kept yet.")
        return 0
    from digitviz.store.owners import owners, remove

    with closing(database_of(url, PATIENCE)) as database:
        database.open()
        with database.reading() as connection:
            found = owners(connection)
        if asked.remove_unseen_for is not None:
            before = time.time() - asked.remove_unseen_for * 86_400
            found = [one for one in found if one.seen < before]
        print("last visit      runs  drawings    sweeps          MB  owner")
        for one in found:
            size = f"{one.nbytes / 1e6:,.1f}"
            print(f"{_date(one.seen)}  {one.runs:8,}  {one.drawings:8,}  {one.sweeps:8,}  {size:>10}  {one.id[:SHOWN]}")
        runs, nbytes = sum(one.runs for one in found), sum(one.nbytes for one in found)
        print(f"Owners: {len(found):,}, runs: {runs:,}, MB: {nbytes / 1e6:,.1f}")
        if asked.remove_unseen_for is None or not found:
            return 0
        if not (asked.yes or _confirmed()):
            print("Nothing was removed.")
            return 1
        removed = remove(database, [one.id for one in found], before)
        more = True
        while more:
            with database.writing() as connection:
                more = database.give_room(connection)
        print(f"Removed for good what these owned: {removed:,}.")
    return 0


def _date(seconds: float) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")
    except (ValueError, OverflowError, OSError):  # after the year 9999: a clock was wrong
        return f"{'unknown':10}"


def _confirmed() -> bool:
    try:
        return input('Remove all of this for good? Type "yes": ').strip() == "yes"
    except EOFError:  # no terminal
        return False


if __name__ == "__main__":
    sys.exit(main())
