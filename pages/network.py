"""Network: neurons in layers, and the matrices that hold their weights."""

from digitviz.dashboard.lesson.order import lesson_page
from digitviz.dashboard.session import current_run

current_run.attach()
lesson_page("network")
