"""The dashboard without the warm-up after its start: `python -m tests.browser.unwarmed run app.py`.

The warm-up trains the run shown on Start and computes the first maps, which takes forty seconds of processor time.
Tests that start or restart a server do not need the results. `LEFT_OUT` names a part to leave out. The compiled engine
is always prepared, because a training with NumPy keeps a core busy.
"""

from __future__ import annotations

import os

from streamlit.web.cli import main

from digitviz.dashboard.server import warm_up
from digitviz.training import engines

if __name__ == "__main__":
    setattr(warm_up, os.environ.get("LEFT_OUT", "_warm_up"), lambda over: None)
    engines.prepare().join()
    main()
