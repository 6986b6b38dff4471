"""Runs, drawings and sweeps to save."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Any

from digitviz.store import KeptDrawing, KeptRun, KeptSweep

OWNER, OTHER = "a" * 64, "b" * 64
LATER = 4e9
"""Seconds since 1970, late enough never to count as old."""


def kept_run(**fields: Any) -> KeptRun:
    """Return a run with a new id."""
    run = KeptRun(
        id=secrets.token_hex(16), owner=OWNER, title="", pinned=False, created=1000.0, changed=LATER,
        recipe={"engine": "numpy", "hidden": [50]}, settings={"learning_rate": 0.1}, training_data={"source": "digits"},
        drawings=(), parent=None, left_at=None, step=0, total_steps=100_000, speed=None, wants_to_go_on=True,
        accuracy=None, state="ready", sketch=(2.3, 0.5),
    )  # fmt: skip
    return replace(run, **fields)


def kept_drawing(**fields: Any) -> KeptDrawing:
    """Return a drawing with a new id."""
    drawing = KeptDrawing(
        id=secrets.token_hex(8), owner=OWNER, ink=bytes(9800), digit=(0.5,) * 64, label=7, probabilities=(0.1,) * 10,
        created=1000.0,
    )  # fmt: skip
    return replace(drawing, **fields)


def kept_sweep(**fields: Any) -> KeptSweep:
    """Return a sweep with a new id."""
    sweep = KeptSweep(
        id=secrets.token_hex(16), owner=OWNER, created=1000.0, changed=LATER, definition={"seeds": 2},
        training_data={"source": "digits"}, wants_to_go_on=True,
    )  # fmt: skip
    return replace(sweep, **fields)
