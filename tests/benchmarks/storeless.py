"""The dashboard without a store, to be compared with: `python -m tests.benchmarks.storeless run app.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from streamlit.web.cli import main

from digitviz.dashboard.session import kept_runs, open_runs, storage
from digitviz.training.trajectories import Trajectories

ANSWERS: dict[str, Any] = {"load": [], "runs_of": [], "learnt_from": [], "drawings_of": [], "drawings": [], "saved": 0}


class Nothing:
    """Keeps nothing, and is well with that."""

    trouble = None

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return lambda *_, **__: ANSWERS.get(name)


if __name__ == "__main__":
    storage._store = Nothing
    open_runs._trajectories = Trajectories  # no pieces are packed for it
    kept_runs.save = lambda run: 0  # nor states
    main()
