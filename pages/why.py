"""Why: the receipt of one decision."""

from digitviz.dashboard.questions import why
from digitviz.dashboard.questions.order import QUESTIONS
from digitviz.dashboard.questions.subject import title

why.show(title(QUESTIONS["why"].question))
