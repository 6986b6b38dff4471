"""How something of Streamlit's that is not public is told of: one row of the table in `streamlit_internals.py`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st


@dataclass(frozen=True, eq=False)
class Internal:
    """Something of Streamlit's that is not public.

    Parameters
    ----------
    name : str
        Where it is found in Streamlit.
    why : str
        What the dashboard needs it for.
    without : str
        What happens when it is missing, or is otherwise.
    seen_with : str
        The version of Streamlit that had it.
    is_there : callable, optional
        Looks for it when the server starts; None for what only a test can find out.
    """

    name: str
    why: str
    without: str
    seen_with: str = "1.67"
    is_there: Callable[[], bool] | None = None

    def missing(self) -> str:
        """Say that it is missing, and what follows; empty if it is there or cannot be looked for."""
        try:
            there = self.is_there is None or self.is_there()
        except (ImportError, AttributeError, OSError):
            there = False
        return "" if there else self.sentence

    @property
    def sentence(self) -> str:
        """What to say when it is missing."""
        return f"Streamlit {st.__version__} has no {self.name} as {self.seen_with} had: {self.without}"
