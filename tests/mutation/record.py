"""Outcomes of the tried faults, saved in a file so that a later run continues from there."""

from __future__ import annotations

import hashlib
import json
import threading
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.mutation.faults import Fault


@dataclass(frozen=True)
class Trial:
    """Outcome of a fault.

    Parameters
    ----------
    id : str
        Id of the fault.
    where : str
        File and line.
    outcome : str
        "noticed", "timed out" or "not noticed".
    seconds : float
    tests : str
        Hash of the tests. An unnoticed fault is tried again after they change.
    by : str
        The test file that noticed it, or "".
    """

    id: str
    where: str
    outcome: str
    seconds: float
    tests: str
    by: str = ""


class Record:
    """The trials of this project, the latest for each fault.

    Parameters
    ----------
    file : Path
        One line of JSON per trial. It need not exist.
    tests : str
        Hash of the tests, see `state_of_tests`.
    """

    def __init__(self, file: Path, tests: str) -> None:
        self._file, self._tests, self._lock = file, tests, threading.Lock()
        file.parent.mkdir(parents=True, exist_ok=True)
        lines = file.read_text().splitlines() if file.exists() else []
        self._trials = {trial.id: trial for trial in (Trial(**json.loads(line)) for line in lines)}

    def of(self, fault: Fault) -> Trial | None:
        """Return the trial of a fault, or None if it is missing or outdated."""
        trial = self._trials.get(fault.id)
        return trial if trial and (trial.outcome != "not noticed" or trial.tests == self._tests) else None

    def add(self, fault: Fault, outcome: str, seconds: float, by: Path | None = None) -> Trial:
        """Save the outcome of a fault."""
        where = f"{fault.module}:{fault.line}"
        trial = Trial(fault.id, where, outcome, round(seconds, 1), self._tests, "" if by is None else str(by))
        with self._lock, self._file.open("a") as file:
            self._trials[trial.id] = trial
            file.write(json.dumps(asdict(trial)) + "\n")
        return trial


def state_of_tests(root: Path) -> str:
    """Return a hash of all test files."""
    files = sorted((root / "tests").rglob("*.py"))
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()[:16]
