"""Backpropagation: the chain rule as equations of pictures, one step of a weight, and gradient checks."""

from functools import cached_property, partial
from typing import NamedTuple

import numpy as np
import streamlit as st

from digitviz.dashboard.components.choice import choice, held
from digitviz.dashboard.components.flow import flow
from digitviz.dashboard.components.plot import clicked, plot
from digitviz.dashboard.components.predict_first import predict_first
from digitviz.dashboard.lesson import page
from digitviz.dashboard.lesson.flow import blame_on_its_way
from digitviz.dashboard.lesson.formulas import bare, decimals_for, fixed, show_lines, tex, tex_fixed, written
from digitviz.dashboard.session import example
from digitviz.dashboard.session.frame_choices import maths
from digitviz.dashboard.session.steps import WHOLE, maths_step, step
from digitviz.explanations.gradient_check import EPSILONS, GradientCheck, check_weight, relative_error
from digitviz.figures import gradients
from digitviz.language import gettext as _, joined, lazy_gettext
from digitviz.lesson import chain_rule
from digitviz.lesson.batch import batch_of, clearness, digits_in_reach
from digitviz.networks.activations import ACTIVATIONS
from digitviz.networks.losses import LOSSES
from digitviz.numbers import numeral
from digitviz.training.setup import batch_rows

DIGIT, LAYER, ROW, COLUMN = (f"backpropagation_{name}" for name in ("digit", "layer", "row", "column"))
FACTOR = "backpropagation_factor"
EPSILON, USUAL_EPSILON = "backpropagation_epsilon", 1e-5
MAX_TERMS = 3
"""Maximum number of products written out; a batch has a hundred."""
SEARCHED = 2_000
"""Maximum number of training digits among which the page looks for wrong answers."""
RATES = (0.1, 1.0, 10.0, 100.0, 1_000.0, 10_000.0)
"""Multiples of the run's learning rate."""
OWNERS = {
    "squared_error": lazy_gettext("twice the squared error"),
    "cross_entropy": lazy_gettext("twice the cross-entropy"),
    "none": lazy_gettext("no loss at all"),
}
"""Losses that the notebook's gradient may belong to."""


class Place(NamedTuple):
    """Layer, row and column of a weight, each counted from 0."""

    layer: int
    row: int
    column: int


class ShownBatch:
    """The batch that the page shows. The first step that picks a digit or a weight shows its fields.

    Attributes
    ----------
    run, settings, snapshot, parameters, batch
        Objects of the shown run; parameters in float64.
    how : (str, str, str)
        Names of activation, loss and gradient.
    moment : tuple
        Identifies the point in training.
    """

    def __init__(self) -> None:
        self.run = example.shown().run
        self.settings = self.run.hyperparameters
        self.how = (self.settings.activation, self.settings.loss, self.settings.gradient)
        self.snapshot = self.run.snapshot
        self.moment = self.snapshot.moment
        self.parameters = self.snapshot.network.parameters.in_float64()
        self.batch = batch_of(self.run, self.snapshot.batch, limit=digits_in_reach(self.parameters))

    @cached_property
    def fields(self) -> st.delta_generator.DeltaGenerator:
        """Place of the fields of a step."""
        count, everything = len(self.batch), self.settings.batch_size
        words = _("Numbers from batch {number} of this run. Digits in it: {count}.")
        if count < everything:
            words = _(
                "Numbers from batch {number} of this run: only the first {count} of its {all} digits, because "
                "the network is large."
            )
        row = page.step_settings()
        with row, st.popover(_("Which batch?"), width="content"):
            st.caption(words.format(number=numeral(self.batch.number + 1), count=count, all=numeral(everything)))
        return row

    @cached_property
    def answered(self) -> np.ndarray:
        """Training digits to blame weights for: those with wrong answers, the clearest first, then the batch."""
        train = self.run.train[:SEARCHED]
        wrong = np.flatnonzero(self.snapshot.network.predict(train.pixels) != train.labels)
        clearest_first = wrong[np.argsort(-clearness(train)[wrong], kind="stable")]
        return np.concatenate([clearest_first, batch_rows(self.settings, len(self.run.train), self.batch.number)])

    @cached_property
    def rule(self) -> chain_rule.ChainRule:
        """The chain rule of the batch."""
        return chain_rule.chain_rule(self.parameters, self.batch, *self.how)

    @cached_property
    def picked(self) -> Place:
        """The weight picked by a click on a figure or in its fields."""
        with self.fields:
            return _pick(self.rule.gradients)

    @cached_property
    def checks(self) -> list[GradientCheck]:
        """Gradients of the picked weight by finite differences, one for each of `EPSILONS`."""
        x, one_hot, (activation, loss, _gradient) = self.batch.x, self.batch.one_hot, self.how
        return check_weight(self.parameters, *self.picked, x, one_hot, activation, loss, EPSILONS)

    @property
    def weight_letter(self) -> str:
        """LaTeX name of the picked weight, with indices as on the screen."""
        layer, row, column = self.picked
        down, across = chain_rule.sides_of_weights(layer, len(self.parameters.weights))
        return f"w_{{{layer + 1},{row + down.first},{column + across.first}}}"


def _pick(gradients: list[np.ndarray]) -> Place:
    """Show fields for the layer, row and column of a weight. They start at the largest gradient of each layer."""
    state = st.session_state
    names = [f"w{number}" for number in range(1, len(gradients) + 1)]

    def largest_gradient() -> None:
        layer = names.index(state[LAYER])
        sizes = np.abs(np.nan_to_num(gradients[layer]))
        row, column = np.unravel_index(sizes.argmax(), sizes.shape)
        down, across = chain_rule.sides_of_weights(layer, len(gradients))
        state[ROW], state[COLUMN] = int(row) + down.first, int(column) + across.first

    if state.get(LAYER) not in names:
        state[LAYER] = names[0]
        largest_gradient()
    layer = names.index(choice(_("Weights"), names, key=LAYER, on_change=largest_gradient))
    down, across = chain_rule.sides_of_weights(layer, len(gradients))
    rows, columns = gradients[layer].shape
    row = page.whole_number(_("From {side}").format(side=down), down.first, rows - 1 + down.first, ROW)
    column = page.whole_number(_("To {side}").format(side=across), across.first, columns - 1 + across.first, COLUMN)
    return Place(layer, row - down.first, column - across.first)


def _pick_clicked(key: str, layer: int) -> None:
    """Pick the weight that was clicked in a figure; the axes show indices as on the screen."""
    if (click := clicked(key)) is not None:
        st.session_state[LAYER] = f"w{layer + 1}"
        st.session_state[ROW], st.session_state[COLUMN] = int(click["y"]), int(click["x"])


@step(
    title="The blame flows back",
    task="**Tap** the neuron that you blame, then **Play** [backpropagation](#term-backpropagation).",
    in_school="**Tap** the neuron that you blame, then press **Play**.",
    question="Which weights of a neuron are not to blame for a wrong answer?",
    solution="Those whose pixels have no ink: nothing came in along their edges. And all weights of a neuron whose "
    "activation is flat at its sum, because no blame gets through it.",
)
def blame(shown: ShownBatch) -> None:
    """Show how the blame for one answer flows back along the edges to a weight."""
    with page.step_settings(key="step_settings_digit"):
        number = page.whole_number(_("Another digit"), 1, len(shown.answered), DIGIT)
    one = batch_of(shown.run, shown.batch.number, rows=shown.answered[number - 1 : number])
    rule, settings = chain_rule.chain_rule(shown.parameters, one, *shown.how), shown.settings
    flow("backpropagation_flow", blame_on_its_way(rule, one.pixels[0], settings.activation, settings.learning_rate))


@maths_step(
    title="The chain rule, factor by factor",
    task="All digits of the batch at once: the [chain rule](#term-chain_rule) as equations of pictures. **Select** a "
    "picture to enlarge it. Which result is used twice?",
    question="Why is the gradient computed from the last layer to the first?",
    solution="The blame of a layer is computed from that of the layer above it, which passes back through the weights "
    "and is multiplied by the derivative of the activation. Going backwards, each blame is computed once and used "
    "twice: for the gradient of its own weights, and for the blame of the layer below.",
)
def chain(shown: ShownBatch) -> None:
    """Show one equation of the chain rule, or all of them, and enlarge the picked factor."""
    equations, factors = shown.rule.equations(), shown.rule.factors()
    letters, state = [factor.letter for factor in factors], st.session_state
    state[FACTOR] = min(state.get(FACTOR, 0), len(factors) - 1)
    pictures, large = st.columns([3, 2], gap="medium")
    with large:
        page.remarks([shown.rule.probabilities], shown.parameters.weights)
        name = _("{name}: {value}")
        titles = {place: name.format(name=place + 1, value=factor.meaning) for place, factor in enumerate(factors)}
        place = page.select_slider(_("Step through the backward pass"), titles, FACTOR)
        enlarged = factors[place]
        rows, columns = enlarged.values.shape
        equals = f" = {enlarged.formula}" * bool(enlarged.formula)
        st.latex(rf"\underset{{{rows} \times {columns}}}{{{enlarged.letter}}}{equals}")
        plot("backpropagation_factor_picture", *gradients.factor.of(enlarged), 205)
        lowest, highest = written(enlarged.values.min(), 3), written(enlarged.values.max(), 3)
        st.caption(_("From {lowest} to {highest}.").format(lowest=lowest, highest=highest))
    if not state.get(WHOLE):  # the first equation with this factor
        equations = [next(parts for parts in equations if enlarged.letter in [part.factor.letter for part in parts])]
    parts = [part for equation in equations for part in equation]

    def enlarge() -> None:
        click = clicked("backpropagation_chain")
        if click is not None and 0 <= click["curveNumber"] < len(parts):
            state[FACTOR] = letters.index(parts[click["curveNumber"]].factor.letter)

    with pictures:
        seen, height = gradients.chain_rule.of(equations, enlarged.letter), gradients.ROW_HEIGHT * len(equations)
        plot("backpropagation_chain", *seen, height, enlarge, main=True)
        st.caption(_("⊤ transposes, ⊙ multiplies cells. δ: M. Nielsen, *Neural Networks and Deep Learning*, ch. 2."))


@maths_step(
    title="The gradient of one weight",
    task="**Predict** the [gradients](#term-gradient) of the weights of pixel 1, a corner. Then **select a cell** to "
    "see which products its gradient adds up.",
    question="A pixel is 0 in the whole batch. What are the gradients of its weights?",
    solution="They are 0: the pixel is a factor of every product in the sum. A step on this batch does not change "
    "these weights, whatever the error is.",
)
def gradient_of_a_weight(shown: ShownBatch) -> None:
    """Show the gradient of the picked weight's matrix, and write the weight's own gradient as a sum."""
    layer, row, column = shown.picked
    letter, key = rf"\nabla w_{layer + 1}", "backpropagation_gradient"
    picture, formulas = st.columns([3, 2], gap="medium")
    with picture:
        factor = next(factor for factor in shown.rule.factors() if factor.letter == letter)
        plot(key, *gradients.factor.of(factor, (row, column)), 384, partial(_pick_clicked, key, layer), main=True)
        _whose_gradient(shown)
    with formulas, maths():
        _sum_of_products(shown.rule, shown.picked, shown.weight_letter)
        with st.container(key="backpropagation_hidden"):  # always present, so that the figures below are not rebuilt
            if layer + 1 < len(shown.parameters.weights):
                number = 1
                if len(shown.batch) > 1:
                    number = st.slider(_("Digit i in the batch"), 1, len(shown.batch), key="backpropagation_sample")
                _hidden_delta(shown.rule, layer, number, column)


def _whose_gradient(shown: ShownBatch) -> None:
    if shown.how[1:] == ("squared_error", "notebook"):
        st.caption(_("This is the notebook's gradient. It is not that of the squared error; step 7 shows why."))


def _sum_of_products(rule: chain_rule.ChainRule, picked: Place, weight: str) -> None:
    layer, row, column = picked
    entering, deltas = rule.terms(layer, row, column)
    products = entering * deltas
    largest = np.argsort(-np.abs(products), kind="stable")[:MAX_TERMS]
    down, across = chain_rule.sides_of_weights(layer, len(rule.weights))
    enters = rf"x_{{i,{row + down.first}}}" if layer == 0 else rf"a_{{{layer},i,{row + down.first}}}"
    delta = rf"\delta_{{{layer + 1},i,{column + across.first}}}"
    first, *rest = (rf"{tex(entering[n])} \cdot {tex(deltas[n])}" for n in largest)
    terms = [rf"&= {first}", *(f"&+ {term}" for term in rest)]
    terms[-1] += r" + \dots" * (len(products) > MAX_TERMS)
    total = bare(rule.gradients[layer][row, column])
    show_lines(rf"\nabla {weight} &= \sum_{{i=1}}^{{{len(products)}}} {enters}\ {delta}", *terms, f"&= {total}")


def _hidden_delta(rule: chain_rule.ChainRule, layer: int, number: int, column: int) -> None:
    """Write out the delta of one hidden neuron for one digit of the batch, numbered from 1."""
    n, neuron, here, above = number - 1, column + 1, layer + 1, layer + 2
    back, derivative = rule.handed_back[layer][n, column], rule.derivatives[layer][n, column]
    handed_back = rf"\sum_k \delta_{{{above},{number},k}}\,w_{{{above},{neuron},k}}\Big)"
    show_lines(
        rf"\delta_{{{here},{number},{neuron}}} = \Big(& {handed_back}\,\sigma'(z_{{{here},{number},{neuron}}})",
        rf"=\; & {tex(back)} \cdot {tex(derivative)} = {{{bare(rule.deltas[layer][n, column])}}}",
    )


@maths_step(
    title="One step on one batch",
    task="**Predict** at which learning rate a [step](#term-step) makes the loss rise, then move the slider. **Select "
    "a cell** to choose its weight.",
    question="A step follows the gradient downhill. How can the loss still rise?",
    solution="The gradient only says how the loss changes nearby. A long step leaves that neighbourhood: it jumps over "
    "the lowest point and lands higher up on the other side.",
)
def step_on_a_batch(shown: ShownBatch) -> None:
    """Show how one step changes the loss, the weights of a layer, and the picked weight."""
    layer, row, column = shown.picked
    picture, moved = st.columns([3, 2], gap="medium")
    with moved:
        usual = shown.settings.learning_rate
        rates = {times: written(times * usual, 3) for times in RATES}
        rate = usual * page.select_slider(_("Learning rate"), rates, "backpropagation_rate", value=1.0)
        step = chain_rule.one_step(shown.parameters, shown.batch, *shown.how, rate)
        _losses(step)
        with st.container(key="backpropagation_stuck"):  # always present, so that the figures are not rebuilt
            if not any(gradient.any() for gradient in shown.rule.gradients):
                words = _("Every gradient is 0: no error reaches the weights, and no step, however long, changes them.")
                st.info(words)
            elif step.loss_after > step.loss_before:
                st.caption(_("The step is too long: it overshoots, and the loss rises."))
        with maths():
            show_lines(f"L &= {LOSSES[shown.settings.loss].formula}", r"w &\leftarrow w - \eta\,\nabla w")
            _moved_weight(step, shown.picked, rate, shown.weight_letter)
    with picture:
        key = f"backpropagation_step_{layer}"
        build = partial(gradients.one_step.plain, step, layer, (row, column))  # its weights can be large
        plot(key, (*shown.moment, rate, row, column), build, 410, partial(_pick_clicked, key, layer), main=True)
        _whose_gradient(shown)


def _losses(step: chain_rule.Step) -> None:
    """Show both losses and their difference, with enough decimals to show the difference."""
    change = step.loss_after - step.loss_before
    decimals = max(decimals_for(step.loss_before, 3), min(decimals_for(change, 2), 12))
    before, after, difference = (fixed(value, decimals) for value in (step.loss_before, step.loss_after, change))
    head = [_("Loss before"), _("Loss after"), _("Change")]
    st.markdown(page.table(head, [before, after, "+" * (change > 0) + difference], first="---:"))


def _moved_weight(step: chain_rule.Step, place: Place, rate: float, letter: str) -> None:
    layer, row, column = place
    before, derivative, after = (part.weights[layer][row, column] for part in (step.before, step.gradient, step.after))
    decimals = max(decimals_for(before, 3), min(decimals_for(after - before, 3), 12))
    show_lines(
        rf"{letter} \leftarrow\; & {{{tex_fixed(before, decimals)}}}",
        rf"& - {bare(rate)} \cdot {tex(derivative)}",
        rf"=\; & {{{tex_fixed(after, decimals)}}}",
    )


@maths_step(
    title="How steep is each activation?",
    task="**Predict** for each activation function where it is flat, so that no blame passes back. Then move the "
    "slider there.",
    question="Why do networks with many sigmoid layers learn slowly?",
    solution="The derivative of the sigmoid is at most 0.25, and each layer multiplies the error by it on the way "
    "back. After a few layers hardly anything is left: the gradients vanish.",
)
def derivatives(shown: ShownBatch) -> None:
    """Show every activation with its derivative, and the numbers of one of them."""
    curves, words = st.columns([3, 2], gap="medium")
    with words:
        titles, usual = {name: activation.title for name, activation in ACTIVATIONS.items()}, shown.settings.activation
        name = choice(_("Activation"), titles, key="backpropagation_bend", default=usual, style="selectbox")
        z = page.slider(_("Pre-activation z"), -5.0, 5.0, "backpropagation_z", value=1.0, step=0.1)
        activation = ACTIVATIONS[name]
        value, derivative = (bare(float(part)) for part in activation.value_and_derivative(np.array(z)))
        with maths():
            show_lines(
                rf"\sigma(z) &= {activation.formula}",
                rf"\sigma'(z) &= {activation.derivative_formula}",
                rf"\sigma({bare(z)}) &= {value}",
                rf"\sigma'({bare(z)}) &= {derivative}",
            )
        st.caption(_("A ReLU neuron below zero learns nothing from that digit."))
        if activation.derivative_from_the_right is not None:
            convention = _("Its curve has a corner at z = 0. Like torch, we use {derivative} as the derivative there.")
            at_the_corner = float(activation.value_and_derivative(np.array(0.0))[1])
            remark = _("At z = 0, where the curve has a corner, the notebook's own gradient uses 1 as the derivative.")
            page.notebook_remark(f"{convention.format(derivative=f'{at_the_corner:g}')}\n\n{remark}")
    with curves:
        plot("backpropagation_slopes", *gradients.activation_derivatives.of(name, z), 400, main=True)


@maths_step(
    title="Is the gradient right?",
    task="Move the selected weight up and down a little and see how the loss changes: is the smallest distance the "
    "best?",
    question="Why is the error smallest for a medium distance?",
    solution="If the distance is too large, the loss curves between the two points. If it is too small, the two losses "
    "agree in all but their last digits, and rounding errors swamp the difference.",
)
def by_differences(shown: ShownBatch) -> None:
    """Compare the gradient of the picked weight with finite differences of the loss."""
    course, numbers = st.columns([3, 2], gap="medium")
    with numbers:
        distances = {value: fixed(value, decimals_for(value, 1)) for value in EPSILONS}
        epsilon = page.select_slider(_("Distance"), distances, EPSILON, value=USUAL_EPSILON)
        check = shown.checks[EPSILONS.index(epsilon)]
        decimals = min(decimals_for(check.loss_above, 9), 12)
        above, below = (tex_fixed(loss, decimals) for loss in (check.loss_above, check.loss_below))
        found = {_("the chain rule (exact)"): check.by_hand, _("finite differences of the loss"): check.by_differences}
        error = f"**{written(relative_error(check.by_hand, check.by_differences), 2)}**"
        with maths():
            show_lines(
                r"\frac{\partial L}{\partial w} &\approx "
                r"\frac{L(w + \varepsilon) - L(w - \varepsilon)}{2\,\varepsilon}",
                rf"&= \frac{{{above} - {below}}}{{2 \cdot {bare(epsilon)}}}",
                rf"&= {bare(check.by_differences, 6)}",
                gap="[2ex]",
            )
            _two_derivatives(shown.weight_letter, found, [_("relative error"), error])
    with course:
        errors = np.array([relative_error(each.by_hand, each.by_differences) for each in shown.checks])
        plot("backpropagation_check", *gradients.check_errors.of(np.array(EPSILONS), errors, epsilon), 400, main=True)


def _two_derivatives(weight: str, derivatives: dict[str, float], *more: list[str]) -> None:
    decimals = max(min(decimals_for(value, 8), 14) for value in derivatives.values())
    rows = [[name, fixed(value, decimals)] for name, value in derivatives.items()]
    st.markdown(page.table([_("${weight}$ from").format(weight=weight), _("derivative")], *rows, *more))


@maths_step(
    title="The notebook's secret",
    task="The gradient that the notebook follows does not belong to the loss it plots. Guess which loss it belongs to.",
    question="The notebook follows the gradient of one loss and plots another. Why does it still learn?",
    solution="Both losses are lowest when the probabilities equal the labels. As long as the angle between their "
    "gradients is below 90°, a short step down one of them also leads down the other.",
)
def secret(shown: ShownBatch) -> None:
    """Ask which loss the notebook's gradient belongs to, and show the answer along the run."""
    along = chain_rule.gradients_along(shown.run, shown.snapshot.batch)
    question = _question(shown, shown.checks[0])  # its exact gradients do not depend on epsilon
    words, picture = st.columns(2, gap="medium")
    with words:
        if not predict_first("backpropagation_secret", question, OWNERS, partial(_answer, along)):
            return
    with picture:
        plot("backpropagation_secret_picture", *gradients.angle_and_length.of(along), 245, main=True)
        st.markdown(_angle_now(along))
    check = shown.checks[EPSILONS.index(held(EPSILON, EPSILONS, USUAL_EPSILON))]
    notebooks, entropys = _("the notebook's 2 (p − y)"), _("finite differences of 2 × cross-entropy")
    with words, st.popover(_("Show the maths")):
        _two_derivatives(shown.weight_letter, {notebooks: check.notebook, entropys: check.twice_cross_entropy})


def _question(shown: ShownBatch, check: GradientCheck) -> str:
    asked = _(
        "The notebook plots the squared error, but starts its backward pass from 2 (p − y): twice the "
        "difference between each probability and its target. Which loss has this gradient?"
    )
    if shown.settings.loss != "squared_error":
        return asked
    numbers = _("For ${weight}$ this gives {notebook}, while the derivative of the squared error is {exact}.").format(
        weight=shown.weight_letter, notebook=written(check.notebook), exact=written(check.by_hand)
    )
    return joined([asked, numbers])


def _answer(along: chain_rule.GradientsAlong, guess: str) -> str:
    words = _(
        "It leaves out the softmax between logits and probabilities, and that gives exactly the gradient of 2 × "
        "cross-entropy. On this run, the two differ by at most {difference} of their size, which is rounding error."
    )
    difference = written(max(along.strangeness, float(np.finfo(float).eps)), 1)
    return page.verdict(guess == "cross_entropy", words.format(difference=difference))


def _angle_now(along: chain_rule.GradientsAlong) -> str:
    if not np.isfinite(along.angles[-1]):
        return _("One of the two gradients is now zero, so the angle between them is undefined.")
    now = _(
        "Now it points **{angle}°** away from the gradient of the squared error and is **{ratio}** times as long. "
        "Below 90°, both still lead downhill."
    ).format(angle=f"{along.angles[-1]:.1f}", ratio=written(along.lengths[-1], 3))
    if len(along.batches) > 1:
        return now
    return joined([now, _("So far, only the starting point is known. Train, then come back to see how both change.")])


PAGE = page.LessonPage(
    title=lazy_gettext("Backpropagation"),
    icon="undo",
    question=lazy_gettext("Who is to blame?"),
    minutes=25,
    in_train=lazy_gettext("what one step changes"),
    place="step",
    words=("backpropagation", "chain_rule", "gradient", "step"),
    shared=ShownBatch,
    of_run=(blame, chain, gradient_of_a_weight, step_on_a_batch, by_differences, secret),
    steps=(blame, chain, gradient_of_a_weight, step_on_a_batch, derivatives, by_differences, secret),
)
