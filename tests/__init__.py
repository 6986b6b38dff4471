"""Tests and benchmarks. Their data goes into a temporary folder, which is removed when they end."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "the first process")

if os.environ.get("DIGITVIZ_HOME_OF") != _WORKER:  # otherwise a parent test or benchmark removes it
    os.environ.pop("DIGITVIZ_DATABASE", None)
    _HOME, _PROCESS = tempfile.mkdtemp(prefix="digitviz-home-"), os.getpid()
    os.environ |= {"DIGITVIZ_HOME": _HOME, "DIGITVIZ_HOME_OF": _WORKER}

    @atexit.register
    def _remove() -> None:
        if os.getpid() == _PROCESS:  # a forked process leaves this to its parent
            shutil.rmtree(_HOME, ignore_errors=True)
