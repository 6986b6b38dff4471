"""What outlives the server: computed values, which are a cache, and what people own. See docs/store.md."""

from digitviz.store.records import (
    KeptDrawing,
    KeptRun,
    Kind,
    NoRoom,
    Said,
    Standing,
    Trouble,
    Unavailable,
    new_epoch,
)
from digitviz.store.store import MAX_DRAWINGS, MAX_RUNS, TRAJECTORY, Store, database_of, default_url

__all__ = [
    "MAX_DRAWINGS",
    "MAX_RUNS",
    "TRAJECTORY",
    "KeptDrawing",
    "KeptRun",
    "Kind",
    "NoRoom",
    "Said",
    "Standing",
    "Store",
    "Trouble",
    "Unavailable",
    "database_of",
    "default_url",
    "new_epoch",
]
