"""Backpropagation: the chain rule passes the error back, layer by layer."""

from digitviz.dashboard.lesson.order import lesson_page

lesson_page("backpropagation")
