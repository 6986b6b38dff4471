"""A session that requests maps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from unittest.mock import patch

from digitviz.dashboard.session import lease, map_jobs
from digitviz.dashboard.session.map_jobs import FilmRequest, MapProgress, Request
from digitviz.values import Values


class MapSession:
    """Requests maps from the values of a server, as the pages of one visitor do."""

    def __init__(self, values: Values, owner: str = "a visitor") -> None:
        self._values, self._lease = values, lease.Lease(owner)

    def ask(self, requests: Iterable[Request | FilmRequest], again: bool = False) -> list[str]:
        with self._running():
            return map_jobs.ask(requests, again)

    def progress(self, id: str) -> MapProgress:
        with self._running():
            return map_jobs.progress(id)

    def busy(self, ids: Iterable[str]) -> bool:
        with self._running():
            return map_jobs.busy(ids)

    def close(self) -> None:
        with self._running():
            self._lease.end()
        self._lease = lease.Lease(self._lease.owner)  # if it connects again

    @contextmanager
    def _running(self) -> Iterator[None]:
        with patch.object(lease, "lease", lambda: self._lease), patch.object(lease, "values", lambda: self._values):
            yield
