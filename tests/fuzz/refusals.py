"""Accepted outcomes of bad input."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

LONGEST = 300
"""Maximum length of a readable sentence, in characters."""


def result_or_refusal(call: Callable[[], T]) -> T | None:
    """Return the result of a call, or None if it raised a ValueError with a short sentence.

    Raises
    ------
    AssertionError
        If the sentence is empty, long, or not one of ours.
    Exception
        Any other exception or warning from the call.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return call()
    except ValueError as error:
        refusal = error
    words, raised_in = str(refusal), _module_of(refusal)
    ours = type(refusal).__module__.startswith("digitviz.")
    assert type(refusal) is ValueError or ours, f"a {type(refusal).__name__}: {words}"
    assert 0 < len(words) <= LONGEST, f"{len(words)} characters: {words[:LONGEST]}"
    assert raised_in.startswith("digitviz."), f"raised in {raised_in}, so not in our words: {words}"
    return None


def _module_of(error: Exception) -> str:
    """Return the name of the module that raised an error."""
    step = error.__traceback__
    while step is not None and step.tb_next is not None:
        step = step.tb_next
    return "" if step is None else str(step.tb_frame.f_globals["__name__"])
