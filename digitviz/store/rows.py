"""Records and bytes as rows of tables, and back. Nothing that is read is trusted."""

from __future__ import annotations

import hashlib
import json
import logging
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeVar

from digitviz.store.records import KeptDrawing, KeptRun

BYTES_OF_A_PART = 1_000_000

Row = dict[str, Any]
_Kept = TypeVar("_Kept")
_Record = TypeVar("_Record")
_log = logging.getLogger(__name__)

_AS_JSON = ("recipe", "settings", "training_data")
ONCE_OF_A_RUN = frozenset(
    {"id", "owner", "title", "pinned", "created", "deleted", "recipe", "training_data", "parent", "left_at"}
)
"""What later saves of a run leave as it is."""
ONCE_OF_A_DRAWING = frozenset({"id", "owner", "created", "deleted"})


class Said(dict[str, Any]):
    """A dictionary that nobody changes any more: however often it is saved, it is written as JSON once."""

    @cached_property
    def text(self) -> str:
        """What JSON says."""
        return json.dumps(self)


def run_row(run: KeptRun) -> Row:
    """Return the row of a run, as it is at this moment, whatever becomes of its dictionaries.

    Raises
    ------
    TypeError
        If one of them holds what JSON cannot say.
    """
    row = {name: getattr(run, name) for name in KeptRun.__dataclass_fields__}
    del row["drawings"]
    row |= {name: said.text if isinstance(said := row[name], Said) else json.dumps(said) for name in _AS_JSON}
    row |= {name: float(row[name]) for name in ("created", "changed")}
    row |= {name: int(row[name]) for name in ("step", "total_steps", "epoch")}
    return row | {"sketch": _packed(run.sketch), "deleted": None}


def run_of(row: Mapping[str, Any], drawings: Iterable[str]) -> KeptRun:
    """Return the run of a row.

    Raises
    ------
    ValueError
        If the row is damaged.
    """
    fields = {name: row[name] for name in KeptRun.__dataclass_fields__ if name != "drawings"}
    try:
        fields |= {name: json.loads(fields[name]) for name in _AS_JSON}
        if not all(isinstance(fields[name], dict) for name in _AS_JSON):
            raise ValueError("no settings")
        fields |= {name: bool(fields[name]) for name in ("pinned", "wants_to_go_on")}
        return KeptRun(**fields | {"sketch": _unpacked(fields["sketch"]), "drawings": tuple(drawings)})
    except (TypeError, ValueError, struct.error, RecursionError) as error:
        raise ValueError(f"the row of run {row['id']!r} is damaged") from error


def drawing_row(drawing: KeptDrawing) -> Row:
    """Return the row of a drawing."""
    row = {name: getattr(drawing, name) for name in KeptDrawing.__dataclass_fields__}
    packed = {"digit": _packed(drawing.digit), "probabilities": _packed(drawing.probabilities)}
    return row | packed | {"deleted": None}


def drawing_of(row: Mapping[str, Any]) -> KeptDrawing:
    """Return the drawing of a row.

    Raises
    ------
    ValueError
        If the row is damaged.
    """
    fields = {name: row[name] for name in KeptDrawing.__dataclass_fields__}
    try:
        fields |= {name: _unpacked(fields[name]) for name in ("digit", "probabilities")}
        return KeptDrawing(**fields)
    except (TypeError, ValueError, struct.error) as error:
        raise ValueError(f"the row of drawing {row['id']!r} is damaged") from error


def parts_of(data: bytes) -> list[Row]:
    """Divide bytes into rows, each with a digest by which damage is found."""
    parts = [data[at : at + BYTES_OF_A_PART] for at in range(0, len(data), BYTES_OF_A_PART)] or [b""]
    return [
        {"part": number, "parts": len(parts), "digest": _digest(part), "data": part}
        for number, part in enumerate(parts)
    ]  # fmt: skip


def joined(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Put bytes together again from rows in the order of their parts.

    Raises
    ------
    ValueError
        If one is missing or damaged.
    """
    whole = [(number, len(rows)) for number in range(len(rows))]
    if not rows or [(row["part"], row["parts"]) for row in rows] != whole:
        raise ValueError("a part is missing")
    data = [bytes(row["data"]) for row in rows]
    if [_digest(part) for part in data] != [bytes(row["digest"]) for row in rows]:
        raise ValueError("a part is damaged")
    return b"".join(data)


def readable(read: Callable[[_Kept], _Record], rows: Iterable[_Kept]) -> list[_Record]:
    """Return the records of rows, without those that are damaged."""
    records = []
    for row in rows:
        try:
            records.append(read(row))
        except ValueError as error:
            _log.warning("something is left out: %s", error)
    return records


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=16).digest()


def _packed(numbers: Sequence[float]) -> bytes:
    return struct.pack(f"<{len(numbers)}d", *numbers)


def _unpacked(data: bytes) -> tuple[float, ...]:
    return struct.unpack(f"<{len(data) // 8}d", data)
