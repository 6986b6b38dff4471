"""Gradient descent: how long the steps are, and how many digits each of them uses."""

from digitviz.dashboard.lesson.order import lesson_page
from digitviz.dashboard.session import current_run

current_run.attach()
lesson_page("gradient_descent")
