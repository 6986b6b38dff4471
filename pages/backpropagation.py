"""Backpropagation: the chain rule passes the error back, layer by layer."""

from functools import partial

from digitviz.dashboard.lesson.backpropagation_batch import ShownBatch
from digitviz.dashboard.lesson.backpropagation_chain import chain
from digitviz.dashboard.lesson.backpropagation_checks import by_differences, secret
from digitviz.dashboard.lesson.backpropagation_slopes import derivatives
from digitviz.dashboard.lesson.backpropagation_weight import gradient_of_a_weight, step_on_a_batch
from digitviz.dashboard.lesson.steps import lesson_page
from digitviz.dashboard.session import current_run

current_run.attach()
shown = ShownBatch()
lesson_page(
    "backpropagation",
    [
        partial(chain, shown),
        partial(gradient_of_a_weight, shown),
        partial(step_on_a_batch, shown),
        partial(derivatives, shown.settings.activation),
        partial(by_differences, shown),
        partial(secret, shown),
    ],
)
