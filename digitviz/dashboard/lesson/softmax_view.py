"""Why softmax subtracts the maximum: exp(1000), live."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.components.predict_first import predict_first
from digitviz.dashboard.lesson.formulas import bare, tex
from digitviz.dashboard.lesson.page import notebook_remark
from digitviz.language import gettext as _
from digitviz.lesson.softmax import (
    LARGEST_EXPONENT,
    SMALLEST_EXPONENT,
    SoftmaxSteps,
    column_softmax,
    softmax_steps,
)

BIG = 1000
FARTHEST = 1500
"""What is added to the logits at most."""
TABLE_HEIGHT = 220
"""Pixels: five rows and a scroll bar."""
MOST_WITH_DECIMALS = 100_000
"""Larger logits are written as powers of ten."""


def pushed_by(logits: np.ndarray) -> SoftmaxSteps:
    """Show the slider that pushes ten logits up, and return what softmax makes of them.

    Parameters
    ----------
    logits : ndarray, shape (10,)
    """
    st.session_state.setdefault("forward_shift", BIG)
    shift = st.slider(_("Add to all ten logits"), 0, FARTHEST, key="forward_shift", persist_state="session")
    return softmax_steps(logits, shift)


def too_large(push: Callable[[], SoftmaxSteps]) -> None:
    """Ask what exp(1000) is; then show where exponentials end, and let the reader push the logits there.

    Parameters
    ----------
    push : callable
        Shows the slider, if no other step has, and returns what softmax makes of the logits.
    """
    words, picture = st.columns(2, gap="large")
    with words:
        known = _exp_of_1000()
    if not known:
        return
    with picture:
        drawn = st.container()
        steps = push()
        with drawn:
            plot(
                "softmax_powers", tuple(steps.logits), partial(figures.powers_of_e.plain, steps.logits, FARTHEST),
                height=230, main=True,
            )  # fmt: skip
    with words:
        st.markdown(_what_comes_out(steps))


def without_the_maximum(push: Callable[[], SoftmaxSteps], logits: np.ndarray, sample: int) -> None:
    """Show that nothing overflows once the maximum is subtracted.

    Parameters
    ----------
    push : callable
        As of `too_large`.
    logits : ndarray, shape (n, 10)
        Of the whole batch.
    sample : int
        The row that is pushed.
    """
    if "forward_guess_committed" not in st.session_state:
        st.info(_("First make your guess in the step before."))
        return
    table = st.container(height=TABLE_HEIGHT, border=False)  # on a phone it is scrolled sideways
    left, right = st.columns(2, gap="large")
    with left:
        steps = push()
        _first_softmax_of_the_notebook(logits, sample)
    with table:
        st.markdown(_table(steps))
    with right:
        st.latex(
            r"\begin{aligned} \frac{e^{z_k}}{\sum_j e^{z_j}} &= "
            r"\frac{e^{z_k - \max z}}{\sum_j e^{z_j - \max z}} \\"
            rf"\max z &= {bare(steps.logits.max(), 6)} \\"
            rf" e^{{\max z}} &= {tex(steps.powers.max())}, \quad "
            rf"e^{{\max z - \max z}} = {tex(steps.shifted_powers.max())} \end{{aligned}}"
        )


def _exp_of_1000() -> bool:
    """Ask what exp(1000) is; return whether the reader has guessed."""
    answers = {"large": _("a very large number"), "inf": "inf", "error": _("an error"), "zero": "0"}
    answer = _(
        "It gives {power}, infinity: the largest power that fits into a float64 is about exp({exponent:.2f})."
    ).format(power=softmax_steps(np.array([float(BIG)])).powers[0], exponent=LARGEST_EXPONENT)  # fmt: skip
    question = _("What does NumPy give for exp({exponent})?").format(exponent=BIG)
    return predict_first("forward_guess", question, answers, lambda guess: answer)


def _what_comes_out(steps: SoftmaxSteps) -> str:
    if np.isnan(steps.plain).any():
        return _(
            "Adding the same number to all logits should not change the probabilities. Here the plain formula divides "
            "inf by inf, which is **nan**, not a number."
        )
    if not steps.plain.any():  # each power is divided by infinity
        return _(
            "Adding the same number to all logits should not change the probabilities. Here each power still fits, but "
            "their sum is inf, and the plain formula gives **0** for all ten."
        )
    return _(
        "Adding the same number to all logits should not change the probabilities. Here the plain formula still works: "
        "move the slider to the right."
    )


def _first_softmax_of_the_notebook(logits: np.ndarray, sample: int) -> None:
    words = _(
        "The notebook's first softmax normalises columns. That is correct for one digit as a column; for this batch, "
        "one row per digit, the probabilities of row {row} would add up to {total:.3g} instead of 1. It is not safe "
        "for rows either: a row more than {depth:.0f} below the largest logit of the batch would become all zeros."
    )
    total = column_softmax(logits)[sample].sum()
    notebook_remark(words.format(row=sample + 1, total=total, depth=-SMALLEST_EXPONENT))


def _table(steps: SoftmaxSteps) -> str:
    """Write the numbers as a table in Markdown, one column per digit."""
    of_logits = ".2f" if np.abs(np.nan_to_num(steps.logits)).max() < MOST_WITH_DECIMALS else ".2g"
    rows = {
        "$z$": (steps.logits, of_logits), "$e^{z}$": (steps.powers, ".2g"), _("plain"): (steps.plain, ".3f"),
        _("safe"): (steps.safe, ".3f"),
    }  # fmt: skip
    lines = ["| | " + " | ".join(map(str, range(len(steps.logits)))) + " |", "|---" * (len(steps.logits) + 1) + "|"]
    for title, (values, how) in rows.items():
        cells = " | ".join(format(value, how) for value in values)
        lines.append(f"| **{title}** | {cells.replace('-', '−')} |")
    return "\n".join(lines)
