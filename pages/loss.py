"""Loss: a number for how wrong a guess is, and who gets the blame."""

from functools import cache, partial

from digitviz.dashboard.lesson import blame_view, loss_view
from digitviz.dashboard.lesson.steps import lesson_page
from digitviz.dashboard.session import current_run

current_run.attach()
# Shown once in a run, by the first step that asks for them.
guess, fields = cache(loss_view.settings), cache(blame_view.fields)
lesson_page(
    "loss",
    [
        partial(loss_view.one_number, guess),
        partial(loss_view.which_reacts, guess),
        partial(loss_view.by_hand, guess),
        partial(blame_view.its_error, fields),
        partial(blame_view.two_ways, fields),
        blame_view.where_they_land,
    ],
)
