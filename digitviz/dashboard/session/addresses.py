"""Where a browser asks for what belongs to its session."""

from __future__ import annotations


def feed_address(token: str) -> str:
    """Return where the training with this token is asked for."""
    return f"digitviz-feed/{token}"
