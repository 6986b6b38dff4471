"""Run the quick benchmarks and the claims in sequence: `make bench`."""

from __future__ import annotations

import runpy
import sys

ALL: dict[str, list[str]] = {
    "engine": [],
    "first_paint": [],
    "frames": [],
    "projections": ["--rounds", "1"],
    "claims": [],
}
"""Names and arguments of what `make bench` runs."""

for name, arguments in ALL.items():
    print(f"\n## {name}\n", flush=True)
    sys.argv = [name, *arguments]
    runpy.run_module(f"tests.benchmarks.{name}", run_name="__main__")
