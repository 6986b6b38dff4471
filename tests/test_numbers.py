from __future__ import annotations

import pytest

from digitviz.numbers import plain_number


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (1e-6, "0.000001"), (1e-9, "0.000000001"), (3e-3, "0.003"), (0.25, "0.25"), (100.0, "100"), (0, "0"),
        (0.0, "0"), (16_000, "16,000"), (1e6, "1,000,000"), (1e22, "10,000,000,000,000,000,000,000"), (-0.5, "−0.5"),
    ],
)  # fmt: skip
def test_a_number_is_written_out_without_a_power_of_ten(number, written):
    assert plain_number(number) == written
