"""Any input leads to a result or a clear refusal. `tests.benchmarks.fuzz` tries far more."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from tests.examples import examples
from tests.fuzz.kinds import all_kinds

CASES = 20
"Number of cases per kind. They are the same in every run, so failures are reproducible."


@pytest.mark.parametrize("kind", sorted(all_kinds()))
@pytest.mark.sampled(5)
def test_odd_input_ends_in_a_result_or_in_a_clear_sentence(kind):
    strategy, check = all_kinds()[kind]

    @settings(
        max_examples=examples(CASES),
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def every_value_is_checked(value: object) -> None:
        check(value)

    every_value_is_checked()
