"""Put a random sample of faults into the code, and say how many of them the tests notice.

Ctrl-C ends it with what is known so far; the next run with the same seed goes on from there.
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
from tests.mutation.faults import Fault, sample
from tests.mutation.record import Record, state_of_tests
from tests.mutation.trial import Copy

ROOT = Path(__file__).parents[2]
RECORD = ROOT / ".mutants" / "trials.jsonl"
AT_ONCE = 2
PATIENCE = 3.0
"""How many times as long as without a fault the tests may take..."""
START_SECONDS = 90.0
"""...and this much more: to import torch, and to compile the engine anew, on a busy machine."""


def main() -> None:
    """Read the options, try what is not known yet, and print the outcome."""
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="which sample")
    parser.add_argument("--size", type=int, default=200, help="how many faults")
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    faults = sample(ROOT, chosen.size, chosen.seed)
    record = Record(RECORD, state_of_tests(ROOT))
    unknown = [fault for fault in faults if record.of(fault) is None]
    print(f"{len(faults)} faults, {len(unknown)} of them not tried yet", flush=True)
    try:
        if unknown:
            _try(unknown, record)
    except KeyboardInterrupt:
        print("Stopped; the next run goes on from here.")
    print(_summary(faults, record))


def _try(faults: Sequence[Fault], record: Record) -> None:
    """Try faults in as many copies of the project as are to be tried at once."""
    imports = Imports(ROOT)
    tests = {fault.module: imports.tests_of(Path(fault.module)) for fault in faults}
    free: SimpleQueue[Copy] = SimpleQueue()
    with ExitStack() as stack:
        copies = [stack.enter_context(Copy(ROOT)) for _ in range(AT_ONCE)]
        print("How long do the tests take without a fault?", flush=True)
        seconds = copies[0].seconds(sorted({test for files in tests.values() for test in files}))

        def one(fault: Fault) -> str:
            copy, begin, concerned = free.get(), time.monotonic(), tests[fault.module]
            try:
                limit = START_SECONDS + PATIENCE * sum(seconds.get(test, 0.0) for test in concerned)
                outcome = copy.try_fault(fault, concerned, limit)
            finally:
                free.put(copy)
            trial = record.add(fault, outcome, time.monotonic() - begin)
            return f"{trial.outcome:12s} {trial.seconds:5.0f} s  {trial.where}"

        for copy in copies:
            free.put(copy)
        threads = stack.enter_context(ThreadPoolExecutor(AT_ONCE))
        try:
            for done in as_completed([threads.submit(one, fault) for fault in faults]):
                print(done.result(), flush=True)
        except BaseException:
            threads.shutdown(wait=False, cancel_futures=True)
            for copy in copies:
                copy.stop()
            raise


def _summary(faults: Sequence[Fault], record: Record) -> str:
    """Say what came of the faults, with the diffs of those that were not noticed."""
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
