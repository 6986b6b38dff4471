"""Geometry: decision boundaries, walks, the loss landscape, and the order of the neurons."""

from digitviz.dashboard.questions import geometry_landscape, geometry_order, geometry_space
from digitviz.dashboard.questions.order import question_page

VIEWS = [geometry_space.borders_view, geometry_space.walk_view, geometry_landscape.view, geometry_order.view]
question_page("geometry", VIEWS)
