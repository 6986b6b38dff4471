"""The first step of the backpropagation page: the chain rule as equations of pictures."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from digitviz.dashboard.components.choice import choice
from digitviz.dashboard.components.plot import clicked, plot
from digitviz.dashboard.lesson import page
from digitviz.dashboard.lesson.backpropagation_batch import ShownBatch
from digitviz.dashboard.lesson.numbers import written
from digitviz.dashboard.session.steps import WHOLE
from digitviz.figures import gradients
from digitviz.language import gettext as _
from digitviz.lesson.chain_rule import Part

FACTOR, EQUATION = "backpropagation_factor", "backpropagation_equation"
_LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def chain(shown: ShownBatch) -> None:
    """Show the chain rule, an equation at a time or all of them, and enlarge the factor that is picked."""
    equations, factors = shown.rule.equations(), shown.rule.factors()
    letters, state = [factor.letter for factor in factors], st.session_state
    state[FACTOR] = min(state.get(FACTOR, 0), len(factors) - 1)
    pictures, large = st.columns([3, 2], gap="medium")
    with large:
        page.remarks([shown.rule.probabilities], shown.parameters.weights)
        place = st.select_slider(
            _("Step through the backward pass"), range(len(factors)), key=FACTOR, persist_state="session",
            format_func=lambda place: f"{place + 1}: {factors[place].meaning}",
        )  # fmt: skip
        enlarged = factors[place]
        rows, columns = enlarged.values.shape
        st.latex(
            rf"\underset{{{rows} \times {columns}}}{{{enlarged.letter}}}"
            + f" = {enlarged.formula}" * bool(enlarged.formula)
        )
        fingerprint = (*shown.moment, place)
        plot("backpropagation_factor_picture", fingerprint, partial(gradients.factor.plain, enlarged), height=205)
        lowest, highest = written(enlarged.values.min(), 3), written(enlarged.values.max(), 3)
        st.caption(_("From {lowest} to {highest}.").format(lowest=lowest, highest=highest))
    with pictures:
        picture = st.container()  # above the choice
        if not state.get(WHOLE):
            equations = [equations[_equation(equations, letters, place)]]
        parts = [part for equation in equations for part in equation]

        def enlarge() -> None:
            click = clicked("backpropagation_chain")
            if click is not None and 0 <= click["curveNumber"] < len(parts):
                state[FACTOR] = letters.index(parts[click["curveNumber"]].factor.letter)

        with picture:
            plot(
                "backpropagation_chain",
                (*fingerprint, tuple(part.plain for part in parts)),
                partial(gradients.chain_rule.plain, equations, enlarged.letter),
                height=gradients.ROW_HEIGHT * len(equations),
                on_click=enlarge,
                main=True,
            )
    with st.sidebar:
        st.caption(
            _(
                "⊤ transposes a matrix, ⊙ multiplies cell by cell. The letter δ follows M. Nielsen (*Neural Networks "
                "and Deep Learning*, ch. 2)."
            )
        )


def _equation(equations: Sequence[Sequence[Part]], letters: Sequence[str], place: int) -> int:
    """Show a choice of the equation, and return its number; it is one that contains the factor at `place`."""
    state, letter = st.session_state, letters[place]
    codes = [str(number) for number in range(len(equations))]

    def contains(code: str) -> bool:
        return any(part.factor.letter == letter for part in equations[int(code)])

    def enlarge_result() -> None:
        state[FACTOR] = letters.index(equations[int(state[EQUATION])][0].factor.letter)

    if state.get(EQUATION) not in codes or not contains(state[EQUATION]):
        state[EQUATION] = next(code for code in codes if contains(code))
    chosen = choice(
        _("Equation"), codes, key=EQUATION, label_visibility="collapsed", on_change=enlarge_result,
        format_func=lambda code: _as_text(equations[int(code)][0].plain),
    )  # fmt: skip
    return int(chosen)


def _as_text(plain: str) -> str:
    """Write a letter as Plotly does, "δ<sub>2</sub>", without markup: "δ₂"."""
    letter, _tag, index = plain.removesuffix("</sub>").partition("<sub>")
    return letter + index.translate(_LOWERED)
