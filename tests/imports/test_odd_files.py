"""Every file is read completely or refused with a sentence. `tests.fuzz` tries each kind, and all together."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from tests.fuzz.imports import RANDOM, READERS, check, damaged

EASY = {"derandomize": True, "database": None, "deadline": None, "suppress_health_check": list(HealthCheck)}


@pytest.mark.long
@pytest.mark.parametrize("kind", READERS)
def test_of_500_random_files_none_raises_anything_but_a_refusal(kind):
    @settings(max_examples=500, **EASY)
    @given(RANDOM[kind])
    def every_file(data: bytes) -> None:
        check(READERS[kind], data)

    every_file()


@pytest.mark.long
@pytest.mark.parametrize("kind", READERS)
def test_of_200_damaged_files_none_is_read_by_half(kind):
    @settings(max_examples=200, **EASY)
    @given(damaged(kind))
    def every_file(data: bytes) -> None:
        check(READERS[kind], data)

    every_file()
