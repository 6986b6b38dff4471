"""Break it: attempts to fool the network."""

from digitviz.dashboard.questions.asked_digit import clear_digit_that_flips
from digitviz.dashboard.questions.order import question_page

question_page("break", clear_digit_that_flips)
