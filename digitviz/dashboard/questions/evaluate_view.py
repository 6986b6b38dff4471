"""Where is it wrong? The page Evaluate: the confusion matrix, a description, and the digits of each cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.questions import address, evaluate_chosen, evaluate_details
from digitviz.dashboard.questions.address import SET
from digitviz.dashboard.questions.answers import Answers, answers, learnt
from digitviz.dashboard.questions.asked_digit import HANDWRITING, SETS, TEST, TRAINING, digit_sets
from digitviz.dashboard.questions.computed import all_computed
from digitviz.dashboard.questions.controls import leave, one_of
from digitviz.dashboard.questions.evaluate_chosen import CHOICE, Chosen
from digitviz.dashboard.questions.subject import Subject, moment_slider, subject
from digitviz.dashboard.session import current_run
from digitviz.datasets import DigitDataset
from digitviz.explanations.evaluation import confusion_matrix, most_confused, wilson_interval
from digitviz.figures import following
from digitviz.figures.picture import Plain
from digitviz.language import gettext as _
from digitviz.language import ngettext


@dataclass(frozen=True)
class ShownSet:
    """A set of digits, a network's answers to it, and the way to show them.

    Parameters
    ----------
    asked : Subject
    name : str
        Name of the set, in `asked_digit.SETS`.
    given : Answers
    follows : bool
        True if its matrix follows the slider while that moves.
    percent : bool
        True for percent of each true digit, False for counts.
    """

    asked: Subject
    name: str
    given: Answers
    follows: bool
    percent: bool


def view() -> None:
    """Show the whole page."""
    leave()
    asked = subject(moments=False)
    if asked is None:
        return
    if not asked.has_answers:
        st.info(_("The network's numbers have overflowed: it has no answer."))
        return
    sets = digit_sets(asked)
    evaluate_chosen.take_address(sets)
    address.take(SET, _("Digits"), partial(_take_set, sets))
    name, percent, beside = _choices([name for name in SETS if name in sets])
    chosen = evaluate_chosen.digit(sets)
    usual = name == TEST and (chosen is None or chosen.name == TEST)
    address.write(SET, None if usual else name)
    names = [name, *([HANDWRITING] if beside else [])]
    followed = moment_slider(asked, [sets[name] for name in names if name != TEST])
    wanted = {each: answers(asked, sets[each]) for each in [*names, TEST]}
    all_wanted = [*wanted.values(), *([] if asked.run is None else [learnt(asked.run)])]
    found = all_computed("evaluate", all_wanted, _("The network reads the digits: {share}"))
    if found is None:
        return
    given: dict[str, Answers] = dict(zip(wanted, found, strict=False))
    follows = {each: asked.run is not None and (each == TEST or sets[each].id in followed) for each in names}
    shown = [ShownSet(asked, each, given[each], follows[each], percent) for each in names]
    _matrices(shown, None if chosen is None else sets[chosen.name], chosen)
    evaluate_details.show(asked, name, given[name])
    evaluate_details.show_learnt(asked, None if asked.run is None else found[-1])
    evaluate_chosen.show_cell(given, asked.title)


def _take_set(sets: Mapping[str, DigitDataset], asked: str) -> str | None:
    """Take the set that the address names."""
    if asked not in sets:
        return _("one of {names}").format(names=", ".join(sets))
    st.session_state[CHOICE] = asked
    return None


def _choices(names: list[str]) -> tuple[str, bool, bool]:
    """Return the set to show, whether in percent, and whether handwriting is shown next to it."""
    help = _(
        "Test digits were kept back from the training; handwriting is 1,000 digits of MNIST, written by other people."
    )
    with st.sidebar:
        name = one_of(_("Digits"), {name: SETS[name] for name in names}, CHOICE, wrap=True, help=help)
        percent = st.toggle(_("Percent of each true digit"), key="evaluate_percent", persist_state="session")
        beside = st.toggle(
            _("Handwriting beside it"), key="evaluate_beside", persist_state="session", disabled=name == HANDWRITING
        )
    return name, percent, beside and name != HANDWRITING


def _matrices(sets: list[ShownSet], digits: DigitDataset | None, chosen: Chosen | None) -> None:
    """Show one or two matrices with a description of each, and the chosen digit, if any, next to the first."""
    alone = len(sets) == 1
    left, right = st.columns(2 if chosen is None and not alone else [6, 5], gap="large")
    with left:
        _matrix("confusion", sets[0], main=True)
    with right:
        if chosen is not None and digits is not None:
            back = chosen.cell is not None and chosen.cell.of in {shown.given.id for shown in sets}
            evaluate_chosen.show_digit(sets[0].asked, digits, chosen, back)
        elif alone:
            _words(sets[0])
            return
        else:
            _matrix("confusion_beside", sets[1])
    if alone:
        _words(sets[0])
    elif chosen is None:
        for place, shown in zip(st.columns(2, gap="large"), sets, strict=True):
            with place:
                _words(shown)
    else:
        left, right = st.columns([6, 5], gap="large")
        with left:
            _matrix("confusion_beside", sets[1])
        with right:
            for shown in sets:
                _words(shown)


def _matrix(key: str, shown: ShownSet, main: bool = False) -> None:
    given, percent = shown.given, shown.percent
    matrix = confusion_matrix(given.digits.labels, given.predictions)

    def build() -> Plain:
        figure = figures.confusion_matrix.plain(matrix, percent)
        digits = {} if shown.name == TEST else {"digits": given.digits.id}  # the browser has the test digits anyway
        return following.follows(figure, "confusion", percent=percent, **digits) if shown.follows else figure

    take = partial(evaluate_chosen.take_cell, key, shown.name, given)
    plot(key, (given.id, percent, shown.follows), build, height=430, main=main, on_click=take)
    if shown.asked.run is not None and not shown.follows:
        words = _("Too many digits to read while the slider moves: until you let go of it, this is of {network}.")
        st.caption(words.format(network=shown.asked.title))


def _words(shown: ShownSet) -> None:
    """Describe a matrix: the accuracy, what it says about other digits, and the most frequent confusions."""
    asked, name, given = shown.asked, shown.name, shown.given
    count = len(given.digits)
    st.header(f"{SETS[name]}: {given.correct / max(count, 1):.1%}")
    said = _("{correct} of {count} digits are read correctly by {network}.")
    said = said.format(correct=f"**{given.correct:,}**", count=f"{count:,}", network=asked.title)
    st.markdown(f"{said} {_how_much_that_says(asked, name, given)}")
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
    """Return whether a network has learnt from some of the digits."""
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
