"""The pages of questions by their addresses, which are also the names of their files."""

from __future__ import annotations

from digitviz.dashboard.questions.plans import break_it, geometry
from digitviz.dashboard.session.steps import SteppedPage
from digitviz.language import lazy_gettext as _

QUESTIONS: dict[str, SteppedPage] = {
    "evaluate": SteppedPage(
        title=_("Evaluate"),
        icon="grid_on",
        question=_("Where is it wrong?"),
        minutes=10,
        words=("confusion_matrix",),
        steps=(),
    ),
    "why": SteppedPage(
        title=_("Why?"),
        icon="receipt_long",
        question=_("Why did it say that?"),
        minutes=10,
        words=(),
        steps=(),
    ),
    "break": break_it.PAGE,
    "geometry": geometry.PAGE,
}
