"""What every test of a whole page may use."""

from __future__ import annotations

import pytest

from digitviz.dashboard.session import training_data


@pytest.fixture(autouse=True)
def _few_copies(monkeypatch):
    """Let a page draw two distorted copies of each digit, not ten, which take seven seconds, often in vain."""
    monkeypatch.setattr(training_data, "COPIES", dict.fromkeys(training_data.SOURCES, 2))
