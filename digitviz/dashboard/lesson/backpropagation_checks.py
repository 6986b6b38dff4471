"""Steps of the backpropagation page that test a gradient: by finite differences, and the notebook's."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st

from digitviz.dashboard.components.choice import held
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.components.predict_first import predict_first
from digitviz.dashboard.lesson.backpropagation_batch import ShownBatch
from digitviz.dashboard.lesson.numbers import decimals_for, fixed, tex_of, written
from digitviz.explanations.gradient_check import EPSILONS, GradientCheck, relative_error
from digitviz.figures import gradients
from digitviz.language import gettext as _
from digitviz.language import lazy_gettext
from digitviz.lesson.notebook_gradient import GradientsAlong, gradients_along

HEIGHT, SECRET_HEIGHT = 400, 245
EPSILON, USUAL_EPSILON = "backpropagation_epsilon", 1e-5
OWNERS = {
    "squared_error": lazy_gettext("twice the squared error's"),
    "cross_entropy": lazy_gettext("twice the cross-entropy's"),
    "none": lazy_gettext("no loss's"),
}
"""Whose gradient the notebook's may be."""


def by_differences(shown: ShownBatch) -> None:
    """Compare the gradient of the picked weight with differences of the loss."""
    course, numbers = st.columns([3, 2], gap="medium")
    with numbers:
        epsilon = st.select_slider(
            _("Distance ε"), EPSILONS, USUAL_EPSILON, key=EPSILON, persist_state="session",
            format_func=lambda value: fixed(value, decimals_for(value, 1)),
        )  # fmt: skip
        check = shown.checks[EPSILONS.index(epsilon)]
        _quotient(check, epsilon)
        _two_derivatives(
            shown.weight_letter,
            {_("exact, by the chain rule"): check.by_hand, _("by differences of the loss"): check.by_differences},
            written(relative_error(check.by_hand, check.by_differences), 2),
        )
    with course:
        errors = np.array([relative_error(each.by_hand, each.by_differences) for each in shown.checks])
        picture = partial(gradients.check_errors, np.array(EPSILONS), errors, epsilon)
        plot("backpropagation_check", (*shown.moment, *shown.picked, epsilon), picture, height=HEIGHT, main=True)


def _quotient(check: GradientCheck, epsilon: float) -> None:
    decimals = min(decimals_for(check.loss_above, 9), 12)
    above, below = (
        fixed(loss, decimals).replace("−", "-").replace(",", "{,}") for loss in (check.loss_above, check.loss_below)
    )
    st.latex(
        rf"\begin{{aligned}} \frac{{\partial L}}{{\partial w}} &\approx "
        rf"\frac{{L(w + \varepsilon) - L(w - \varepsilon)}}{{2\,\varepsilon}} \\[2ex]"
        rf"&= \frac{{{above} - {below}}}{{2 \cdot {tex_of(epsilon)}}} \\[2ex]"
        rf"&= {tex_of(check.by_differences, 6)} \end{{aligned}}"
    )


def _two_derivatives(weight: str, derivatives: dict[str, float], error: str | None = None) -> None:
    decimals = max(min(decimals_for(value, 8), 14) for value in derivatives.values())
    rows = "\n".join(f"| {name} | {fixed(value, decimals)} |" for name, value in derivatives.items())
    if error is not None:
        name = _("relative error")
        rows += f"\n| {name} | **{error}** |"
    found_by, derivative = _("${weight}$, found by").format(weight=weight), _("derivative")
    st.markdown(f"| {found_by} | {derivative} |\n|---|---:|\n{rows}")


def secret(shown: ShownBatch) -> None:
    """Ask whose gradient the notebook's is, and show the answer along the run."""
    along = gradients_along(shown.run, shown.snapshot.batch)
    check = shown.checks[0]  # its gradients by hand are those of every distance
    words, picture = st.columns(2, gap="medium")
    with words:
        said = predict_first(
            "backpropagation_secret", _question(shown, check), OWNERS, lambda guess: _answer(guess, along)
        )
    if not said:
        return
    with picture:
        fingerprint = (shown.snapshot.history.serial, shown.snapshot.batch)
        build = partial(gradients.angle_and_length, along)
        plot("backpropagation_secret_picture", fingerprint, build, height=SECRET_HEIGHT, main=True)
        st.markdown(_angle_now(along))
    check = shown.checks[EPSILONS.index(held(EPSILON, EPSILONS, USUAL_EPSILON))]
    with st.sidebar:
        _two_derivatives(
            shown.weight_letter,
            {
                _("the notebook's, from 2 (p − y)"): check.notebook,
                _("by differences of 2 × cross-entropy"): check.twice_cross_entropy,
            },
        )


def _question(shown: ShownBatch, check: GradientCheck) -> str:
    asked = _(
        "The notebook plots the squared error, but starts its backward pass from 2 (p − y). Whose gradient is it?"
    )
    if shown.settings.loss != "squared_error":
        return asked
    numbers = _("For ${weight}$ that gives {notebook}, where the derivative of the squared error is {exact}.").format(
        weight=shown.weight_letter, notebook=written(check.notebook), exact=written(check.by_hand)
    )
    return f"{asked} {numbers}"


def _answer(guess: str, along: GradientsAlong) -> str:
    difference = written(max(along.strangeness, float(np.finfo(float).eps)), 1)
    if guess == "cross_entropy":
        right = _(
            "Right: it leaves out the softmax between logits and probabilities, and the result is exactly the gradient "
            "of 2 × cross-entropy: on your run the two differ by at most {difference} of their size, which is rounding."
        )
        return right.format(difference=difference)
    return _(
        "No: it leaves out the softmax between logits and probabilities, and the result is exactly the gradient of "
        "2 × cross-entropy: on your run the two differ by at most {difference} of their size, which is rounding."
    ).format(difference=difference)


def _angle_now(along: GradientsAlong) -> str:
    if not np.isfinite(along.angles[-1]):
        return _("One of the two gradients is zero now, so there is no angle between them.")
    now = _(
        "Now it points **{angle}°** away from the gradient of the squared error and is **{ratio}** times as long. "
        "Below 90°, both still lead downhill."
    ).format(angle=f"{along.angles[-1]:.1f}", ratio=written(along.lengths[-1], 3))
    if len(along.batches) > 1:
        return now
    return now + " " + _("So far there is only the start: train, then come back to see both along the run.")
