"""Gradient descent: the length of the steps, and the number of digits in each."""

from digitviz.dashboard.lesson.order import lesson_page

lesson_page("gradient_descent")
