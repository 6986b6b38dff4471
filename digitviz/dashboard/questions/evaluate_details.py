"""Below the matrix on Evaluate: confident mistakes, scores of the ten digits, calibration, and when each was learnt."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.questions.answers import Answers
from digitviz.dashboard.questions.asked_digit import TEST
from digitviz.dashboard.questions.evaluate_chosen import take_digit
from digitviz.dashboard.questions.subject import Subject
from digitviz.explanations.evaluation import (
    Calibration,
    Learnt,
    calibration,
    precision_recall_fscore_support,
    surest_mistakes,
)
from digitviz.language import gettext as _
from digitviz.language import ngettext

FEW = 100
"""With fewer digits, each point of the calibration is the mean of fewer than ten."""
HARDEST = 12


def show(asked: Subject, name: str, given: Answers) -> None:
    """Show the most confident mistakes, the table of the ten digits, and the calibration."""
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
    draw = partial(figures.guesses.plain, digits.images, digits.labels, sure, 7)
    take = partial(take_digit, "evaluate_mistakes", name, rows)
    with right:
        plot("evaluate_mistakes", given.id, draw, height=100 * -(-len(rows) // 7), on_click=take)


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
    plot("evaluate_reliability", given.id, lambda: figures.reliability.plain(found), height=380)


def beside_chance(found: Calibration) -> str:
    """Compare the error with that of a perfectly calibrated network, and say what follows."""
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
    """Return precision, recall and F1 of each digit as a table in Markdown; "none" instead of a division by 0."""
    precision, recall, fscore, support = precision_recall_fscore_support(given.digits.labels, given.predictions)
    titles = [_("digit"), _("precision"), _("recall"), _("F1"), _("count")]
    lines = [f"| {' | '.join(titles)} |", "|---|---:|---:|---:|---:|"]
    for digit, count in enumerate(support.tolist()):
        scores = [_percent(float(values[digit])) for values in (precision, recall, fscore)]
        lines.append(f"| **{digit}** | {' | '.join(scores)} | {count:,} |")
    return "\n".join(lines)


def _percent(value: float) -> str:
    return _("none") if np.isnan(value) else f"{value:.1%}"


def show_learnt(asked: Subject, found: Learnt | None) -> None:
    """Show when each test digit was learnt; `found` is None if the training of the network is not known."""
    st.header(_("When was each digit learnt?"))
    if found is None or asked.run is None:
        st.markdown(_("The training of the ready-made network was not kept: train a network of your own to see this."))
        return
    if len(found.batches) < 2:
        st.markdown(_("Your network has not finished a batch: train it further, then come back."))
        return
    st.markdown(_in_words(found))
    left, right = st.columns([8, 5], gap="large")
    mark = (asked.run.history.serial, int(found.batches[-1]), asked.test.id)
    with left:
        draw = partial(figures.learnt_digits.plain, found.since, found.labels, found.half, int(found.batches[-1]))
        take = partial(take_digit, "evaluate_learnt", TEST, np.arange(len(found.labels)))
        plot("evaluate_learnt", mark, draw, height=540, on_click=take)
    with right:
        rows, stops = found.hardest(HARDEST), len(found.batches)
        st.markdown(_("**The hardest digits**, and at how many stops of the training each was misread:"))
        images = asked.test.images[rows]
        draw = partial(figures.hardest_digits.plain, images, found.labels[rows], found.wrong[rows], stops, 4)
        take = partial(take_digit, "evaluate_hardest", TEST, rows)
        plot("evaluate_hardest", mark, draw, height=98 * -(-len(rows) // 4), on_click=take)


def _in_words(found: Learnt) -> str:
    """Say which of the ten digits was learnt first and last, and how many test digits never were."""
    since, half = found.since, found.half
    never = int((since < 0).sum())
    words = ngettext(
        "{count} of {all} test digits is misclassified at the end.",
        "{count} of {all} test digits are misclassified at the end.",
        never,
    ).format(count=f"**{never:,}**", all=f"{len(since):,}")
    learnt = np.flatnonzero(half >= 0)
    if not len(learnt):
        return words
    first, last = (int(learnt[place]) for place in (half[learnt].argmin(), half[learnt].argmax()))
    sentence = _(
        "Each mark is a test digit, at the batch from which it stays correct to the end. Half of the {first}s are "
        "learnt after batch {early}, half of the {last}s only after batch {late}."
    )
    numbers = {"first": f"**{first}**", "last": f"**{last}**", "early": f"{half[first]:,}", "late": f"{half[last]:,}"}
    return f"{sentence.format(**numbers)} {words}"
