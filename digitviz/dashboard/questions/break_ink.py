"""Can it be fooled? A little ink along the sign of the gradient."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.questions.asked_digit import AskedDigit
from digitviz.dashboard.questions.computed import computed
from digitviz.dashboard.questions.extra_training import another_seed
from digitviz.dashboard.questions.subject import Subject, of_run
from digitviz.explanations.progress import OnProgress, in_turn
from digitviz.explanations.robustness import adversarial, moved, pixel_gradient, random_signs, smallest_flip
from digitviz.language import gettext as _
from digitviz.language import lazy_gettext

MAX_SIZE = 4.0
"""Largest change of a pixel; full ink is 16."""
SIZES = np.linspace(0, MAX_SIZE, 17)
SIZE = "ink_size"
CURVES = {
    "gradient": lazy_gettext("along the gradient"),
    "random": lazy_gettext("with random signs"),
    "other": lazy_gettext("the same changes, network from another seed"),
}


def view(asked: Subject, choice: Callable[[], AskedDigit]) -> None:
    """Show the changed digit, the network's answer, and the accuracy on all test digits for each size of the change."""
    digit = choice()
    answer = int(asked.network.predict(digit.pixels[None])[0])
    label = answer if digit.label is None else digit.label
    st.session_state.setdefault(SIZE, 0.0)
    pictures, bars = st.columns([7, 3], gap="medium")
    with pictures:
        picture = st.container()
        size = st.slider(
            _("Largest change to a pixel (full ink is 16)"), 0.0, MAX_SIZE, step=0.05, key=SIZE, persist_state="session"
        )
    after = adversarial(asked.network, digit.pixels[None], np.array([label]), size)[0]
    before, then = asked.network.predict_proba(np.stack([digit.pixels, after]))
    mark = (asked.id, digit.id, size)
    with picture:
        plot("little_ink", mark, partial(figures.digit_and_change.plain, digit.pixels, after), height=260, main=True)
    with bars:
        plot("little_ink_readings", mark, partial(figures.two_readings.plain, before, then), height=300)
    st.markdown(_in_words(asked, digit, label, answer, size, after))
    other = another_seed(asked, _("Try this on a network from another seed"))
    compared = None if other is None else of_run(other)
    id = f"ink {asked.id} {'' if compared is None else compared.id}"
    words = _("The test digits are read with more and more ink changed: {share}")
    found = computed("ink", id, partial(_accuracies, asked, compared), words)
    if found is not None:
        curves = {str(CURVES[each]): found[each] for each in found}
        draw = partial(figures.accuracy_against_size.plain, SIZES, curves, size)
        plot("ink_curves", (asked.id, size, len(curves)), draw, height=300)


def _in_words(asked: Subject, digit: AskedDigit, label: int, answer: int, size: float, after: np.ndarray) -> str:
    """Say how the digit is read now, and which change is enough for another answer once the slider reaches it."""
    smallest = smallest_flip(asked.network, digit.pixels, label, MAX_SIZE)
    if smallest == 0:
        said = _("{digit} is misclassified as {answer} even without any change.")
        return said.format(digit=digit.heading, answer=answer)
    changed, now_read = int((after != digit.pixels).sum()), int(asked.network.predict(after[None])[0])
    now = _("Pixels changed: {count} of 64. {digit} is now read as **{answer}**.")
    words = [now.format(count=changed, digit=digit.heading, answer=now_read)]
    if smallest is not None and size >= smallest:
        enough = _("In this direction, **{smallest}** of 16 is enough to change the answer.")
        words.append(enough.format(smallest=f"{smallest:.2f}"))
    if smallest is None and size >= MAX_SIZE:
        never = _("No step of up to {most} of 16 in this direction is enough; one in a different direction may be.")
        words.append(never.format(most=f"{MAX_SIZE:g}"))
    return " ".join(words)


def _accuracies(asked: Subject, other: Subject | None, report: OnProgress) -> dict[str, np.ndarray]:
    x, labels = asked.test.pixels, asked.test.labels
    signs = np.sign(pixel_gradient(asked.network, x, labels))

    def accuracies(size: float) -> list[float]:
        changed = moved(x, signs, size)
        found = [asked.network.accuracy(changed, labels), asked.network.accuracy(random_signs(x, size), labels)]
        return found if other is None else [*found, other.network.accuracy(changed, labels)]

    return dict(zip(CURVES, in_turn(accuracies, SIZES.tolist(), report).T, strict=False))
