"""Run the quick benchmarks one after the other: `make bench`."""

from __future__ import annotations

import runpy

QUICK = ("engine", "first_paint", "frames")

for name in QUICK:
    print(f"\n## {name}\n", flush=True)
    runpy.run_module(f"tests.benchmarks.{name}", run_name="__main__")
