"""The digits as pictures and as numbers, all of them at a glance, a batch, and how many no batch contains."""

from __future__ import annotations

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.components.predict_first import predict_first
from digitviz.dashboard.lesson import data_controls
from digitviz.dashboard.lesson.formulas import tex
from digitviz.dashboard.lesson.page import notebook_remark
from digitviz.dashboard.session import current_run
from digitviz.language import gettext as _
from digitviz.lesson.batches import expected_never_seen, mean_digits, never_seen, pixel_use
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.run import TrainingRun

NOTEBOOK = Hyperparameters()
WRITTEN = 100  # batches, by the notebook's text


def _run() -> TrainingRun:
    return current_run.job().run


def pictures_and_numbers() -> None:
    """Show 25 digits, and the numbers of the one that is picked."""
    digits = _run().dataset
    grid, numbers = st.columns(2, gap="large")
    with numbers:
        rows = data_controls.digits_to_show(digits)
    place = data_controls.picked(rows)
    with grid:
        plot(
            "digit_grid",
            (digits.id, *rows.tolist(), place),
            lambda: figures.digit_grid.plain(digits.images[rows], digits.labels[rows], picked=place),
            height=380,
            main=True,
            on_click=data_controls.pick_clicked,
        )
        data_controls.others()
    with numbers:
        st.markdown(
            _("**Digit {number:,} of {digits:,}, labelled {label}, as the network sees it**").format(
                number=rows[place] + 1, digits=len(digits), label=digits.labels[rows[place]]
            )
        )
        plot(
            "digit_numbers",
            (digits.id, int(rows[place])),
            lambda: figures.digit_numbers.plain(digits.images[rows[place]]),
            height=230,
        )
        st.caption(
            _(
                "64 numbers from 0 to 16: each counts the inked dots in a block of 4 × 4. The network is not told "
                "which pixels are neighbours."
            )
        )


def at_a_glance() -> None:
    """Show the mean of each digit, and how often each pixel has ink."""
    digits = _run().dataset
    means, use = st.columns(2, gap="large")
    with means:
        st.markdown(_("**The mean of each digit**"))
        plot(
            "mean_digits",
            digits.id,
            lambda: figures.digit_grid.plain(mean_digits(digits), np.arange(10)),
            height=240,
            main=True,
        )
        st.caption(_("{digits:,} handwritten digits, 8 × 8 pixels each.").format(digits=len(digits)))
    with use:
        st.markdown(_("**How often each pixel has ink**"))
        plot("pixel_use", digits.id, lambda: figures.pixel_use.plain(pixel_use(digits)), height=380)


def batch() -> None:
    """Show a batch of the run as matrices, and one of its rows."""
    run = _run()
    matrices, one = st.columns([2, 1], gap="large")
    with one:
        rows, row = data_controls.batch_of_run("data")
        shown = run.train[rows]
        plot(
            "batch_digit",
            (run.dataset.id, int(rows[row])),
            lambda: figures.digit_grid.plain(shown.images[[row]], shown.labels[[row]], columns=1),
            height=150,
        )
        st.markdown(
            _("Its row of y: {numbers}").format(numbers=f"`{' '.join(f'{value:g}' for value in shown.one_hot[row])}`")
        )
        st.caption(_("It is digit {number:,} of the training digits.").format(number=rows[row] + 1))
    with matrices:
        plot(
            "batch",
            (run.dataset.id, *rows.tolist(), row),
            lambda: figures.batch_matrices.plain(shown.pixels, shown.one_hot, row),
            height=370,
            main=True,
            on_click=lambda: data_controls.pick_row("data", "batch"),
        )
        st.caption(_split(run))


def _split(run: TrainingRun) -> str:
    """Return which digits are for training, and which for testing."""
    if len(run.train) + len(run.test) > len(run.dataset):
        words = _(
            "**{train:,}** digits, including copies and drawings, are for training, the last **{test:,}** only for "
            "testing. A batch is a small sample of the training digits. One row per digit; its label is one-hot."
        )
    else:
        words = _(
            "The first **{train:,}** digits are for training, the last **{test:,}** only for testing. A batch is a "
            "small sample of the training digits. One row per digit; its label is one-hot."
        )
    return words.format(train=len(run.train), test=len(run.test))


def seen_or_not() -> None:
    """Ask how many digits no batch contains, and count them."""
    digits = len(_run().train)
    draws = NOTEBOOK.batches * NOTEBOOK.batch_size
    expected = expected_never_seen(draws, digits)
    question = _("The notebook draws {size} of {digits:,} digits {batches} times. How many does it never see?")
    left, right = st.columns(2, gap="large")
    with left:
        guessed = predict_first(
            "data_guess",
            question.format(batches=NOTEBOOK.batches, size=NOTEBOOK.batch_size, digits=digits),
            (0.0, 400.0, 1.0),
            lambda guess: _("On average {missed:.2g}: after {draws:,} draws hardly any are missed.").format(
                missed=expected, draws=draws
            ),
        )
        if guessed:
            size, batches, replaced, shuffled = _counted(digits)
            with st.container(horizontal=True, vertical_alignment="center"):
                count = _("{missed:,} of {digits:,}").format(missed=replaced[-1], digits=digits)
                st.metric(_("Never seen"), count, width="content")
                _remark(digits, expected)
    if guessed:
        with right:
            plot(
                "never_seen",
                (size, batches, digits),
                lambda: figures.never_seen_curves.plain(replaced, shuffled, (WRITTEN, NOTEBOOK.batches)),
                height=255,
                main=True,
            )
            _on_average(digits, size * batches)


def _counted(digits: int) -> tuple[int, int, np.ndarray, np.ndarray]:
    """Show the controls, and return digits per batch, batches, and both counts after each batch."""
    left, right = st.columns(2)
    size = left.slider(_("Digits per batch"), 1, 200, NOTEBOOK.batch_size, key="seen_size", persist_state="session")
    batches = right.slider(_("Batches"), 1, 400, NOTEBOOK.batches, key="seen_batches", persist_state="session")
    replaced, shuffled = (
        never_seen(Hyperparameters(batch_size=size, batches=batches, sampling=sampling), digits)
        for sampling in ("with_replacement", "shuffled_epochs")
    )
    return size, batches, replaced, shuffled


def _on_average(digits: int, draws: int) -> None:
    missed = tex(expected_never_seen(draws, digits), 3)
    st.latex(
        rf"n \left(1 - \tfrac{{1}}{{n}}\right)^{{m}} = "
        rf"{digits} \left(1 - \tfrac{{1}}{{{digits}}}\right)^{{{draws}}} = {missed}"
    )
    st.caption(_("m draws with replacement miss so many of n digits on average; the count is of one actual draw."))


def _remark(digits: int, expected: float) -> None:
    notebook_remark(
        _(
            "Its text says {written} batches, its code draws {drawn}. That matters here: {missed:.2g} digits missed on "
            "average, against {expected:.2g}."
        ).format(
            written=WRITTEN, drawn=NOTEBOOK.batches, expected=expected,
            missed=expected_never_seen(WRITTEN * NOTEBOOK.batch_size, digits),
        )
    )  # fmt: skip
