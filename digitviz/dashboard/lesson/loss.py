"""Loss: two measures of error, and the contribution of each weight of a linear neuron to its error."""

from contextlib import AbstractContextManager
from functools import cache, cached_property
from typing import Any

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.frame import announce
from digitviz.dashboard.components.plot import clicked, plot
from digitviz.dashboard.components.predict_first import predict_first
from digitviz.dashboard.lesson import page
from digitviz.dashboard.lesson.formulas import bare, show_lines, tex, times, written
from digitviz.dashboard.session import example
from digitviz.dashboard.session.frame_choices import is_plain, maths
from digitviz.dashboard.session.steps import maths_step, step
from digitviz.figures import loss_lesson
from digitviz.language import gettext as _, joined, lazy_gettext
from digitviz.lesson.batch import batch_of
from digitviz.lesson.dot_product import closest_call
from digitviz.lesson.neuron import INPUTS, LARGEST, TARGET, WEIGHTS, Blame, blame
from digitviz.lesson.softmax import derivatives_at_the_logit, losses_along, move_probability, softmax_or_nan, wrongness
from digitviz.numbers import a_digit, numeral, short
from digitviz.training.run import Snapshot

LOW, HIGH = 0.001, 0.999
"""Ends of a slider; softmax never gives exactly 0 or 1."""
FIELD_WIDTH = 132
"""Width in pixels; two fields fit in a row on a phone."""
RATE, MAX_RATE, RATE_STEP = 0.1, 2.0, 0.01
"""Initial learning rate, its maximum and its step. With the initial numbers, 0.518 hits the target exactly, and twice
that rate overshoots it by the initial distance."""
GOAL, GUESSED = 0.05, "loss_guessed"
"""Loss to reach, and the key of the guess whether the loss rises or falls."""
STARTS = {"loss_target": TARGET}
STARTS |= {f"loss_w{number}": weight for number, weight in enumerate(WEIGHTS, start=1)}
STARTS |= {f"loss_x{number}": value for number, value in enumerate(INPUTS, start=1)}


class Guess:
    """A test digit and the prediction for it, which the visitor may have changed. Shows the choice of the digit.

    At first, it is the misread digit that the network almost reads correctly.

    Attributes
    ----------
    now : Snapshot
        Snapshot of the network that predicts.
    chosen : DigitDataset
        The chosen digit only.
    label : int
    logits, probabilities : ndarray, shape (10,)
    losses : Wrongness
        Both losses of the prediction.
    """

    def __init__(self) -> None:
        self.now = example.shown().run.snapshot
        network, test, state = self.now.network, self.now.test, st.session_state
        if "loss_digit" not in state:
            state["loss_digit"] = closest_call(network, test.pixels, test.labels) + 1
        place = page.whole_number(_("Picture no."), 1, len(test), "loss_digit", on_change=_reset_guess)
        self.chosen = test[place - 1 : place]
        self.label = int(self.chosen.labels[0])
        of_network = network.logits(self.chosen.pixels).astype(float)
        page.remarks([of_network], network.parameters.weights)
        self.logits = np.array(st.session_state.get("loss_changed", of_network[0]))
        self.probabilities: np.ndarray = softmax_or_nan(self.logits[np.newaxis])[0]
        self.losses = wrongness(self.logits[np.newaxis], self.chosen.labels)

    def change(self, digit: int, probability: float) -> None:
        """Set the probability of a digit."""
        st.session_state["loss_changed"] = move_probability(self.logits, digit, probability).tolist()

    def take_click(self) -> None:
        """Set the probability of a digit to the height that was clicked in the figure."""
        click = clicked("loss_guess")
        if click is not None and 0 <= (digit := round(click["x"])) < len(self.logits):
            self.change(digit, float(np.clip(click["y"], LOW, HIGH)))

    def take_slider(self, digit: int) -> None:
        """Set the probability of a digit to the value of its slider."""
        self.change(digit, st.session_state[f"loss_p{digit}"])

    def sliders(self) -> None:
        """Show a button that resets the prediction, and a popover with the other loss and the sliders."""
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(_("Or tap where a bar should end. The others change: all ten add up to 100%."), width="stretch")
            if "loss_changed" in st.session_state:
                st.button(_("Reset to the network's prediction"), key="loss_unbend", on_click=_reset_guess)
            more = st.popover(_("More"), width="content")
        with more:
            st.metric(_("Cross-entropy, another loss"), short(self.losses.cross_entropy, 2))
            st.html(_scale(self.losses.cross_entropy, -np.log(LOW), "0", short(-np.log(LOW), 2)))
        for digit, probability in enumerate(np.nan_to_num(self.probabilities)):
            key, label = f"loss_p{digit}", _("How sure of {digit}") if is_plain() else _("Probability of {digit}")
            st.session_state[key] = float(np.clip(probability, LOW, HIGH))
            change: dict[str, Any] = {"step": 0.001, "on_change": self.take_slider, "args": (digit,)}
            more.slider(label.format(digit=digit), LOW, HIGH, key=key, format="percent", **change)


def _reset_guess() -> None:
    """Reset the sliders to the network's prediction."""
    st.session_state.pop("loss_changed", None)


class Shown:
    """Values shared by the steps. The first step that uses one shows its controls."""

    @cached_property
    def guess(self) -> Guess:
        """The prediction."""
        return Guess()

    def __init__(self) -> None:
        self._show_fields = cache(_fields)

    def beside_the_neuron(self) -> tuple[AbstractContextManager[object], Blame]:
        """Show the fields of the linear neuron. Return the container next to them, and the result of `_blame`."""
        place, fields = st.columns([5, 3], gap="medium")
        with fields:
            self._show_fields()
            return place, _blame()


def _blame() -> Blame:
    """Return the error of the neuron with the numbers in the session state."""
    values = {key: start if (now := st.session_state.get(key)) is None else now for key, start in STARTS.items()}
    numbers = range(1, len(WEIGHTS) + 1)
    inputs, weights = (np.array([values[f"loss_{letter}{number}"] for number in numbers]) for letter in "xw")
    return blame(inputs, weights, values["loss_target"])


def _fields() -> None:
    """Show fields for the target, four inputs and four weights. An empty field counts as its initial value."""
    for key, start in STARTS.items():
        st.session_state.setdefault(key, start)

    def field(label: str, key: str) -> None:
        look: dict[str, Any] = {"step": 0.1, "format": "%.6g", "persist_state": "session", "width": FIELD_WIDTH}
        st.number_input(label, -LARGEST, LARGEST, key=key, **look)

    with st.container(gap="xxsmall"):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            field(_("Target t"), "loss_target")
            notebook = [
                _(
                    "The target 1 and the weights 0.6, 0.4, 0.1, 0.2 come from the notebook. It does not say what the "
                    "inputs were; the ones shown first on this page give the same output."
                ),
                _("It defines e as $(t - o)^2 / 2$, but it computes and distributes $t - o$."),
                _(
                    "**It drops the minus sign of $-(t - o)$.** It takes no step there, but with its formula the step "
                    "$w \\leftarrow w - \\eta\\,\\partial E/\\partial w$ would go uphill, away from the target. Keep "
                    "both minus signs, or drop both: *along* $t - o$ is *against* the gradient."
                ),
            ]
            page.notebook_remark("\n\n".join(notebook))
        for number in range(1, len(WEIGHTS) + 1):
            with st.container(horizontal=True):
                field(_("Input x{number}").format(number=number), f"loss_x{number}")
                field(_("Weight w{number}").format(number=number), f"loss_w{number}")


@step(
    title="How wrong, in one number?",
    task="**Guess**: if the [probability](#term-probability) of the right digit grows, does the [loss](#term-loss) "
    "rise or fall? Then **drag** its green bar.",
    in_school="**Guess**: if the green bar grows, does the [loss](#term-loss) rise or fall? Then **drag** it.",
    question="A network that knows nothing gives each digit 0.1. What is its loss?",
    solution="0.9² + 9 · 0.1² is 0.9, and half of that is 0.45. A loss well above it is worse than knowing nothing: "
    "the network is confident, and wrong.",
)
def one_number(shown: Shown) -> None:
    """Ask whether the loss rises or falls. Show the prediction next to the target, both losses, and the sliders."""
    numbers, bars = st.columns([2, 5], gap="large")
    with numbers:
        picture = st.container(gap=None, key="loss_shown")
        guess = shown.guess
    probabilities, losses = guess.probabilities, guess.losses
    with picture:
        chosen, answer = guess.chosen, int(np.nan_to_num(probabilities).argmax())
        plot("loss_image", *figures.digit_grid.of(chosen.images, chosen.labels, columns=1, labelled=False), 230)
        words = _("This is **{a_label}**. The network says **{answer}**.")
        st.markdown(joined([words.format(a_label=a_digit(guess.label), answer=answer), _goal(losses.cost)]))
    with bars:
        ends = [_("0: right and sure"), _("1: sure, but wrong")]
        ends = [_("right and sure"), _("sure, but wrong")] if is_plain() else ends
        words = _("loss <b>{loss}</b>").format(loss=short(losses.cost, 2))
        with st.container(key="loss_measured"):  # has a place before it comes
            told = f"<p><span>{words}</span></p><div>{'' if _is_asked() else _scale(losses.cost, 1, *ends)}</div>"
            st.html(f'<div class="digitviz-measured" data-main-picture="true">{told}</div>')
            if _is_asked():
                state, rises = st.session_state, {"rises": _("↑ It rises"), "falls": _("↓ It falls")}
                take: dict[str, Any] = {"on_change": lambda: state.update({GUESSED: state.get("loss_direction")})}
                take |= {"label_visibility": "collapsed", "width": "stretch", "format_func": rises.__getitem__}
                st.pills(_("Does the loss rise or fall?"), rises, key="loss_direction", **take)
        seen = loss_lesson.guess_and_target.of(probabilities, guess.label, True, is_plain())
        plot("loss_guess", *seen, 264, guess.take_click)
        guess.sliders()
    with numbers:
        said = joined([_("Loss"), short(losses.cost, 2)])
        with st.container(key="spoken_loss"):
            announce("loss_spoken", said if "loss_changed" in st.session_state else None)
        gaps = np.sort(np.abs(np.nan_to_num(probabilities) - (np.arange(len(probabilities)) == guess.label)))[::-1]
        terms = [f"{numeral(gap, '.3f')}²" for gap in gaps[:2]] + ["…"] * bool(gaps[2] >= loss_lesson.SMALLEST_WRITTEN)
        with maths(on_demand=True):
            named = "" if is_plain() else _("This loss is the [squared error](#term-squared_error).")
            words = joined([named, _("Half the sum of squared gaps; Train does not halve it. 0 is perfect.")])
            st.markdown(f"½ · ({' + '.join(terms)}) = **{short(losses.cost, 2)}**  \n{words}")


def _is_asked() -> bool:
    """Return whether the visitor has neither guessed what the loss does, nor changed the prediction."""
    return not st.session_state.keys() & {GUESSED, "loss_changed"}


def _goal(loss: float) -> str:
    """Return whether the guess was right and what to try next, or before the guess what the loss means."""
    if _is_asked():
        return _("The loss measures how wrong that is.")
    said = {"falls": _("Right: the loss falls."), "rises": _("No, the loss falls.")}
    verdict = "" if "loss_changed" in st.session_state else said.get(str(st.session_state.get(GUESSED)), "")
    goal = _("**✓ Loss under {goal}: right and sure.**") if loss < GOAL else _("**Get it under {goal}!**")
    return joined([verdict, goal.format(goal=short(GOAL))])


def _scale(loss: float, most: float, *words: str) -> str:
    """Return a loss as a place on a scale up to `most`, with the meanings of its ends.

    The script of the bars (`plot.js`) keeps it up to date.
    """
    scale = f'<div class="digitviz-loss" style="--loss: {100 * min(np.nan_to_num(loss) / most, 1):.1f}%"></div>'
    return f'{scale}<div class="digitviz-loss-ends">{"".join(f"<span>{word}</span>" for word in words)}</div>'


@maths_step(
    title="Which loss reacts more strongly?",
    task="**Guess**, then compare two [loss functions](#term-loss_function), squared error and "
    "[cross-entropy](#term-cross_entropy), where the probability is small.",
    question="A network gives the correct digit almost 0, and another digit almost 1. What are the two losses?",
    solution="The squared error is almost 1, half of 1 + 1, and cannot become larger. The cross-entropy has no "
    "upper limit: it grows by 2.30 each time the probability falls to a tenth.",
)
def which_reacts(shown: Shown) -> None:
    """Ask which loss reacts more strongly, then plot both against the probability of the correct digit."""
    with page.step_settings("step_settings_which_reacts"):
        guess = shown.guess
    question, curves = st.columns(2, gap="large")
    label, losses = guess.label, guess.losses
    rise = np.log(0.1 / 0.001)
    squared = np.subtract(*losses_along(guess.logits, label, np.array([0.001, 0.1]))[0])
    names = {"squared_error": _("squared error"), "cross_entropy": _("cross-entropy"), "same": _("both equally")}
    words = _("Cross-entropy rises by {rise}, squared error by only {squared}.")
    words = words.format(rise=short(rise), squared=short(squared))
    with question:
        asked = _("The probability of the correct digit falls from 0.1 to 0.001. Which loss reacts more strongly?")
        if not predict_first("loss_guess_first", asked, names, lambda one: page.verdict(one == "cross_entropy", words)):
            return
        about = _(
            "The more confident a wrong prediction, the less the squared error corrects it. That is why most "
            "classifiers are trained with cross-entropy."
        )
        st.markdown(about)
        by_logit = derivatives_at_the_logit(move_probability(guess.logits, label, 0.001), label)
        words = _(
            "Training moves the logits: at 0.001 the derivative with respect to the logit of the correct digit is "
            "{squared} for the squared error and {entropy} for cross-entropy."
        )
        with maths():
            st.markdown(words.format(squared=written(by_logit[0], 2), entropy=written(by_logit[1], 3)))
    with curves:
        here = float(guess.probabilities[label]), losses.cost, losses.cross_entropy
        plot("loss_curves", *loss_lesson.losses_against_probability.of(guess.logits, here, label), 380, main=True)


@maths_step(
    title="Both losses, digit by digit",
    task="**Predict** how many of the ten digits contribute to each of the two losses. Then work out the cross-entropy "
    "on a calculator.",
    question="Two predictions give the correct digit 0.6. One spreads the other 0.4 over nine digits, the other puts "
    "all of it on one. Which loss tells them apart?",
    solution="Only the squared error: 0.089 against 0.16. Cross-entropy looks at the correct digit alone and is "
    "0.511 for both.",
)
def by_hand(shown: Shown) -> None:
    """Show how much each digit adds to both losses, and write out both formulas."""
    with page.step_settings("step_settings_by_hand"):
        guess = shown.guess
    label, probabilities, losses = guess.label, guess.probabilities, guess.losses
    value = f"{tex(probabilities[label], 3)} = {bare(losses.cross_entropy)}"
    bars, formulas = st.columns([5, 4], gap="medium")
    with bars:
        picture = st.container()  # above the question
        asked = _("How many of the ten digits contribute to the cross-entropy?")
        answer = _("One, the correct digit. All ten contribute to the squared error.")
        guessed = predict_first("loss_terms_guess", asked, {"1": "1", "2": "2", "10": "10"}, lambda said: answer)
    with picture:
        still, terms = loss_lesson.guess_and_target.of(probabilities, label, False), loss_lesson.loss_terms
        plot("loss_terms", *(terms.of(probabilities, label) if guessed else still), 290, main=True)
    if not guessed:
        return
    with formulas, maths():
        squares = [rf"({float(digit == label):g} - {p:.3f})^2" for digit, p in enumerate(probabilities)]
        first, *rest = (" + ".join(squares[start : start + 2]) for start in range(0, 10, 2))
        lines = [rf"&= \tfrac{{1}}{{2 \cdot 1}} \big[ {first}", *(rf"&\quad + {squares}" for squares in rest)]
        both = rf"L &= -\sum_x \sum_j y_j \ln p_j = -\ln {value}", r"C &= \frac{1}{2n} \sum_x \lVert y - p \rVert^2"
        show_lines(*both, *lines[:-1], rf"{lines[-1]} \big]", f"&= {bare(losses.cost)}")
        with st.container(horizontal=True, vertical_alignment="center"):
            words = _(
                "The squared error C is the quadratic cost of M. Nielsen, *Neural Networks and Deep Learning*, ch. "
                "1, who writes a for p."
            )
            st.caption(words, width="stretch")
            page.notebook_remark(_of_one_batch(guess.now))


def _of_one_batch(now: Snapshot) -> str:
    """Return a sentence on the value that the notebook would plot for the run's current batch."""
    batch = batch_of(example.shown().run, now.batch)
    whole = wrongness(now.network.logits(batch.pixels).astype(float), batch.labels)
    words = _(
        "The notebook writes $1/2n$, but its code only sums: on batch {number} of this run, it would plot "
        "**{squares}**, while C is {squares} / (2 × {digits}) = **{cost}**. The lowest point is the same; "
        "the steps that lead there differ in length."
    )
    return words.format(
        number=numeral(batch.number + 1), squares=short(whole.squares, 4), digits=len(batch), cost=short(whole.cost, 4)
    )


@maths_step(
    title="The error of one neuron",
    task="Its output is the weighted sum of its inputs. **Predict**: should it grow or shrink? Then choose a target on "
    "its other side.",
    question="The error falls as the output grows. In which direction should the output go?",
    solution="Up. The derivative of the error is negative there. Going against the sign of the derivative always leads "
    "downhill, here towards the target.",
)
def its_error(shown: Shown) -> None:
    """Show the error of the neuron, E against its output, and the derivative."""
    answer, found = shown.beside_the_neuron()
    with answer:
        plot("loss_parabola", *loss_lesson.error_parabola.of(found), 230, main=True)
    with answer, maths():
        left, right = st.columns(2)
        products = [times(x, w) for x, w in zip(found.inputs, found.weights, strict=True)]
        output = tex(found.output)
        with left:
            show_lines(
                rf"o &= {' + '.join(products[:2])}",
                rf"&\quad + {' + '.join(products[2:])}",
                rf"&= {bare(found.output)}",
                rf"& t - o = {tex(found.target)} - {output} = {bare(found.error)}",
            )
        with right:
            show_lines(
                rf"E &= \tfrac12 (t - o)^2 = {bare(found.squared_error)}",
                r"\frac{\partial E}{\partial o} &= -(t - o)",
                rf"&= -({bare(found.target)} - {output})",
                rf"&= {bare(found.derivative)}",
            )


@maths_step(
    title="Who gets the blame?",
    task="**Predict** which bar disappears when you set an input to 0. Then set a weight to 0.",
    question="Why follow the gradient, rather than divide the error in proportion to the weights?",
    solution="Dividing in proportion asks which weight is *large*; the gradient asks which weight can *change* "
    "something. A weight whose input is 0 caused none of the error, so its gradient is 0, yet it still gets a share of "
    "the blame. A weight of 0 gets no share, so it could never grow. And a share of the error is not a change of a "
    "weight: it hits the target only by luck.",
)
def two_ways(shown: Shown) -> None:
    """Show the changes of the weights in proportion to the weights, and by gradient descent."""
    answer, found = shown.beside_the_neuron()
    rate = float(st.session_state.get("loss_rate", RATE))  # its slider is in the next step
    steps = -rate * found.gradient
    with answer:
        plot("loss_blame", *loss_lesson.blame_shares.of(found, steps), 198, main=True)
    with answer, maths():
        share, descent = st.columns(2, gap="medium")
        with share:
            st.markdown(_("**In proportion to the weights**"))
            _in_proportion(found)
        with descent:
            st.markdown(_("**Gradient descent**"))
            show_lines(
                r"\Delta w_i &= -\eta\,\frac{\partial E}{\partial w_i}",
                r"&= \eta\,(t - o)\,x_i",
                rf"\Delta w_1 &= {tex(rate)} \cdot {tex(found.error)} \cdot {tex(found.inputs[0])}",
                rf"&= {bare(steps[0], 2)}",
            )
        if not found.inputs.any():
            st.info(_("Every input is 0, so the output is 0 whatever the weights are, and the gradient is 0."))


def _in_proportion(found: Blame) -> None:
    rule = r"\frac{w_i}{\sum_k w_k}\,(t - o)"
    if found.shares is None:
        st.latex(rf"\Delta w_i = {rule}")
        words = _(
            "The weights add up to 0, so the error cannot be divided in proportion to them. Gradient descent does "
            "not have this problem."
        )
        st.info(words)
        return
    fraction = rf"\frac{{{bare(found.weights[0])}}}{{{bare(found.weights.sum())}}}"
    product, share = rf"{fraction} \cdot {tex(found.error)}", bare(found.shares[0], 2)
    show_lines(rf"\Delta w_i &= {rule}", rf"\Delta w_1 &= {product}", f"&= {share}", gap="[2ex]")


@maths_step(
    title="Where do the two ways lead?",
    task="Which way comes closer to the target? **Find** the [learning rate](#term-learning_rate) that hits it.",
    question="What happens when the learning rate is twice the one that hits the target?",
    solution="The step is twice as long and ends as far beyond the target as it started before it: the error stays. "
    "With an even larger learning rate, it grows with every step.",
)
def where_they_land(shown: Shown) -> None:
    """Show the output after each of the two changes of the weights."""
    picture, words = st.columns([5, 3], gap="medium")
    with words:
        rate = page.slider(_("Learning rate"), 0.0, MAX_RATE, "loss_rate", value=RATE, step=RATE_STEP)
        found = _blame()
    output = found.output_of(found.weights - rate * found.gradient)
    landings = {_("after gradient descent"): (output, loss_lesson.STEP_COLOUR)}
    with words:
        if found.shares is not None:
            share = found.output_of(found.weights + found.shares)
            landings = {_("after dividing in proportion"): (share, loss_lesson.SHARE_COLOUR)} | landings
            st.markdown(
                _("**In proportion to the weights**: the output becomes {output}.").format(output=short(share, 4))
            )
        st.markdown(_("**Gradient descent**: the output becomes {output}.").format(output=short(output, 4)))
        exact = found.exact_rate
        if exact is not None and (abs(rate - exact) < RATE_STEP or exact > MAX_RATE):  # otherwise it is a spoiler
            st.caption(
                _("One step with the learning rate {rate} would hit the target exactly.").format(rate=short(exact, 4))
            )
    with picture:
        plot("loss_landing", *loss_lesson.error_parabola.of(found, landings), 330, main=True)


PAGE = page.LessonPage(
    title=lazy_gettext("Loss"),
    icon="target",
    question=lazy_gettext("How wrong is it?"),
    minutes=25,
    in_train=lazy_gettext("the loss curve of every batch"),
    place="losses",
    words=("probability", "loss", "squared_error", "loss_function", "cross_entropy", "learning_rate"),
    shared=Shown,
    of_run=(one_number, which_reacts, by_hand),
    steps=(one_number, which_reacts, by_hand, its_error, two_ways, where_they_land),
)
