"""Can it be fooled? A little ink in every pixel, along the sign of the gradient."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.session.asked_digit import AskedDigit
from digitviz.dashboard.session.extra_training import ExtraState, ExtraTraining
from digitviz.dashboard.session.subject import Subject
from digitviz.explanations.robustness import adversarial, moved, pixel_gradient, random_signs, smallest_flip
from digitviz.language import gettext as _
from digitviz.language import lazy_gettext
from digitviz.networks.network import Network
from digitviz.training.run import TrainingRun

MOST = 4.0
"""Ink of 0 to 16."""
SIZES = np.linspace(0, MOST, 17)
SIZE = "ink_size"
OTHER = "other"
"""Name of the run from another seed."""
CURVES = {
    "gradient": lazy_gettext("along the gradient"),
    "random": lazy_gettext("with random signs"),
    "other": lazy_gettext("the same changes, network from another seed"),
}
_CURVES = "ink_accuracies"


def view(asked: Subject, choice: Callable[[], AskedDigit]) -> None:
    """Show the digit after a step, what is read then, and the accuracy of all test digits against the step's size."""
    digit = choice()
    label = _label(asked, digit)
    st.session_state.setdefault(SIZE, 1.0)
    pictures, bars = st.columns([7, 3], gap="medium")
    with pictures:
        picture = st.container()
        size = st.slider(_("Change of every pixel, ink of 16"), 0.0, MOST, step=0.05, key=SIZE, persist_state="session")
    after = adversarial(asked.network, digit.pixels[None], np.array([label]), size)[0]
    before, then = asked.network.predict_proba(np.stack([digit.pixels, after]))
    mark = (asked.id, digit.id, size)
    with picture:
        plot("little_ink", mark, partial(figures.digit_and_change.plain, digit.pixels, after), height=260, main=True)
    with bars:
        plot("little_ink_readings", mark, partial(figures.two_readings.plain, before, then), height=300)
    st.markdown(_in_words(asked, digit, label, int(then.argmax())))
    other = _another_seed(asked)
    curves = _curves(asked, other)
    plot(
        "ink_curves", (asked.id, size, len(curves)),
        partial(figures.accuracy_against_size.plain, SIZES, curves, size), height=300,
    )  # fmt: skip


def _label(asked: Subject, digit: AskedDigit) -> int:
    """Return what the digit is to be mistaken away from: its label, or what is read on the pad."""
    return int(asked.network.predict(digit.pixels[None])[0]) if digit.label is None else digit.label


def _in_words(asked: Subject, digit: AskedDigit, label: int, now: int) -> str:
    smallest = smallest_flip(asked.network, digit.pixels, label, MOST)
    if smallest == 0:
        return _("{digit} is misread as {answer} without any change.").format(
            digit=_begin(digit.title), answer=int(asked.network.predict(digit.pixels[None])[0])
        )
    if smallest is None:
        return _("No change up to {most} of 16 is enough: {digit} is still read as {answer}.").format(
            most=f"{MOST:g}", digit=digit.title, answer=now
        )
    return _(
        "A change of **{smallest}** of 16 in every pixel is enough for another answer to {digit}. Now it reads "
        "{answer}."
    ).format(smallest=f"{smallest:.2f}", digit=digit.title, answer=now)


def _begin(text: str) -> str:
    return text[:1].upper() + text[1:]


def _another_seed(asked: Subject) -> tuple[str, Network] | None:
    """Offer to train the same network from another seed; return it, and what tells it apart, once it is trained."""
    if asked.run is None:
        return None
    run = asked.run
    extra = ExtraTraining("another_seed", run.serial)

    def make() -> Mapping[str, TrainingRun]:
        settings = run.hyperparameters.with_next_seed()
        batches = max(1, run.batch)  # as far as the run has come
        return {OTHER: TrainingRun(run.dataset, dataclasses.replace(settings, batches=batches))}

    extra.controls(_("Try the same changes on a network from another seed"), make)
    job = extra.job
    if job is None or extra.state != ExtraState.FINISHED:
        return None
    return job.run.serial, extra.snapshots[OTHER].network


def _curves(asked: Subject, other: tuple[str, Network] | None) -> dict[str, np.ndarray]:
    """Return the accuracy of all test digits against the size of the change; computed once for a network."""
    mark = (asked.id, None if other is None else other[0])
    held: tuple[object, dict[str, np.ndarray]] | None = st.session_state.get(_CURVES)
    if held is None or held[0] != mark:
        held = st.session_state[_CURVES] = (mark, _accuracies(asked, None if other is None else other[1]))
    return {str(CURVES[name]): values for name, values in held[1].items()}


def _accuracies(asked: Subject, other: Network | None) -> dict[str, np.ndarray]:
    x, labels = asked.test.pixels, asked.test.labels
    signs = np.sign(pixel_gradient(asked.network, x, labels))
    changed = [moved(x, signs, size) for size in SIZES]
    curves = {
        "gradient": np.array([asked.network.accuracy(each, labels) for each in changed]),
        "random": np.array([asked.network.accuracy(random_signs(x, size), labels) for size in SIZES]),
    }
    if other is not None:
        curves["other"] = np.array([other.accuracy(each, labels) for each in changed])
    return curves
