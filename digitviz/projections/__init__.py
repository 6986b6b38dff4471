"""Maps of high-dimensional points: one function, several methods of dimensionality reduction.

`digitviz.projections.registry` describes the methods and imports their modules on first use.
"""

from digitviz.projections.alignment import Alignment, align
from digitviz.projections.compute import Embedding, Placement, project
from digitviz.projections.film import film, warm_up
from digitviz.projections.layout import Cancelled
from digitviz.projections.neighbourhood import (
    KeptNeighbours,
    Neighbours,
    kept_neighbours,
    neighbours,
    separated_neighbours,
)
from digitviz.projections.packing import film_id, map_id
from digitviz.projections.registry import METHODS, Method, Option
