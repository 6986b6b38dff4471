"""Where is it wrong? The confusion matrix, what it says in words, and the digits behind each of its cells."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.choice import choice
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.questions import evaluate_details, evaluate_learnt, evaluate_opened
from digitviz.dashboard.questions.computed import computed
from digitviz.dashboard.questions.evaluate_values import Answers, answers, learnt
from digitviz.dashboard.session.asked_digit import HANDWRITING, SETS, TEST, TRAINING, digit_sets
from digitviz.dashboard.session.moment_slider import moment_slider
from digitviz.dashboard.session.subject import Subject, subject
from digitviz.datasets import DigitDataset
from digitviz.explanations.evaluation import confusion_matrix, most_confused, wilson_interval
from digitviz.explanations.learnt import Learnt
from digitviz.figures import following
from digitviz.figures.picture import Plain
from digitviz.language import gettext as _
from digitviz.language import ngettext

HEIGHT = 430
SET = "evaluate_set"
"""Key of the choice of digits."""
FEW = 1_000
"""Digits; from fewer the accuracy on all others is known to within several percent at best."""


@dataclass(frozen=True)
class Choices:
    """What the visitor wants to see.

    Parameters
    ----------
    name : str
        Of the set, in `asked_digit.SETS`.
    percent : bool
        Percent of each true digit, rather than counts.
    beside : bool
        Handwriting beside it.
    """

    name: str
    percent: bool
    beside: bool


def view() -> None:
    """Show the whole page."""
    asked = subject(moments=False)
    if asked is None:
        return
    if not asked.has_answers:
        st.info(_("The network's numbers have overflowed: it has no answer."))
        return
    moment_slider(asked)
    sets = digit_sets(asked)
    if (named := evaluate_opened.take_address(sets)) is not None:
        st.session_state[SET] = named
    chosen = _choices([name for name in SETS if name in sets])
    shown = [chosen.name, *([HANDWRITING] if chosen.beside else [])]
    names = list(dict.fromkeys([*shown, TEST]))
    wanted = [answers(asked, sets[name]) for name in names]
    all_wanted = wanted if asked.run is None else [*wanted, learnt(asked.run)]
    found = computed("evaluate", all_wanted, _("The network reads the digits: {share}"))
    if found is None:
        return
    given: dict[str, Answers] = dict(zip(names, found, strict=False))
    _main(asked, {name: given[name] for name in shown}, chosen.percent)
    evaluate_details.show(chosen.name, given[chosen.name])
    history: Learnt | None = None if asked.run is None else found[-1]
    evaluate_learnt.show(asked, history)
    evaluate_opened.show(given)


def _choices(names: list[str]) -> Choices:
    with st.sidebar:
        name = choice(
            _("Digits"), names, key=SET, format_func=lambda code: str(SETS[code]), wrap=True,
            help=_(
                "Test digits were kept back from the training; handwriting is 1,000 digits of MNIST, written by other "
                "people."
            ),
        )  # fmt: skip
        percent = st.toggle(_("Percent of each true digit"), key="evaluate_percent", persist_state="session")
        beside = st.toggle(
            _("Handwriting beside it"), key="evaluate_beside", persist_state="session", disabled=name == HANDWRITING
        )
    return Choices(name, percent, beside and name != HANDWRITING)


def _main(asked: Subject, given: dict[str, Answers], percent: bool) -> None:
    """Show one matrix with its words beside it, or two with their words below."""
    left, right = st.columns([6, 5] if len(given) == 1 else 2, gap="large")
    (name, shown), *others = given.items()
    with left:
        _matrix("confusion", name, shown, percent, main=True)
    with right:
        if others:
            _matrix("confusion_beside", *others[0], percent)
        else:
            _words(asked, name, shown)
    if others:
        for place, (other, its) in zip(st.columns(2, gap="large"), given.items(), strict=True):
            with place:
                _words(asked, other, its)


def _matrix(key: str, name: str, given: Answers, percent: bool, main: bool = False) -> None:
    matrix = confusion_matrix(given.digits.labels, given.predictions)

    def build() -> Plain:
        figure = figures.confusion_matrix.plain(matrix, percent)
        return following.follows(figure, "confusion", percent=percent) if name == TEST else figure

    plot(
        key, (given.id, percent), build, height=HEIGHT, main=main,
        on_click=partial(evaluate_opened.take_cell, key, name, given),
    )  # fmt: skip


def _words(asked: Subject, name: str, given: Answers) -> None:
    """Say how many are correct, how much that says of others, and what is confused most often."""
    count = len(given.digits)
    st.header(f"{SETS[name]}: {given.correct / max(count, 1):.1%}")
    said = _("{correct} of {count} digits are read correctly by {network}.")
    st.markdown(
        " ".join(
            [
                said.format(correct=f"**{given.correct:,}**", count=f"{count:,}", network=asked.title),
                _how_much_that_says(asked, name, given),
            ]
        )
    )
    matrix = confusion_matrix(given.digits.labels, given.predictions)
    confused, support = most_confused(matrix), matrix.sum(axis=1)
    if confused:
        line = _("{label} is read as {answer}: {count} of {support}")
        lines = [
            line.format(label=f"**{label}**", answer=f"**{answer}**", count=f"{times:,}", support=f"{support[label]:,}")
            for label, answer, times in confused
        ]
        st.markdown("\n".join([_("The most frequent confusions:"), "", *(f"- {words}" for words in lines)]))


def has_learnt_some(asked: Subject, digits: DigitDataset) -> bool:
    """Whether some of the digits are among those that a network has learnt from."""
    if digits is asked.test:
        return False
    learnt = {row.tobytes() for row in asked.train.pixels}
    return any(row.tobytes() in learnt for row in digits.pixels)


def _how_much_that_says(asked: Subject, name: str, given: Answers) -> str:
    if name == TRAINING:
        return _("It has learnt from these, so they cannot tell how it reads others.")
    if has_learnt_some(asked, given.digits):
        return _("It has learnt from some of these, so they cannot tell how it reads others.")
    count = len(given.digits)
    low, high = wilson_interval(given.correct, count)
    if count >= FEW:
        words = _("Its accuracy on digits like these lies between {low} and {high} (95%, by Wilson).")
        return words.format(low=f"{low:.1%}", high=f"{high:.1%}")
    words = ngettext(
        "{count} digit is few: its accuracy on digits like these may be from {low} to {high} (95%, by Wilson).",
        "{count} digits are few: its accuracy on digits like these may be from {low} to {high} (95%, by Wilson).",
        count,
    )
    return words.format(count=f"{count:,}", low=f"{low:.1%}", high=f"{high:.1%}")
