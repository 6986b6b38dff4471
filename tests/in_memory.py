"""A keeper of values that forgets all when a test ends."""

from __future__ import annotations


class InMemory:
    """Keeps values in a dictionary, as `digitviz.cache.ByteCache`."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, str], bytes] = {}

    def value(self, kind: str, id: str) -> bytes | None:
        return self.values.get((kind, id))

    def keep_value(self, kind: str, id: str, data: bytes) -> None:
        self.values.setdefault((kind, id), data)

    def drop_value(self, kind: str, id: str) -> None:
        self.values.pop((kind, id), None)
