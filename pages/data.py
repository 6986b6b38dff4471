"""Data: the digits, as pictures and as numbers."""

from digitviz.dashboard.lesson import data_view
from digitviz.dashboard.lesson.steps import lesson_page
from digitviz.dashboard.session import current_run

current_run.attach()
lesson_page("data", [data_view.pictures_and_numbers, data_view.at_a_glance, data_view.batch, data_view.seen_or_not])
