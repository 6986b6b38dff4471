"""Faster page tests without a browser: cache the work that `AppTest` repeats for each run of a page."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

from streamlit.components.v2 import manifest_scanner
from streamlit.runtime import pages_manager
from streamlit.runtime.scriptrunner.script_cache import ScriptCache
from streamlit.testing.v1 import app_test, local_script_runner

from digitviz.dashboard.questions import subject
from digitviz.dashboard.session import training_data
from digitviz.datasets import load_digits, load_handwriting

SECONDS_AT_MOST = 120
_asking = local_script_runner.require_widgets_deltas
_stand_in = cache(MagicMock)


def share_what_all_runs_have_in_common() -> None:
    """Cache the work that is the same in all page runs of this process."""
    # To find components in installed packages, each `AppTest` reads the metadata of all. Ours are in none of them.
    manifest_scanner.scan_component_manifests = list
    # Page files do not change during a test.
    app_test.ScriptCache = local_script_runner.ScriptCache = cache(ScriptCache)
    pages_manager.Path = _Found
    app_test.MagicMock = _forgetful_stand_in
    local_script_runner.require_widgets_deltas = _wait
    # Each server reads its digits once, and nearly every test has its own server.
    training_data.load_digits = cache(load_digits)
    training_data.load_handwriting = subject.load_handwriting = cache(load_handwriting)


class _Found(type(Path())):  # type: ignore[misc]
    """A path that is resolved only once. Streamlit resolves the paths of all pages in each run."""

    resolve = cache(Path.resolve)


def _forgetful_stand_in(**named: Any) -> MagicMock:
    """Return a cached mock of the server. Each new `MagicMock` creates a class, which is slow."""
    stand_in = _stand_in(**named)
    stand_in.reset_mock()
    return stand_in


def _wait(runner: Any, timeout: float) -> None:
    """Wait for a page run, also on a busy machine. The original polls every millisecond, which delays the page."""
    runner._script_thread.join(max(timeout, SECONDS_AT_MOST))
    if not runner.script_stopped():
        _asking(runner, timeout)
