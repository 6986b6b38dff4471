"""Geometry: decision boundaries, walks, the loss landscape, and the order of the neurons."""

from digitviz.dashboard.questions.order import question_page

question_page("geometry")
