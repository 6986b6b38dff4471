"""The question pages by address, and the function that shows them."""

from collections.abc import Callable
from functools import cache, partial
from itertools import pairwise

import streamlit as st

from digitviz.dashboard.questions import break_it, geometry
from digitviz.dashboard.questions.asked_digit import AskedDigit, asked_digit, clear_digit
from digitviz.dashboard.questions.subject import subject
from digitviz.dashboard.session.moment import Moment
from digitviz.dashboard.session.steps import Step, SteppedPage, stepped_page
from digitviz.language import gettext, lazy_gettext as _

QUESTIONS = {
    "evaluate": SteppedPage(title=_("Evaluate"), icon="grid_on", question=_("Where is it wrong?")),
    "why": SteppedPage(title=_("Why?"), icon="receipt_long", question=_("Why did it say that?")),
    "break": SteppedPage(
        title=_("Break it"),
        icon="bolt",
        question=_("Can it be fooled?"),
        minutes=30,
        words=("test_data", "gradient", "probability", "hidden_layer", "weight", "training_data"),
        steps=break_it.STEPS,
    ),
    "geometry": SteppedPage(
        title=_("Geometry"),
        icon="polyline",
        question=_("Where does one digit become another?"),
        minutes=30,
        words=("logits", "decision_boundary"),
        steps=geometry.STEPS,
    ),
}
"""The pages by address (also the name of the file). The view of a step gets the network, and a function that shows the
choice of a digit and returns it."""


def question_page(name: str, opens_with: Callable[[Moment], int] = clear_digit) -> None:
    """Show a question page in steps.

    Parameters
    ----------
    name : str
        A name in `QUESTIONS`.
    opens_with : callable
        Chooses the first digit, as in `asked_digit`.
    """
    row = cache(partial(st.container, horizontal=True, vertical_alignment="center", key="step_settings_asked"))

    @cache
    def asked() -> Moment:  # the first call shows the control
        return subject(row=row())

    @cache
    def digit() -> AskedDigit:
        with row():
            return asked_digit(asked(), opens_with)

    def show(step: Step) -> None:
        place = st.container(gap="xxsmall")
        row()  # below the picture, also if the step shows the first control
        if asked().has_answers:
            with place:
                step.view(asked(), digit)
        else:
            st.info(gettext("The numbers overflowed, so the network has no answer."))

    following = dict(pairwise(QUESTIONS)).get(name)
    then = None if following is None else partial(_link, following)
    stepped_page(name, QUESTIONS[name], show, then)


def _link(name: str) -> None:
    """Link to a question page. On the last step of another, Next follows this link."""
    with st.container(key="next_links"):
        label = gettext("Next: {question}").format(question=QUESTIONS[name].question)
        st.page_link(f"pages/{name}.py", label=label, icon=":material/arrow_forward:")
