"""Break it: attempts to fool the network."""

from digitviz.dashboard.questions import break_cuts, break_inputs, break_perturbations
from digitviz.dashboard.questions.asked_digit import clear_digit_that_flips
from digitviz.dashboard.questions.order import question_page

VIEWS = [
    break_inputs.pixel_view,
    break_inputs.ink_view,
    break_inputs.not_a_digit_view,
    break_cuts.neurons,
    break_cuts.weights,
    break_perturbations.view,
]
question_page("break", VIEWS, clear_digit_that_flips)
