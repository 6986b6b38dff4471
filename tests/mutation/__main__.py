"""Insert a random sample of faults into the code, and report how many the tests notice.

Ctrl-C stops it and prints the results so far. The next run with the same seed continues from there.
"""

from __future__ import annotations

import argparse
import signal
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue

from tests.mutation.concerned import Imports
from tests.mutation.durations import Durations
from tests.mutation.faults import Fault, sample
from tests.mutation.record import Record, state_of_tests
from tests.mutation.trial import Copy

ROOT = Path(__file__).parents[2]
KEPT = ROOT / ".mutants"
AT_ONCE = 2


def main() -> None:
    """Read the options, try faults without a result yet, and print the outcome."""
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="seed of the sample")
    parser.add_argument("--size", type=int, default=200, help="number of faults")
    parser.add_argument("--afar", action="store_true", help="also run the tests of code that imports the faulty code")
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    faults = sample(ROOT, chosen.size, chosen.seed)
    record = Record(KEPT / "trials.jsonl", state_of_tests(ROOT) + ("afar" if chosen.afar else ""))
    unknown = [fault for fault in faults if record.of(fault) is None]
    print(f"{len(faults)} faults, {len(unknown)} of them not yet tried", flush=True)
    try:
        if unknown:
            _try(unknown, record, 3 if chosen.afar else 2)
    except KeyboardInterrupt:
        print("Stopped. The next run continues from here.")
    print(_summary(faults, record))


def _try(faults: Sequence[Fault], record: Record, farthest: int) -> None:
    """Try faults in `AT_ONCE` copies of the project at once."""
    imports, durations = Imports(ROOT), Durations(ROOT, KEPT / "seconds.json")
    tests = {fault.module: _within(farthest, imports.tests_of(Path(fault.module))) for fault in faults}
    free: SimpleQueue[Copy] = SimpleQueue()
    with ExitStack() as stack:
        copies = [stack.enter_context(Copy(ROOT, KEPT / f"copy-{k}")) for k in range(AT_ONCE)]
        threads = stack.enter_context(ThreadPoolExecutor(AT_ONCE))

        def one(fault: Fault) -> str:
            copy, begin = free.get(), time.monotonic()
            try:
                outcome, file = copy.try_fault(fault, durations.in_order(tests[fault.module]))
                seconds = time.monotonic() - begin
                if file is not None and file not in durations:  # its result only counts if it passes without a fault
                    durations.add(file, copy.seconds(file))
            finally:
                free.put(copy)
            trial = record.add(fault, outcome, seconds, file)
            return f"{trial.outcome:12s} {trial.seconds:5.0f} s  {trial.where}  {trial.by}"

        for copy in copies:
            free.put(copy)
        try:
            for done in as_completed([threads.submit(one, fault) for fault in _in_order(faults)]):
                print(done.result(), flush=True)
        except BaseException:
            threads.shutdown(wait=False, cancel_futures=True)
            for copy in copies:
                copy.stop()
            raise


def _in_order(faults: Sequence[Fault]) -> list[Fault]:
    """Sort faults in compiled code to the end, so that an interrupted run has more results."""
    return sorted(faults, key=lambda fault: "numba" in fault.source)


def _within(farthest: int, tests: dict[Path, int]) -> dict[Path, int]:
    """Return the tests within the distance, or the nearest if there are none."""
    bound = max(farthest, min(tests.values(), default=0))
    return {test: distance for test, distance in tests.items() if distance <= bound}


def _summary(faults: Sequence[Fault], record: Record) -> str:
    """Summarize the outcomes, with diffs of the unnoticed faults."""
    trials = [(fault, trial.outcome) for fault in faults if (trial := record.of(fault)) is not None]
    counts = Counter(outcome for _, outcome in trials)
    noticed = counts["noticed"] + counts["timed out"]
    missed = [f"{fault.operator}\n{fault.diff()}" for fault, outcome in trials if outcome == "not noticed"]
    numbers = (
        f"tried {len(trials)}, noticed {noticed} ({counts['timed out']} of them by running too long), "
        f"not noticed {len(missed)}: {noticed / max(len(trials), 1):.1%} noticed"
    )
    return "\n\n".join([*missed, numbers])


if __name__ == "__main__":
    main()
