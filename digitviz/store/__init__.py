"""The store: a cache of computed values, and the saved runs and drawings. See docs/store.md."""

from digitviz.store.records import KeptDrawing as KeptDrawing
from digitviz.store.records import KeptRun as KeptRun
from digitviz.store.records import KeptSweep as KeptSweep
from digitviz.store.records import Kind as Kind
from digitviz.store.records import NoRoom as NoRoom
from digitviz.store.records import Said as Said
from digitviz.store.records import Standing as Standing
from digitviz.store.records import Trouble as Trouble
from digitviz.store.records import Unavailable as Unavailable
from digitviz.store.records import new_epoch as new_epoch
from digitviz.store.store import MAX_DRAWINGS as MAX_DRAWINGS
from digitviz.store.store import MAX_RUNS as MAX_RUNS
from digitviz.store.store import MAX_SWEEPS as MAX_SWEEPS
from digitviz.store.store import TRAJECTORY as TRAJECTORY
from digitviz.store.store import Store as Store
from digitviz.store.store import database_of as database_of
from digitviz.store.store import default_url as default_url
