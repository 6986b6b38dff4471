"""Maps of high-dimensional points: several methods of dimensionality reduction behind one call.

`digitviz.projections.registry` describes the methods and knows their modules, which are imported on first use.
"""

from digitviz.projections.alignment import Alignment, align
from digitviz.projections.compute import project
from digitviz.projections.embedding import Embedding, Placement
from digitviz.projections.film import film
from digitviz.projections.ids import film_id, map_id
from digitviz.projections.kept_neighbours import KeptNeighbours, kept_neighbours
from digitviz.projections.layout import Cancelled
from digitviz.projections.neighbourhood import Neighbours, neighbours, torn
from digitviz.projections.options import Option
from digitviz.projections.registry import METHODS, Method
from digitviz.projections.warm_up import warm_up

__all__ = [
    "METHODS",
    "Alignment",
    "Cancelled",
    "Embedding",
    "KeptNeighbours",
    "Method",
    "Neighbours",
    "Option",
    "Placement",
    "align",
    "film",
    "film_id",
    "kept_neighbours",
    "map_id",
    "neighbours",
    "project",
    "torn",
    "warm_up",
]
