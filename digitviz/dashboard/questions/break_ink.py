"""Can it be fooled? A little ink along the sign of the gradient."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.questions.another_seed import another_seed
from digitviz.dashboard.questions.computed import computed, numbers
from digitviz.dashboard.session.asked_digit import AskedDigit
from digitviz.dashboard.session.subject import Subject
from digitviz.explanations.lesions import OnProgress
from digitviz.explanations.robustness import adversarial, moved, pixel_gradient, random_signs, smallest_flip
from digitviz.language import gettext as _
from digitviz.language import lazy_gettext
from digitviz.networks.network import Network
from digitviz.training.run import TrainingRun

MOST = 4.0
"""Ink of 0 to 16."""
SIZES = np.linspace(0, MOST, 17)
SIZE = "ink_size"
CURVES = {
    "gradient": lazy_gettext("along the gradient"),
    "random": lazy_gettext("with random signs"),
    "other": lazy_gettext("the same changes, network from another seed"),
}


def view(asked: Subject, choice: Callable[[], AskedDigit]) -> None:
    """Show the digit after a step, what is read then, and the accuracy of all test digits against the step's size."""
    digit = choice()
    label = _label(asked, digit)
    st.session_state.setdefault(SIZE, 0.0)
    pictures, bars = st.columns([7, 3], gap="medium")
    with pictures:
        picture = st.container()
        size = st.slider(
            _("Largest change to a pixel (full ink is 16)"), 0.0, MOST, step=0.05, key=SIZE, persist_state="session"
        )
    after = adversarial(asked.network, digit.pixels[None], np.array([label]), size)[0]
    before, then = asked.network.predict_proba(np.stack([digit.pixels, after]))
    mark = (asked.id, digit.id, size)
    with picture:
        plot("little_ink", mark, partial(figures.digit_and_change.plain, digit.pixels, after), height=260, main=True)
    with bars:
        plot("little_ink_readings", mark, partial(figures.two_readings.plain, before, then), height=300)
    st.markdown(_in_words(asked, digit, label, size, after))
    other = another_seed(asked, _("Try this on a network from another seed"))
    curves = _curves(asked, other)
    if curves is None:
        return
    plot(
        "ink_curves", (asked.id, size, len(curves)),
        partial(figures.accuracy_against_size.plain, SIZES, curves, size), height=300,
    )  # fmt: skip


def _label(asked: Subject, digit: AskedDigit) -> int:
    """Return what the digit is to be mistaken away from: its label, or what is read on the pad."""
    return int(asked.network.predict(digit.pixels[None])[0]) if digit.label is None else digit.label


def _in_words(asked: Subject, digit: AskedDigit, label: int, size: float, after: np.ndarray) -> str:
    """Say how the digit is read now, and how much is enough for another answer once the slider is there."""
    smallest = smallest_flip(asked.network, digit.pixels, label, MOST)
    if smallest == 0:
        return _("{digit} is misclassified as {answer} even without any change.").format(
            digit=_begin(digit.title), answer=int(asked.network.predict(digit.pixels[None])[0])
        )
    changed, answer = int((after != digit.pixels).sum()), int(asked.network.predict(after[None])[0])
    now = _("Pixels changed: {count} of 64. {digit} is now read as **{answer}**.")
    words = [now.format(count=changed, digit=_begin(digit.title), answer=answer)]
    if smallest is not None and size >= smallest:
        enough = _("In this direction, **{smallest}** of 16 is enough to change the answer.")
        words.append(enough.format(smallest=f"{smallest:.2f}"))
    if smallest is None and size >= MOST:
        never = _("No step of up to {most} of 16 in this direction is enough; one in a different direction may be.")
        words.append(never.format(most=f"{MOST:g}"))
    return " ".join(words)


def _begin(text: str) -> str:
    return text[:1].upper() + text[1:]


def _curves(asked: Subject, other: tuple[str, TrainingRun] | None) -> dict[str, np.ndarray] | None:
    """Return the accuracy of all test digits against the size of the change; None as long as they are read."""
    serial, network = ("", None) if other is None else (other[0], other[1].network)
    wanted = numbers(f"ink {asked.id} {serial}", partial(_accuracies, asked, network))
    found = computed("ink", [wanted], _("The test digits are read with more and more ink changed: {share}"))
    return None if found is None else {str(CURVES[name]): values for name, values in found[0].of.items()}


def _accuracies(asked: Subject, other: Network | None, report: OnProgress) -> dict[str, np.ndarray]:
    x, labels = asked.test.pixels, asked.test.labels
    signs = np.sign(pixel_gradient(asked.network, x, labels))
    names = ["gradient", "random", *([] if other is None else ["other"])]
    curves = {name: np.empty(len(SIZES)) for name in names}
    for place, size in enumerate(SIZES.tolist()):
        report(place, len(SIZES))
        changed = moved(x, signs, size)
        curves["gradient"][place] = asked.network.accuracy(changed, labels)
        curves["random"][place] = asked.network.accuracy(random_signs(x, size), labels)
        if other is not None:
            curves["other"][place] = other.accuracy(changed, labels)
    return curves
