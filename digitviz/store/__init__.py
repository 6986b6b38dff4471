"""The store: a cache of computed values, and the saved runs and drawings. See docs/store.md."""

from digitviz.store.records import KeptDrawing, KeptRun, KeptSweep, Kind, NoRoom, Said, Standing, Trouble, Unavailable
from digitviz.store.store import MAX_DRAWINGS, MAX_RUNS, MAX_SWEEPS, Store, database_of, default_url
