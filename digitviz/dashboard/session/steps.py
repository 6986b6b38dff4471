"""A page in steps: one step at a time with Back and Next, or all steps on one page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial

import streamlit as st

from digitviz.dashboard.components.choice import choice
from digitviz.dashboard.components.stepper import address_gone_to, stepper
from digitviz.dashboard.components.term import sentences
from digitviz.dashboard.session import addresses
from digitviz.dashboard.session.frame_choices import maths
from digitviz.language import Lazy
from digitviz.language import gettext as _

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
        True if all of the step is letters and matrices: in school, it says so and is folded away.
    """

    title: Lazy
    task: Lazy
    question: Lazy
    solution: Lazy
    view: Callable[..., None]
    is_maths: bool


def step(
    title: str, task: str, question: str, solution: str, is_maths: bool = False
) -> Callable[[Callable[..., None]], Step]:
    """Decorate a function that shows a step; the decorator returns the `Step` with these texts, which are messages."""
    return lambda view: Step(Lazy(title), Lazy(task), Lazy(question), Lazy(solution), view, is_maths)


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
    whole, number = bool(st.session_state.get(WHOLE)), 0
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="page_top"):
        st.title(str(page.question), width="content")
        with st.container(horizontal=True, vertical_alignment="center", width="content", key="steps"):
            if not whole:
                number = _control(name, page, then is not None)
            help = _("Shows all steps one below the other.")
            st.toggle(_("All steps"), key=WHOLE, persist_state="session", help=help, width="content")
    sentences(*page.words)
    shown = page.steps if whole else page.steps[number - 1 : number]
    for place, step in enumerate(shown, start=number or 1):
        _show(place, step, show, with_check=whole)
    with st.container(horizontal=True, vertical_alignment="center", key="steps_rest"):
        if first is not None:
            first(shown)
        if not whole:
            with st.popover(_("Check yourself"), icon=":material/help:"):
                _check(page.steps[number - 1])
        minutes = _("{minutes} minutes for all steps").format(minutes=page.minutes)
        st.caption(about.format(minutes=minutes), width="content")
    if then is not None and (whole or number == len(page.steps)):
        then()


def _show(number: int, step: Step, show: Callable[[Step], None], with_check: bool) -> None:
    with st.container(key=f"shown_step_{number}"):  # the key tells the browser which step it has
        with st.container(gap="xxsmall"):
            st.header(_("{number}. {title}").format(number=number, title=step.title))
            st.markdown(str(step.task))
        with maths(is_all=True) if step.is_maths else nullcontext():
            show(step)
        if with_check:
            st.markdown(_("**Check yourself.** {question}").format(question=step.question))
            with st.expander(_("Solution"), key=f"check_{number}"):
                st.markdown(str(step.solution))


def _control(name: str, page: SteppedPage, leads_on: bool) -> int:
    """Show the control, Back and Next, which leads on from the last step or not. Return the number of the step."""
    numbers = [str(number) for number in range(1, len(page.steps) + 1)]
    state = st.session_state
    if addresses.is_to_be_taken(PARAMETER):  # a link may name a step
        asked = st.query_params.get(PARAMETER)
        state[KEY] = asked if asked in numbers else numbers[0]
        state[_WRITTEN] = asked or numbers[0]
    chosen = choice(_("Step"), numbers, key=KEY, label_visibility="collapsed", width=WIDTH * len(numbers))
    place = numbers.index(chosen)
    spoken = _("Step {number} of {steps}: {title}").format(
        number=place + 1, steps=len(numbers), title=page.steps[place].title
    )
    titles = [str(step.title) for step in page.steps]
    is_last = not leads_on and place == len(titles) - 1
    stepper(name, first=place == 0, last=is_last, steps=titles, spoken=spoken, went_back=partial(_take, numbers))
    if state.get(_WRITTEN) != chosen:  # the URL in this run may be an outdated one
        st.query_params[PARAMETER] = state[_WRITTEN] = chosen
    return place + 1


def _take(numbers: Sequence[str]) -> None:
    """Show the step of the URL that the browser went back or forward to."""
    if (asked := address_gone_to()) in numbers:
        st.session_state[KEY] = st.session_state[_WRITTEN] = asked


def _check(step: Step) -> None:
    st.markdown(str(step.question))
    with st.expander(_("Solution")):
        st.markdown(str(step.solution))
