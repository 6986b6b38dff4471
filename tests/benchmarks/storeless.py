"""The dashboard without a store, for comparison: `python -m tests.benchmarks.storeless run app.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from streamlit.web.cli import main

from digitviz.dashboard.session import kept_runs, open_runs, storage
from digitviz.training.trajectories import Trajectories

ANSWERS: dict[str, Any] = {"load": [], "runs_of": [], "learnt_from": [], "drawings_of": [], "drawings": [], "saved": 0}


class Nothing:
    """A store that saves nothing and never fails."""

    trouble = None

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return lambda *_, **__: ANSWERS.get(name)


if __name__ == "__main__":
    storage._store = Nothing
    open_runs._trajectories = Trajectories  # skips packing pieces
    kept_runs.save = lambda run: 0  # skips saving states
    main()
