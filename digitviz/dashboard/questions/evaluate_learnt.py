"""When each digit was learnt, and which are the hardest along the whole run."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.questions import evaluate_chosen
from digitviz.dashboard.session.asked_digit import TEST
from digitviz.dashboard.session.subject import Subject
from digitviz.explanations.learnt import Learnt
from digitviz.language import gettext as _
from digitviz.language import ngettext

HEIGHT = 540
HARDEST = 12
COLUMNS = 4
ROW_HEIGHT = 98


def show(asked: Subject, found: Learnt | None) -> None:
    """Show when each test digit was learnt; None of a network whose training is not known."""
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
        since, half, last = found.since, found.half, int(found.batches[-1])
        plot(
            "evaluate_learnt", mark, lambda: figures.learnt_digits.plain(since, found.labels, half, last),
            height=HEIGHT,
            on_click=partial(evaluate_chosen.take_digit, "evaluate_learnt", TEST, np.arange(len(since))),
        )  # fmt: skip
    with right:
        rows = found.hardest(HARDEST)
        st.markdown(_("**The hardest digits**, and at how many stops of the training each was misread:"))
        plot(
            "evaluate_hardest", mark,
            lambda: figures.hardest_digits.plain(
                asked.test.images[rows], found.labels[rows], found.wrong[rows], len(found.batches), COLUMNS
            ),
            height=ROW_HEIGHT * -(-len(rows) // COLUMNS),
            on_click=partial(evaluate_chosen.take_digit, "evaluate_hardest", TEST, rows),
        )  # fmt: skip


def _in_words(found: Learnt) -> str:
    """Say which of the ten digits was learnt first and which last, and how many never were."""
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
