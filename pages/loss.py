"""Loss: a number for how wrong a guess is, and who gets the blame."""

from digitviz.dashboard.lesson.order import lesson_page
from digitviz.dashboard.session import current_run

current_run.attach()
lesson_page("loss")
