"""Can it be fooled? What it says of pictures that are no digits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.questions.asked_digit import AskedDigit
from digitviz.dashboard.questions.computed import computed
from digitviz.dashboard.questions.controls import one_of
from digitviz.dashboard.questions.subject import Subject
from digitviz.dashboard.session.storage import QUICK
from digitviz.drawing.prediction import likeness_detector
from digitviz.explanations.progress import OnProgress
from digitviz.explanations.robustness import TEN_LETTERS, letters, noise, shifted, turned
from digitviz.figures.picture import short
from digitviz.language import gettext as _
from digitviz.language import lazy_gettext
from digitviz.networks.forward import softmax

KINDS = {
    "noise": lazy_gettext("Noise"),
    "letters": lazy_gettext("Letters"),
    "moved": lazy_gettext("Moved digits"),
    "turned": lazy_gettext("Turned digits"),
}
SHOWN = 10
COLUMNS = 5
MANY = 1000
"""Pictures of noise for the averages."""


@dataclass(frozen=True, eq=False)
class Pictures:
    """Pictures of one kind.

    Parameters
    ----------
    mark : str
        Differs for all pictures, for values.
    pixels : ndarray, shape (n, 64)
    names : list of str
        For the first ten.
    labels : ndarray of int, shape (n,), or None
        The digits, if they are digits.
    """

    mark: str
    pixels: np.ndarray
    names: list[str]
    labels: np.ndarray | None = None


def view(asked: Subject, _choice: Callable[[], AskedDigit]) -> None:
    """Show ten pictures of a kind with the answers, and the confidence of the answers to many of them."""
    shown = _pictures(asked, one_of(_("What is shown?"), KINDS, "not_a_digit_kind"))

    def read(_on_progress: OnProgress) -> dict[str, np.ndarray]:
        return {"of_these": asked.network.logits(shown.pixels), "of_test": asked.network.logits(asked.test.pixels)}

    id = f"logits of no digits {asked.id} {asked.test.id} {shown.mark}"
    known = computed("not_a_digit", id, read, _("The network reads the pictures: {share}"), QUICK)
    if known is None:
        return
    answers, sure = known["of_these"].argmax(axis=1), softmax(known["of_these"]).max(axis=1)
    captions = [
        _("{what}<br>reads {answer}, {probability}").format(what=what, answer=answer, probability=f"{p:.0%}")
        for what, answer, p in zip(shown.names, answers.tolist(), sure.tolist(), strict=False)
    ]
    draw = partial(figures.picture_tiles, shown.pixels[:SHOWN].reshape(-1, 8, 8), captions, COLUMNS)
    plot("not_a_digit", (asked.id, shown.mark), draw, height=400, main=True)
    st.markdown(_in_words(shown, known["of_these"], known["of_test"]))


def _pictures(asked: Subject, kind: str) -> Pictures:
    test = asked.test
    labels = [_("label {digit}").format(digit=label) for label in test.labels[:SHOWN].tolist()]
    match kind:
        case "letters":
            return Pictures("letters", letters(), list(TEN_LETTERS))
        case "moved":
            with st.sidebar:
                down = st.slider(_("Pixels down"), -4, 4, 1, key="moved_down", persist_state="session")
                right = st.slider(_("Pixels to the right"), -4, 4, 0, key="moved_right", persist_state="session")
            return Pictures(f"moved {down} {right}", shifted(test.pixels, down, right), labels, test.labels)
        case "turned":
            with st.sidebar:
                degrees = st.slider(_("Degrees clockwise"), -180, 180, 30, 5, key="turned_by", persist_state="session")
            return Pictures(f"turned {degrees}", turned(test.pixels, degrees), labels, test.labels)
        case _:
            with st.sidebar:
                seed = int(st.number_input(_("Seed of the noise"), 0, 9999, key="noise_seed", persist_state="session"))
            return Pictures(f"noise {seed}", noise(MANY, seed), [_("noise")] * SHOWN)


def _in_words(shown: Pictures, of_these: np.ndarray, of_test: np.ndarray) -> str:
    sure, usual = (softmax(logits).max(axis=1).mean() for logits in (of_these, of_test))
    unlike = (likeness_detector().predict_proba(shown.pixels)[:, 0] < 0.5).mean()
    words = _(
        "On average, the network gives its answer a probability of **{mean}** for these {count} pictures, and "
        "{usual} for the test digits. The largest logit is **{largest}** on average, and {usually} for the test "
        "digits."
    )
    largest, usually = (short(logits.max(axis=1).mean()) for logits in (of_these, of_test))
    count, mean, usual = f"{len(of_these):,}", f"{sure:.0%}", f"{usual:.0%}"
    parts = [words.format(count=count, mean=mean, usual=usual, largest=largest, usually=usually)]
    if shown.labels is not None:
        right, before = (np.mean(a == shown.labels) for a in (of_these.argmax(axis=1), of_test.argmax(axis=1)))
        words = _("**{accuracy}** of them are classified correctly, compared with {before} before the change.")
        parts.append(words.format(accuracy=f"{right:.1%}", before=f"{before:.1%}"))
    words = _("A second network, trained to tell digits from other drawings, doubts that {share} of them are digits.")
    parts.append(words.format(share=f"{unlike:.0%}"))
    return " ".join(parts)
