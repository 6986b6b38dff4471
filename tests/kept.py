"""Runs and drawings as stored, without training or drawing them."""

from __future__ import annotations

import secrets
import time
from functools import cache
from typing import Any

import numpy as np

from digitviz import Hyperparameters, load_digits
from digitviz.store import KeptDrawing, KeptRun
from digitviz.training.recipe import Recipe

OWNER = "0f" * 32
NOON = time.time() // 86_400 * 86_400 - 43_200
"""Yesterday's noon. Items without changes for 30 days may be deleted."""
digits = cache(load_digits)


def kept_run(
    owner: str = OWNER,
    changes: dict[int, dict[str, Any]] | None = None,
    settings: dict[str, Any] | None = None,
    **fields: Any,
) -> KeptRun:
    """Return a finished run, unless `fields` say otherwise.

    Parameters
    ----------
    owner : str
    changes : dict, optional
        Settings changed during the run, by batch.
    settings : dict, optional
        Initial settings that differ from the notebook's.
    **fields
        Fields of `KeptRun`.
    """
    chosen = Hyperparameters.from_dict(settings or {})
    recipe = Recipe.of(digits(), chosen)
    for batch, values in (changes or {}).items():
        recipe = recipe.changed(batch, **values)
    ends_with = {**recipe.settings_at(chosen.batches).to_dict(), "engine": "auto"}
    usual: dict[str, Any] = {
        "id": secrets.token_hex(16), "owner": owner, "title": "", "pinned": False, "created": NOON, "changed": NOON,
        "recipe": recipe.to_dict(), "settings": ends_with, "training_data": {"source": "digits", "distorted": False},
        "drawings": (), "parent": None, "left_at": None, "step": chosen.total_steps, "total_steps": chosen.total_steps,
        "speed": None, "wants_to_go_on": False, "accuracy": 0.93, "state": "finished",
        "sketch": tuple(np.geomspace(3, 0.2, 100).tolist()),
    }  # fmt: skip
    return KeptRun(**usual | fields)


def kept_drawing(owner: str = OWNER, label: int = 3, **fields: Any) -> KeptDrawing:
    """Return a drawing, read as a 3."""
    usual: dict[str, Any] = {
        "id": secrets.token_hex(16), "owner": owner, "ink": bytes(9800), "label": label, "created": NOON,
        "digit": tuple(digits().pixels[label].tolist()), "probabilities": tuple(np.eye(10)[3].tolist()),
    }  # fmt: skip
    return KeptDrawing(**usual | fields)
