"""Gradient descent: how long the steps are, and how many digits each of them uses."""

from functools import partial

from digitviz.dashboard.lesson.descent_controls import Descent
from digitviz.dashboard.lesson.descent_race_view import Race
from digitviz.dashboard.lesson.descent_steps import batches, learning_rate, limits
from digitviz.dashboard.lesson.steps import lesson_page
from digitviz.dashboard.session import current_run

current_run.attach()
descent, race = Descent(), Race()
lesson_page(
    "gradient_descent",
    [
        partial(learning_rate, descent),
        partial(limits, descent),
        partial(batches, descent),
        race.run,
        race.compare,
    ],
)
