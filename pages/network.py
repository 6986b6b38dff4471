"""Network: neurons in layers, and the matrices that hold their weights."""

from functools import cache, partial

from digitviz.dashboard.lesson import network_controls, network_view
from digitviz.dashboard.lesson.steps import lesson_page
from digitviz.dashboard.session import current_run

current_run.attach()
# Shown once in a run, by the first step that asks for them.
picked = cache(network_view.picked)
layers = cache(network_controls.layers)


lesson_page(
    "network",
    [
        partial(network_view.diagram, picked),
        partial(network_view.weighted_sum, picked),
        partial(network_view.count, layers),
        partial(network_view.batch_as_matrices, layers),
    ],
)
