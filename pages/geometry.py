"""What does it look like inside?: walks, borders, the landscape of the loss, and the order of the neurons."""

from digitviz.dashboard.questions import geometry_borders, geometry_landscape, geometry_order, geometry_walk
from digitviz.dashboard.questions.order import question_page

question_page("geometry", [geometry_walk.view, geometry_borders.view, geometry_landscape.view, geometry_order.view])
