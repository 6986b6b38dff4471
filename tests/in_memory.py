"""A cache of values that lasts until a test ends."""

from __future__ import annotations


class InMemory:
    """Stores values in a dictionary, with the interface of `digitviz.cache.ByteCache`."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, str], bytes] = {}

    def value(self, kind: str, id: str) -> bytes | None:
        return self.values.get((kind, id))

    def keep_value(self, kind: str, id: str, data: bytes) -> None:
        self.values.setdefault((kind, id), data)

    def drop_value(self, kind: str, id: str) -> None:
        self.values.pop((kind, id), None)
