"""Settings in environment variables. `python -m digitviz.settings` prints them as a table.

docs/settings.md contains the same table, and a test compares the two.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

_T = TypeVar("_T")


@dataclass(frozen=True)
class Setting(Generic[_T]):
    """An environment variable.

    Parameters
    ----------
    name : str
    kind : str
        Type of the value, as in the table.
    default : object
        Value if the variable is missing, empty or invalid.
    description : str
        Description, as in the table.
    read : callable
        Converts the text to the value; raises ValueError or OverflowError if it is invalid.
    """

    name: str
    kind: str
    default: _T
    description: str
    read: Callable[[str], _T]

    @property
    def value(self) -> _T:
        """Value in the environment of this process, or the default."""
        text = os.environ.get(self.name)
        try:
            return self.read(text) if text else self.default
        except (ValueError, OverflowError):
            return self.default


def _bytes(text: str) -> int:
    return max(int(float(text)), 0)


def _megabytes(text: str) -> float:
    return _bytes(f"{float(text) * 1e6}") / 1e6


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


HOME = Setting("DIGITVIZ_HOME", "folder", "", "folder of the file `digitviz.db`; otherwise the user's data folder", str)
DATABASE = Setting(
    "DIGITVIZ_DATABASE", "URL", "", "a database instead of that file: `postgresql://user:password@host/name`", str
)
CACHE_BYTES = Setting("DIGITVIZ_CACHE_BYTES", "bytes", 2_000_000_000, "size of the cache in the database", _bytes)
OWNED_BYTES = Setting(
    "DIGITVIZ_OWNED_BYTES", "bytes", 10_000_000_000, "size of the runs and drawings of all owners", _bytes
)
BYTES_PER_OWNER = Setting("DIGITVIZ_BYTES_PER_OWNER", "bytes", 1_000_000_000, "size of the runs of one owner", _bytes)
RESERVE_BYTES = Setting(
    "DIGITVIZ_RESERVE_BYTES",
    "bytes",
    500_000_000,
    "space on the disk of `digitviz.db` that new runs leave free",
    _bytes,
)
MEMORY_MB = Setting("DIGITVIZ_MEMORY_MB", "megabytes", 1000.0, "memory that all runs share", _megabytes)
HOSTS: Setting[tuple[str, ...]] = Setting(
    "DIGITVIZ_HOSTS",
    "names, separated by commas",
    (),
    "further host names of the server, for example behind a proxy: `digits.example.org, *.cloud.example`",
    _names,
)
CLUSTER = Setting(
    "DIGITVIZ_CLUSTER",
    "URL",
    "",
    "a Dask scheduler that computes the sweeps: `tls://host:port`, or `tcp://127.0.0.1:port` on this machine",
    str,
)

SETTINGS: list[Setting[Any]] = [each for each in globals().values() if isinstance(each, Setting)]


def table() -> str:
    """Return the settings as a Markdown table."""
    rows = [("variable", "type", "default", "what it sets"), ("---",) * 4]
    for each in SETTINGS:
        default = f"{each.default:,.0f}" if isinstance(each.default, int | float) else ""
        rows.append((f"`{each.name}`", each.kind, default, each.description))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


if __name__ == "__main__":
    print(table())
