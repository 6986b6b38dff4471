"""Running tests in a copy of the project, into which a fault may be put."""

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

COMPILED_WITH = {"numba_private": "kernels"}
"""What numba compiles anew only if its own file has changed, although it also takes code from this one."""
LOADED = "ignore::pytest.PytestAssertRewriteWarning"
"""Libraries with assertions of their own are loaded already, and theirs need not be explained."""
PASSED = (0, 5)
"""How pytest ends if all tests have passed, or all are left out..."""
FAILED = (1, 2, 4)
"""...and if one has failed, a file of tests could not be imported, or not even `conftest.py`."""


class Copy:
    """A copy of the project in a folder; use it in a `with` statement.

    The folder is kept: what Python and numba have compiled there is there the next time.

    Parameters
    ----------
    root : Path
        The project, a git work tree. What git does not ignore is copied.
    folder : Path
        Where to.
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
        """Run a test file in the copy as it is, and return the seconds that it took.

        Raises
        ------
        RuntimeError
            If a test fails although there is no fault.
        """
        begin = time.monotonic()
        returned, said = self._run([str(test)], {})
        if returned not in PASSED:
            raise RuntimeError(f"Without any fault, the tests fail:\n{said}")
        return time.monotonic() - begin

    def try_fault(self, fault: Fault, tests: Sequence[Path]) -> tuple[str, Path | None]:
        """Run test files until one fails, with the fault in the code.

        Returns
        -------
        outcome : str
            "noticed", "timed out" or "not noticed".
        file : Path or None
            That of the test that noticed, if it came so far that there was a test.
        """
        with self._with(fault):
            returned, said = self._run(["--exitfirst", *map(str, tests)], {"PYTHONDONTWRITEBYTECODE": "1"})
        if returned in TIMED_OUT:
            return "timed out", None
        if returned in PASSED:
            return "not noticed", None
        if returned < 0:  # it crashed, which nobody overlooks
            return "noticed", None
        if returned not in FAILED:
            raise RuntimeError(f"pytest ended with {returned}:\n{said}")
        failed = re.search(r"^(?:FAILED|ERROR) (tests/\S+?\.py)", said, re.MULTILINE)
        return "noticed", Path(failed[1]) if failed else None

    def stop(self) -> None:
        """End what runs in the copy now, and let nothing begin in it any more."""
        self._stopped = True
        self._kill()

    @contextmanager
    def _with(self, fault: Fault) -> Iterator[None]:
        """Put a fault into the code, and afterwards leave what was compiled of it as if it had never been there.

        Python and numba tell whether a file has changed by its time, so no two faults have the same.
        """
        file = self.root / fault.module
        compiled = file.parent / "__pycache__"
        stem = COMPILED_WITH.get(file.stem, file.stem)
        was = file.stat()
        with tempfile.TemporaryDirectory(dir=self._folder) as kept:
            for path in compiled.glob(f"{stem}.*.nb?"):
                shutil.move(path, kept)
            file.write_text(fault.mutated())
            os.utime(file, (was.st_atime, was.st_mtime + next(self._fault_times)))
            try:
                yield
            finally:
                file.write_text(fault.source)
                os.utime(file, ns=(was.st_atime_ns, was.st_mtime_ns))
                for path in compiled.glob(f"{stem}.*.nb?"):
                    path.unlink()
                for path in Path(kept).iterdir():
                    shutil.move(path, compiled)

    def _kill(self) -> None:
        """End the tests that run, and whatever they have started."""
        if self._child:
            with suppress(ProcessLookupError):
                os.killpg(self._child, signal.SIGKILL)

    def _run(self, arguments: Sequence[str], environment: dict[str, str]) -> tuple[int, str]:
        """Run pytest in one process; return its exit code, and what it said."""
        if self._stopped:
            raise KeyboardInterrupt
        with tempfile.TemporaryDirectory(dir=self._folder) as kept:
            output = Path(kept, "output")
            request = {
                "arguments": ["-n0", "-q", "-p", "no:cacheprovider", "-W", LOADED, *arguments],
                # What was computed with a fault must not be found by the next.
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
