"""Saved runs and drawings, as values and as table rows, and problems with the database.

Rows are not trusted: reading one checks its values.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import secrets
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import cached_property
from typing import Any, TypeVar

MAX_CHARACTERS_OF_A_TITLE = 80
MAX_POINTS_OF_A_SKETCH = 100
BYTES_OF_INK = 9800
"""Size of a drawing: 280 x 280 cells of the pad, eight per byte."""
BYTES_OF_A_PART = 1_000_000
MAX_STEPS = 2**63 - 1
"""The largest integer that a database can store."""

Row = dict[str, Any]
"""The columns of a run or a drawing; those of a run include its `drawings`."""
_Kept = TypeVar("_Kept")
_Record = TypeVar("_Record", "KeptRun", "KeptDrawing", "KeptSweep")
_Read = TypeVar("_Read")
_log = logging.getLogger(__name__)

_AS_JSON = {"recipe", "settings", "training_data", "definition"}
_AS_BYTES = {"sketch", "digit", "probabilities"}
ONCE = frozenset(
    {
        *("id", "owner", "title", "pinned", "created", "deleted", "recipe", "training_data", "drawings", "parent"),
        *("left_at", "definition"),
    }
)
"""Columns that later saves of a run, a drawing or a sweep do not overwrite."""


def _check(holds: bool, name: str, wanted: str) -> None:
    if not holds:
        raise ValueError(f"{name}: must be {wanted}")


def _is_id(text: str) -> bool:
    return re.fullmatch("[0-9A-Za-z_-]{1,64}", text) is not None


def _is_hex(text: str, characters: int) -> bool:
    return re.fullmatch(f"[0-9a-f]{{{characters}}}", text) is not None


def check_title(title: str) -> None:
    """Raise ValueError if a database cannot store a title."""
    fits = len(title) <= MAX_CHARACTERS_OF_A_TITLE and not re.search("[\\0\ud800-\udfff]", title)
    _check(fits, "title", f"text of at most {MAX_CHARACTERS_OF_A_TITLE} characters")


def new_epoch() -> int:
    """Return a number that no other server has for a run: 62 random bits."""
    return secrets.randbits(62) + 1


class Standing(StrEnum):
    """The state of an open run in the database, as known to this server."""

    KEPT = "kept"
    """As this server saved it."""
    UNKNOWN = "unknown"
    """The run must be saved again, because the database may have been replaced."""
    TAKEN = "taken"
    """Another server trains the run now."""
    DELETED = "deleted"


@dataclass(frozen=True)
class KeptRun:
    """A saved run.

    Parameters
    ----------
    id : str
        32 random hex characters. Anyone who knows them may view the run.
    owner : str
        SHA-256 of the owner's key, 64 hex characters.
    title : str
        Title, or "". The first save writes it and `pinned`; later, only `Store.rename` and `Store.pin` change them.
    pinned : bool
        True if lists show it before the others.
    created, changed : float
        Seconds since 1970.
    recipe, settings, training_data : dict
        Dictionaries for JSON; the store does not read them.
    drawings : tuple of str
        Ids of the drawings in its training data, in order.
    parent : str or None
        Id of the run from which it branched, which may no longer exist.
    left_at : int or None
        Number of finished batches of its parent at the branch.
    step, total_steps : int
        Number of steps taken, and of all steps.
    speed : float or None
        Steps per second; None for full speed.
    wants_to_go_on : bool
        True if it continues when its owner opens it.
    accuracy : float or None
        Test accuracy at `step`.
    state : str
        State in a short word.
    sketch : tuple of float
        At most 100 losses from the first step to the last, for a small curve.
    epoch : int
        Random number of the server that trains the run (`new_epoch`), or 0. The store refuses a save with a different
        epoch, so two servers never overwrite each other's saves.

    Raises
    ------
    ValueError
        If the database cannot store it.
    """

    id: str
    owner: str
    title: str
    pinned: bool
    created: float
    changed: float
    recipe: dict[str, Any]
    settings: dict[str, Any]
    training_data: dict[str, Any]
    drawings: tuple[str, ...]
    parent: str | None
    left_at: int | None
    step: int
    total_steps: int
    speed: float | None
    wants_to_go_on: bool
    accuracy: float | None
    state: str
    sketch: tuple[float, ...] = ()
    epoch: int = 0

    def __post_init__(self) -> None:
        _check(_is_hex(self.id, 32), "id", "32 hex characters")
        _check(_is_hex(self.owner, 64), "owner", "64 hex characters")
        _check(self.epoch in range(MAX_STEPS), "epoch", "a number that `new_epoch` returns")
        _check(self.parent is None or _is_hex(self.parent, 32), "parent", "None or 32 hex characters")
        check_title(self.title)
        for name in ("step", "total_steps", "left_at"):
            _check((getattr(self, name) or 0) in range(MAX_STEPS), name, "a number of steps or batches")
        _check(re.fullmatch(r"[a-z_ -]{0,40}", self.state) is not None, "state", "a short word")
        _check(len(self.sketch) <= MAX_POINTS_OF_A_SKETCH, "sketch", f"at most {MAX_POINTS_OF_A_SKETCH} numbers")
        _check(all(map(_is_id, self.drawings)), "drawings", "ids")


@dataclass(frozen=True)
class KeptDrawing:
    """A saved drawing.

    Parameters
    ----------
    id : str
        1 to 64 letters and digits.
    owner : str
        SHA-256 of the owner's key, 64 hex characters.
    ink : bytes
        The 280 x 280 cells of the pad, one bit each: 9800 bytes.
    digit : tuple of float
        The 64 pixels of the scaled drawing.
    label : int
        The true digit, 0 to 9.
    probabilities : tuple of float
        The network's prediction.
    created : float
        Seconds since 1970.

    Raises
    ------
    ValueError
        If the database cannot store it.
    """

    id: str
    owner: str
    ink: bytes
    digit: tuple[float, ...]
    label: int
    probabilities: tuple[float, ...]
    created: float

    def __post_init__(self) -> None:
        _check(_is_id(self.id), "id", "1 to 64 letters and digits")
        _check(_is_hex(self.owner, 64), "owner", "64 hex characters")
        _check(len(self.ink) == BYTES_OF_INK, "ink", f"{BYTES_OF_INK} bytes")
        _check(len(self.digit) == 64, "digit", "64 numbers")
        _check(len(self.probabilities) == 10, "probabilities", "ten numbers")
        _check(self.label in range(10), "label", "0 to 9")

    @property
    def answer(self) -> int:
        """The predicted digit."""
        return max(range(10), key=self.probabilities.__getitem__)


@dataclass(frozen=True)
class KeptSweep:
    """A saved sweep. The outcomes of its training runs are saved separately.

    Parameters
    ----------
    id : str
        32 random hex characters.
    owner : str
        SHA-256 of the owner's key, 64 hex characters.
    created, changed : float
        Seconds since 1970.
    definition, training_data : dict
        Dictionaries for JSON; the store does not read them. The first save writes them.
    wants_to_go_on : bool
        True if it continues after a restart.
    title : str
        Title, or "". The first save writes it; later, only `Store.rename` changes it.

    Raises
    ------
    ValueError
        If the database cannot store it.
    """

    id: str
    owner: str
    created: float
    changed: float
    definition: dict[str, Any]
    training_data: dict[str, Any]
    wants_to_go_on: bool
    title: str = ""

    def __post_init__(self) -> None:
        _check(_is_hex(self.id, 32), "id", "32 hex characters")
        _check(_is_hex(self.owner, 64), "owner", "64 hex characters")
        check_title(self.title)


class Unavailable(Exception):
    """Raised while the database cannot be read, so its content is unknown. `Store.trouble` says why."""


class NoRoom(StrEnum):
    """Reason why the store does not save new runs or drawings of an owner."""

    OWNER = "owner"
    """The owner has reached the maximum number of them."""
    BYTES = "bytes"
    """The owner's runs have reached their maximum size."""
    SERVER = "server"
    """All owners together have reached the maximum size, or the disk is nearly full."""


class Kind(StrEnum):
    """The kind of a problem with the database, for the person who fixes it."""

    FULL = "full"
    """The disk or a quota is full."""
    READ_ONLY = "read-only"
    LOCKED = "locked"
    """Another process locks the database for longer than a save waits."""
    DAMAGED = "damaged"
    GONE = "gone"
    """The server does not answer, or the file or its folder is missing."""
    REMOVED = "removed"
    """The database works again, but its earlier runs are missing."""
    OTHER = "other"


@dataclass(frozen=True)
class Trouble:
    """A problem with the database.

    Parameters
    ----------
    kind : Kind
    since : float
        Seconds since 1970.
    unsaved : int
        Number of runs that are not saved yet.
    aside : str or None
        New path of a damaged file. The store then uses a new file, with the readable rows of the old one.
    """

    kind: Kind
    since: float
    unsaved: int = 0
    aside: str | None = None

    @property
    def is_over(self) -> bool:
        """True if saving works again in a new file or database, without the lost content of the old one."""
        return self.aside is not None or self.kind is Kind.REMOVED


class Said(dict[str, Any]):
    """A dictionary that must not change, so that it is converted to JSON only once and not at every save."""

    @cached_property
    def text(self) -> str:
        """The dictionary as JSON."""
        return json.dumps(self)


def row_of(kept: KeptRun | KeptDrawing | KeptSweep) -> Row:
    """Return the row of a run, a drawing or a sweep. Later changes of its dictionaries do not change the row.

    Raises
    ------
    TypeError
        If a dictionary cannot be converted to JSON.
    """
    row = {each.name: getattr(kept, each.name) for each in fields(kept)}
    for name, value in row.items():
        if name in _AS_JSON:
            row[name] = value.text if isinstance(value, Said) else json.dumps(value)
        elif name in _AS_BYTES:
            row[name] = struct.pack(f"<{len(value)}d", *value)
    return row | {"deleted": None}


def record_of(kind: type[_Record], row: Row) -> _Record:
    """Return the run, drawing or sweep in a row.

    Raises
    ------
    ValueError
        If the row is damaged.
    """
    try:
        values = {each.name: row[each.name] for each in fields(kind)}
        for name, value in values.items():
            if name in _AS_JSON:
                values[name] = json.loads(value)
                _check(isinstance(values[name], dict), name, "a dictionary")
            elif name in _AS_BYTES:
                values[name] = struct.unpack(f"<{len(value) // 8}d", value)
        return kind(**values)
    except (TypeError, ValueError, struct.error, RecursionError) as error:
        raise ValueError(f"the row {row['id']!r} of a {kind.__name__} is damaged") from error


def parts_of(data: bytes) -> list[Row]:
    """Divide bytes into rows, each with a digest that reveals damage."""
    parts = [data[at : at + BYTES_OF_A_PART] for at in range(0, len(data), BYTES_OF_A_PART)] or [b""]
    numbered = enumerate(parts)
    return [{"part": at, "parts": len(parts), "digest": _digest(part), "data": part} for at, part in numbered]


def joined(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Join the bytes of rows, which must be in the order of their parts.

    Raises
    ------
    ValueError
        If a part is missing or damaged.
    """
    whole = [(number, len(rows)) for number in range(len(rows))]
    if not rows or [(row["part"], row["parts"]) for row in rows] != whole:
        raise ValueError("a part is missing")
    data = [bytes(row["data"]) for row in rows]
    if [_digest(part) for part in data] != [bytes(row["digest"]) for row in rows]:
        raise ValueError("a part is damaged")
    return b"".join(data)


def readable(read: Callable[[_Kept], _Read], rows: Iterable[_Kept]) -> list[_Read]:
    """Return the results of `read` for the rows, without damaged rows."""
    found = []
    for row in rows:
        try:
            found.append(read(row))
        except ValueError as error:
            _log.warning("a damaged row was left out: %s", error)
    return found


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=16).digest()
