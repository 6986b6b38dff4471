"""Data: the digits, as pictures and as numbers."""

from digitviz.dashboard.lesson.order import lesson_page

lesson_page("data")
