"""A process that has loaded the libraries and runs pytest in children of its own.

Loading them takes longer than most of the tests that notice a fault. It reads one request a line, of JSON: pytest's
arguments, what to add to the environment, and the file for what is said. It answers with the child's process id, and
with its exit code when it has ended.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import NoReturn

import pytest

LIBRARIES = (
    "numba", "pandas", "plotly.graph_objects", "scipy.sparse.csgraph", "scipy.stats", "sklearn.decomposition",
    "sklearn.manifold", "streamlit.testing.v1", "torch",
)  # fmt: skip
LONG = "notebook_run"
"""A fixture that takes longer than all the tests which do without it."""


CPU_SECONDS = 60.0
"""How long a test may compute before its process is killed: ten times what the longest do, besides compiling..."""
SECONDS = 300
"""...and how long it may take, on a machine however busy."""
MOST_BYTES = 8_000_000_000
"""Memory that a process of tests may take, four times what they need: with a fault it may want more than there is."""
TIMED_OUT = (-signal.SIGPROF, -signal.SIGALRM)
"""How a process ends that took too long. The signals are not handled, so that they also end what is compiled."""


class Limits:
    """A pytest plugin that limits every test, and leaves out those of the whole notebook run.

    A fault counts only if other tests notice it.
    """

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Leave them out."""
        left_out = [item for item in items if LONG in getattr(item, "fixturenames", ())]
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self) -> Iterator[None]:
        """Give each test its own time."""
        self.begin()
        return (yield)

    @staticmethod
    def begin() -> None:
        """Let the time begin anew."""
        signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
        signal.alarm(SECONDS)


def serve() -> None:
    """Answer requests until there are no more."""
    for name in LIBRARIES:
        import_module(name)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _run(**json.loads(line))
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def _run(arguments: list[str], environment: dict[str, str], output: str) -> NoReturn:
    """Be a process that was started for these tests alone.

    It ends at once: what tidies up at the end of a program would take away folders that belong to the parent.
    """
    os.setsid()
    file, nothing = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (file, 1), (file, 2)):
        os.dup2(source, target)
    os.environ |= environment
    sys.dont_write_bytecode = "PYTHONDONTWRITEBYTECODE" in environment
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_BYTES, MOST_BYTES))
    Limits.begin()
    code = pytest.main(arguments, plugins=[Limits()])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    serve()
