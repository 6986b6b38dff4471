"""Network: the run's network as a diagram, one of its neurons as a sum, and a network of any size as matrices."""

from functools import cached_property, partial
from itertools import pairwise

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.choice import choice
from digitviz.dashboard.components.plot import clicked, plot
from digitviz.dashboard.components.predict_first import predict_first
from digitviz.dashboard.lesson import page
from digitviz.dashboard.lesson.formulas import bare, show_activation, show_dot_product, show_lines
from digitviz.dashboard.runtime.shared import shared
from digitviz.dashboard.session import current_run, example
from digitviz.dashboard.session.frame_choices import is_plain, maths
from digitviz.dashboard.session.steps import maths_step, step
from digitviz.explanations.matching import match_neurons
from digitviz.explanations.starts import likeness, train_from
from digitviz.figures.diagram import EDGES, LETTERS, patterns
from digitviz.language import gettext as _, joined, lazy_gettext
from digitviz.lesson.dot_product import count_parameters, dot_product
from digitviz.lesson.softmax import softmax_or_nan
from digitviz.networks.network import Network
from digitviz.networks.parameters import INPUTS, OUTPUTS
from digitviz.numbers import in_percent, numeral, probability_in_percent
from digitviz.training.hyperparameters import Hyperparameters

BATCH, HIDDEN = Hyperparameters.RANGES["batch_size"], Hyperparameters.RANGES["hidden"]
NOTEBOOK = Hyperparameters().layer_sizes
PRESSED = "network_pressed"
"""Key of the guess in the session state: the index of a digit, and of the neuron that it fits best, or None. Until a
visitor has guessed, or chosen a neuron, the page asks."""
STRONG = 8
"""Number of neurons with the largest weights, of which the page asks about three. Those of others look alike."""
TOOLS = 57
"""Height in pixels of the titles above the diagram on a phone and the buttons below it."""
METER = 5
"""Number of squares that show how much a neuron passes on."""
MAX_STARTS = 9
"""Number of initial weights for the second network. The server keeps one network for each."""


class Picked:
    """A test digit in the run's network, and one neuron. Shows their fields.

    Attributes
    ----------
    now : Snapshot
    sizes : tuple of int
        Sizes of all layers.
    digit : int
        Index of the test digit.
    pixels : ndarray, shape (64,)
    label : int
    layer, neuron : int
        Layer (0 for the input) and index in it.
    is_output : bool
        True if the neuron is an output.
    more : DeltaGenerator
        Popover with the fields of the neuron, for further words on it.
    limit : int or None
        Maximum number of lines between two layers.
    number : int
        Number of the neuron on the screen: its digit if it is an output, otherwise from 1.
    pre_activations, entering : list of ndarray
        Pre-activations and inputs of each layer with weights.
    passed_on : list of ndarray
        Outputs of the neurons of each layer; in the last layer, the probabilities.
    """

    def __init__(self) -> None:
        run = example.shown().run
        self.now, self.sizes = run.snapshot, run.hyperparameters.layer_sizes
        with page.step_settings("step_settings_below"):
            self.digit = digit = page.whole_number(_("Picture no."), 1, len(self.now.test), "network_digit") - 1
            self.pixels, self.label = self.now.test.pixels[digit], int(self.now.test.labels[digit])
            self.pre_activations, self.entering = self.now.network.layers(self.pixels[None])
            self.is_opened = PRESSED in st.session_state
            if not self.is_opened:
                st.session_state["network_layer"] = 1
                st.session_state["network_neuron"] = self.fits_best + _first_number(1, self.sizes)
            self.more = st.popover(_("More"), width="content")
            if self.is_opened:
                st.button(_("Another digit"), key="network_another", on_click=_ask_again, args=(len(self.now.test),))
        probabilities = softmax_or_nan(self.pre_activations[-1])[0]
        self.passed_on = [*(values[0] for values in self.entering), probabilities]
        with self.more:
            self.layer, self.neuron = _neuron(self.sizes)
            words = _("All lines, not only the strongest")
            has_all = st.toggle(words, key="network_lines", persist_state="session", on_change=_open)
            self.limit = None if has_all else EDGES
            st.metric(_("Label"), self.label)
            is_known = not np.isnan(probabilities).all()
            st.metric(_("Read as"), int(np.nanargmax(probabilities)) if is_known else _("not a number"))
        self.is_output = self.layer == len(self.sizes) - 1
        self.number = self.neuron + _first_number(self.layer, self.sizes)

    @property
    def fits_best(self) -> int:
        """Index of the neuron of the first layer with weights that has the largest sum."""
        return int(np.nan_to_num(self.pre_activations[0][0]).argmax())

    @property
    def asked(self) -> np.ndarray:
        """Neurons to ask about: the one that fits best, and some with strong weights. Empty if none fits best."""
        sums, weights = self.pre_activations[0][0], self.now.network.parameters.weights[0]
        is_finite = np.isfinite(weights).all() and np.isfinite(sums).all()
        if not is_finite or len(sums) < 2 or (sums == sums.max()).sum() > 1:
            return np.empty(0, int)
        strong = np.union1d(np.argsort(-np.abs(weights).max(axis=0), kind="stable")[:STRONG], [self.fits_best])
        order = strong[np.argsort(sums[strong], kind="stable")]
        return np.unique(order[[0, len(order) // 4, len(order) // 2, -1]])


def _open() -> None:
    """Show the diagram without a guess."""
    st.session_state.setdefault(PRESSED, None)


def _ask_again(count: int) -> None:
    """Ask about the next of `count` digits."""
    del st.session_state[PRESSED]
    st.session_state["network_digit"] = st.session_state["network_digit"] % count + 1


def _first_number(layer: int, sizes: tuple[int, ...]) -> int:
    """Return the number of a layer's first neuron. Outputs are numbered like their digits, all others from 1."""
    return 0 if layer == len(sizes) - 1 else 1


def _neuron(sizes: tuple[int, ...]) -> tuple[int, int]:
    """Show the fields for a neuron. Return its layer (0 for the input) and its index in it."""
    hidden = [_("hidden {number}").format(number=number) for number in range(1, len(sizes) - 1)]
    names = dict(enumerate([_("input"), *hidden, _("output")]))
    layer = choice(_("Layer"), names, key="network_layer", default=1, style="selectbox", on_change=_open)
    first = _first_number(layer, sizes)
    last = first + sizes[layer] - 1
    return layer, page.whole_number(_("Neuron"), first, last, "network_neuron", on_change=_open) - first


def pick_clicked(sizes: tuple[int, ...], asked_of: int | None = None) -> None:
    """Pick the neuron that was clicked on the diagram, or take a click on a pattern as a guess `asked_of` a digit."""
    match (clicked("diagram") or {}).get("customdata"):
        case [int(), int(neuron)] if asked_of is not None:
            st.session_state[PRESSED] = asked_of, neuron
        case [int(layer), int(neuron)]:
            st.session_state["network_layer"] = layer
            st.session_state["network_neuron"] = neuron + _first_number(layer, sizes)


class Shown:
    """Values shared by the steps. The first step that uses one shows its controls."""

    @cached_property
    def picked(self) -> Picked:
        """The picked digit and neuron."""
        return Picked()

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """Sizes of all layers set by the controls: (64, 50, 10) in the notebook."""
        run = _follow_the_run()
        count = page.slider(_("Hidden layers"), 0, int(HIDDEN.count.high), "network_layers")
        hidden, ends = [], (int(HIDDEN.neurons.low), int(HIDDEN.neurons.high))
        for number in range(1, count + 1):
            if number % 2:  # a row of two, so that a phone shows them in their order
                columns = st.columns(2)
            key, label = f"network_hidden_{number}", _("Neurons in layer {number}").format(number=number)
            with columns[(number - 1) % 2]:
                hidden.append(page.whole_number(label, *ends, key, run.hidden[0] if run.hidden else 50))
        return (INPUTS, *hidden, OUTPUTS)


def _follow_the_run() -> Hyperparameters:
    """Copy the sizes of the run to the controls if the run is new. Return its settings."""
    run = current_run.job().run.hyperparameters
    if st.session_state.get("network_run") is not run:
        sizes = {f"network_hidden_{number}": size for number, size in enumerate(run.hidden, start=1)}
        st.session_state.update(network_run=run, network_batch=run.batch_size, network_layers=len(run.hidden), **sizes)
    return run


@step(
    title="Each layer feeds the next",
    task="**Press** a pattern, then circles of any [layer](#term-layer).",
    question="How many weights enter one neuron of the first hidden layer, and why?",
    solution="64, one for each pixel: every neuron receives everything that the layer before it passes on.",
)
def diagram(shown: Shown) -> None:
    """Show the neurons of all layers, with the strongest weights and the output of the picked neuron."""
    one = shown.picked
    parameters, place = one.now.network.parameters, (one.layer, one.neuron)
    high = figures.phone_height(np.bincount(figures.lay_out(parameters).layers).tolist()) + TOOLS
    st.html(f"<style>div.st-key-diagram {{ --phone: {high:.0f}px; }}</style>")
    if not one.is_opened and len(asked := one.asked):
        seen = patterns.of(one.entering[0][0], parameters.weights[0][:, asked], asked, one.label)
        plot("diagram", *seen, 440, partial(pick_clicked, one.sizes, one.digit), main=True)
        return
    is_empty = one.layer == 0 and not one.pixels[one.neuron]  # it contributes nothing
    layout = figures.lay_out(parameters, place, 0 if is_empty else one.limit, one.passed_on)
    near = sum(one.sizes[max(one.layer - 1, 0) : one.layer + 2]) - one.sizes[one.layer]
    if 0 < (count := int(np.count_nonzero(layout.pushes))) < near:
        drawn = _("Drawn: the {drawn} of its {count} weights that push most.")
        one.more.caption(drawn.format(drawn=count, count=near))
    said = "<br>".join([*_verdict(one), _says(one)])
    clue = parameters.weights[0][:, one.neuron] if said and one.layer == 1 == len(one.sizes) - 2 else None
    seen = figures.network_diagram.of(layout, one.passed_on, place, said, one.label, clue)
    plot("diagram", *seen, 440, partial(pick_clicked, one.sizes), main=True)
    page.remarks(one.pre_activations, parameters.weights)


def _verdict(one: Picked) -> list[str]:
    """Return whether the guess about this digit was right while the neuron that it fits best is picked."""
    guess, place = st.session_state.get(PRESSED), (one.digit, one.layer, one.neuron)
    if guess is None or place != (guess[0], 1, one.fits_best):
        return []
    words = _("Yes, {letter} fits best.") if guess[1] == one.neuron else _("No, {letter} fits best.")
    return [words.format(letter=LETTERS[one.asked.tolist().index(one.neuron)])]


def _says(one: Picked) -> str:
    """Return how much the picked neuron passes on, and for which digit it votes."""
    value = float(np.nan_to_num(one.passed_on[one.layer])[one.neuron])
    if one.layer == 0:
        said = _("This pixel has ink {value} of 16").format(value=f"<b>{one.pixels[one.neuron]:.3g}</b>")
        return said if value else _("{value}: it is silent").format(value=said)
    if not np.isfinite(one.passed_on[one.layer][one.neuron]):
        return ""
    if one.is_output:
        return _("This output gets {share}").format(share=f"<b>{probability_in_percent(value)}</b>")
    level = abs(value) / (np.abs(np.nan_to_num(one.passed_on[one.layer])).max() or 1)
    full, number = int(np.ceil(METER * level)), "" if is_plain() and value >= 0 else f" {numeral(value, '.3g')}"
    words = (
        _("This neuron is loud") if level > 0.5 else _("This neuron is quiet") if value else _("This neuron is silent")
    )
    lines = [words, f"<b style='color:{figures.SENDS}'>{'■' * full}{'□' * (METER - full)}{number}</b>"]
    if not value or one.layer < len(one.sizes) - 2:
        return "<br>".join(lines)
    with np.errstate(over="ignore"):
        pushed = np.nan_to_num(value * one.now.network.parameters.weights[-1][one.neuron])
    if pushed.max() <= 0:
        return "<br>".join([_("It pushes no digit up."), *lines])
    lines.insert(0, _("It votes for {digit}.").format(digit=f"<b>{pushed.argmax()}</b>"))
    return "<br>".join(lines)


@step(
    title="Each neuron adds up its weighted inputs",
    task="**Predict** from the picture of the products, each an input times its [weight](#term-weight), whether "
    "their sum is positive. Then check it.",
    in_school="Each input times its weight pushes the neuron up (red) or down (blue). **Predict** which wins.",
    question="Which pixels cannot change this sum for this digit, whatever their weights are?",
    solution="Those without ink: their input is 0, and so is its product with any weight.",
)
def weighted_sum(shown: Shown) -> None:
    """Show the products in the picked neuron's sum, and their total."""
    one = shown.picked
    if one.layer == 0:
        ink = f"{one.entering[0][0, one.neuron]:g}"
        st.info(_("A pixel has no weights: it passes on its ink, {ink}. Choose another layer.").format(ink=ink))
        return
    picture, formulas = st.columns([5, 3], gap="large")
    network = one.now.network
    dot = dot_product(network, one.pixels, one.layer - 1, one.neuron)
    with picture:
        if one.layer == 1:  # the two kinds of figure have different axes, so they need different keys
            plot("products_of_pixels", *figures.products_as_pictures.of(dot), 260, main=True)
        else:
            plot("products", *figures.products_as_bars.of(dot), 380, main=True)
        page.remarks(one.pre_activations, network.parameters.weights, "remarks_sum")
        passed_on = one.passed_on[one.layer][one.neuron]
        if not page.guess_of_sum(f"test_{one.digit}", one.layer, one.number, one.is_output, dot, passed_on):
            return
    with formulas, maths():
        show_dot_product(dot, rf"z_{{{one.layer},{one.number}}}")
        if one.is_output:
            st.latex(rf"p_{{{one.number}}} = \mathrm{{softmax}}(z_{one.layer})_{{{one.number}}} = {bare(passed_on)}")
        else:
            show_activation(network.activation, dot.total, passed_on)


@step(
    title="How many weights does it learn?",
    task="**Guess** first, then see how the number of weights grows when you add a [hidden layer](#term-hidden_layer) "
    "or neurons.",
    question="Why is there an activation between two layers of weights?",
    solution="Without it, the product of all the weight matrices is a single matrix, and all layers act as one, as R. "
    "Guthrie's PyTorch tutorial shows.",
)
def count(shown: Shown) -> None:
    """Ask for the number of weights in the notebook's network, and count them for any sizes."""
    question = _("How many weights does the notebook's network, {sizes}, learn?")
    question = question.format(sizes="-".join(map(str, NOTEBOOK)))
    products = " + ".join(f"{entering} × {leaving}" for entering, leaving in pairwise(NOTEBOOK))
    answer = _("It learns {weights}: {products}, one for each connection between two layers.")
    answer = answer.format(weights=numeral(count_parameters(NOTEBOOK, bias=False)), products=products)
    committed = predict_first("network_guess", question, (0.0, 10_000.0, 100.0), lambda guess: answer)
    controls, formula = st.columns([1, 2], gap="large")
    with controls:
        sizes = shown.sizes
    with formula:
        if committed:
            words = _("Numbers to learn: {weights} weights, plus {biases} biases if the network has them.")
            weights = count_parameters(sizes, bias=False)
            st.markdown(
                words.format(weights=numeral(weights), biases=numeral(count_parameters(sizes, bias=True) - weights))
            )
        with maths():
            st.markdown(_("For one digit, a row x of 64 numbers, in a network with biases b:"))
            _one_digit(len(sizes) - 1)


def _one_digit(layers: int) -> None:
    innermost = r"\sigma(" * (layers - 1) + r"x\,w_1 + b_1"
    parts = [innermost, *(rf")\,w_{number} + b_{number}" for number in range(2, layers + 1))]
    lines = [parts[:3], parts[3:]]  # three parts fit in a line on a phone
    first, *rest = ("".join(line) for line in lines if line)
    softmax = rf"p =\; & \mathrm{{softmax}}(z_{layers})"
    show_lines(rf"z_{layers} =\; & {first}", *(f"& {line}" for line in rest), softmax)


@maths_step(
    title="A whole batch at once",
    task="**Predict** which matrices change their shape when you double the batch size. Then try it.",
    question="Does a larger batch give the network more weights to learn?",
    solution="No. Only x, z, a and p get more rows; the weight matrices stay as they are.",
)
def batch_as_matrices(shown: Shown) -> None:
    """Show the shapes of all matrices for a batch."""
    settings = _follow_the_run()
    controls, matrices = st.columns([1, 2], gap="large")
    with controls:
        batch = page.whole_number(_("Batch size"), int(BATCH.low), int(BATCH.high), "network_batch")
        sizes = shown.sizes
        if sizes != settings.layer_sizes:
            st.caption(_("The diagram stays as it is; only the shapes follow these controls."))
    with matrices:
        words = _("For a batch of {batch}, one row per digit, the weight matrices stay the same (b only with biases):")
        st.markdown(words.format(batch=numeral(batch)))
        _shapes(sizes, batch)
        about = _(
            "Many textbooks write a digit as a column instead, with the transposed weights on its left. R. "
            "Guthrie's PyTorch tutorial points out that torch takes rows, too."
        )
        st.caption(about)
        remark = _(
            "The notebook writes biases and a σ at the end, but its network has no biases, and its last layer has no "
            "σ: softmax turns its logits into probabilities."
        )
        biases = _("Your run has biases.") if settings.bias else _("Your run has no biases either.")
        page.notebook_remark(remark if current_run.begun() is None else joined([remark, biases]))


@step(
    title="Is it the same network with new weights?",
    task="Two small networks learned from the same digits and differ only in their first, random weights. **Compare** "
    "them: do their neurons look for the same things?",
    question="Is it the same network again after New weights and another training?",
    solution="No. It reads about as many digits, but with other neurons. Even if each neuron is compared with the most "
    "similar one, they are similar but not the same.",
)
def same_network(shown: Shown) -> None:
    """Show the neurons of two networks that differ only in their initial weights."""
    test, start = current_run.shipped_digits().split()[1], st.session_state.setdefault("network_start", 1)
    first, second = (shared().get(_trained, seed) for seed in (0, start))
    order = match_neurons(first, second)[0]
    with st.container(key="same-network"):
        columns = st.columns(2, gap="medium")  # above the controls
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(_("New weights"), key="network_new", icon=":material/casino:", on_click=_other_start)
            matched = st.toggle(_("Most similar neurons side by side"), key="network_matched", persist_state="session")
        pictures = zip(columns, (first, second), (None, order if matched else None), strict=True)
        for number, (column, network, of_neurons) in enumerate(pictures, start=1):
            accuracy = network.accuracy(test.pixels, test.labels)
            words = _("**Network {number}** reads {accuracy} of the test digits.")
            column.markdown(words.format(number=number, accuracy=in_percent(accuracy)))
            both = (first.parameters, second.parameters)
            seen = figures.neuron_images.of(network.parameters, 6, order=of_neurons, on_scale_of=both)
            with column:
                plot(f"network_start_{number}", *seen, 230, main=number == 1)
        words = _(
            "Both give the same answer for {agree} of them. Likeness of the neurons, where 1 is the same and 0 "
            "unrelated: **{same}** by number, **{best}** if each stands beside the most similar one."
        )
        same, best = (numeral(likeness(first, second, by), ".2f") for by in (None, order))
        agree = (first.predict(test.pixels) == second.predict(test.pixels)).mean()
        st.markdown(words.format(agree=in_percent(agree), same=same, best=best))


def _other_start() -> None:
    """Choose other initial weights for the second network."""
    st.session_state["network_start"] = st.session_state.get("network_start", 1) % MAX_STARTS + 1


def _trained(seed: int) -> Network:
    return train_from(seed, current_run.shipped_digits().split()[0])


def _shapes(sizes: tuple[int, ...], batch: int) -> None:
    def matrix(name: str, rows: int, columns: int) -> str:
        return rf"\underset{{{rows} \times {columns}}}{{{name}}}"

    last = len(sizes) - 1
    for number, (entering, leaving) in enumerate(pairwise(sizes), start=1):
        enters = matrix("x" if number == 1 else f"a_{number - 1}", batch, entering)
        z = rf"{enters}\;{matrix(f'w_{number}', entering, leaving)} + {matrix(f'b_{number}', 1, leaving)}"
        leaves, result = (f"z_{number}", z) if number == last else (f"a_{number}", rf"\sigma(\,{z}\,)")
        st.latex(f"{matrix(leaves, batch, leaving)} = {result}")
    st.latex(rf"{matrix('p', batch, sizes[-1])} = \mathrm{{softmax}}(z_{last})")


PAGE = page.LessonPage(
    title=lazy_gettext("Network"),
    icon="hub",
    question=lazy_gettext("What is a network?"),
    minutes=15,
    in_train=lazy_gettext("the weights before and after"),
    place="weights",
    words=("layer", "weight", "hidden_layer"),
    shared=Shown,
    of_run=(diagram, weighted_sum),
    steps=(diagram, weighted_sum, count, same_network, batch_as_matrices),
)
