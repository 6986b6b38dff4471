"""Who owns what on this server, and for how long nobody has seen them; removes it if that is asked for.

    python -m digitviz.store
    python -m digitviz.store --remove-unseen-for 365d

What people own is never dropped by itself. This shows it, those first who have not been here for longest. With
`--remove-unseen-for` it shows what would be removed, and asks before it does: answer "yes", or say `--yes` in a script.
It reads the database that the environment names, as the server does, and may be used while that runs.
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
"""Seconds for which a server may keep the database to itself."""
SHOWN = 12
"""Characters of an owner's id."""
UNITS = {"d": 1, "w": 7, "y": 365}


def days(text: str) -> int:
    """Read a number of days: 30d, 8w or 1y."""
    found = re.fullmatch(r"(\d{1,6})([dwy])", text)
    if found is None or not int(found[1]):
        raise argparse.ArgumentTypeError(f"{text!r} is not a time such as 365d, 52w or 1y")
    return int(found[1]) * UNITS[found[2]]


def main(arguments: Sequence[str] | None = None) -> int:
    """List owners, and remove what some have if that is asked for and confirmed."""
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
        print("last visit      runs  drawings          MB  owner")
        for one in found:
            size = f"{one.nbytes / 1e6:,.1f}"
            print(f"{_date(one.seen)}  {one.runs:8,}  {one.drawings:8,}  {size:>10}  {one.id[:SHOWN]}")
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
    except (ValueError, OverflowError, OSError):  # beyond the year 9999: a clock was wrong
        return f"{'unknown':10}"


def _confirmed() -> bool:
    try:
        return input('Remove all of this for good? Type "yes": ').strip() == "yes"
    except EOFError:  # nobody is there to answer
        return False


if __name__ == "__main__":
    sys.exit(main())
