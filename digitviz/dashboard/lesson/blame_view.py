"""The error of one linear neuron, and which of its weights are to blame."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.lesson import loss_controls
from digitviz.dashboard.lesson.formulas import bare, tex, times
from digitviz.dashboard.lesson.page import notebook_remark
from digitviz.figures import loss_lesson
from digitviz.language import gettext as _
from digitviz.language import lazy_gettext
from digitviz.lesson.blame import LARGEST, Blame, NumberRefused, blame

RATE, LARGEST_RATE, RATE_STEP = 0.1, 2.0, 0.01
"""The learning rate at first, the largest, and between two of them. At first 0.518 hits the target, and twice as much
comes as far beyond it."""
FIELDS = {"input": lazy_gettext("Input"), "weight": lazy_gettext("Weight"), "target": lazy_gettext("Target")}


def fields() -> None:
    """Show the fields of the neuron, and what the notebook has to do with them."""
    loss_controls.fields(_what_the_notebook_writes)


def _what_the_notebook_writes() -> None:
    notebook_remark(
        "\n\n".join(
            (
                _(
                    "Target 1 and weights 0.6, 0.4, 0.1, 0.2 are the notebook's. It does not say what the inputs were; "
                    "those with which this page opens give the same output."
                ),
                _("It defines e as $(t - o)^2 / 2$, but it computes and distributes $t - o$."),
                _(
                    "**It drops the minus sign of $-(t - o)$.** It takes no step there, but with its formula the step "
                    "$w \\leftarrow w - \\eta\\,\\partial E/\\partial w$ would go uphill, away from the target. Keep "
                    "both minus signs, or drop both: *along* $t - o$ is *against* the gradient."
                ),
            )
        )
    )


def _neuron() -> Blame | None:
    """Return the error of the neuron; None, and say why, if a number is refused."""
    inputs, weights, target = loss_controls.linear_neuron()
    try:
        return blame(inputs, weights, target)
    except NumberRefused as error:
        words = _(
            "{field}: {value} is beyond {largest}, where it would swamp all other numbers. Choose a smaller one."
        ).format(field=FIELDS[error.field], value=f"{error.value:g}", largest=f"{LARGEST:,.0f}")  # fmt: skip
        st.error(words)
        return None


def its_error(show_fields: Callable[[], None]) -> None:
    """Show the error of the neuron, E against its output, and the derivative.

    Parameters
    ----------
    show_fields : callable
        Shows the fields of the neuron, if no other step has.
    """
    answer, fields = st.columns([5, 3], gap="medium")
    with fields:
        show_fields()
        found = _neuron()
    if found is None:
        return
    with answer:
        plot("loss_parabola", _numbers(found), partial(loss_lesson.error_parabola, found), height=230, main=True)
        left, right = st.columns(2)
        products = [times(x, w) for x, w in zip(found.inputs, found.weights, strict=True)]
        with left:
            st.latex(
                rf"\begin{{aligned}} o &= {' + '.join(products[:2])} \\ &\quad + {' + '.join(products[2:])} \\"
                rf"&= {bare(found.output)} \\ "
                rf"& t - o = {tex(found.target)} - {tex(found.output)} = {bare(found.error)} \end{{aligned}}"
            )
        with right:
            st.latex(
                rf"\begin{{aligned}} E &= \tfrac12 (t - o)^2 = {bare(found.squared_error)} \\"
                r"\frac{\partial E}{\partial o} &= -(t - o) \\"
                rf"&= -({bare(found.target)} - {tex(found.output)}) \\ &= {bare(found.derivative)} \end{{aligned}}"
            )


def _numbers(found: Blame) -> tuple[float, ...]:
    return (*found.inputs.tolist(), *found.weights.tolist(), found.target)


def _rate() -> float:
    """Return the learning rate, whether or not its slider is shown in this step."""
    return float(st.session_state.get("loss_rate", RATE))


def two_ways(show_fields: Callable[[], None]) -> None:
    """Show how both ways to blame the weights would change them.

    Parameters
    ----------
    show_fields : callable
        As of `its_error`.
    """
    answer, fields = st.columns([5, 3], gap="medium")
    with fields:
        show_fields()
        found = _neuron()
    if found is None:
        return
    rate = _rate()
    steps = -rate * found.gradient
    with answer:
        plot(
            "loss_blame",
            (*_numbers(found), rate),
            partial(loss_lesson.blame_shares, found, steps),
            height=198,
            main=True,
        )
        share, descent = st.columns(2, gap="medium")
        with share:
            st.markdown(_("**In proportion to the weights**"))
            _in_proportion(found)
        with descent:
            st.markdown(_("**Gradient descent**"))
            st.latex(
                r"\begin{aligned} \Delta w_i &= -\eta\,\frac{\partial E}{\partial w_i} \\ &= \eta\,(t - o)\,x_i \\ "
                rf"\Delta w_1 &= {tex(rate)} \cdot {tex(found.error)} \cdot {tex(found.inputs[0])} \\"
                rf"&= {bare(steps[0], 2)} \end{{aligned}}"
            )
        if not found.inputs.any():
            st.info(_("Every input is 0: the output is 0 whatever the weights, so the gradient is 0."))


def _in_proportion(found: Blame) -> None:
    if found.shares is None:
        st.latex(r"\Delta w_i = \frac{w_i}{\sum_k w_k}\,(t - o)")
        st.info(
            _(
                "The weights add up to 0, so the error cannot be divided in proportion to them. Gradient descent has "
                "no such problem."
            )
        )
        return
    st.latex(
        rf"\begin{{aligned}} \Delta w_i &= \frac{{w_i}}{{\sum_k w_k}}\,(t - o) \\[2.5ex] \Delta w_1 &= "
        rf"\frac{{{bare(found.weights[0])}}}{{{bare(found.weights.sum())}}} \cdot {tex(found.error)} \\[2ex] "
        rf"&= {bare(found.shares[0], 2)} \end{{aligned}}"
    )


def where_they_land() -> None:
    """Show the output after each of the two changes of the weights."""
    picture, words = st.columns([5, 3], gap="medium")
    with words:
        rate = st.slider(
            _("Learning rate η"), 0.0, LARGEST_RATE, RATE, RATE_STEP, key="loss_rate", persist_state="session"
        )
        found = _neuron()
    if found is None:
        return
    step = found.output_of(found.weights - rate * found.gradient)
    landings = {_("after gradient descent"): (step, loss_lesson.STEP_COLOUR)}
    with words:
        if found.shares is not None:
            share = found.output_of(found.weights + found.shares)
            landings = {_("after division in proportion"): (share, loss_lesson.SHARE_COLOUR)} | landings
            st.markdown(_("**In proportion to the weights**: the output becomes {output:.4g}.").format(output=share))
        st.markdown(_("**Gradient descent**: the output becomes {output:.4g}.").format(output=step))
        exact = found.exact_rate
        if exact is not None and (abs(rate - exact) < RATE_STEP or exact > LARGEST_RATE):  # else it would tell
            st.caption(_("One step with η = {rate:.4g} would hit the target exactly.").format(rate=exact))
    with picture:
        plot(
            "loss_landing", (*_numbers(found), rate), partial(loss_lesson.error_parabola, found, landings), height=330,
            main=True,
        )  # fmt: skip
