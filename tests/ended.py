"""Processes that end with the one that started them, even if it is killed."""

from __future__ import annotations

import shutil

_SETPRIV = shutil.which("setpriv")  # of util-linux

ENDS_WITH_US = [_SETPRIV, "--pdeathsig", "KILL"] if _SETPRIV else []
"""Put this before a command. Elsewhere than on Linux it is empty: an orderly end of the tests stops their servers."""
