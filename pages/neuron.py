"""Neuron: a weighted sum and an activation."""

from digitviz.dashboard.lesson.order import lesson_page

lesson_page("neuron")
