"""What one neuron can tell apart: its line in the plane, and the perceptron rule that moves it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.components.predict_first import predict_first
from digitviz.dashboard.lesson.formulas import bare, tex
from digitviz.dashboard.lesson.neuron_controls import OPENS_ON, REACH, Controls, Neuron, gate, numbers
from digitviz.language import gettext as _
from digitviz.lesson.neuron import decision_line, firing_region
from digitviz.lesson.perceptron import GATES, POINTS, RATE, answers, perceptron_step

BOUNDS = (-1.5, 2.5)
QUESTION = "neuron_guess"


def by_hand(neuron: Neuron, controls: Controls) -> None:
    """Show the plane of two inputs, and the weights and the bias that move its line."""
    if not _has_a_plane(neuron):
        return
    plane, hand = st.columns(2, gap="large")
    with plane:
        _plane("plane_by_hand", neuron)
    with hand:
        predict_first(
            QUESTION,
            _("A neuron with two inputs learns AND, OR and XOR. Which of them will it never get right?"),
            {"AND": "AND", "OR": "OR", "XOR": "XOR", "none": _("none: it learns all three")},
            _answer,
        )
        _gate_and_score(neuron, controls)
        controls.show(["w1", "w2", "b"])


def by_the_rule(neuron: Neuron, controls: Controls) -> None:
    """Show the plane, and the rule that moves the line at each mistake."""
    if not _has_a_plane(neuron):
        return
    plane, rule = st.columns(2, gap="large")
    following = st.session_state["neuron_shown"] % len(POINTS)
    with plane:
        _plane("plane", neuron, following)
    with rule:
        _gate_and_score(neuron, controls)
        _buttons()
        _rule(neuron, following)


def _answer(guess: str) -> str:
    if guess == "XOR":
        return _(
            "Right: z is 0 along a line, and no straight line parts the two ones of XOR from its two zeros. Try it."
        )
    return _("No, XOR: z is 0 along a line, and no straight line parts its two ones from its two zeros. Try it.")


def _has_a_plane(neuron: Neuron) -> bool:
    if two := len(neuron.inputs) == 2:
        return two
    st.info(_("Two inputs make a plane, which can be drawn: set Inputs to 2."))
    return False


def _judged(neuron: Neuron) -> tuple[np.ndarray, np.ndarray]:
    """Return the targets of the points, and what the neuron says of them."""
    return GATES[gate()], answers(neuron.weights, neuron.bias)


def _plane(key: str, neuron: Neuron, following: int | None = None) -> None:
    weights, bias = neuron.weights, neuron.bias
    targets, said = _judged(neuron)
    plot(
        key,
        (*neuron.inputs, *weights, bias, gate(), following),
        lambda: figures.decision_plane.plain(
            firing_region(weights, bias, *BOUNDS), decision_line(weights, bias, *BOUNDS), POINTS, targets, said,
            neuron.inputs, BOUNDS, following,
        ),
        height=396, main=True,
    )  # fmt: skip
    if not any(weights):
        st.caption(_("No line: with every weight zero, z is the same everywhere."))


def _gate_and_score(neuron: Neuron, controls: Controls) -> None:
    targets, said = _judged(neuron)
    left, right = st.columns(2)
    with left:
        controls.show(["gate"])
    right.metric(
        _("Classified correctly"),
        _("{correct} of {points}").format(correct=(targets == said).sum(), points=len(POINTS)),
        height="content",
    )


def _rule(neuron: Neuron, following: int) -> None:
    targets, said = _judged(neuron)
    point, error = POINTS[following], int(targets[following] - said[following])
    weights = neuron.weights
    moved, _bias = perceptron_step(weights, neuron.bias, point, int(targets[following]))
    st.latex(
        rf"\begin{{aligned}} w \leftarrow\; & w + \eta\,(t - a)\,x \\ =\; & ({bare(weights[0])},\ {bare(weights[1])}) "
        rf"+ {RATE} \times {tex(error)} \times ({point[0]:g},\ {point[1]:g}) \\"
        rf"=\; & ({bare(moved[0])},\ {bare(moved[1])}) \end{{aligned}}"
    )
    shown = st.session_state["neuron_shown"]
    st.caption(
        _(
            "{points} points shown. F. Rosenblatt's rule of 1958: at a misclassified point the line moves, at all "
            "others it stays. The bias is a weight whose input is always 1. The rule always uses the step function."
        ).format(points=shown)
    )
    if f"{QUESTION}_committed" in st.session_state:
        st.caption(_("It stops if such a line exists; for XOR it goes on for ever."))


def _show_points(how_many: int) -> None:
    """Show the next points to the neuron, by the perceptron rule."""
    # A click may come after the reader has left the page, when the session has forgotten what was chosen on it.
    values, targets = numbers(), GATES[gate()]
    for _turn in range(how_many):
        point = st.session_state["neuron_shown"] % len(POINTS)
        weights, bias = perceptron_step([values["w1"], values["w2"]], values["b"], POINTS[point], int(targets[point]))
        values.update(w1=float(weights[0]), w2=float(weights[1]), b=float(bias))
        st.session_state["neuron_shown"] += 1
    if max(abs(values[name]) for name in ("w1", "w2", "b")) > REACH:
        st.session_state["neuron_typed"] = True  # no slider goes that far


def _start_over() -> None:
    numbers().update({name: OPENS_ON[name] for name in ("w1", "w2", "b")})
    st.session_state["neuron_shown"] = 0


def _buttons() -> None:
    """Show the buttons that let the neuron learn the gate."""

    def button(label: str, key: str, action: Callable[..., None], *arguments: object, primary: bool = False) -> None:
        st.button(label, key=key, on_click=action, args=arguments, type="primary" if primary else "secondary")

    with st.container(horizontal=True):
        button(_("Next point"), "rule_step", _show_points, 1, primary=True)
        button(_("All four"), "rule_round", _show_points, len(POINTS))
        button(_("25 rounds"), "rule_rounds", _show_points, 25 * len(POINTS))
        button(_("Start over"), "rule_reset", _start_over)
