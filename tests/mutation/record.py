"""What came of the faults that were tried, kept in a file so that a later run goes on from there."""

from __future__ import annotations

import hashlib
import json
import threading
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.mutation.faults import Fault


@dataclass(frozen=True)
class Trial:
    """What came of a fault.

    Parameters
    ----------
    id : str
        Of the fault.
    where : str
        File and line.
    outcome : str
        "noticed", "timed out" or "not noticed".
    seconds : float
    tests : str
        Which state of the tests it was tried with: one that was not noticed is tried again when they have changed.
    by : str
        The test file that noticed it, if any did.
    """

    id: str
    where: str
    outcome: str
    seconds: float
    tests: str
    by: str = ""


class Record:
    """The trials of this project, the latest of each fault.

    Parameters
    ----------
    file : Path
        One line of JSON per trial; it need not be there.
    tests : str
        The state of the tests, see `state_of_tests`.
    """

    def __init__(self, file: Path, tests: str) -> None:
        self._file, self._tests, self._lock = file, tests, threading.Lock()
        file.parent.mkdir(parents=True, exist_ok=True)
        lines = file.read_text().splitlines() if file.exists() else []
        self._trials = {trial.id: trial for trial in (Trial(**json.loads(line)) for line in lines)}

    def of(self, fault: Fault) -> Trial | None:
        """Return what came of a fault; None if that is not known of the code and the tests as they are."""
        trial = self._trials.get(fault.id)
        return trial if trial and (trial.outcome != "not noticed" or trial.tests == self._tests) else None

    def add(self, fault: Fault, outcome: str, seconds: float, by: Path | None = None) -> Trial:
        """Keep what came of a fault."""
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
