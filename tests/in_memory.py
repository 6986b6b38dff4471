"""A cache of values that lasts until a test ends."""

from __future__ import annotations


class InMemory:
    """Stores values of one piece in a dictionary, with the interface of `digitviz.values.ByteCache`."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, str], bytes] = {}

    def load(self, kind: str, id: str) -> list[bytes]:
        return [self.values[kind, id]] if (kind, id) in self.values else []

    def keep(self, kind: str, id: str, number: int, data: bytes) -> None:
        assert number == 1
        self.values.setdefault((kind, id), data)

    def drop(self, kind: str, id: str, number: int) -> None:
        assert number == 1
        self.values.pop((kind, id), None)
