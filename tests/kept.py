"""Runs and drawings as a store keeps them, that nobody has waited for."""

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
"""Of yesterday: what did not move for 30 days may be gone."""
digits = cache(load_digits)


def kept_run(
    owner: str = OWNER,
    changes: dict[int, dict[str, Any]] | None = None,
    settings: dict[str, Any] | None = None,
    **fields: Any,
) -> KeptRun:
    """Return a run that has come to its end, unless its fields say otherwise.

    Parameters
    ----------
    owner : str
    changes : dict, optional
        What was changed on the way, by batch.
    settings : dict, optional
        At its start, where they are not the notebook's.
    **fields
        Of `KeptRun`.
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
