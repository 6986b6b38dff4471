"""Fixtures for all page tests."""

from __future__ import annotations

import threading

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from digitviz import DigitDataset
from digitviz.dashboard.session import current_run, map_jobs, training_data
from digitviz.training import outcome
from digitviz.training.pool import Pool
from tests.pages.drawn_once import drawn_once
from tests.pages.map_page import MAPPED, finish


@pytest.fixture(autouse=True)
def _few_copies(monkeypatch):
    """Draw two distorted copies of each digit instead of ten, which take seven seconds and are often unused."""
    monkeypatch.setattr(training_data, "COPIES", dict.fromkeys(training_data.SOURCES.options, 2))


@pytest.fixture(autouse=True)
def _no_work_left():
    """Stop the trainings that a test leaves. They would take processor time from the tests after it."""
    yield
    for thread in threading.enumerate():
        owner = getattr(getattr(thread, "_target", None), "__self__", None)
        for job in [*owner._jobs] if isinstance(owner, Pool) else ():
            owner.cancel(job)


@pytest.fixture(autouse=True)
def _short_measurements(monkeypatch):
    """Measure trainings of a sweep for a third of the time, to say how long all of them take."""
    monkeypatch.setattr(outcome, "MEASURED_SECONDS", outcome.MEASURED_SECONDS / 3)


@pytest.fixture(scope="session")
def mapped(digits) -> DigitDataset:
    """The digits that pages map in these tests: the first `MAPPED`."""
    return digits[:MAPPED]


@pytest.fixture(autouse=True)
def _small_maps(mapped, monkeypatch):
    monkeypatch.setattr(current_run, "mapped_digits", lambda: mapped)


@pytest.fixture(autouse=True)
def _each_map_once(monkeypatch):
    """Share drawn maps between the page tests."""
    monkeypatch.setattr(map_jobs, "project", drawn_once)


@pytest.fixture
def open_map(tmp_path, monkeypatch):
    """Open the map page, by default with the fastest method."""
    monkeypatch.setenv("DIGITVIZ_HOME", str(tmp_path))  # an empty store
    st.cache_resource.clear()

    def open_map(**address: str) -> AppTest:
        page = AppTest.from_file("../../app.py", default_timeout=30)
        for name, text in ({"method": "pca"} | address).items():
            page.query_params[name] = text
        page.switch_page("pages/map.py").run()
        return finish(page)

    yield open_map
    st.cache_resource.clear()  # including the store of the previous folder
