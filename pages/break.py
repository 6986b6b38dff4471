"""Break it: can the network be fooled?"""

from digitviz.dashboard.questions import break_cuts, break_ink, break_not_a_digit, break_pixel, break_shocks
from digitviz.dashboard.questions.page import question_page

question_page(
    "break",
    [
        break_pixel.view,
        break_ink.view,
        break_not_a_digit.view,
        break_cuts.neurons,
        break_cuts.weights,
        break_shocks.view,
    ],
)
