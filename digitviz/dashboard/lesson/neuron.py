"""Neuron: a nerve cell, a perceptron, a weighted sum, and a line in the plane that a learning rule moves."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.choice import choice, held
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.components.predict_first import predict_first
from digitviz.dashboard.lesson.formulas import bare, in_color, show_lines, show_sum, tex, times
from digitviz.dashboard.lesson.page import LessonPage, slider, step_settings, verdict
from digitviz.dashboard.session.frame_choices import is_plain, maths
from digitviz.dashboard.session.steps import WHOLE, maths_step, step
from digitviz.language import gettext as _, lazy_gettext
from digitviz.lesson import neuron as perceptron
from digitviz.numbers import LOWERED, numeral

STARTS = {"x1": 1.0, "w1": 0.25, "x2": 0.5, "w2": -1.5, "x3": 0.5, "w3": 1.0, "x4": 0.5, "w4": -0.5, "b": 0.0}
KEYS = {name: f"neuron_{name}_slider" for name in STARTS}
"""Keys of the numbers in the session state."""
SETTINGS = {"neuron_count": 2, "neuron_activation": "step", "neuron_shown": 0}
REACH = 5.0
"""Sliders range from -5 to 5."""
MAX_INPUTS = 4
HEIGHT = 350
"""Height of the drawings in pixels."""
BOUNDS = (-1.5, 2.5)
"""Limits of both axes of the plane."""
GATES_IN_WORDS = {
    "AND": lazy_gettext("Fire if both inputs are 1."),
    "OR": lazy_gettext("Fire if at least one input is 1."),
    "XOR": lazy_gettext("Fire if exactly one input is 1."),
}
QUESTION = "neuron_guess"
FIRES, GUESSED = "neuron_fires", "neuron_guessed"


def numbers() -> dict[str, float]:
    """Return the visitor's numbers by name: x1 to x4, w1 to w4, b."""
    return {name: st.session_state.setdefault(KEYS[name], start) for name, start in STARTS.items()}


def _set(**values: float) -> None:
    """Set numbers by name."""
    st.session_state.update({KEYS[name]: float(np.clip(value, -REACH, REACH)) for name, value in values.items()})


def gate() -> str:
    """Return the chosen one of `GATES`, which the neuron should learn."""
    return held("neuron_gate", list(perceptron.GATES), "AND")


class Neuron:
    """The neuron set by the controls. The first step that uses a control shows it.

    Attributes
    ----------
    inputs, weights : list of float
    bias : float
    activation : Activation
    is_at_start : bool
        True if all of these still have their first values.
    is_asked : bool
        True if the visitor has neither guessed nor moved anything yet.
    firing : Firing
        Products, pre-activation, output and derivative.
    """

    def __init__(self) -> None:
        state = st.session_state
        for key, start in SETTINGS.items():
            state.setdefault(key, start)
        values, self._places = numbers(), range(1, st.session_state["neuron_count"] + 1)
        self.inputs, self.weights = ([values[f"{letter}{place}"] for place in self._places] for letter in "xw")
        self.bias = values["b"]
        self.activation = perceptron.WITH_STEP[held("neuron_activation", list(perceptron.WITH_STEP), "step")]
        self.firing = perceptron.fire(self.inputs, self.weights, self.bias, self.activation)
        self.is_at_start = values == STARTS and self.activation.name == "step"
        if not self.is_at_start:
            state.setdefault(GUESSED, None)  # the visitor has moved something instead
        self.is_asked = GUESSED not in state and not state.get(WHOLE)
        self._shown: set[str] = set()

    def settings(self, *rows: Sequence[str], row: Any = None) -> None:
        """Show the settings of the page in a popover, once, after rows of controls."""
        if "settings" in self._shown:
            return
        self._shown.add("settings")
        every, name = _("Inputs and maths") if is_plain() else _("Inputs, bias and activation"), _("sum")
        with (row or step_settings()).popover(every if rows else _("More")):
            if is_plain():
                _show_sum(self, rf"\text{{{name}}}", "?" if self.is_asked else bare(self.firing.z))
            self.controls(*rows)
            with st.container(horizontal=True, vertical_alignment="center", gap="large"):
                slider(_("Inputs"), 1, MAX_INPUTS, "neuron_count", width=240)
                st.button(_("Reset"), key="neuron_reset", icon=":material/replay:", on_click=_reset)

    def controls(self, *rows: Sequence[str]) -> None:
        """Show controls by name, in rows: "x1", "w1", "b", "activation", "gate". Skip controls already shown."""
        across = max(map(len, rows), default=0)
        for row in rows:
            left = [name for name in row if name not in self._shown]
            self._shown.update(left)
            for column, name in zip(st.columns(across) if left else [], left, strict=False):
                with column:
                    _control(name)

    @property
    def rows(self) -> list[list[str]]:
        """Names of all controls: the weights; the inputs, the bias and the activation."""
        weights, inputs = ([f"{letter}{place}" for place in self._places] for letter in "wx")
        return [weights, [*inputs, "b", "activation"]]

    @property
    def judged(self) -> tuple[np.ndarray, np.ndarray]:
        """Targets of the points, and the neuron's answers."""
        return perceptron.GATES[gate()], perceptron.answers(self.weights, self.bias)


def _reset() -> None:
    """Reset every control to its initial value."""
    st.session_state.update(SETTINGS)
    _set(**STARTS)


def _control(name: str) -> None:
    """Show a control by its name, or the slider of a number."""
    if name == "activation":
        titles = {name: activation.title for name, activation in perceptron.WITH_STEP.items()}
        choice(_("Activation"), titles, key="neuron_activation", style="selectbox")
    elif name == "gate":
        choice(_("Logic gate to learn"), list(perceptron.GATES), default="AND", key="neuron_gate")
    else:
        labels = {"x": _("Input x{number}"), "w": _("Weight w{number}"), "b": _("Bias b")}
        if is_plain():
            labels = {"x": _("Input {number}"), "w": _("Weight {number}"), "b": _("Bias")}
        label = labels[name[0]].format(number=name[1:] if is_plain() else name[1:].translate(LOWERED))
        slider(label, -REACH, REACH, KEYS[name], step=0.05, format="%.3g")


@step(
    title="A tug of war",
    task="A [neuron](#term-neuron) fires only if up wins. **Guess** who wins.",
    question="Set every weight to 0. Can the neuron still fire?",
    solution="Only if its bias is above 0: with all weights 0, no input reaches the sum, so the sum is the bias. Try "
    "it: change the bias.",
)
def cell_and_model(neuron: Neuron) -> None:
    """Show a neuron as a tug of war, with its weights. The other controls and the nerve cell are folded."""
    weights, others = neuron.rows
    firing, activation, is_asked = neuron.firing, neuron.activation, neuron.is_asked
    fires = bool(firing.z > 0)  # a cell has no smooth activation
    with st.container(border=True, key="neuron_paper"):
        with st.container(key="neuron_drawing"):
            said = _what_it_does(firing) if activation is perceptron.WITH_STEP["step"] else ""
            shown = neuron.inputs, neuron.weights, neuron.bias, activation, said, is_asked, is_plain()
            plot("perceptron", *figures.perceptron.of(*shown), HEIGHT, main=True)
            with st.container(key="neuron_weights"):  # each slider lies on the line of its weight
                neuron.controls(*([name] for name in weights))
        with st.container(
            horizontal=True, horizontal_alignment="center", vertical_alignment="center", key="told_neuron"
        ):
            if is_asked:  # each answer is below its side
                words = {"no": _("Down wins: it stays silent"), "yes": _("Up wins: it fires")}
                look: dict[str, Any] = {"format_func": words.__getitem__, "required": True, "width": "stretch"}
                look |= {"label_visibility": "collapsed"}
                st.pills(_("Which side wins?"), list(words), key=FIRES, on_change=_guess, **look)
            elif (guess := st.session_state.get(GUESSED)) and neuron.is_at_start:
                is_right = (guess == "yes") == fires
                st.markdown(_("Your guess was right.") if is_right else _("Your guess was wrong."), width="content")
                again: dict[str, Any] = {"on_click": partial(st.session_state.pop, GUESSED, None)}
                st.button(_("Guess again"), key="neuron_again", icon=":material/replay:", type="tertiary", **again)
    below = step_settings("step_settings_beside")
    with below.popover(_("In the brain: a nerve cell"), icon=":material/neurology:"), st.container(width=480):
        plot("brain", *figures.biological_neuron.of(fires and not is_asked), HEIGHT)  # at rest before the guess
    neuron.settings(*([] if st.session_state.get(WHOLE) else [others]), row=below)
    with st.container(key="neuron_remarks"):
        _remarks(neuron)


def _guess() -> None:
    st.session_state[GUESSED] = st.session_state.get(FIRES)


def _what_it_does(firing: perceptron.Firing) -> str:
    words = _("The sum {sum} is not above 0:<br><b>it does not fire</b>")
    if firing.z > 0:
        words = _("The sum {sum} is above 0:<br><b>it fires</b>")
    elif firing.z < 0:
        words = _("The sum {sum} is below 0:<br><b>it does not fire</b>")
    if is_plain() and firing.z:
        up, down = _("Up wins by {sum}:<br><b>it fires</b>"), _("Down wins by {sum}:<br><b>it does not fire</b>")
        return (up if firing.z > 0 else down).format(sum=numeral(abs(firing.z), ".4g"))
    return words.format(sum=numeral(firing.z, ".4g"))


def _remarks(neuron: Neuron) -> None:
    """Explain sums that consist of the bias only."""
    if not any(neuron.weights):
        st.info(_("Every weight is zero, so the neuron ignores its inputs: the sum is the bias."))
    elif not any(neuron.inputs):
        st.info(_("Every input is zero, so the sum is the bias, whatever the weights are."))


@maths_step(
    title="A weighted sum, then an activation",
    task="**Choose** the sigmoid as the [activation function](#term-activation_function) and move the "
    "[bias](#term-bias). At which [pre-activation](#term-pre_activation) does the output change fastest?",
    question="A nerve cell either fires or does not, like the step function. Why do networks not use it?",
    solution="Its derivative is 0 on both sides of the jump, so a network could not tell which way to move a weight. "
    "The sigmoid has a derivative everywhere; it is largest at z = 0.",
)
def sum_and_activation(neuron: Neuron) -> None:
    """Show the formulas with their numbers, and the curve of the activation."""
    neuron.settings()
    formulas, curve = st.columns([2, 3], gap="large")
    z = neuron.firing.z
    with formulas, maths(), st.container(gap=None):
        _formulas(neuron)
    with curve:
        plot("activation", *figures.activation_curves.of(neuron.activation, z), 244, main=True)
        if abs(z) > figures.MAX_Z:
            st.caption(_("The current z is too far out to be shown."))
    weights, (*inputs, bias, activation) = neuron.rows
    all_of_them = [activation, bias, *weights, *inputs]
    half = len(all_of_them) // 2
    neuron.controls(all_of_them[:half], all_of_them[half:])


def _show_sum(neuron: Neuron, name: str, total: str) -> None:
    terms = [times(x, w) for x, w in zip(neuron.inputs, neuron.weights, strict=True)]
    show_sum(name, [*terms, *[tex(neuron.bias)] * bool(neuron.bias)], total)


def _formulas(neuron: Neuron) -> None:
    firing = neuron.firing
    z, a = in_color("z", figures.ADDS), in_color("a", figures.SENDS)
    x_i, w_i = in_color("x_i", figures.RECEIVES), in_color("w_i", figures.PASSES)
    st.latex(
        rf"{z} = \sum_i {x_i}\,{w_i} + b, \qquad {a} = \sigma({z})",
        help=_("The notation follows M. Nielsen, *Neural Networks and Deep Learning*, 2015."),
    )
    total, output = in_color(bare(firing.z), figures.ADDS), in_color(bare(firing.output), figures.SENDS)
    _show_sum(neuron, z, total)
    none = _("none")
    derivative = bare(firing.derivative) if np.isfinite(firing.derivative) else rf"\text{{{none}}}"
    st.latex(
        rf"\begin{{gathered}} \sigma(z) = {neuron.activation.formula} \\ {a} = \sigma({total}) = {output} \\ "
        rf"\sigma'({total}) = {derivative} \end{{gathered}}"
    )


@step(
    title="One neuron draws one straight line",
    task="**Move** the [weights](#term-weight) and the bias. How many of the four points can you get right?",
    in_school="**Move** the sliders. How many of the four points can you get right? With digits it is the same, only "
    "with 64 inputs instead of 2.",
    question="What happens to the line when you double both weights and the bias?",
    solution="Nothing: where z is 0, twice z is 0 too. The weights set the direction of the line, and together with "
    "the bias its position. Their overall size matters only for a smoother activation.",
)
def by_hand(neuron: Neuron) -> None:
    """Show the plane of two inputs, and controls that move its line."""
    if not _has_a_plane(neuron):
        return
    plane, hand = st.columns(2, gap="large")
    with plane:
        _plane("plane_by_hand", neuron)
    with hand:
        _gate_and_score(neuron)
        neuron.controls(["w1", "w2", "b"])
        question = _("A neuron with two inputs learns AND, OR and XOR. Which of them will it never get right?")
        choices = {"AND": "AND", "OR": "OR", "XOR": "XOR", "none": _("none: it learns all three")}
        words = _(
            "The sum is 0 along a line, and no straight line separates the two ones of XOR from its two zeros. Try it."
        )
        predict_first(QUESTION, question, choices, lambda guess: verdict(guess == "XOR", words))


@step(
    title="It learns from its mistakes",
    task="**Show** the neuron one point after another. At which points does the line move?",
    question="The rule moves the line at each mistake. When does it stop?",
    solution="When every point is classified correctly: there is no mistake then, and nothing moves. If no line "
    "separates the points, it never stops.",
)
def by_the_rule(neuron: Neuron) -> None:
    """Show the plane, and the learning rule that moves the line at each mistake."""
    if not _has_a_plane(neuron):
        return
    plane, rule = st.columns(2, gap="large")
    following = st.session_state["neuron_shown"] % len(perceptron.POINTS)
    with plane:
        _plane("plane", neuron, following)
    with rule:
        _gate_and_score(neuron)
        with st.container(horizontal=True):
            four = len(perceptron.POINTS)
            st.button(_("Next point"), "rule_step", on_click=_show_points, args=(1,), type="primary")
            st.button(_("All four"), "rule_round", on_click=_show_points, args=(four,))
            st.button(_("25 rounds"), "rule_rounds", on_click=_show_points, args=(25 * four,))
            st.button(_("Start over"), "rule_reset", on_click=_start_over)
        _rule(neuron, following)


def _has_a_plane(neuron: Neuron) -> bool:
    neuron.settings()
    two = len(neuron.inputs) == 2
    if not two:
        st.info(_("Set Inputs to 2: two inputs form a plane, which can be drawn."))
    return two


def _plane(key: str, neuron: Neuron, following: int | None = None) -> None:
    targets = perceptron.GATES[gate()]
    seen = figures.decision_plane.of(neuron.weights, neuron.bias, targets, neuron.inputs, BOUNDS, following)
    plot(key, *seen, 396, main=True)
    if not any(neuron.weights):
        st.caption(_("No line: with every weight zero, the sum is the same everywhere."))


def _gate_and_score(neuron: Neuron) -> None:
    targets, said = neuron.judged
    left, right = st.columns(2)
    with left, st.container(gap=None):
        neuron.controls(["gate"])
        st.caption(str(GATES_IN_WORDS[gate()]))
    score = _("{correct} of {points}").format(correct=(targets == said).sum(), points=len(perceptron.POINTS))
    right.metric(_("Classified correctly"), score, height="content")


def _rule(neuron: Neuron, following: int) -> None:
    targets, said = neuron.judged
    (x1, x2), error = perceptron.POINTS[following], int(targets[following] - said[following])
    (w1, w2), (moved1, moved2) = neuron.weights, _moved(neuron.weights, neuron.bias, following)[0]
    with maths():
        show_lines(
            r"w \leftarrow\; & w + \eta\,(t - a)\,x",
            rf"=\; & ({bare(w1)},\ {bare(w2)}) + {perceptron.RATE} \times {tex(error)} \times ({x1:g},\ {x2:g})",
            rf"=\; & ({bare(moved1)},\ {bare(moved2)})",
        )
    words = _("Points shown: {points}. A point that it gets wrong moves the line, any other leaves it alone.")
    rule = _(
        "Points shown: {points}. F. Rosenblatt's rule (1958): a misclassified point moves the line, any other "
        "point leaves it alone. The bias is a weight whose input is always 1. The rule always uses the step "
        "function."
    )
    st.caption((words if is_plain() else rule).format(points=st.session_state["neuron_shown"]))
    if f"{QUESTION}_committed" in st.session_state:
        st.caption(_("It stops if a separating line exists. For XOR it goes on forever."))


def _moved(weights: Sequence[float], bias: float, point: int) -> tuple[np.ndarray, float]:
    """Return the weights and the bias after one step of the rule on a point."""
    return perceptron.perceptron_step(weights, bias, perceptron.POINTS[point], int(perceptron.GATES[gate()][point]))


def _show_points(how_many: int) -> None:
    """Apply the perceptron rule to the next points."""
    for _turn in range(how_many):
        values, point = numbers(), st.session_state["neuron_shown"] % len(perceptron.POINTS)
        (w1, w2), bias = _moved([values["w1"], values["w2"]], values["b"], point)
        _set(w1=w1, w2=w2, b=bias)
        st.session_state["neuron_shown"] += 1


def _start_over() -> None:
    _set(**{name: STARTS[name] for name in ("w1", "w2", "b")})
    st.session_state["neuron_shown"] = 0


PAGE = LessonPage(
    title=lazy_gettext("Neuron"),
    icon="scatter_plot",
    question=lazy_gettext("What does one neuron do?"),
    minutes=15,
    in_train=lazy_gettext("what each neuron looks for"),
    place="neurons",
    words=("neuron", "weight", "activation_function", "bias", "pre_activation"),
    shared=Neuron,
    needs_run=False,
    steps=(cell_and_model, sum_and_activation, by_hand, by_the_rule),
)
