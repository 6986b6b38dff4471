"""Every file is read completely or refused with a sentence. `tests.fuzz` tries each kind, and all together."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from tests.examples import examples
from tests.fuzz.imports import RANDOM, READERS, check, damaged


def read_files(kind: str, files: st.SearchStrategy[bytes], count: int) -> None:
    """Read files that are the same in every run."""

    @settings(
        max_examples=count, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(files)
    def every_file(data: bytes) -> None:
        check(READERS[kind], data)

    every_file()


@pytest.mark.parametrize("kind", READERS)
def test_of_many_random_files_none_raises_anything_but_a_refusal(kind):
    """`tests.benchmarks.claims` reads 500."""
    read_files(kind, RANDOM[kind], examples(40))


@pytest.mark.parametrize("kind", READERS)
def test_of_many_damaged_files_none_is_read_by_half(kind):
    """`tests.benchmarks.claims` reads 200."""
    read_files(kind, damaged(kind), examples(40))
