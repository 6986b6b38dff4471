"""Backpropagation: the chain rule passes the error back, layer by layer."""

from digitviz.dashboard.lesson.order import lesson_page
from digitviz.dashboard.session import current_run

current_run.attach()
lesson_page("backpropagation")
