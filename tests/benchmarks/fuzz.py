"""How often does odd input produce neither a result nor a clear refusal? Prints cases and failures per kind of input.

`python -m tests.benchmarks.fuzz --cases 10000` tries 10,000 cases in total. `--kind NAME` only tries the kinds whose
name contains NAME.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
import warnings
from collections import Counter

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fuzz.kinds import Kind, all_kinds

SLOW_SECONDS = 10.0
"""Time limit per check. A slower one fails, because a visitor would assume that the page hangs."""
SHOWN = 3
"Number of failures shown per kind, one of each sort."


def try_kind(kind: Kind, cases: int, first_seed: int) -> tuple[int, Counter[str], dict[str, str]]:
    """Check values of one kind.

    Parameters
    ----------
    kind : (strategy, check)
    cases : int
    first_seed : int
        The same seed creates the same values.

    Returns
    -------
    (int, Counter, dict)
        Number of cases tried, number of failures of each sort, and the first failing value of each sort.
    """
    strategy, check = kind
    tried, failures, examples = 0, Counter[str](), dict[str, str]()

    @seed(first_seed)
    @settings(
        max_examples=cases, phases=[Phase.generate], database=None, deadline=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(strategy)
    def every_value_is_checked(value: object) -> None:
        nonlocal tried
        tried += 1
        began = time.perf_counter()
        try:
            check(value)
            assert time.perf_counter() - began < SLOW_SECONDS, "too slow"
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            sort = f"{type(error).__name__} in {place.name}: {str(error)[:120]}"
            failures[sort] += 1
            examples.setdefault(sort, repr(value)[:300])

    every_value_is_checked()
    return tried, failures, examples


def main() -> None:
    """Print one line per kind, then the first failures. Exit with 1 if there are any."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000, help="total number of cases")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kind", default="", help="part of the name of a kind")
    arguments = parser.parse_args()
    kinds = {name: kind for name, kind in sorted(all_kinds().items()) if arguments.kind in name}
    if not kinds:
        parser.error(f"no kind has {arguments.kind!r} in its name")
    failed = 0
    print(f"{'kind':<45}{'tried':>8}{'failed':>8}{'seconds':>9}")
    for name, kind in kinds.items():
        began = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            tried, failures, examples = try_kind(kind, max(1, arguments.cases // len(kinds)), arguments.seed)
        failed += failures.total()
        print(f"{name:<45}{tried:>8}{failures.total():>8}{time.perf_counter() - began:>9.1f}", flush=True)
        for sort, count in failures.most_common(SHOWN):
            print(f"  {count} x {sort}\n    {examples[sort]}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
