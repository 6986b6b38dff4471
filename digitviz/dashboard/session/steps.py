"""A page in steps: one step at a time with Back and Next, or all steps on one page."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial

import streamlit as st

from digitviz.dashboard.components.choice import choice
from digitviz.dashboard.components.stepper import address_gone_to, stepper
from digitviz.dashboard.components.term import sentences
from digitviz.dashboard.session import addresses
from digitviz.dashboard.session.frame_choices import SCHOOL, level, maths
from digitviz.language import Lazy, gettext as _, ngettext

KEY = "lesson_step"
"""Key of the control."""
WIDTH = 44
"""Width of a step in the control, in pixels."""
PARAMETER = "step"
"""Query parameter in the URL: /neuron?step=2."""
WHOLE = "whole_page"
_WRITTEN = "lesson_step_written"


@dataclass(frozen=True)
class Step:
    """One idea on one screen.

    Parameters
    ----------
    title : Lazy
    task : Lazy
        One sentence with one thing to predict or do, in Markdown.
    question, solution : Lazy
        Check question and its solution, which unfolds, in Markdown.
    view : callable
        Shows the step.
    is_maths : bool
        True if the step is left out at the level "school". If an address leads to it, it is shown folded.
    in_school : Lazy or None
        The task in plain words, for the level "school".
    """

    title: Lazy
    task: Lazy
    question: Lazy
    solution: Lazy
    view: Callable[..., None]
    is_maths: bool
    in_school: Lazy | None

    @property
    def is_left_out(self) -> bool:
        """True if the level of the visit leaves the step out."""
        return self.is_maths and level() == SCHOOL


def step(
    title: str, task: str, question: str, solution: str, is_maths: bool = False, in_school: str | None = None
) -> Callable[[Callable[..., None]], Step]:
    """Decorate a function that shows a step, turning it into a `Step` with these texts. They must be messages."""
    plain = None if in_school is None else Lazy(in_school)
    return lambda view: Step(Lazy(title), Lazy(task), Lazy(question), Lazy(solution), view, is_maths, plain)


maths_step = partial(step, is_maths=True)
"""`step` for steps that a school leaves out."""


@dataclass(frozen=True)
class SteppedPage:
    """A page in steps, as data.

    Parameters
    ----------
    title : Lazy
        Title in the navigation.
    icon : str
        Name of a Material symbol.
    question : Lazy
        The page's question, its heading.
    minutes : int
        Time it takes in class.
    words : tuple of str
        Terms on the page, as codes in the glossary.
    steps : tuple of Step
        Two to seven steps. Empty for a page with a single screen.
    """

    title: Lazy
    icon: str
    question: Lazy
    minutes: int = 0
    words: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()


def stepped_page(
    name: str,
    page: SteppedPage,
    show: Callable[[Step], None],
    then: Callable[[], None] | None = None,
    first: Callable[[Sequence[Step]], None] | None = None,
    about: str = "{minutes}",
) -> None:
    """Show a page in steps: its question, the control of its steps, and the chosen step.

    Parameters
    ----------
    name : str
        URL of the page.
    page : SteppedPage
    show : callable
        Shows a step.
    then : callable, optional
        Shows the end of the page after the last step.
    first : callable, optional
        Called with the shown steps. Shows a few words below them.
    about : str
        The last words on the page, with a field for the minutes in class.
    """
    whole = bool(st.session_state.get(WHOLE))
    first_number, shown = 1, [*_kept(page, st.query_params.get(PARAMETER)).values()]
    switch = partial(st.toggle, _("All steps"), key=WHOLE, persist_state="session", width="content")
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="page_top"):
        st.title(str(page.question), width="content")
        with st.container(horizontal=True, vertical_alignment="center", width="content", key="steps"):
            if whole:
                switch()
            else:
                first_number, is_last, step = _control(name, page, then is not None)
                shown = [step]
    sentences(*page.words)
    for place, step in enumerate(shown, start=first_number):
        _show(place, step, show, with_check=whole)
    with st.container(horizontal=True, vertical_alignment="center", key="steps_rest"):
        if first is not None:
            first(shown)
        if not whole:
            with st.popover(_("Check yourself"), icon=":material/help:"):
                _check(shown[0])
        minutes = _("{minutes} minutes").format(minutes=page.minutes)
        if missing := len(page.steps) - len(shown if whole else _kept(page, st.session_state[KEY])):
            plural = ngettext("{count} more step at University", "{count} more steps at University", missing)
            minutes = plural.format(count=missing)
        st.caption(about.format(minutes=minutes), width="content")
        if not whole:  # used less often than what is above the picture
            switch()
    if then is not None and (whole or is_last):
        then()


def _show(number: int, step: Step, show: Callable[[Step], None], with_check: bool) -> None:
    with st.container(key=f"shown_step_{number}"):  # the key tells the browser which step it has
        with st.container(gap="xxsmall"):
            st.header(_("{number}. {title}").format(number=number, title=step.title))
            plain = step.in_school if level() == SCHOOL else None
            if not step.is_left_out:
                st.markdown(str(plain or step.task))
        with maths(is_all=True) if step.is_left_out else nullcontext():
            if step.is_left_out:
                st.markdown(str(step.task))
            show(step)
        if with_check:
            st.markdown(_("**Check yourself.** {question}").format(question=step.question))
            with st.expander(_("Solution"), key=f"check_{number}"):
                st.markdown(str(step.solution))


def _control(name: str, page: SteppedPage, leads_on: bool) -> tuple[int, bool, Step]:
    """Show the control, Back and Next. With `leads_on`, Next also works on the last step.

    Codes in addresses count all steps; the numbers on the page count only those shown at the current level.

    Returns
    -------
    (int, bool, Step)
        The number of the chosen step, whether it is the last one, and the step.
    """
    everything, state = [str(at + 1) for at in range(len(page.steps))], st.session_state
    if addresses.is_to_be_taken(PARAMETER):  # a link may name a step
        asked = st.query_params.get(PARAMETER)
        state[KEY] = asked if asked in everything else "1"
        state[_WRITTEN] = asked or "1"
    kept = _kept(page, state.get(KEY))
    numbers = {code: str(number) for number, code in enumerate(kept, start=1)}
    chosen = choice(_("Step"), numbers, key=KEY, label_visibility="collapsed", width=WIDTH * len(kept))
    place, titles = [*kept].index(chosen), [str(step.title) for step in kept.values()]
    spoken = _("Step {number} of {steps}: {title}")
    spoken = spoken.format(number=place + 1, steps=len(kept), title=titles[place])
    is_last = place == len(kept) - 1
    ends = {"first": place == 0, "last": is_last and not leads_on}
    stepper(name, **ends, steps=titles, spoken=spoken, went_back=partial(_take, everything))
    if state.get(_WRITTEN) != chosen:  # the URL in this run may be an outdated one
        st.query_params[PARAMETER] = state[_WRITTEN] = chosen
    return place + 1, is_last, kept[chosen]


def _kept(page: SteppedPage, asked: str | None) -> dict[str, Step]:
    """Return the steps of this level by their codes, plus the one that an address asks for."""
    every = {str(number): step for number, step in enumerate(page.steps, start=1)}
    return {code: step for code, step in every.items() if code == asked or not step.is_left_out}


def _take(numbers: Sequence[str]) -> None:
    """Show the step of the URL that the browser went back or forward to."""
    if (asked := address_gone_to()) in numbers:
        st.session_state[KEY] = st.session_state[_WRITTEN] = asked


def _check(step: Step) -> None:
    st.markdown(str(step.question))
    with st.expander(_("Solution")):
        st.markdown(str(step.solution))
