"""A process that loads the libraries and forks children to run pytest.

Loading them takes longer than most tests that notice a fault. Each request is one line of JSON: pytest's arguments,
additional environment variables, and the output file. The responses are the child's process id and, at the end, its
exit code.
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
"""A fixture that is slower than all other tests together."""


CPU_SECONDS = 60.0
"""CPU time limit per test, ten times that of the slowest tests, excluding compilation."""
SECONDS = 300
"""Wall time limit per test, enough for a busy machine."""
MOST_BYTES = 8_000_000_000
"""Memory limit of a test process, four times the normal use. A fault could otherwise exhaust the memory."""
TIMED_OUT = (-signal.SIGPROF, -signal.SIGALRM)
"""Exit codes after a timeout. The signals have no handlers, so they also stop compiled code."""


class Limits:
    """A pytest plugin that limits the time of every test, and skips tests of the notebook's whole run.

    A fault counts as noticed only if other tests notice it.
    """

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Skip tests that use the `LONG` fixture."""
        left_out = [item for item in items if LONG in getattr(item, "fixturenames", ())]
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self) -> Iterator[None]:
        """Restart the time limits for each test."""
        self.begin()
        return (yield)

    @staticmethod
    def begin() -> None:
        """Start the time limits."""
        signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
        signal.alarm(SECONDS)


def serve() -> None:
    """Respond to requests until there are none left."""
    for name in LIBRARIES:
        import_module(name)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _run(**json.loads(line))
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def _run(arguments: list[str], environment: dict[str, str], output: str) -> NoReturn:
    """Run pytest in a forked child, as in a new process.

    The child exits without cleanup, which would remove folders that belong to the parent.
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
