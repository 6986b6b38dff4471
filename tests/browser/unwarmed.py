"""The dashboard without the warm-up after its start: `python -m tests.browser.unwarmed run app.py`.

The warm-up trains the run shown on Start and computes the first maps, which takes forty seconds of processor time.
Tests that start or restart a server do not need the results. `LEFT_OUT` names the part to leave out, or no part. The
compiled engine is always prepared, because a training with NumPy keeps a core busy. Maps show a sixth of the digits.
The trainings of ready-made sweeps and races are short, except those of the optimizers, whose winner a test awaits.
"""

from __future__ import annotations

import os
from dataclasses import replace
from functools import cache

from streamlit.web.cli import main

from digitviz.dashboard.server import warm_up
from digitviz.dashboard.session import current_run
from digitviz.training import engines
from digitviz.training.presets import READY_RACES, READY_SWEEPS

MAPPED = 300
BATCHES = 4

if __name__ == "__main__":
    if left_out := os.environ.get("LEFT_OUT", "_warm_up"):
        setattr(warm_up, left_out, lambda over: None)
    all_digits = current_run.mapped_digits
    current_run.mapped_digits = cache(lambda: all_digits()[:MAPPED])
    for ready in (READY_SWEEPS, READY_RACES):
        for name in ready.keys() - {"optimizers"}:
            ready[name] = replace(ready[name], settings=ready[name].settings | {"batches": BATCHES})
    engines.prepare().join()
    main()
