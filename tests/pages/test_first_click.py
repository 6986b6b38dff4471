"""The work between a visitor's first click on Train and the submission of the job."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any

import streamlit as st

from digitviz.training.pool import Pool
from tests.pages.test_train import QUICK, open_page

ROOT = Path(__file__).resolve().parents[2]
MAX_CALLS = 140
"""Maximum number of calls. About 40 only happen after a test has loaded `app.py`: Streamlit then inspects messages."""
MAX_FILES = 15


class Calls:
    """Counts calls of the project's functions, by file and name, until a job with steps to compute is submitted.

    Only calls in the thread of the first call count, because it runs the script.
    """

    def __init__(self) -> None:
        self.by_function: Counter[tuple[str, str]] = Counter()
        self.has_submitted = False
        self._thread: int | None = None

    def profile(self, frame: FrameType, event: str, _argument: Any) -> None:
        """Count one call. Pass this method to `threading.setprofile`."""
        thread = threading.get_ident()
        if event != "call" or self.has_submitted or self._thread not in {None, thread}:
            return
        code = frame.f_code
        if code is Pool.submit.__code__ and frame.f_locals["job"].wants_steps:
            self.has_submitted = True
        path = Path(code.co_filename)
        if path.is_relative_to(ROOT) and path.parts[len(ROOT.parts)] in {"app.py", "digitviz", "pages"}:
            self._thread = thread
            self.by_function[str(path.relative_to(ROOT)), code.co_qualname] += 1

    @property
    def files(self) -> set[str]:
        """Files whose functions were called."""
        return {file for file, _function in self.by_function}


def test_first_click_on_train_soon_queues_the_job(tmp_path, monkeypatch):
    monkeypatch.setenv("DIGITVIZ_HOME", str(tmp_path))
    st.cache_resource.clear()
    page = open_page(**QUICK)
    calls = Calls()
    threading.setprofile(calls.profile)
    try:
        page.button("train").click().run()
    finally:
        threading.setprofile(None)
    page.session_state["job"].pause()
    assert not page.exception
    assert calls.has_submitted
    counted = "\n".join(f"{count:4} {file} {function}" for (file, function), count in calls.by_function.most_common())
    assert calls.by_function.total() <= MAX_CALLS, counted
    assert len(calls.files) <= MAX_FILES, sorted(calls.files)
