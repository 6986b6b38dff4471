"""Maps of points of many dimensions: five methods behind one call.

`digitviz.projections.registry` describes the methods; each lives in a module of its name, imported when it is used.
"""

from digitviz.projections.alignment import Alignment, align
from digitviz.projections.cache import EmbeddingCache
from digitviz.projections.compute import project, warm_up
from digitviz.projections.embedding import Cancelled, Embedding, Placement
from digitviz.projections.film import film
from digitviz.projections.kept_neighbours import KeptNeighbours, kept_neighbours
from digitviz.projections.neighbourhood import Neighbours, neighbours, torn
from digitviz.projections.registry import METHODS, Method, Option

__all__ = [
    "METHODS",
    "Alignment",
    "Cancelled",
    "Embedding",
    "EmbeddingCache",
    "KeptNeighbours",
    "Method",
    "Neighbours",
    "Option",
    "Placement",
    "align",
    "film",
    "kept_neighbours",
    "neighbours",
    "project",
    "torn",
    "warm_up",
]
