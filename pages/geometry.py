"""What does it look like inside?: a walk through the hidden layer, and the borders between the answers."""

from digitviz.dashboard.questions import geometry_borders, geometry_walk
from digitviz.dashboard.questions.page import question_page

question_page("geometry", [geometry_walk.view, geometry_borders.view])
