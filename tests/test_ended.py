"""Servers of the tests end with the tests, even if these are killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.ended import ENDS_WITH_US
from tests.waiting import wait_until

ROOT = Path(__file__).parents[1]
START = """
import subprocess
from tests.ended import ENDS_WITH_US
print(subprocess.Popen([*ENDS_WITH_US, "sleep", "600"]).pid, flush=True)
input()
"""


def runs(process: int) -> bool:
    try:
        return "(zombie)" not in Path(f"/proc/{process}/status").read_text()
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not ENDS_WITH_US, reason="no setpriv is installed: only an orderly end of the tests stops servers")
def test_a_process_ends_with_the_one_that_started_it_though_that_is_killed():
    command = [sys.executable, "-c", START]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        wait_until(lambda: Path(f"/proc/{child}/comm").read_text().strip() == "sleep", 20)  # setpriv has done its part
        assert runs(child)
        parent.kill()
    wait_until(lambda: not runs(child))
