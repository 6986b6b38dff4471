"""Why softmax subtracts the maximum: exp(1000), live."""

from __future__ import annotations

import numpy as np
import streamlit as st

from digitviz.dashboard.lesson.formulas import bare, tex
from digitviz.dashboard.lesson.page import predict_first
from digitviz.lesson.softmax import LARGEST_EXPONENT, SMALLEST_EXPONENT, column_softmax, softmax_steps

BIG = 1000


def why_the_maximum(logits: np.ndarray, sample: int) -> None:
    """Let the reader push the logits of one digit up until the plain formula breaks.

    Parameters
    ----------
    logits : ndarray, shape (n, 10)
        Of a batch.
    sample : int
        The row that is pushed.
    """
    st.subheader("Why softmax subtracts the maximum")
    st.session_state.setdefault("forward_shift", BIG)
    if predict_first(
        "forward_guess",
        f"What does numpy give for exp({BIG})?",
        ["a very large number", "inf", "an error", "0"],
        lambda guess: (
            f"It gives {softmax_steps(np.array([float(BIG)])).powers[0]}, infinity: the largest power that fits into a "
            f"float64 is exp({LARGEST_EXPONENT:.1f})."
        ),
    ):
        controls, table = st.columns([2, 3], gap="large")
        with controls:
            shift = st.slider("Add to all ten logits", 0, 1500, key="forward_shift", persist_state="session")
            steps = softmax_steps(logits[sample], shift)
            st.latex(r"\frac{e^{y_k}}{\sum_j e^{y_j}} = \frac{e^{y_k - m}}{\sum_j e^{y_j - m}}")
            st.latex(r"m = \max_j y_j = " + bare(steps.logits.max(), 6))
            st.latex(rf"e^{{m}} = {tex(steps.powers.max())}, \quad e^{{m - m}} = {tex(steps.shifted_powers.max())}")
            st.markdown(
                "Adding the same number to all logits should not change the probabilities. The plain formula "
                + (
                    "here divides inf by inf, which is **nan**, not a number."
                    if np.isnan(steps.plain).any()
                    else "still works here; move the slider to the right."
                )
            )
        with table:
            st.markdown(
                _table(
                    {
                        "y": steps.logits, "e^{y}": steps.powers, r"\text{plain}": steps.plain,
                        r"\text{safe}": steps.safe,
                    }
                )
            )  # fmt: skip
        st.caption(
            "Where the notebook is imprecise: its first softmax normalises columns. That is correct for one digit as a "
            f"column; for this batch, one row per digit, the probabilities of row {sample} would add up to "
            f"{column_softmax(logits)[sample].sum():.3g} instead of 1. It is not safe for rows either: a row more than "
            f"{-SMALLEST_EXPONENT:.0f} below the largest logit of the batch would become all zeros."
        )


def _table(columns: dict[str, np.ndarray]) -> str:
    """Write numbers as a table in Markdown, one row per digit.

    Parameters
    ----------
    columns : dict of ndarray, shape (10,)
        By their titles, in LaTeX; the first, the logits, is written with more digits than the others.
    """
    lines = ["| | " + " | ".join(f"${title}$" for title in columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for digit, (first, *others) in enumerate(zip(*columns.values(), strict=True)):
        cells = [f"**{digit}**", f"{first:.5g}", *(f"{number:.2g}" for number in others)]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)
