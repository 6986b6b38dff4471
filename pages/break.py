"""Break it: can the network be fooled?"""

from digitviz.dashboard.questions import break_cuts, break_ink, break_not_a_digit, break_perturbations, break_pixel
from digitviz.dashboard.questions.order import question_page

VIEWS = [
    break_pixel.view,
    break_ink.view,
    break_not_a_digit.view,
    break_cuts.neurons,
    break_cuts.weights,
    break_perturbations.view,
]
question_page("break", VIEWS)
