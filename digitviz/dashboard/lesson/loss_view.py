"""How wrong a guess is: a prediction that can be changed by hand, and both losses of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.components.predict_first import predict_first
from digitviz.dashboard.lesson import loss_controls
from digitviz.dashboard.lesson.formulas import bare, tex
from digitviz.dashboard.lesson.numbers import written
from digitviz.dashboard.lesson.page import notebook_remark, remarks, snapshot
from digitviz.dashboard.session import current_run
from digitviz.datasets import DigitDataset
from digitviz.figures import loss_lesson
from digitviz.language import gettext as _
from digitviz.lesson.batch import batch_of
from digitviz.lesson.guess import Wrongness, derivatives_at_the_logit, losses_along, move_probability, wrongness
from digitviz.lesson.softmax import softmax_or_nan
from digitviz.training.run import Snapshot


@dataclass(frozen=True, eq=False)
class Guess:
    """A test digit, and the prediction for it as the reader has changed it.

    Parameters
    ----------
    now : Snapshot
        Of the run whose network predicts.
    chosen : DigitDataset
        The one digit.
    number : int
        Its place among the test digits, from 0.
    logits : ndarray, shape (10,)
    """

    now: Snapshot
    chosen: DigitDataset
    number: int
    logits: np.ndarray

    @property
    def label(self) -> int:
        """The correct digit."""
        return int(self.chosen.labels[0])

    @property
    def probabilities(self) -> np.ndarray:
        """Of the ten digits, shape (10,)."""
        row: np.ndarray = softmax_or_nan(self.logits[np.newaxis])[0]
        return row

    @property
    def losses(self) -> Wrongness:
        """Both losses of this prediction."""
        return wrongness(self.logits[np.newaxis], self.chosen.labels)

    @property
    def fingerprint(self) -> tuple[float, ...]:
        """Tells predictions apart."""
        return (*self.logits.tolist(), self.number)


def settings() -> Guess:
    """Show which test digit is predicted, and by which network."""
    slider, words = st.columns([2, 3], vertical_alignment="center")
    with slider:
        place = st.slider(
            _("Test digit"), 1, len(current_run.job().run.test), key="loss_digit", persist_state="session",
            on_change=loss_controls.reset_guess,
        )  # fmt: skip
    with words:
        now = snapshot()
    chosen = now.test[place - 1 : place]
    of_network = now.network.logits(chosen.pixels).astype(float)
    remarks([of_network], now.network.parameters.weights)
    return Guess(now, chosen, place, loss_controls.guess(of_network[0]))


def one_number(ask: Callable[[], Guess]) -> None:
    """Show the prediction beside the target, both losses, and the sliders that change it.

    Parameters
    ----------
    ask : callable
        Shows the settings, if no other step has, and returns the prediction.
    """
    bars, sliders = st.columns([5, 3], gap="medium")
    with bars:
        picture = st.container()
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            numbers = st.container(horizontal=True, vertical_alignment="center", gap="medium", width="content")
            with st.container():
                guess = ask()
        st.caption(_("Change one probability, and the others change in proportion: they always add up to 1."))
    with picture:
        plot(
            "loss_guess",
            guess.fingerprint,
            partial(loss_lesson.guess_and_target, guess.probabilities, guess.label),
            height=208,
            main=True,
            on_click=lambda: loss_controls.take_click(guess.logits),
        )
    with numbers:
        with st.container(width=110):
            plot(
                "loss_image",
                guess.fingerprint,
                lambda: figures.guesses(guess.chosen.images, guess.chosen.labels, guess.probabilities[np.newaxis], 1),
                height=140,
            )
        st.metric(_("Squared error C"), f"{guess.losses.cost:.4f}", width="content")
        st.metric(_("Cross-entropy L"), f"{guess.losses.cross_entropy:.4f}", width="content")
    with sliders:
        loss_controls.sliders(guess.logits)


def which_reacts(ask: Callable[[], Guess]) -> None:
    """Ask which loss reacts more strongly, then show both against the probability of the correct digit.

    Parameters
    ----------
    ask : callable
        As of `one_number`.
    """
    question, curves = st.columns(2, gap="large")
    with question:
        above = st.container()
        guess = ask()
    label, probabilities, losses = guess.label, guess.probabilities, guess.losses
    rise = np.log(0.1 / 0.001)
    squared = np.subtract(*losses_along(guess.logits, label, np.array([0.001, 0.1]))[0])

    def answer(said: str) -> str:
        words = (
            _("Right: cross-entropy rises by {rise:.3g}, squared error by only {squared:.3g}.")
            if said == "cross_entropy"
            else _("No: cross-entropy rises by {rise:.3g}, squared error by only {squared:.3g}.")
        )
        return words.format(rise=rise, squared=squared)

    with above:
        guessed = predict_first(
            "loss_guess_first",
            _("The probability of the correct digit falls from 0.1 to 0.001. Which loss reacts more strongly?"),
            {
                "squared_error": _("squared error"),
                "cross_entropy": _("cross-entropy"),
                "same": _("both the same"),
            },
            answer,
        )
        if guessed:
            by_logit = derivatives_at_the_logit(move_probability(guess.logits, label, 0.001), label)
            st.markdown(
                _(
                    "Training moves the logits: at 0.001 the derivative with respect to the logit of the correct digit "
                    "is {squared} for the squared error and {entropy} for cross-entropy. The more confident a wrong "
                    "prediction, the less the squared error corrects it. That is why most classifiers are trained "
                    "with cross-entropy."
                ).format(squared=written(by_logit[0], 2), entropy=written(by_logit[1], 3))
            )
    if guessed:
        along = np.linspace(0.001, 0.999, 200)
        with curves:
            plot(
                "loss_curves",
                guess.fingerprint,
                lambda: loss_lesson.losses_against_probability(
                    along, *losses_along(guess.logits, label, along),
                    (float(probabilities[label]), losses.cost, losses.cross_entropy), label,
                ),
                height=380, main=True,
            )  # fmt: skip


def by_hand(ask: Callable[[], Guess]) -> None:
    """Show what each digit adds to both losses, and write both out.

    Parameters
    ----------
    ask : callable
        As of `one_number`.
    """
    bars, formulas = st.columns([5, 4], gap="medium")
    with bars:
        above = st.container()
        guess = ask()
    label, probabilities, losses = guess.label, guess.probabilities, guess.losses
    with above:
        plot(
            "loss_terms", guess.fingerprint, partial(loss_lesson.loss_terms, probabilities, label), height=215,
            main=True,
        )  # fmt: skip
        st.latex(
            rf"\begin{{aligned}} L &= -\sum_x \sum_j y_j \ln p_j \\ &= -\ln {tex(probabilities[label], 3)} "
            rf"= {bare(losses.cross_entropy)} \end{{aligned}}"
        )
    with formulas:
        squares = [rf"({float(digit == label):g} - {p:.3f})^2" for digit, p in enumerate(probabilities)]
        st.latex(r"C = \frac{1}{2n} \sum_x \lVert y - p \rVert^2")
        st.latex(
            r"\begin{aligned} C &= \tfrac{1}{2 \cdot 1} \big[ "
            + r" \\ &\quad + ".join(" + ".join(squares[start : start + 2]) for start in range(0, 10, 2))
            + rf" \big] \\ &= {bare(losses.cost)} \end{{aligned}}"
        )
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(
                _("The cost C follows M. Nielsen, *Neural Networks and Deep Learning*, ch. 1, who writes a for our p."),
                width="stretch",
            )
            notebook_remark(_of_one_batch(guess.now))


def _of_one_batch(now: Snapshot) -> str:
    """Return what the notebook would plot for the run's batch, in words."""
    batch = batch_of(current_run.job().run, now.batch)
    whole = wrongness(now.network.logits(batch.pixels).astype(float), batch.labels)
    words = _(
        "The notebook writes $1/2n$, but its code only sums: on batch {number:,} of your run it would plot "
        "**{squares:.4g}**, where C is {squares:.4g} / (2 × {digits}) = **{cost:.4g}**. The lowest point is the same; "
        "the steps that lead there differ in length."
    )
    return words.format(number=batch.number + 1, squares=whole.squares, digits=len(batch), cost=whole.cost)
