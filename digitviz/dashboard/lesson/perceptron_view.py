"""What one neuron can tell apart: its line in the plane, and the perceptron rule that moves it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.choice import choice, held
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.lesson.formulas import bare, tex
from digitviz.dashboard.lesson.neuron_controls import OPENS_ON, REACH, numbers
from digitviz.dashboard.lesson.page import predict_first
from digitviz.lesson.neuron import decision_line, firing_region
from digitviz.lesson.perceptron import GATES, POINTS, RATE, answers, perceptron_step

BOUNDS = (-1.5, 2.5)


def show(inputs: Sequence[float], weights: Sequence[float], bias: float) -> None:
    """Show the plane of two inputs, the points to be told apart, and the rule.

    Parameters
    ----------
    inputs, weights : sequence of float, length 2
    bias : float
    """
    guessed = predict_first(
        "neuron_guess",
        "A neuron with two inputs learns AND, OR and XOR. Which of them will it never get right?",
        ["AND", "OR", "XOR", "none: it learns all three"],
        lambda guess: (
            f"{'Right' if guess == 'XOR' else 'No'}: its z is zero along a straight line, and no straight line has "
            "the two ones of XOR on one side and its two zeros on the other. Try it below."
        ),
    )
    plane, rule = st.columns([3, 2], gap="large")
    with rule:
        gate = choice("Gate to learn", list(GATES), default="AND", key="neuron_gate")
        targets, said = GATES[gate], answers(weights, bias)
        _buttons(gate)
        st.metric("Points classified correctly", f"{(targets == said).sum()} of {len(POINTS)}")
        st.latex(r"w \leftarrow w + \eta\,(t - a)\,x")
        following = st.session_state["neuron_shown"] % len(POINTS)
        point, error = POINTS[following], int(targets[following] - said[following])
        moved, _ = perceptron_step(weights, bias, point, int(targets[following]))
        st.latex(
            rf"\begin{{aligned}} w \leftarrow\; & ({bare(weights[0])},\ {bare(weights[1])}) \\"
            rf"& + {RATE} \times {tex(error)} \times ({point[0]:g},\ {point[1]:g}) \\"
            rf"=\; & ({bare(moved[0])},\ {bare(moved[1])}) \end{{aligned}}"
        )
        st.caption(
            f"{st.session_state['neuron_shown']} points shown. The bias is a weight whose input is always 1. "
            "F. Rosenblatt's rule of 1958: at a misclassified point the line moves, at all others it stays. "
            + ("It stops if such a line exists; for XOR it goes on for ever. " if guessed else "")
            + "The rule always uses the step function."
        )
    with plane:
        plot(
            "plane",
            (*inputs, *weights, bias, gate, following),
            lambda: figures.decision_plane(
                firing_region(weights, bias, *BOUNDS), decision_line(weights, bias, *BOUNDS), POINTS, targets, said,
                inputs, BOUNDS, following,
            ),
            height=460,
        )  # fmt: skip
        if not any(weights):
            st.caption("No line: with every weight zero, z is the same everywhere.")


def _show_points(how_many: int, shown_gate: str) -> None:
    """Show the next points to the neuron, by the perceptron rule."""
    # A click may come after the reader has left the page, when the session has forgotten what was chosen on it.
    values, targets = numbers(), GATES[held("neuron_gate", list(GATES), shown_gate)]
    for _ in range(how_many):
        point = st.session_state["neuron_shown"] % len(POINTS)
        weights, bias = perceptron_step([values["w1"], values["w2"]], values["b"], POINTS[point], int(targets[point]))
        values.update(w1=float(weights[0]), w2=float(weights[1]), b=float(bias))
        st.session_state["neuron_shown"] += 1
    if max(abs(values[name]) for name in ("w1", "w2", "b")) > REACH:
        st.session_state["neuron_typed"] = True  # no slider goes that far


def _start_over() -> None:
    numbers().update({name: OPENS_ON[name] for name in ("w1", "w2", "b")})
    st.session_state["neuron_shown"] = 0


def _buttons(gate: str) -> None:
    """Show the buttons that let the neuron learn the gate."""

    def button(label: str, key: str, action: Callable[..., None], *arguments: object, primary: bool = False) -> None:
        st.button(label, key=key, on_click=action, args=arguments, type="primary" if primary else "secondary")

    with st.container(horizontal=True):
        button("Show the next point", "rule_step", _show_points, 1, gate, primary=True)
        button("Show all four", "rule_round", _show_points, len(POINTS), gate)
        button("25 rounds", "rule_rounds", _show_points, 25 * len(POINTS), gate)
        button("Start over", "rule_reset", _start_over)
