"""The dashboard without the warm-up after its start: `python -m tests.browser.unwarmed run app.py`.

The warm-up compiles code, trains the run shown on Start and computes the first maps, which takes fifty seconds of
processor time. Tests that start or restart a server do not need the results.
"""

from __future__ import annotations

from streamlit.web.cli import main

from digitviz.dashboard.server import warm_up

if __name__ == "__main__":
    warm_up._warm_up = lambda over: None
    main()
