"""Network: neurons in layers, and the matrices that hold their weights."""

from digitviz.dashboard.lesson.order import lesson_page

lesson_page("network")
