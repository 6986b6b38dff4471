"""Data: the digits as pictures and numbers, all of them at a glance, a batch, and the digits that no batch contains."""

from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.choice import choice, held
from digitviz.dashboard.components.plot import clicked, plot
from digitviz.dashboard.components.predict_first import predict_first
from digitviz.dashboard.lesson.formulas import tex
from digitviz.dashboard.lesson.page import LessonPage, PickedRow, notebook_remark, slider
from digitviz.dashboard.session import current_run
from digitviz.dashboard.session.frame_choices import is_plain, maths
from digitviz.dashboard.session.steps import step
from digitviz.datasets import DigitDataset
from digitviz.figures.draw import SIDE
from digitviz.language import gettext as _, joined, lazy_gettext
from digitviz.lesson.batch import expected_never_seen, mean_digits, never_seen, pixel_use, some_rows
from digitviz.numbers import a_digit, numeral, short
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.run import TrainingRun

SHOWN, COLUMNS = 15, 5
"""Number of digits shown at once, and in a row of them."""
ANY = -1
"""Choice of all digits, instead of a label."""
FIRST = 3
"""Label of the first digit, and of the one that it is compared with at first."""
GUESSED = "data_guessed"
"""Key of the row that was asked about, and the label that the visitor guessed."""
NOTEBOOK = Hyperparameters()
WRITTEN = 100
"""Number of batches in the notebook's text."""


def take_click(key: str) -> None:
    """Show the digit clicked in a figure, and compare it with the one that was shown before."""
    state, click = st.session_state, clicked(key)
    if click is not None and 0 <= (picked := figures.digits.place_in_grid(click["x"], click["y"], COLUMNS)) < SHOWN:
        before = state.get("data_place")
        if picked != before:
            state["data_place"], state["data_other"] = picked, before


@step(
    title="A picture is 64 numbers",
    task="**Which digit is this?** 0 is paper, 16 is ink.",
    question="What would the network lose if all pictures had their pixels shuffled in the same way?",
    solution="Nothing. It does not know which pixels are neighbours, so it learns just as well. Only we humans could "
    "no longer read the digits.",
)
def pictures_and_numbers(run: TrainingRun) -> None:
    """Ask which digit a picture of numbers shows. Then turn columns into ink, and show 15 digits to pick from."""
    rows, picked = _shown(run.dataset)
    large, others = st.columns([11, 9], gap="large", vertical_alignment="center")
    with large, st.container(key="data_picture"):
        inked = slider(_("Columns as a picture"), 0, SIDE, "data_inked", value=0)
        seen = figures.digits.ink_and_numbers.of(run.dataset.images[rows[picked[0]]], inked)
        plot("digit_numbers", *seen, 440, main=True)
    with others:
        if not _is_answered(run.dataset, int(rows[picked[0]])):
            return
        _grid("digit_choice", run.dataset, rows, picked[:1])
        with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall"):
            show_others, icon = _("Show another {count}").format(count=SHOWN), ":material/shuffle:"
            st.button(show_others, key="data_others", icon=icon, on_click=_draw_others)
            look: dict[str, Any] = {"label_visibility": "collapsed", "width": 125}
            choice(_("Label"), _labels(run.dataset), key="data_label", style="selectbox", **look)
        if current_run.learnt_from().source == "digits":
            scanned = _("Scanned as 32 × 32 dots; each number counts the inked dots, 0 to 16, in a block of 4 × 4.")
            st.caption(_("Written by hand on paper."), help=scanned)


def _is_answered(digits: DigitDataset, row: int) -> bool:
    """Ask which digit this is until the visitor has said so, or has chosen a label. Say whether the guess was right."""
    state, each, label = st.session_state, _labels(digits), int(digits.labels[row])
    if (said := state.get(GUESSED)) is not None and said[0] == row:
        words = _("**Right: it is {a_label}.**") if said[1] == label else _("**No, it is {a_label}.**")
        st.markdown(joined([words.format(a_label=a_digit(label)), _("**Drag** the handle to see it.")]))
    elif said is None and held("data_label", [*each], ANY) == ANY:

        def take() -> None:
            if (guess := state.get("data_digit")) is not None:
                state[GUESSED] = row, guess
                state["data_inked"] = state.get("data_inked") or SIDE // 2

        with st.container(key="told_digit"):
            st.pills(
                _("Which digit is it?"), [*each][1:], key="data_digit", label_visibility="collapsed", on_change=take
            )
        return False
    return True


@step(
    title="How much do two digits differ?",
    task="**Pick** a digit. Do digits with the same [label](#term-label) differ less from it? The bars tell.",
    question="Two pictures of a 1 may differ more than a 1 and a 7. What does that mean for a program that compares "
    "pixels?",
    solution="It would sometimes take one for the other. A network learns which pixels matter instead.",
)
def differences(run: TrainingRun) -> None:
    """Show where a picked digit differs from another one, and how much each of 15 digits does."""
    digits = run.dataset
    rows, picked = _shown(digits)
    pair = rows[picked]
    (first, second), (label, other) = digits.images[pair], digits.labels[pair].tolist()
    by_pixel = np.abs(second - first).ravel()
    framed = np.flatnonzero((by_pixel == by_pixel.max()) & (by_pixel > 0)).tolist()
    choices, *grids = st.columns([20, 15, 15, 15], gap="medium")
    with choices:
        st.markdown(_("**Difference from this {label}**").format(label=label))
        _grid("digit_grid", digits, rows, picked)
    with grids[0]:
        st.markdown(_("**This {label}: picture {number}**").format(label=label, number=numeral(pair[0] + 1)))
        plot("digit_first", *figures.digit_numbers.of(first, framed), 270, main=True)
        st.caption(_("0: paper, 16: ink. Framed: differs most."))
    with grids[1]:
        st.markdown(
            _("**Minus {a_label}: picture {number}**").format(a_label=a_digit(other), number=numeral(pair[1] + 1))
        )
        plot("digit_other", *figures.digit_numbers.of(second, framed), 270)
    with grids[2]:
        st.markdown(_("**Difference: {total} units of ink**").format(total=numeral(by_pixel.sum(), ",.0f")))
        plot("digit_difference", *figures.digits.digit_difference.of(first, second, framed), 270)
        words = _("Red: more ink in the {first}. Blue: more in the {second}.")
        if label == other:
            words = _("Red: more ink in this {first}. Blue: more in the other {second}.")
        added = _("Added up without minus signs: {total}.").format(total=numeral(by_pixel.sum(), ",.0f"))
        st.caption(joined([words.format(first=label, second=other), added]))


def _grid(key: str, digits: DigitDataset, rows: np.ndarray, picked: list[int]) -> None:
    grid = figures.digit_grid.of(digits.images[rows], digits.labels[rows], COLUMNS, picked)
    plot(key, *grid, 120, partial(take_click, key))  # the style makes it larger


def _labels(digits: DigitDataset) -> dict[int, str]:
    """Return what the field for the label offers."""
    each = np.unique(digits.labels).tolist()
    return {ANY: _("all labels")} | {label: _("label {digit}").format(digit=label) for label in each}


def _shown(digits: DigitDataset) -> tuple[np.ndarray, list[int]]:
    """Return the rows of the shown digits, and the places among them of the two that are compared."""
    state, wanted = st.session_state, held("data_label", [*_labels(digits)], ANY)
    rows = some_rows(digits, None if wanted == ANY else wanted, SHOWN, state.setdefault("data_draw", 0))
    there, last = digits.labels[rows].tolist(), len(rows) - 1
    if "data_place" not in state and there.count(FIRST) > 1:
        state["data_place"] = first = there.index(FIRST)
        state["data_other"] = there.index(FIRST, first + 1)
    place, other = (min(state.get(key) or 0, last) for key in ("data_place", "data_other"))
    picked = [place, other if other != place else (place + 1) % len(rows)]
    state["data_place"], state["data_other"] = picked
    return rows, picked


def _draw_others() -> None:
    st.session_state["data_draw"] += 1


@step(
    title="All digits at a glance",
    task="**Predict** which pixels hardly ever have ink. Which digit has the most blurred mean image?",
    question="Can the network learn anything from a pixel that never has ink?",
    solution="No. It is 0 in every picture, so it adds nothing to any sum, whatever its weights are.",
)
def at_a_glance(run: TrainingRun) -> None:
    """Show the mean image of each digit, and how often each pixel has ink."""
    digits = run.dataset
    means, use = st.columns(2, gap="large")
    with means:
        st.markdown(_("**The mean image of each digit**"))
        ten = np.arange(10)
        plot("mean_digits", digits.id, lambda: figures.digit_grid.plain(mean_digits(digits), ten), 240, main=True)
        st.caption(_("{digits} handwritten digits, 8 × 8 pixels each.").format(digits=numeral(len(digits))))
    with use:
        st.markdown(_("**How often each pixel has ink**"))
        plot("pixel_use", digits.id, lambda: figures.digits.pixel_use.plain(pixel_use(digits)), 380)


@step(
    title="A batch is a small sample",
    task="**Select** a row, one digit of the [batch](#term-batch). Which digit is it, and where is the 1 in its "
    "[one-hot](#term-one_hot) row?",
    in_school="Each row is one digit, its pixels side by side. **Select** a row: which digit is it?",
    question="Why is the label a row of ten numbers, and not the digit itself?",
    solution="The network has ten outputs, one for each digit, and each of them needs a target. As a number, an 8 "
    "would be closer to a 9 than to a 3, which says nothing about their shapes.",
)
def batch(run: TrainingRun) -> None:
    """Show a batch of the run as matrices, and one of its rows."""
    matrices, one = st.columns([2, 1], gap="large")
    with one:
        batch = PickedRow(run, "data")
        batch.picture("batch_digit", 150)
        one_hot = " ".join(f"{value:g}" for value in batch.digits.one_hot[batch.row])
        with maths():
            st.markdown(_("Its one-hot label: {numbers}").format(numbers=f"`{one_hot}`"))
        st.caption(_("This is training digit {number}.").format(number=numeral(batch.rows[batch.row] + 1)))
    with matrices:
        seen = figures.batch_matrices.of(batch.digits.pixels, batch.digits.one_hot, batch.row)
        plot("batch", *seen, 370, partial(batch.pick, "batch"), main=True)
        if len(run.train) + len(run.test) > len(run.dataset):
            words = _(
                "**{train}** digits, including copies and drawings, are for training; the last **{test}** are only "
                "for testing. A batch is a small sample of the training digits. Each row is one digit, and its label "
                "is one-hot."
            )
        else:
            words = _(
                "The first **{train}** digits are for training; the last **{test}** are only for testing. A batch "
                "is a small sample of the training digits. Each row is one digit, and its label is one-hot."
            )
        if not is_plain():
            st.caption(words.format(train=numeral(len(run.train)), test=numeral(len(run.test))))


@step(
    title="Does it see them all?",
    task="**Guess** first. Then find the number of batches that leaves a hundred of the [training "
    "digits](#term-training_data) unseen.",
    question="How many digits are never seen if each epoch goes through all of them once, shuffled?",
    solution="None after the first epoch: each epoch shows every digit exactly once.",
)
def seen_or_not(run: TrainingRun) -> None:
    """Ask how many digits no batch contains, and count them."""
    digits = len(run.train)
    draws = NOTEBOOK.batches * NOTEBOOK.batch_size
    expected = expected_never_seen(draws, digits)
    question = _(
        "Draw {size} of the {digits} training digits, {batches} times, as the notebook does. How many are never seen?"
    )
    question = question.format(batches=NOTEBOOK.batches, size=NOTEBOOK.batch_size, digits=numeral(digits))
    few, many = _("Most likely none: {draws} draws miss {missed} on average."), _("About {missed} of {digits}.")
    left, right = st.columns(2, gap="large")
    with left:
        missed = short(expected, 2) if expected < 0.5 else numeral(expected, ",.0f")
        answer = (few if expected < 0.5 else many).format(missed=missed, draws=numeral(draws), digits=numeral(digits))
        if not predict_first("data_guess", question, (0.0, max(400.0, digits), 1.0), lambda guess: answer):
            return
        sizes, counts = st.columns(2)
        with sizes:
            size = slider(_("Batch size"), 1, 200, "seen_size", value=NOTEBOOK.batch_size)
        with counts:
            batches = slider(_("Batches"), 1, 1_000, "seen_batches", value=NOTEBOOK.batches)
        replaced, shuffled = (
            never_seen(Hyperparameters(batch_size=size, batches=batches, sampling=sampling), digits)
            for sampling in ("with_replacement", "shuffled_epochs")
        )
        with st.container(horizontal=True, vertical_alignment="center"):
            count = _("{missed} of {digits}").format(missed=numeral(replaced[-1]), digits=numeral(digits))
            st.metric(_("Never seen"), count, width="content")
            remark = _(
                "The notebook's text says {written} batches, but its code draws {drawn}. That matters here: following "
                "the text, {missed} digits would be missed on average; following the code, {expected}."
            )
            drawn, missed = NOTEBOOK.batches, short(expected_never_seen(WRITTEN * NOTEBOOK.batch_size, digits), 2)
            notebook_remark(remark.format(written=WRITTEN, drawn=drawn, expected=short(expected, 2), missed=missed))
    with right:
        seen = figures.digits.never_seen_curves.of(replaced, shuffled, (WRITTEN, NOTEBOOK.batches))
        plot("never_seen", *seen, 255, main=True)
        n, m, average = digits, size * batches, expected_never_seen(size * batches, digits)
        with maths():
            st.latex(
                r"n \left(1 - \tfrac{1}{n}\right)^{m} = "
                rf"{n} \left(1 - \tfrac{{1}}{{{n}}}\right)^{{{m}}} = {tex(average, 3)}"
            )
            words = _(
                "On average, m draws with replacement miss this many of n digits. “Never seen” counts one actual set "
                "of draws."
            )
            st.caption(words)


PAGE = LessonPage(
    title=lazy_gettext("Data"),
    icon="grid_on",
    question=lazy_gettext("What does the network see?"),
    minutes=15,
    in_train=lazy_gettext("the batch size"),
    place="batch_size",
    words=("label", "batch", "one_hot", "training_data"),
    shared=lambda: current_run.job().run,
    steps=(pictures_and_numbers, differences, at_a_glance, batch, seen_or_not),
)
