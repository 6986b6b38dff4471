"""Forward: one digit on its way, one sum, the probabilities, overflow in softmax, and the matrices of a batch."""

from collections.abc import Sequence
from functools import cached_property, partial

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.choice import choice
from digitviz.dashboard.components.flow import flow
from digitviz.dashboard.components.plot import clicked, plot
from digitviz.dashboard.components.predict_first import predict_first
from digitviz.dashboard.lesson import page
from digitviz.dashboard.lesson.flow import digit_on_its_way
from digitviz.dashboard.lesson.formulas import bare, show_activation, show_dot_product, show_lines, tex, written
from digitviz.dashboard.session import example
from digitviz.dashboard.session.frame_choices import SCHOOL, level, maths
from digitviz.dashboard.session.steps import maths_step, step
from digitviz.figures.forward import Matrix
from digitviz.language import gettext as _, joined, lazy_gettext
from digitviz.lesson import softmax
from digitviz.lesson.chain_rule import Side, sides_of_weights
from digitviz.lesson.dot_product import dot_product, forward_sums, seconds_per_guess
from digitviz.numbers import numeral, probability_in_percent, short
from digitviz.training.setup import batch_rows

BIG = 1000
"""Number added to the logits at first."""
FARTHEST = 1500
"""Largest number that can be added to the logits."""
MAX_WITH_DECIMALS = 100_000
"""Limit beyond which logits are written as powers of ten."""


class Pass:
    """A batch in the network, with the picked row and cell. The first step that uses one shows its fields.

    Attributes
    ----------
    network : Network
    last : int
        Index of the last layer of weights, from 0. Its pre-activations are the logits.
    """

    def __init__(self) -> None:
        self._run = example.shown().run
        self._now = self._run.snapshot
        self.network = self._now.network
        self.last = len(self.network.parameters.weights) - 1

    @cached_property
    def _fields(self) -> st.delta_generator.DeltaGenerator:
        return page.step_settings()

    @cached_property
    def batch(self) -> page.PickedRow:
        """The batch and its picked row: at first, the digit of batch 1 that the network is least sure of, but right."""
        if "forward_row" not in st.session_state:
            digits = self._run.train[batch_rows(self._run.hyperparameters, len(self._run.train), 0)[: page.MAX_ROWS]]
            logits = self.network.logits(digits.pixels)
            is_right = logits.argmax(axis=1) == digits.labels
            sure = np.nan_to_num(softmax.softmax_or_nan(logits), nan=2).max(axis=1)
            st.session_state["forward_row"] = int(np.where(is_right, sure, 2).argmin()) + 1
        with self._fields:
            return page.PickedRow(self._run, "forward")

    @cached_property
    def place(self) -> tuple[int, int]:
        """Layer of weights (from 0) and column (a digit in the logits, otherwise a neuron) of the picked cell."""
        state, digit = st.session_state, self.batch.digits.pixels[self.batch.row]  # its fields come first
        layers = {_z(layer): layer for layer in range(self.last + 1)}
        what, names = _("Matrix"), {name: name for name in layers}
        if level() == SCHOOL:
            what = _("Layer")
            hidden_layer = _("hidden layer {number}")
            names = {name: hidden_layer.format(number=layer + 1) for name, layer in layers.items()}
            names[_z(self.last)] = _("output layer")
        with self._fields:
            layer = layers[choice(what, names, key="forward_sum", style="selectbox")]
            side, label = (Side.OUTPUT, _("Digit")) if layer == self.last else (Side.NEURON, _("Neuron"))
            first, columns = side.first, self.network.parameters.weights[layer].shape[1]
            if "forward_column" not in state:  # the neuron that contributes most
                state["forward_column"] = forward_sums(self.network, digit)[layer].target + first
            return layer, page.whole_number(label, first, first + columns - 1, "forward_column") - first

    @cached_property
    def layers(self) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Pre-activations and inputs of each layer of weights; see `Network.layers`. Explains infinite ones."""
        both = self.network.layers(self.batch.digits.pixels)
        page.remarks(both[0], self.network.parameters.weights)
        return both

    @property
    def logits(self) -> np.ndarray:
        """Logits of the picked digit, shape (10,)."""
        return np.asarray(self.layers[0][-1][self.batch.row])


def _z(layer: int) -> str:
    """Return the name of a layer's pre-activations; layers count from 0."""
    return f"z{layer + 1}"


def pick_clicked(panels: Sequence[tuple[str | None, bool]]) -> None:
    """Pick the clicked cell.

    Parameters
    ----------
    panels : sequence of (str or None, bool)
        For each matrix in the figure: the name of the pre-activations that its columns belong to, if any, and True if
        its rows are digits of the batch.
    """
    click = clicked("forward")
    if click is None or not 0 <= click["curveNumber"] < len(panels):
        return
    name, of_batch = panels[click["curveNumber"]]
    if name is not None:
        st.session_state["forward_sum"] = name
        st.session_state["forward_column"] = round(click["x"])
    if of_batch:
        st.session_state["forward_row"] = round(click["y"])


def _matrices(shown: Pass) -> dict[str, Matrix]:
    """Return the matrices from the input to the probabilities, by title."""
    last, parameters = shown.last, shown.network.parameters
    first = min(shown.place[0], max(last - 1, 0))  # the layer of the picked cell, or the one before the logits
    multiplied = [first, last] if first == last - 1 else [first]  # "…" stands for products further on
    pre_activations, entering = shown.layers
    matrices: dict[str, Matrix] = {}
    for layer in multiplied:
        enters, leaves = sides_of_weights(layer, last + 1)
        owner = _z(layer - 1) if matrices else None
        matrices["x" if layer == 0 else f"a{layer}"] = Matrix(entering[layer], (Side.DIGIT, enters), owner, "→")
        matrices[f"w{layer + 1}"] = Matrix(parameters.weights[layer], (enters, leaves), _z(layer), "×")
        equals = "=" if parameters.biases is None else f"+ b{layer + 1}<br>="
        matrices[_z(layer)] = Matrix(pre_activations[layer], (Side.DIGIT, leaves), _z(layer), equals)
    logits = pre_activations[-1]
    if last not in multiplied:
        matrices[f"a{first + 1}"] = Matrix(entering[first + 1], (Side.DIGIT, Side.NEURON), _z(first), "→")
        matrices[_z(last)] = Matrix(logits, (Side.DIGIT, Side.OUTPUT), _z(last), "…")
    matrices["p"] = Matrix(softmax.softmax_or_nan(logits), (Side.DIGIT, Side.OUTPUT), _z(last), "→")
    return matrices


@step(
    title="One digit on its way",
    task="**Pick** the digit that it will say, and watch the [forward pass](#term-forward_pass).",
    in_school="**Pick** the digit that it will say, and watch.",
    question="A pixel without ink: what does it add to the sum of a neuron?",
    solution="Nothing, whatever the weight of its edge: 0 times any number is 0.",
)
def on_its_way(shown: Pass) -> None:
    """Show one digit on its way through the network, with numbers on the edges."""
    batch = shown.batch
    pixels, label = batch.digits.pixels[batch.row], int(batch.digits.labels[batch.row])
    flow("forward_flow", digit_on_its_way(shown.network, pixels, label))
    shown.layers  # noqa: B018  # explains infinite numbers


@step(
    title="What one neuron adds up",
    task="Red bars push the [pre-activation](#term-pre_activation) up, blue ones pull it down. **Predict** whether it "
    "is positive and gets through a [ReLU](#term-relu).",
    in_school="Red bars push the sum of one neuron up, blue ones pull it down. **Predict** whether it is above 0.",
    question="Some pixels add nothing to the sum, whatever their weights are. Which ones?",
    solution="Those without ink: 0 times any weight is 0. Their bars have no height.",
)
def one_cell(shown: Pass) -> None:
    """Show the dot product behind the picked cell, as bars and as a sum."""
    layer, column = shown.place
    batch, is_last = shown.batch, layer == shown.last
    dot = dot_product(shown.network, batch.digits.pixels[batch.row], layer, column)
    passed_on = dot.total if is_last else shown.layers[1][layer + 1][batch.row, column]
    source, number = "pixel" if layer == 0 else "neuron", column if is_last else column + 1
    bars, letters = st.columns([3, 2], gap="large")
    with bars:
        plot("forward_products", *figures.products_as_bars.of(dot, source), 260, main=True)
        of = f"training_{batch.rows[batch.row]}"
        if not page.guess_of_sum(of, layer + 1, number, is_last, dot, passed_on):
            return
    with letters, maths():
        words = _("**Digit {row} of the batch, neuron {number}**: a dot product of {count} pairs")
        if is_last:
            words = _("**Digit {row} of the batch, logit of {number}**: a dot product of {count} pairs")
        st.markdown(words.format(row=batch.row + 1, number=number, count=len(dot.products)))
        name, enters = f"z_{layer + 1}", "x" if layer == 0 else f"a_{layer}"
        bias = "" if dot.bias is None else rf" + (b_{{{layer + 1}}})_j"
        st.latex(rf"({name})_{{ij}} = \sum_k ({enters})_{{ik}}\,(w_{layer + 1})_{{kj}}{bias}")
        show_dot_product(dot, rf"({name})_{{{batch.row + 1},{number}}}")
        if not is_last:
            show_activation(shown.network.activation, dot.total, passed_on)


@step(
    title="How many multiplications is one guess?",
    task="Could you do them with a calculator in a lesson of 45 minutes, if each takes a second?",
    question="How many would it be with twice as many neurons in every hidden layer?",
    solution="With one hidden layer, twice as many. With several, the weights between two hidden layers become four "
    "times as many, because both ends have twice as many neurons.",
)
def multiplications(shown: Pass) -> None:
    """Count the multiplications of one guess, one a second as on a calculator, and measure the network's time."""
    weights = shown.network.parameters.weights
    count = sum(weight.size for weight in weights)
    products = " + ".join(f"{weight.shape[0]:,} × {weight.shape[1]:,}" for weight in weights)
    with st.container(key="multiplications"):
        number, calculator, computer = st.columns([4, 5, 4], gap="large")
        number.metric(_("Multiplications in one guess"), numeral(count))
        number.caption(_("One for every weight: {products}").format(products=products))
        with calculator:
            time = f"{count // 3_600}:{count // 60 % 60:02}:{count % 60:02}"
            right = "yes" if count <= 45 * 60 else "no"
            words = _("It takes {time} hours.").format(time=time)
            asked = _("Would one lesson be enough?"), {"yes": _("yes"), "no": _("no")}
            if not predict_first("forward_calculator", *asked, lambda guess: page.verdict(guess == right, words)):
                return
            st.markdown(_("**You, with a calculator**, so far:"))
            st.html(f'<div class="digitviz-multiplied" style="--multiplications: {count}"></div>')
        took = written(1000 * seconds_per_guess(shown.network), 1)
        computer.metric(_("This computer"), _("{milliseconds} ms").format(milliseconds=took))
        computer.caption(_("Measured just now, with additions and activations."))


@step(
    title="Ten scores become ten probabilities",
    task="Look at the ten scores ([logits](#term-logits)), and **predict** the largest probability after "
    "[softmax](#term-softmax).",
    in_school="The higher its score, the more probable a digit. **Predict**: how probable is the one with the highest "
    "score?",
    question="What happens to the probabilities when you add 5 to all ten scores?",
    solution="Nothing. All ten powers grow by the same factor, and so does their sum: the factor cancels. Only the "
    "differences between logits matter.",
)
def probabilities(shown: Pass) -> None:
    """Show the logits of one digit and the probabilities that softmax computes from them."""
    logits, label = shown.logits, int(shown.batch.digits.labels[shown.batch.row])
    row, guess = softmax.softmax_or_nan(logits[None])[0], int(logits.argmax())
    bars, formula = st.columns([3, 2], gap="large")
    with bars:
        picture = st.container()  # above the question
        words = _("The {guess} has the largest score and gets {share}.")
        largest = float(row[guess])
        words = words.format(share=probability_in_percent(largest), guess=guess)
        question = _("How large is the largest of the ten probabilities?")
        choices = {"low": _("below 50%"), "middle": _("50% to 90%"), "high": _("above 90%")}
        right = {"low": largest < 0.5, "middle": 0.5 <= largest <= 0.9, "high": largest > 0.9}
        key = f"forward_largest_{shown.batch.rows[shown.batch.row]}"
        guessed = predict_first(key, question, choices, lambda said: page.verdict(right[said], words))
    with picture:
        seen = figures.logits_and_probabilities.of(logits, row if guessed else None, label)
        plot("two_lines", *seen, 278, main=True)
    if not guessed:
        return
    with formula:
        words = _("The label is {label}. The ten probabilities add up to {total}.")
        st.markdown(words.format(label=label, total=short(row.sum(), 6)))
        with maths():
            st.latex(r"p_k = \mathrm{softmax}(z)_k = \frac{e^{z_k}}{\sum_j e^{z_j}}")
            steps = softmax.softmax_steps(logits)
            room = r"\rule{0pt}{1.2em}"  # space for the exponent
            divided = rf"\frac{{{room} e^{{{bare(logits.max())}}}}}{{\sum_j e^{{z_j}}}}"
            if np.nan_to_num(steps.plain).any():  # the powers and their sum are finite
                divided += rf" = \frac{{{bare(steps.powers[guess])}}}{{{bare(steps.powers.sum())}}}"
            show_lines(rf"p_{guess} &= {divided}", rf"&= {bare(row[guess])}")
            about = _(
                "R. Guthrie's PyTorch tutorial names three building blocks: affine maps and non-linearities, which "
                "this page shows, and objectives, which the page Loss shows."
            )
            st.caption(about)


@maths_step(
    title="When a power becomes infinite",
    task="Softmax raises e, about 2.718, to the power of each score. **Type** 1000 as the power. Then find the "
    "smallest whole number that is too large.",
    question="With large weights, a score can reach 800. Why does the plain formula fail there?",
    solution="e to the power of 800 is too large for the 64 bits of a number, so it becomes inf. Each probability is "
    "then inf divided by inf, which is not a number.",
)
def too_large(shown: Pass) -> None:
    """Let the visitor type an exponent, and show its power and where powers overflow."""
    words, picture = st.columns([1, 2], gap="large")
    with words:
        power = page.whole_number(_("Power of e"), -FARTHEST, FARTHEST, "forward_power", default=1)
        value = softmax.softmax_steps(np.array([float(power)])).powers[0]
        st.metric(_("e to the power of {power}").format(power=power), written(value))
        if not np.isfinite(value):
            answer = _("For the computer, it is infinity: a number that large does not fit into 64 bits.")
            if power - 1 < softmax.LARGEST_EXPONENT:  # otherwise it is a spoiler
                answer = _("For the computer, it is infinity: the largest power that fits is about exp({exponent}).")
            st.markdown(answer.format(exponent=numeral(softmax.LARGEST_EXPONENT, ".2f")))
    with picture:
        plot("softmax_powers", *figures.powers_of_e.of(np.array([float(power)]), FARTHEST), 230, main=True)


def _what_comes_out(steps: softmax.SoftmaxSteps) -> str:
    here = _("Here the plain formula still works: move the slider to the right.")
    if np.isnan(steps.plain).any():
        here = _("Here the plain formula divides inf by inf, which is **nan**, not a number.")
    elif not steps.plain.any():  # each power was divided by infinity
        here = _("Here each power still fits, but their sum is inf, and the plain formula gives **0** for all ten.")
    return joined([_("Adding the same number to all logits should not change the probabilities."), here])


@maths_step(
    title="Why softmax subtracts the maximum",
    task="**Predict** which of the four rows change when you move the slider. Then move it, past 709 and back again.",
    question="After the maximum has been subtracted, what is the largest power? Can a power still become 0?",
    solution="The largest is e to the power of 0, which is 1, so nothing becomes infinite. Powers of exponents below "
    "about −745 do become 0, which does no harm: those probabilities are almost 0 anyway, and the sum is at least 1.",
)
def without_the_maximum(shown: Pass) -> None:
    """Show that subtracting the maximum prevents overflow."""
    words, formula, picture = st.columns([3, 5, 5], gap="medium")
    with words:
        shift = page.slider(_("Add to all ten logits"), 0, FARTHEST, "forward_shift", value=BIG)
        steps = softmax.softmax_steps(shown.logits, shift)
        remark = _(
            "The notebook's first softmax normalizes columns. That is correct for one digit as a column; for this "
            "batch, one row per digit, the probabilities of row {row} would add up to {total} instead of 1. It is "
            "not safe for rows either: a row more than {depth} below the largest logit of the batch would become "
            "all zeros."
        )
        total = softmax.column_softmax(shown.layers[0][-1])[shown.batch.row].sum()
        depth = numeral(-softmax.SMALLEST_EXPONENT, ",.0f")
        page.notebook_remark(remark.format(row=shown.batch.row + 1, total=short(total), depth=depth))
    with picture:
        plot("forward_shifted", *figures.powers_of_e.of(steps.logits, FARTHEST), 135, main=True)
    with st.container(gap="xxsmall"):
        st.markdown(_what_comes_out(steps))
        st.container(key="softmax_table").markdown(_table(steps))
    with formula:
        powers, shifted = tex(steps.powers.max()), tex(steps.shifted_powers.max())
        show_lines(
            r"\frac{e^{z_k}}{\sum_j e^{z_j}} &= \frac{e^{z_k - \max z}}{\sum_j e^{z_j - \max z}}",
            rf"\max z &= {bare(steps.logits.max(), 6)}",
            rf"e^{{\max z}} &= {powers}, \quad e^{{\max z - \max z}} = {shifted}",
        )


def _table(steps: softmax.SoftmaxSteps) -> str:
    """Return the numbers as a Markdown table, one column per digit."""
    of_logits = ".2f" if np.abs(np.nan_to_num(steps.logits)).max() < MAX_WITH_DECIMALS else ".2g"
    rows = [
        ("$z$", steps.logits, of_logits),
        ("$e^{z}$", steps.powers, ".2g"),
        (_("plain"), steps.plain, ".3f"),
        (_("safe"), steps.safe, ".3f"),
    ]
    body = [[f"**{title}**", *(format(x, how).replace("-", "−") for x in values)] for title, values, how in rows]
    return page.table([_("digit"), *map(str, range(len(steps.logits)))], *body, others="---")


@maths_step(
    title="All digits of a batch at once",
    task="Every digit is a row. Predict which row and which column a cell comes from, then **select** it.",
    question="In the notebook, x is a batch of 100 digits with 64 pixels each, and w1 is 64 × 50. What is the shape of "
    "z1, and which two numbers must match?",
    solution="z1 is 100 × 50: each row of x meets each column of w1. Both must have the same length, so x needs as "
    "many columns as w1 has rows, here 64.",
)
def matrices(shown: Pass) -> None:
    """Show the matrices of the forward pass. A click picks a cell."""
    (layer, column), matrices = shown.place, _matrices(shown)
    seen = figures.forward_matrices.of(matrices, shown.batch.row, (_z(layer), column))
    columns = [(matrix.belongs_to, matrix.sides[0] == Side.DIGIT) for matrix in matrices.values()]
    plot("forward", *seen, 340, partial(pick_clicked, columns), main=True)
    words = _("Blue is below 0, red above. Grey shows ink in x and probability in p = softmax({logits}).")
    st.caption(words.format(logits=_z(shown.last)))


PAGE = page.LessonPage(
    title=lazy_gettext("Forward"),
    icon="arrow_forward",
    question=lazy_gettext("How does a digit become an answer?"),
    minutes=20,
    in_train=lazy_gettext("test digits on their way through the network"),
    place="guesses",
    words=("forward_pass", "pre_activation", "relu", "logits", "softmax"),
    shared=Pass,
    of_run=(on_its_way, one_cell, probabilities, without_the_maximum, matrices),
    steps=(on_its_way, one_cell, multiplications, probabilities, too_large, without_the_maximum, matrices),
)
