"""Where is it wrong? The confusion matrix, what it says in words, and the digits behind each of its cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.choice import choice
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.questions import (
    evaluate_chosen,
    evaluate_details,
    evaluate_digit,
    evaluate_learnt,
    evaluate_opened,
)
from digitviz.dashboard.questions.computed import computed
from digitviz.dashboard.questions.evaluate_chosen import Chosen
from digitviz.dashboard.questions.evaluate_values import Answers, answers, learnt
from digitviz.dashboard.runtime.outside import Wrong
from digitviz.dashboard.session import asked_address, current_run
from digitviz.dashboard.session.asked_address import SET
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
CHOICE = "evaluate_set"
"""Key of the choice of digits."""


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


@dataclass(frozen=True)
class Shown:
    """A set of digits that is shown, and what a network says of it.

    Parameters
    ----------
    asked : Subject
    name : str
        In `asked_digit.SETS`.
    given : Answers
    follows : bool
        Whether its matrix follows the slider while that moves.
    """

    asked: Subject
    name: str
    given: Answers
    follows: bool


def view() -> None:
    """Show the whole page."""
    evaluate_digit.go_on()
    asked = subject(moments=False)
    if asked is None:
        return
    if not asked.has_answers:
        st.info(_("The network's numbers have overflowed: it has no answer."))
        return
    sets = digit_sets(asked)
    if (named := evaluate_chosen.take_address(sets)) is not None:
        st.session_state[CHOICE] = named
    asked_address.check(SET, _take_set(sets))
    choices = _choices([name for name in SETS if name in sets])
    chosen = evaluate_chosen.digit(sets)
    usual = choices.name == TEST and (chosen is None or chosen.name == TEST)
    asked_address.write(SET, None if usual else choices.name)
    names = [choices.name, *([HANDWRITING] if choices.beside else [])]
    followed = moment_slider(asked, [sets[name] for name in names if name != TEST])
    found = _found(asked, sets, list(dict.fromkeys([*names, TEST])))
    if found is None:
        return
    given, history = found
    follows = {name: asked.run is not None and (name == TEST or sets[name].id in followed) for name in names}
    shown = [Shown(asked, name, given[name], follows[name]) for name in names]
    if chosen is None:
        _matrices(shown, choices.percent)
    else:
        _matrices_beside_a_digit(asked, shown, choices.percent, sets[chosen.name], chosen)
    evaluate_details.show(asked, choices.name, given[choices.name])
    evaluate_learnt.show(asked, history)
    evaluate_opened.show(given, asked.title)


def _take_set(sets: Mapping[str, DigitDataset]) -> Wrong | None:
    """Take the set that the address names; return what is wrong with it."""
    named = asked_address.named(SET)
    if named in sets:
        st.session_state[CHOICE] = named
    elif named is not None:
        return Wrong(_("Digits"), _("one of {names}").format(names=", ".join(sets)), {SET: named})
    return None


def _found(
    asked: Subject, sets: Mapping[str, DigitDataset], names: list[str]
) -> tuple[dict[str, Answers], Learnt | None] | None:
    """Return the answers to some sets, and when each test digit was learnt; None as long as they are on their way."""
    wanted = [answers(asked, sets[name]) for name in names]
    all_wanted = wanted if asked.run is None else [*wanted, learnt(asked.run)]
    found = computed("evaluate", all_wanted, _("The network reads the digits: {share}"))
    if found is None:
        return None
    return dict(zip(names, found, strict=False)), None if asked.run is None else found[-1]


def _choices(names: list[str]) -> Choices:
    with st.sidebar:
        name = choice(
            _("Digits"), names, key=CHOICE, format_func=lambda code: str(SETS[code]), wrap=True,
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


def _matrices(sets: list[Shown], percent: bool) -> None:
    """Show one matrix with its words beside it, or two with their words below."""
    left, right = st.columns([6, 5] if len(sets) == 1 else 2, gap="large")
    with left:
        _matrix("confusion", sets[0], percent, main=True)
    with right:
        if len(sets) == 1:
            _words(sets[0])
            return
        _matrix("confusion_beside", sets[1], percent)
    for place, shown in zip(st.columns(2, gap="large"), sets, strict=True):
        with place:
            _words(shown)


def _matrices_beside_a_digit(
    asked: Subject, sets: list[Shown], percent: bool, digits: DigitDataset, chosen: Chosen
) -> None:
    """Show a matrix with the chosen digit beside it, and the words, and another matrix, below."""
    left, right = st.columns([6, 5], gap="large")
    with left:
        _matrix("confusion", sets[0], percent, main=True)
    with right:
        back = chosen.cell is not None and chosen.cell.of in {shown.given.id for shown in sets}
        evaluate_digit.show(asked, digits, chosen, back)
    if len(sets) == 1:
        _words(sets[0])
        return
    left, right = st.columns([6, 5], gap="large")
    with left:
        _matrix("confusion_beside", sets[1], percent)
    with right:
        for shown in sets:
            _words(shown)


def _matrix(key: str, shown: Shown, percent: bool, main: bool = False) -> None:
    given = shown.given
    matrix = confusion_matrix(given.digits.labels, given.predictions)

    def build() -> Plain:
        figure = figures.confusion_matrix.plain(matrix, percent)
        digits = {} if shown.name == TEST else {"digits": given.digits.id}  # the browser has the test digits anyway
        return following.follows(figure, "confusion", percent=percent, **digits) if shown.follows else figure

    plot(
        key, (given.id, percent, shown.follows), build, height=HEIGHT, main=main,
        on_click=partial(evaluate_opened.take_cell, key, shown.name, given),
    )  # fmt: skip
    if shown.asked.run is not None and not shown.follows:
        words = _("Too many digits to read while the slider moves: until you let go of it, this is of {network}.")
        st.caption(words.format(network=shown.asked.title))


def _words(shown: Shown) -> None:
    """Say how many are correct, how much that says of others, and what is confused most often."""
    asked, name, given = shown.asked, shown.name, shown.given
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
    words = ngettext(
        "If this is a random sample of {count} digit, the accuracy on all such digits lies between {low} and {high} "
        "(95% Wilson interval).",
        "If these are a random sample of {count} digits, the accuracy on all such digits lies between {low} and {high} "
        "(95% Wilson interval).",
        count,
    ).format(count=f"{count:,}", low=f"{low:.1%}", high=f"{high:.1%}")
    if name == TEST and asked.run is not None and not current_run.learnt_from().has_random_test_digits:
        about = _(
            "But they are not: they are the end of scikit-learn's file, and most of the training digits were written "
            "by other people. After a random split (on Train, under **More settings**) a network with the notebook's "
            "settings classifies 96% to 98% of its test digits correctly, not 94%."
        )
    else:
        about = _("This is about the chance of the sample only: it says nothing about digits by other writers.")
    return f"{words} {about}"
