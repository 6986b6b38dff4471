"""How well each digit is read, and whether the network knows when it is wrong."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.questions import evaluate_chosen
from digitviz.dashboard.questions.evaluate_values import Answers
from digitviz.dashboard.session.subject import Subject
from digitviz.explanations.evaluation import Calibration, calibration, precision_recall_fscore_support, surest_mistakes
from digitviz.language import gettext as _
from digitviz.language import ngettext

COLUMNS = 7
ROW_HEIGHT = 100
HEIGHT = 380
FEW = 100
"""Digits; each point of the calibration is the mean of fewer than ten of them."""


def show(asked: Subject, name: str, given: Answers) -> None:
    """Show the surest mistakes, the table of the ten digits, and how far the probabilities can be believed."""
    if asked.run is not None:
        words = _("All below is of {network}. It is computed anew where you let go of the slider.")
        st.caption(words.format(network=asked.title))
    _surest(name, given)
    left, right = st.columns(2, gap="large")
    with left:
        st.header(_("How well is each digit read?"))
        st.markdown(table(given))
        st.caption(
            _(
                "Precision: of those read as this digit, how many are. Recall: of those that are, how many are read as "
                "it. F1 is their harmonic mean."
            )
        )
    with right:
        _reliability(given)


def _surest(name: str, given: Answers) -> None:
    left, right = st.columns([4, 7], gap="large", vertical_alignment="center")
    with left:
        st.header(_("Confident is not correct"))
    rows = surest_mistakes(given.probabilities, given.digits.labels)
    if not len(rows):
        with left:
            st.markdown(_("There is no mistake among these digits."))
        return
    digits, sure = given.digits[rows], given.probabilities[rows]
    words = _("Its most confident mistakes: the first has a probability of {most}. Select one.")
    with left:
        st.markdown(words.format(most=f"**{sure[0].max():.1%}**"))
    with right:
        plot(
            "evaluate_mistakes", given.id,
            lambda: figures.guesses.plain(digits.images, digits.labels, sure, COLUMNS),
            height=ROW_HEIGHT * -(-len(rows) // COLUMNS),
            on_click=partial(evaluate_chosen.take_digit, "evaluate_mistakes", name, rows),
        )  # fmt: skip


def _reliability(given: Answers) -> None:
    st.header(_("Does it know when it is wrong?"))
    found = calibration(given.probabilities, given.digits.labels)
    if len(found.count):
        words = _(
            "Expected calibration error: **{error}**. On the dotted line, the network is right exactly as often as its "
            "confidence says; below it, it is overconfident. Each point is a tenth of the digits."
        )
        st.markdown(words.format(error=f"{found.expected_error:.1%}"))
        st.markdown(beside_chance(found))
    else:
        st.markdown(_("The network's numbers have overflowed: it has no answer."))
    plot("evaluate_reliability", given.id, lambda: figures.reliability.plain(found), height=HEIGHT)


def beside_chance(found: Calibration) -> str:
    """Say which error a perfectly calibrated network would show, and what follows from that."""
    count = int(found.count.sum())
    said = ngettext(
        "With {count} digit and the same confidences, even a perfectly calibrated network would show {mean} on "
        "average, and up to {limit} in 95% of all cases.",
        "With {count} digits and the same confidences, even a perfectly calibrated network would show {mean} on "
        "average, and up to {limit} in 95% of all cases.",
        count,
    ).format(count=f"{count:,}", mean=f"{found.by_chance:.1%}", limit=f"{found.limit:.1%}")
    if count < FEW:
        verdict = _("So few digits say nothing about its calibration.")
    elif found.expected_error <= found.limit:
        verdict = _("So chance alone could explain this error.")
    else:
        verdict = _("So this error is more than chance: its confidence cannot be trusted.")
    return f"{said} {verdict}"


def table(given: Answers) -> str:
    """Return precision, recall and F1 of each digit as a table in Markdown; "none" where there is nothing to divide."""
    precision, recall, fscore, support = precision_recall_fscore_support(given.digits.labels, given.predictions)
    titles = [_("digit"), _("precision"), _("recall"), _("F1"), _("count")]
    lines = [f"| {' | '.join(titles)} |", "|---|---:|---:|---:|---:|"]
    for digit, count in enumerate(support.tolist()):
        scores = [_percent(float(values[digit])) for values in (precision, recall, fscore)]
        lines.append(f"| **{digit}** | {' | '.join(scores)} | {count:,} |")
    return "\n".join(lines)


def _percent(value: float) -> str:
    return _("none") if np.isnan(value) else f"{value:.1%}"
