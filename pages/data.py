"""Data: the digits, as pictures and as numbers."""

from digitviz.dashboard.lesson.order import lesson_page
from digitviz.dashboard.session import current_run

current_run.attach()
lesson_page("data")
