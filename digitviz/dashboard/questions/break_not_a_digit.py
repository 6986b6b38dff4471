"""Can it be fooled? What it says of pictures that are no digits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.choice import choice
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.questions.computed import computed, numbers
from digitviz.dashboard.session.asked_digit import AskedDigit
from digitviz.dashboard.session.shared_values import QUICK
from digitviz.dashboard.session.subject import Subject
from digitviz.drawing.prediction import likeness_detector
from digitviz.explanations.lesions import OnProgress
from digitviz.explanations.not_digits import TEN_LETTERS, letters, noise, shifted, turned
from digitviz.language import gettext as _
from digitviz.language import lazy_gettext
from digitviz.values import Value

KINDS = {
    "noise": lazy_gettext("Noise"), "letters": lazy_gettext("Letters"), "moved": lazy_gettext("Moved digits"),
    "turned": lazy_gettext("Turned digits"),
}  # fmt: skip
SHOWN = 10
COLUMNS = 5
MANY = 1000
"""Pictures of noise over which is averaged."""
HEIGHT = 400


@dataclass(frozen=True, eq=False)
class Shown:
    """Pictures of a kind.

    Parameters
    ----------
    mark : str
        Tells them from others.
    pixels : ndarray, shape (n, 64)
    names : list of str
        Of the first ten, what they are.
    labels : ndarray of int, shape (n,), or None
        What they show, where it is a digit.
    """

    mark: str
    pixels: np.ndarray
    names: list[str]
    labels: np.ndarray | None = None


def view(asked: Subject, _choice: Callable[[], AskedDigit]) -> None:
    """Show ten pictures of a kind with what is read, and how sure the answers to many of them are."""
    kind = choice(
        _("What is shown?"), list(KINDS), key="not_a_digit_kind", format_func=lambda kind: str(KINDS[kind])
    )  # fmt: skip
    shown = _pictures(asked, kind)
    found = computed("not_a_digit", [_read(asked, shown)], _("The network reads the pictures: {share}"))
    if found is None:
        return
    known = found[0].of
    answers, sure = known["of_these"].argmax(axis=1), known["of_these"].max(axis=1)
    captions = [
        _("{what}<br>reads {answer}, {probability}").format(what=what, answer=answer, probability=f"{p:.0%}")
        for what, answer, p in zip(shown.names, answers.tolist(), sure.tolist(), strict=False)
    ]
    plot(
        "not_a_digit", (asked.id, shown.mark),
        partial(figures.picture_tiles, shown.pixels[:SHOWN].reshape(-1, 8, 8), captions, COLUMNS), height=HEIGHT,
        main=True,
    )  # fmt: skip
    st.markdown(_in_words(asked, shown, answers, sure, known["of_test"]))


def _read(asked: Subject, shown: Shown) -> Value:
    """Return what computes the probabilities of the answers to these pictures, and to the test digits."""

    def compute(_report: OnProgress) -> dict[str, np.ndarray]:
        read = asked.network.predict_proba
        return {"of_these": read(shown.pixels), "of_test": read(asked.test.pixels)}

    return numbers(f"no digits {asked.id} {asked.test.id} {shown.mark}", compute, QUICK)


def _pictures(asked: Subject, kind: str) -> Shown:
    test = asked.test
    labels = [_("label {digit}").format(digit=label) for label in test.labels[:SHOWN].tolist()]
    match kind:
        case "letters":
            return Shown("letters", letters(), list(TEN_LETTERS))
        case "moved":
            with st.sidebar:
                down = st.slider(_("Pixels down"), -4, 4, 1, key="moved_down", persist_state="session")
                right = st.slider(_("Pixels to the right"), -4, 4, 0, key="moved_right", persist_state="session")
            return Shown(f"moved {down} {right}", shifted(test.pixels, down, right), labels, test.labels)
        case "turned":
            with st.sidebar:
                degrees = st.slider(_("Degrees clockwise"), -180, 180, 30, 5, key="turned_by", persist_state="session")
            return Shown(f"turned {degrees}", turned(test.pixels, degrees), labels, test.labels)
        case _:
            with st.sidebar:
                seed = int(st.number_input(_("Seed of the noise"), 0, 9999, key="noise_seed", persist_state="session"))
            return Shown(f"noise {seed}", noise(MANY, seed), [_("noise")] * SHOWN)


def _in_words(asked: Subject, shown: Shown, answers: np.ndarray, sure: np.ndarray, of_test: np.ndarray) -> str:
    usual = of_test.max(axis=1).mean()
    unlike = (likeness_detector().predict_proba(shown.pixels)[:, 0] < 0.5).mean()
    parts = [
        _(
            "On average the answer to these {count} gets a probability of **{mean}**; to the test digits, {usual}."
        ).format(count=f"{len(sure):,}", mean=f"{sure.mean():.0%}", usual=f"{usual:.0%}")
    ]
    if shown.labels is not None:
        right, before = (np.mean(a == shown.labels) for a in (answers, of_test.argmax(axis=1)))
        parts.append(
            _("**{accuracy}** of them are read correctly, {before} where they belong.").format(
                accuracy=f"{right:.1%}", before=f"{before:.1%}"
            )
        )
    parts.append(
        _("A second network, trained to tell digits from other drawings, doubts {share} of them.").format(
            share=f"{unlike:.0%}"
        )
    )
    return " ".join(parts)
