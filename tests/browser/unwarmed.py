"""The dashboard without what a server prepares after its start: `python -m tests.browser.unwarmed run app.py`.

Compiled code, the training that Start shows and the first maps take five seconds of a processor each time. Tests that
start a server of their own, or start it again, use none of them.
"""

from __future__ import annotations

from streamlit.web.cli import main

from digitviz.dashboard.server import warm_up

if __name__ == "__main__":
    warm_up._warm_up = lambda over: None
    main()
