"""Forward: a batch passes through the network."""

from digitviz.dashboard.lesson.order import lesson_page

lesson_page("forward")
