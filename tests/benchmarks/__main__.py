"""Run the quick benchmarks in sequence: `make bench`."""

from __future__ import annotations

import runpy
import sys

QUICK: dict[str, list[str]] = {"engine": [], "first_paint": [], "frames": [], "projections": ["--rounds", "1"]}
"""Names and arguments of the quick benchmarks."""

for name, arguments in QUICK.items():
    print(f"\n## {name}\n", flush=True)
    sys.argv = [name, *arguments]
    runpy.run_module(f"tests.benchmarks.{name}", run_name="__main__")
