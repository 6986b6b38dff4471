"""What every test of a whole page may use."""

from __future__ import annotations

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from digitviz import DigitDataset
from digitviz.dashboard.session import current_run, map_jobs, training_data
from tests.pages.drawn_once import drawn_once
from tests.pages.map_page import MAPPED, finish


@pytest.fixture(autouse=True)
def _few_copies(monkeypatch):
    """Let a page draw two distorted copies of each digit, not ten, which take seven seconds, often in vain."""
    monkeypatch.setattr(training_data, "COPIES", dict.fromkeys(training_data.SOURCES, 2))


@pytest.fixture(scope="session")
def mapped(digits) -> DigitDataset:
    """The digits that pages map here: the first `MAPPED`."""
    return digits[:MAPPED]


@pytest.fixture(autouse=True)
def _small_maps(mapped, monkeypatch):
    monkeypatch.setattr(current_run, "mapped_digits", lambda: mapped)


@pytest.fixture(autouse=True)
def _each_map_once(monkeypatch):
    """Let the pages of all tests share what maps they draw."""
    monkeypatch.setattr(map_jobs, "project", drawn_once)


@pytest.fixture
def open_map(tmp_path, monkeypatch):
    """Open the page, by default on its quickest map."""
    monkeypatch.setenv("DIGITVIZ_HOME", str(tmp_path))  # nothing is kept yet
    st.cache_resource.clear()

    def open_map(**address: str) -> AppTest:
        page = AppTest.from_file("../../app.py", default_timeout=30)
        for name, text in ({"method": "pca"} | address).items():
            page.query_params[name] = text
        page.switch_page("pages/map.py").run()
        return finish(page)

    yield open_map
    st.cache_resource.clear()  # with the store of that folder
