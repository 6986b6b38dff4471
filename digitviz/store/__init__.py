"""What outlives the server: computed values, which are a cache, and what people own. See docs/store.md."""

from digitviz.store.location import default_cache_bytes, default_url
from digitviz.store.records import KeptDrawing, KeptRun, Kind, Standing, Trouble, Unavailable, new_epoch
from digitviz.store.room import NoRoom
from digitviz.store.store import Store

__all__ = [
    "KeptDrawing",
    "KeptRun",
    "Kind",
    "NoRoom",
    "Standing",
    "Store",
    "Trouble",
    "Unavailable",
    "default_cache_bytes",
    "default_url",
    "new_epoch",
]
