"""Loss: a number for how wrong a prediction is, and its derivatives."""

from digitviz.dashboard.lesson.order import lesson_page
from digitviz.dashboard.session import current_run

current_run.attach()
lesson_page("loss")
