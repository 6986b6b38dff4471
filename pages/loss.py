"""Loss: a number for how wrong a prediction is, and its derivatives."""

from digitviz.dashboard.lesson.order import lesson_page

lesson_page("loss")
