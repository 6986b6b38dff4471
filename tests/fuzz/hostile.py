"""Malicious values and texts, for all fuzz tests.

All of them can be printed, so that a failed check can show the value.
"""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st

MARKUP = (
    "![x](http://evil/t.png)", "[a](javascript:alert(1))", "<img src=x onerror=alert(1)>", "<script>", "`code`", "``",
    "$x^2$", "$$", ":red[x]", ":material/home:", ":smile:", "**bold**", "# title", "- item", "| a | b |", "> quote",
    "http://evil/", "a@evil.example", "\n\n# title", "```\n", "~~~", "\u202egnp.exe", "\u2066", "\u200b", "\x00",
    "\x7f", "\u0301" * 9, "\u05d0\u05d1", "\\`", "&lt;", "%60", "\U000e0041", "\ud800", "{0}", "%s", "None", "NaN",
    "-0", "²", "١٢", "1e999", "1_000", "0x10", "--", "-", "1-2-3-4-5", "true", "True",
)  # fmt: skip


def texts() -> st.SearchStrategy[str]:
    """Texts of every kind: arbitrary characters, markup, and far too long."""
    markup = st.sampled_from(MARKUP)
    long = st.builds(
        lambda text, times: text * times, markup | st.sampled_from('1[{"-9`a '), st.sampled_from([400, 9_999])
    )
    return st.text() | markup | st.lists(markup | st.text(max_size=5), max_size=4).map("".join) | long


def numbers() -> st.SearchStrategy[Any]:
    """Numbers of every size and type, including the ends of most ranges."""
    ends = st.sampled_from(
        [0, 1, 4, 5, 512, 513, 2_000, 2_001, 10_000, 100_000, 2**32 - 1, 2**32, 10**400, -(10**4_000)]
    )
    odd = st.sampled_from(
        [math.nan, math.inf, -0.0, 5e-324, 1e308, np.float32("nan"), np.int8(-1), np.uint64(2**64 - 1)]
    )
    others = st.sampled_from([Decimal("NaN"), Fraction(1, 3), 1j, np.bool_(True), np.array(3), np.float16(0.5)])
    return st.integers() | st.floats() | st.booleans() | ends | odd | others


def values() -> st.SearchStrategy[Any]:
    """Arbitrary Python values."""
    leaves = st.none() | numbers() | texts() | st.binary() | st.sampled_from([object, len, ...])
    return st.recursive(
        leaves,
        lambda inner: (
            st.lists(inner, max_size=6) | st.tuples(inner) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
        ),
        max_leaves=8,
    )
