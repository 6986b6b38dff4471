"""Running tests in a copy of the project, into which a fault may be put."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from tests.mutation.faults import Fault

COMPILED = "kernels.py"
"""What numba compiles and keeps on disk: with a fault in it, it is kept apart."""


class Copy:
    """A copy of the project in a temporary folder; use it in a `with` statement.

    Parameters
    ----------
    root : Path
        The project, a git work tree. What git does not ignore is copied.
    """

    def __init__(self, root: Path) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="digitviz-mutant-"))
        self.root = self._folder / "tree"
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False
        listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        for name in subprocess.run(listed, cwd=root, check=True, capture_output=True, text=True).stdout.split("\0"):
            if name and (root / name).is_file():
                (self.root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(root / name, self.root / name)

    def __enter__(self) -> Copy:
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def seconds(self, tests: Sequence[Path]) -> dict[Path, float]:
        """Run test files in the copy as it is, and return the seconds that each of them took.

        Raises
        ------
        RuntimeError
            If a test fails although there is no fault.
        """
        report = self._folder / "report.xml"
        returned, said = self._run([f"--junit-xml={report}", *map(str, tests)], None)
        if returned != 0:
            raise RuntimeError(f"Without any fault, the tests fail:\n{said}")
        spent: dict[Path, float] = defaultdict(float)
        for case in xml.parse(report).iter("testcase"):
            spent[Path(*case.attrib["classname"].split(".")).with_suffix(".py")] += float(case.attrib["time"])
        return spent

    def try_fault(self, fault: Fault, tests: Sequence[Path], limit: float) -> str:
        """Run test files until one fails, with the fault in the code.

        Returns
        -------
        str
            "noticed", "timed out" (after `limit` seconds) or "not noticed".
        """
        file = self.root / fault.module
        file.write_text(fault.mutated())
        try:
            returned, said = self._run(["--exitfirst", *map(str, tests)], limit, apart=file.name == COMPILED)
        finally:
            file.write_text(fault.source)
        if returned is None:
            return "timed out"
        if returned not in (0, 1, 2):  # passed, failed, and failed before the first test
            raise RuntimeError(f"pytest ended with {returned}:\n{said}")
        return "noticed" if returned else "not noticed"

    def stop(self) -> None:
        """End what runs in the copy now, and let nothing begin in it any more."""
        self._stopped = True
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)

    def _run(self, arguments: Sequence[str], limit: float | None, apart: bool = False) -> tuple[int | None, str]:
        """Run pytest in one process; return its exit code, None if it took too long, and what it said."""
        if self._stopped:
            raise KeyboardInterrupt
        with tempfile.TemporaryDirectory(dir=self._folder) as kept, tempfile.TemporaryFile() as output:
            # Python would take a file that changes twice in a second for the same, and what was computed with a fault
            # must not be found by the next.
            environment = {"PYTHONDONTWRITEBYTECODE": "1", "DIGITVIZ_CACHE": kept, "OPENBLAS_NUM_THREADS": "1"}
            if apart:
                environment["NUMBA_CACHE_DIR"] = kept
            self._process = subprocess.Popen(
                [sys.executable, "-m", "pytest", "-n0", "-q", "-p", "no:cacheprovider", *arguments],
                cwd=self.root, env=os.environ | environment, stdout=output, stderr=output, start_new_session=True,
            )  # fmt: skip
            if self._stopped:
                self.stop()
            try:
                returned: int | None = self._process.wait(limit)
            except subprocess.TimeoutExpired:
                returned = None
            finally:
                if self._process.poll() is None:
                    os.killpg(self._process.pid, signal.SIGKILL)
                    self._process.wait()
            if self._stopped:
                raise KeyboardInterrupt
            output.seek(0)
            return returned, output.read().decode(errors="replace")[-4000:]
