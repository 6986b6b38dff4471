"""What people own, as values, and what can be wrong with the database."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

MOST_CHARACTERS_OF_A_TITLE = 80
MOST_POINTS_OF_A_SKETCH = 100
BYTES_OF_INK = 9800
"""The 280 x 280 cells of the pad, eight to a byte."""
MOST_STEPS = 2**63 - 1
"""That a database can count."""


def _check(holds: bool, name: str, wanted: str) -> None:
    if not holds:
        raise ValueError(f"{name}: must be {wanted}")


def _is_id(text: str) -> bool:
    return re.fullmatch("[0-9A-Za-z_-]{1,64}", text) is not None


def _is_hex(text: str, characters: int) -> bool:
    return re.fullmatch(f"[0-9a-f]{{{characters}}}", text) is not None


def check_title(title: str) -> None:
    """Raise ValueError if a database cannot hold a title."""
    _check(
        len(title) <= MOST_CHARACTERS_OF_A_TITLE and not re.search("[\\0\ud800-\udfff]", title),
        "title",
        f"text of at most {MOST_CHARACTERS_OF_A_TITLE} characters",
    )


def new_epoch() -> int:
    """Return a number that no server has drawn for a run before: 62 random bits."""
    return secrets.randbits(62) + 1


class Standing(StrEnum):
    """What is known of a run that somebody has open, as far as this server wrote it."""

    KEPT = "kept"
    """As it was saved last."""
    UNKNOWN = "unknown"
    """It is to be saved: the database may be another one."""
    TAKEN = "taken"
    """Another server goes on with it."""
    DELETED = "deleted"


@dataclass(frozen=True)
class KeptRun:
    """A run as its owner finds it again.

    Parameters
    ----------
    id : str
        32 hex characters, drawn at random: whoever knows it may look.
    owner : str
        SHA-256 of the owner's key, 64 hex characters.
    title : str
        Empty if none was given. It and `pinned` count when the run is saved first; later, `Store.rename` and
        `Store.pin` change them, and a save leaves them as they are.
    pinned : bool
        Whether it is listed before the others.
    created, changed : float
        Seconds since 1970.
    recipe, settings, training_data : dict
        What the run is made of, as JSON can say it; the store does not look inside.
    drawings : tuple of str
        Ids of the drawings it learnt from, in order.
    parent : str or None
        The run it left, which may be gone.
    left_at : int or None
        After which batch it left its parent.
    step, total_steps : int
        How far it is, and its goal.
    speed : float or None
        Steps per second that are asked for; None for as fast as possible.
    wants_to_go_on : bool
        Whether it goes on when it is opened.
    accuracy : float or None
        On the test digits at `step`.
    state : str
        How it stands, in a short word.
    sketch : tuple of float
        At most 100 losses from its first step to its last, for a small curve.
    epoch : int
        A number that whoever began to move it last has drawn (`new_epoch`); 0 if nobody has. A save with another one is
        refused, so that two servers never save over one another.

    Raises
    ------
    ValueError
        If it cannot be kept as it is.
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
        _check(self.epoch in range(MOST_STEPS), "epoch", "a number that `new_epoch` returns")
        _check(self.parent is None or _is_hex(self.parent, 32), "parent", "None or 32 hex characters")
        check_title(self.title)
        for name in ("step", "total_steps", "left_at"):
            _check((getattr(self, name) or 0) in range(MOST_STEPS), name, "a number of steps or batches")
        _check(re.fullmatch(r"[a-z_ -]{0,40}", self.state) is not None, "state", "a short word")
        _check(len(self.sketch) <= MOST_POINTS_OF_A_SKETCH, "sketch", f"at most {MOST_POINTS_OF_A_SKETCH} numbers")
        _check(all(map(_is_id, self.drawings)), "drawings", "ids")


@dataclass(frozen=True)
class KeptDrawing:
    """A drawing as its owner finds it again.

    Parameters
    ----------
    id : str
        1 to 64 letters and digits.
    owner : str
        SHA-256 of the owner's key, 64 hex characters.
    ink : bytes
        The 280 x 280 cells of the pad, one bit each: 9800 bytes.
    digit : tuple of float
        The 64 pixels that were made of it.
    label : int
        The digit that it shows, 0 to 9.
    probabilities : tuple of float
        The ten that were read in it.
    created : float
        Seconds since 1970.

    Raises
    ------
    ValueError
        If it cannot be kept as it is.
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


class Unavailable(Exception):
    """The database cannot be read now: what is kept is neither there nor missing. `Store.trouble` says why."""


class Kind(StrEnum):
    """What is wrong with the database, as far as it matters to who wants to do something about it."""

    FULL = "full"
    """The disk, or what one may use of it."""
    READ_ONLY = "read-only"
    LOCKED = "locked"
    """Somebody else holds it, longer than a save waits."""
    DAMAGED = "damaged"
    GONE = "gone"
    """The server does not answer, or the file or its folder is not there."""
    REMOVED = "removed"
    """It is in use again, but has none of the runs that were in it."""
    OTHER = "other"


@dataclass(frozen=True)
class Trouble:
    """What is wrong with the database.

    Parameters
    ----------
    kind : Kind
    since : float
        Seconds since 1970.
    unsaved : int
        How many runs wait to be saved.
    aside : str or None
        Where a damaged file was put. A new one is in use then, with what could be read of the old one.
    """

    kind: Kind
    since: float
    unsaved: int = 0
    aside: str | None = None

    @property
    def is_over(self) -> bool:
        """Whether all is saved again, into another file or database: then it is told of what is not there any more."""
        return self.aside is not None or self.kind is Kind.REMOVED
