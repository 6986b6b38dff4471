"""Pages without a browser in less time: what `AppTest` does anew for each run of a page is done once."""

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

_asking = local_script_runner.require_widgets_deltas
_stand_in = cache(MagicMock)


def share_what_all_runs_have_in_common() -> None:
    """Let all runs of pages in this process share what is the same in each of them."""
    # In search of components, each `AppTest` reads what all installed packages say of themselves.
    manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)
    # No test changes a page's file while it runs.
    app_test.ScriptCache = local_script_runner.ScriptCache = cache(ScriptCache)
    pages_manager.Path = _Found
    app_test.MagicMock = _forgetful_stand_in
    local_script_runner.require_widgets_deltas = _wait
    # Each server reads its digits once, and nearly every test has a server of its own.
    training_data.load_digits = cache(load_digits)
    training_data.load_handwriting = subject.load_handwriting = cache(load_handwriting)


class _Found(type(Path())):  # type: ignore[misc]
    """A path that is followed to where it leads once: in each run, Streamlit follows those of all pages."""

    resolve = cache(Path.resolve)


def _forgetful_stand_in(**named: Any) -> MagicMock:
    """Return what stands for the server: each `MagicMock` is an instance of a class of its own, which takes long."""
    stand_in = _stand_in(**named)
    stand_in.reset_mock()
    return stand_in


def _wait(runner: Any, timeout: float) -> None:
    """Wait until a page has been run; the original looks every millisecond, and keeps the page waiting for Python."""
    runner._script_thread.join(timeout)
    if not runner.script_stopped():
        _asking(runner, timeout)
