"""The pictures of all points of a map: fetched once by a browser, then kept there."""

from __future__ import annotations

import hashlib

from digitviz.dashboard.components.component import address
from digitviz.dashboard.runtime.shared import shared
from digitviz.dashboard.session import current_run
from digitviz.projections.spaces import DIGITS, LABELS, W1_ROWS, pictures

KINDS = (DIGITS, W1_ROWS, LABELS)


def packed(kind: str) -> bytes:
    """Return the pictures of all points of a kind, one after the other, 64 bytes each: ink of 0 to 16."""
    return shared().get(_pack, kind)


def _pack(kind: str) -> bytes:
    return pictures(kind, current_run.mapped_digits()).tobytes()


def addresses(kind: str) -> dict[str, str]:
    """Return where a browser finds the pictures of a kind, as "sheet", and the script that shows them, as "script"."""
    return {
        "sheet": f"digitviz-assets/pictures/{kind}?v={_version(packed(kind))}",
        "script": address("map"),
    }


def _version(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]
