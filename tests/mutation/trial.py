"""Run tests in a copy of the project, optionally with a fault."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from tests.mutation.faults import Fault
from tests.mutation.prepared import TIMED_OUT

LOADED = "ignore::pytest.PytestAssertRewriteWarning"
"""Already loaded libraries with their own assertions. Pytest does not need to rewrite those."""
PASSED = (0, 5)
"""Exit codes of pytest if all tests passed or none were selected."""
FAILED = (1, 2, 4)
"""Exit codes if a test failed, or a test file or `conftest.py` could not be imported."""


class Copy:
    """A copy of the project in a folder, for use in a `with` statement.

    The folder remains, so that files compiled by Python and numba can be used again.

    Parameters
    ----------
    root : Path
        The project, a git work tree. Ignored files are not copied.
    folder : Path
        Target folder.
    """

    def __init__(self, root: Path, folder: Path) -> None:
        self._folder, self.root, self._stopped, self._child = folder, folder / "tree", False, 0
        self._fault_times = count(1)
        listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        named = subprocess.run(listed, cwd=root, check=True, capture_output=True, text=True).stdout.split("\0")
        files = {Path(name) for name in named if name and (root / name).is_file()}
        for old in [path for path in self.root.rglob("*") if path.is_file() and "__pycache__" not in path.parts]:
            if old.relative_to(self.root) not in files:
                old.unlink()
        compiled = {path.relative_to(root) for path in (root / "digitviz").rglob("__pycache__/*.nb?")}
        for name in files | compiled:
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, self.root / name)

    def __enter__(self) -> Copy:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.mutation.prepared"], cwd=self.root, bufsize=0,
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        return self

    def __exit__(self, *_: object) -> None:
        self._kill()
        self._process.kill()
        self._process.wait()

    def seconds(self, test: Path) -> float:
        """Run a test file without a fault, and return its duration in seconds.

        Raises
        ------
        RuntimeError
            If a test fails.
        """
        begin = time.monotonic()
        returned, said = self._run([str(test)], {})
        if returned not in PASSED:
            raise RuntimeError(f"The tests fail without a fault:\n{said}")
        return time.monotonic() - begin

    def try_fault(self, fault: Fault, tests: Sequence[Path]) -> tuple[str, Path | None]:
        """Run test files with the fault until one fails.

        Returns
        -------
        outcome : str
            "noticed", "timed out" or "not noticed".
        file : Path or None
            File of the failed test, if known.
        """
        with self._with(fault):
            returned, said = self._run(["--exitfirst", *map(str, tests)], {"PYTHONDONTWRITEBYTECODE": "1"})
        if returned in TIMED_OUT:
            return "timed out", None
        if returned in PASSED:
            return "not noticed", None
        if returned < 0:  # a crash is always noticed
            return "noticed", None
        if returned not in FAILED:
            raise RuntimeError(f"pytest ended with {returned}:\n{said}")
        failed = re.search(r"^(?:FAILED|ERROR) (tests/\S+?\.py)", said, re.MULTILINE)
        return "noticed", Path(failed[1]) if failed else None

    def stop(self) -> None:
        """Stop the current tests in the copy, and prevent new ones."""
        self._stopped = True
        self._kill()

    @contextmanager
    def _with(self, fault: Fault) -> Iterator[None]:
        """Insert a fault, and afterwards restore the compiled files.

        Python and numba detect changes by the file's time, so each fault gets a different time.
        """
        file = self.root / fault.module
        compiled = file.parent / "__pycache__"
        was = file.stat()
        with tempfile.TemporaryDirectory(dir=self._folder) as kept:
            for path in compiled.glob(f"{file.stem}.*.nb?"):
                shutil.move(path, kept)
            file.write_text(fault.mutated())
            os.utime(file, (was.st_atime, was.st_mtime + next(self._fault_times)))
            try:
                yield
            finally:
                file.write_text(fault.source)
                os.utime(file, ns=(was.st_atime_ns, was.st_mtime_ns))
                for path in compiled.glob(f"{file.stem}.*.nb?"):
                    path.unlink()
                for path in Path(kept).iterdir():
                    shutil.move(path, compiled)

    def _kill(self) -> None:
        """Kill the running tests and their child processes."""
        if self._child:
            with suppress(ProcessLookupError):
                os.killpg(self._child, signal.SIGKILL)

    def _run(self, arguments: Sequence[str], environment: dict[str, str]) -> tuple[int, str]:
        """Run pytest in one process, and return its exit code and output."""
        if self._stopped:
            raise KeyboardInterrupt
        with tempfile.TemporaryDirectory(dir=self._folder) as kept:
            output = Path(kept, "output")
            request = {
                "arguments": ["-n0", "-q", "-p", "no:cacheprovider", "-W", LOADED, *arguments],
                # Results computed with a fault must not be reused by the next one.
                "environment": {"DIGITVIZ_HOME": kept} | environment, "output": str(output),
            }  # fmt: skip
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._child = int(self._process.stdout.readline())
            returned = int(self._process.stdout.readline())
            self._kill()
            self._child = 0
            if self._stopped:
                raise KeyboardInterrupt
            return returned, output.read_text(errors="replace")[-4000:]
