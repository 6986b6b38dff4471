"""All kinds of odd input."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

from hypothesis.strategies import SearchStrategy

import tests.fuzz

Kind = tuple[SearchStrategy[Any], Callable[[Any], None]]


@cache
def all_kinds() -> dict[str, Kind]:
    """Return the strategy and check of every kind in `tests.fuzz`, by "module: name"."""
    kinds: dict[str, Kind] = {}
    for module in pkgutil.iter_modules(tests.fuzz.__path__):
        if not module.name.startswith("test_"):
            found = getattr(import_module(f"tests.fuzz.{module.name}"), "KINDS", {})
            kinds |= {f"{module.name}: {name}": kind for name, kind in found.items()}
    return kinds
