"""A few values of each kind that opens a page. `tests.fuzz` has more of the kinds that need no page."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from digitviz.dashboard.session import training_data
from tests.examples import examples
from tests.fuzz import addresses, settings as training_settings

PAGES = addresses.PAGES | training_settings.PAGES


@pytest.mark.parametrize("kind", PAGES)
def test_a_page_stands_whatever_it_is_sent(kind):
    strategy, check = PAGES[kind]

    @settings(max_examples=examples(3), deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(strategy)
    def stands(value):
        with pytest.MonkeyPatch.context() as environment:
            # More copies are rarely needed.
            environment.setattr(training_data, "COPIES", dict.fromkeys(training_data.SOURCES.options, 2))
            check(value)

    stands()
