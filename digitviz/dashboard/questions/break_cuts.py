"""Ablation on "Break it": silence neurons by clicks, cut the smallest weights, and edit weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.choice import choice
from digitviz.dashboard.components.plot import clicked, plot
from digitviz.dashboard.components.predict_first import predict_first
from digitviz.dashboard.questions.asked_digit import AskedDigit
from digitviz.dashboard.questions.computed import computed
from digitviz.dashboard.questions.controls import Remembered, button
from digitviz.dashboard.questions.subject import Subject
from digitviz.dashboard.session.steps import step
from digitviz.drawing.prediction import percent
from digitviz.explanations import ablation
from digitviz.explanations.progress import OnProgress
from digitviz.figures.draw import evenly
from digitviz.figures.picture import Plain
from digitviz.language import gettext as _
from digitviz.language import joined, lazy_gettext, listed, ngettext
from digitviz.networks.activations import ACTIVATIONS
from digitviz.networks.forward import forward
from digitviz.networks.network import INPUT_SCALES, Network
from digitviz.numbers import in_percent, numeral, short

Layer = tuple[str, int]
"""Owner of the network (see `owner_of`), and index of a hidden layer or matrix, from 0."""
MANY = 50
"""Number of neurons that fit the usual height of the figure; with more, the numbers would overlap."""
MAX_POINTS = 101
"""Maximum number of points on the curve of silenced neurons."""
FRACTIONS = np.linspace(0.0, 1.0, 41)
LAYER, CUT, MATRIX, TYPED = "silent_layer", "cut_fraction", "cut_matrix", "typed_weight"
"""Keys of the controls."""
MAX_TYPED = 100
"""Maximum number of typed weights that can be undone; the oldest are dropped."""
MIN_RANGE, LARGEST = 100.0, 1e12
"""Lower and upper bound for the limit of typed weights, which is ten times the largest weight."""
PRETRAINED_LOSS = "cross_entropy"
"""Loss that trained the pretrained network."""


@dataclass(frozen=True)
class Typed:
    """A typed weight: its matrix, row and column (from 0), and its value."""

    layer: int
    row: int
    column: int
    value: float


SILENT: Remembered[frozenset[int]] = Remembered("silent_neurons", frozenset())
"""Indices of the silenced neurons, from 0, for one `Layer`."""
TYPED_ONES: Remembered[list[Typed]] = Remembered("typed_weights", [])
"""Typed weights in order, for one `owner_of`."""
CHOSEN: Remembered[tuple[int, int] | None] = Remembered("chosen_weight", None)
"""Row and column of the selected weight, for one `Layer`."""


def owner_of(asked: Subject) -> str:
    """Return an id of the run or of the pretrained network. It does not depend on the point in training."""
    return asked.id if asked.run is None else asked.run.serial


@step(
    title=lazy_gettext("Fewer neurons"),
    task=lazy_gettext(
        "**Select** a neuron of the [hidden layer](#term-hidden_layer) to silence it, and select it again to restore "
        "it. Find the one that matters most."
    ),
    question=lazy_gettext(
        "Suppose that each of several neurons can be removed alone without any loss of accuracy. Can all of them be "
        "removed together?"
    ),
    solution=lazy_gettext(
        "Often not. Without one neuron, what the others contribute may still be enough for the correct answer. But "
        "nothing adapts: each neuron that is removed is missing from the sums, and without the whole layer every digit "
        "gets the same answer."
    ),
)
def fewer_neurons(asked: Subject, pick: Callable[[], AskedDigit]) -> None:
    """Show the neurons of a hidden layer, which a click silences, and the accuracy and answer without them."""
    hidden = len(asked.network.parameters.weights) - 1
    if not hidden:
        st.info(_("This network has no hidden layer, so there are no neurons to remove."))
        return
    digit, layer = pick(), 0
    if hidden > 1:
        layer = choice(_("Hidden layer"), list(range(1, hidden + 1)), key=LAYER) - 1
    mark, parameters = (owner_of(asked), layer), asked.network.parameters
    width, off = parameters.weights[layer].shape[1], SILENT.of(mark)
    cut, x = ablation.ablate(asked.network, layer, off), digit.pixels[None]
    before = asked.network.accuracy(asked.test.pixels, asked.test.labels)
    accuracy = cut.accuracy(asked.test.pixels, asked.test.labels) if off else before
    shown = (asked.id, digit.id, layer, off)
    left, right = st.columns([6, 4], gap="medium")
    with left:
        drawn = len(figures.switches(parameters, layer))
        draw = partial(figures.neuron_switches.plain, parameters, layer, off, asked.network.hidden(x)[layer][0])
        take, height = partial(_take_neuron, mark, asked), 380 if drawn <= MANY else 440
        plot("neurons_off", shown, draw, height=height, on_click=take, main=True)
        if drawn < width:
            st.caption(_("{shown} of the {all} neurons are shown here.").format(shown=drawn, all=width))
    with right:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(_accuracy_in_words(asked, len(off), width, accuracy, before), width="stretch")
            button(_("Restore all"), "neurons_back", SILENT.forget, "undo", disabled=not off)
        st.markdown(_reading_in_words(digit, asked.network, cut))
        readings = asked.network.predict_proba(x)[0], cut.predict_proba(x)[0]
        plot("neurons_off_readings", shown, partial(figures.two_readings.plain, *readings), height=270)
    _which_hurts(asked, mark, before, off, accuracy)


def _take_neuron(mark: Layer, asked: Subject) -> None:
    """Silence or restore the clicked neuron. The browser's value is untrusted."""
    click, layer = clicked("neurons_off"), mark[1]
    if click is not None:
        neuron = figures.switch_at(click["x"], click["y"], layer, figures.switches(asked.network.parameters, layer))
        if neuron is not None:
            _switch(mark, neuron)


def _switch(mark: Layer, neuron: int) -> None:
    SILENT.keep(mark, SILENT.of(mark) ^ {neuron})


def _accuracy_in_words(asked: Subject, silent: int, width: int, accuracy: float, before: float) -> str:
    said = ngettext(
        "With its only neuron, **{accuracy}** of the {count} test digits are classified correctly.",
        "With all {all} neurons of the layer, **{accuracy}** of the {count} test digits are classified correctly.",
        width,
    )
    if silent:
        said = ngettext(
            "Without {silent} of {all} neurons, **{accuracy}** of the {count} test digits are classified correctly; "
            "with it, {before}.",
            "Without {silent} of {all} neurons, **{accuracy}** of the {count} test digits are classified correctly; "
            "with them, {before}.",
            silent,
        )
    numbers = {"accuracy": in_percent(accuracy), "count": numeral(len(asked.test)), "before": in_percent(before)}
    return said.format(silent=silent, all=width, **numbers)


def _which_hurts(asked: Subject, mark: Layer, before: float, off: frozenset[int], accuracy: float) -> None:
    """Let the visitor guess the most important neuron, and plot the accuracy as neurons are silenced one by one."""
    layer, mine = mark[1], (len(off), accuracy)

    def measure(on_progress: OnProgress) -> dict[str, np.ndarray]:
        network, digits = asked.network, asked.test
        without = ablation.ablation_accuracies(network, layer, digits, lambda done, total: on_progress(done, 2 * total))
        order = np.argsort(-without, kind="stable")  # the least harmful first
        counts = evenly(len(order) + 1, MAX_POINTS)
        accuracies = ablation.silenced_accuracies(
            network, layer, digits, order, counts, lambda done, total: on_progress(total + done, 2 * total)
        )
        return {"without": without, "counts": counts, "accuracies": accuracies}

    words = _("Testing without each neuron in turn: {share}")
    known = computed("silenced", f"silenced {asked.id} {layer}", measure, words)
    if known is None:
        return
    without, curve = known["without"], (known["counts"], known["accuracies"])
    width, worst = len(without), int(without.argmin())
    left, right = st.columns(2, gap="medium")
    with left:
        question, said = _("Without which single neuron is the accuracy lowest?"), _worst_in_words(without, before)
        if width == 1 or predict_first(f"worst_neuron_{layer}_{width}", question, (1, width, 1), lambda _guess: said):
            if width == 1:
                st.markdown(said)
            if without[worst] < before:
                label = _("Restore neuron {number}") if worst in off else _("Silence neuron {number}")
                switch = partial(_switch, mark, worst)
                button(label.format(number=worst + 1), "silence_worst", switch, "power_settings_new")
            draw = partial(figures.neuron_harms.plain, without, before)
            plot("neuron_harms", (asked.id, layer), draw, height=300)
    with right:
        draw = partial(figures.silenced_curve.plain, *curve, mine)
        plot("silenced_curve", (asked.id, layer, mine), draw, height=300)


def _worst_in_words(without: np.ndarray, before: float) -> str:
    """Describe the neurons with the largest effect on accuracy, and count those with no effect."""
    worst, *others = (np.flatnonzero(without == without.min()) + 1).tolist()
    harmless, accuracy, also = int((without >= before).sum()), in_percent(without.min()), ""
    if without.min() < before:
        said = _(
            "Neuron **{number}** matters most: without it, accuracy drops to {accuracy}. Individually, {harmless} of "
            "the {all} neurons can be removed without any loss of accuracy."
        )
        also = _("Equally important: {numbers}.").format(numbers=listed(others)) if others else ""
        said = said if len(without) > 1 else _("Without its only neuron, accuracy drops to {accuracy}.")
    else:
        said = _("Any single one of the {all} neurons can be removed without any loss of accuracy.")
        said = said if len(without) > 1 else _("The only neuron can be removed without any loss of accuracy.")
    return joined([said.format(number=worst, accuracy=accuracy, harmless=harmless, all=len(without)), also])


@step(
    title=lazy_gettext("Smaller weights"),
    task=lazy_gettext(
        "Cut the smallest [weights](#term-weight), or **select** one and type another value. Accuracy, loss and the "
        "answer for this digit update."
    ),
    question=lazy_gettext("Why does cutting a third of the weights change almost nothing?"),
    solution=lazy_gettext(
        "A small weight adds little to any sum. Many of these sit on pixels that hardly ever have ink."
    ),
)
def smaller_weights(asked: Subject, pick: Callable[[], AskedDigit]) -> None:
    """Show a weight matrix with cut and typed weights, and the accuracy and answer of the changed network."""
    digit, owner = pick(), owner_of(asked)
    layers = asked.network.parameters.weights
    loss = PRETRAINED_LOSS if asked.run is None else asked.run.hyperparameters
    left, right = st.columns([6, 4], gap="medium")
    with right:
        layer, fraction = _controls(len(layers))
    ones, is_last = TYPED_ONES.of(owner), layer == len(layers) - 1
    changed = ablation.prune(asked.network, fraction)
    for one in ones:
        changed = ablation.set_weight(changed, one.layer, one.row, one.column, one.value)
    accuracy, mean_loss = ablation.accuracy_and_loss(changed, asked.test, loss)
    chosen, shown = CHOSEN.of((owner, layer)), (asked.id, digit.id, fraction, tuple(ones))

    def draw() -> Plain:
        typed = sorted({(one.row, one.column) for one in ones if one.layer == layer})
        entering = _inputs(changed, digit)[layer]
        matrix = changed.parameters.weights[layer]
        return figures.weight_matrix.plain(matrix, layers[layer], entering, layer, len(layers), chosen, typed)

    with left:
        take = partial(_take_click, owner, layer, layers[layer].shape, is_last)
        plot("cut_weights", (shown, layer, chosen), draw, height=400, on_click=take, main=True)
    with right:
        st.markdown(_in_words(asked, fraction, accuracy, mean_loss))
        _type_box(owner, layer, chosen, changed, bool(ones))
        st.markdown(_reading_in_words(digit, asked.network, changed))
    below, beside = st.columns([6, 4], gap="medium")
    with below:
        words, here = _("Testing with more and more weights cut: {share}"), (fraction, accuracy)
        measure = partial(ablation.pruned_accuracies, asked.network, asked.test, FRACTIONS.tolist())
        known = computed("pruned", f"pruned {asked.id}", measure, words)
        if known is not None:
            draw_curve = partial(figures.pruned_curve.plain, FRACTIONS, known, here)
            plot("pruned_curve", (asked.id, here), draw_curve, height=280)
    with beside:
        readings = [network.predict_proba(digit.pixels[None])[0] for network in (asked.network, changed)]
        plot("cut_weights_readings", shown, partial(figures.two_readings.plain, *readings), height=280)


def _reading_in_words(digit: AskedDigit, before: Network, after: Network) -> str:
    """Describe the answers to a digit before and after a change of the network."""
    first, then = (network.predict_proba(digit.pixels[None])[0] for network in (before, after))
    old, new = int(first.argmax()), int(then.argmax())
    if np.array_equal(first, then):
        said = _("{digit} is read as **{answer}**, with a probability of {probability}.")
    elif old == new:
        said = _("{digit} is still read as **{answer}**, with a probability of {probability}.")
    else:
        said = _(
            "{digit} is now read as **{answer}**, with a probability of {probability}; before, it was read as {before}."
        )
    return said.format(digit=digit.heading, answer=new, probability=percent(then[new]), before=old)


def _controls(count: int) -> tuple[int, float]:
    """Show the controls of `weights`. Return the index of the matrix, from 0, and the fraction of weights to cut."""
    st.session_state.setdefault(CUT, 0)
    percent = st.slider(_("Cut the smallest weights (%)"), 0, 100, key=CUT, persist_state="session")
    names = [f"w{number + 1}" for number in range(count)]
    name = names[0] if count == 1 else choice(_("Weight matrix"), names, key=MATRIX, label_visibility="collapsed")
    return names.index(name), percent / 100


def _inputs(network: Network, digit: AskedDigit) -> list[np.ndarray]:
    """Return the inputs of each layer for a digit."""
    x = digit.pixels[None] * INPUT_SCALES[network.input_scale].factor
    with np.errstate(over="ignore", invalid="ignore"):  # a diverged network overflows
        return [values[0] for values in forward(network.parameters, ACTIVATIONS[network.activation], x)[1]]


def _in_words(asked: Subject, fraction: float, accuracy: float, loss: float) -> str:
    said = _(
        "With {share} of all weights cut, **{accuracy}** of the {count} test digits are classified correctly. Loss per "
        "digit: **{loss}**."
    )
    count, share = numeral(len(asked.test)), in_percent(fraction, 0)
    return said.format(accuracy=in_percent(accuracy), count=count, share=share, loss=short(loss))


def _type_box(owner: str, layer: int, chosen: tuple[int, int] | None, changed: Network, any_typed: bool) -> None:
    """Show the field for the selected weight, and the undo buttons."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if chosen is None:
            st.caption(_("Select a weight in the picture to type another value."), width="stretch")
        else:
            _field(owner, layer, chosen, changed)

        def undo() -> None:
            TYPED_ONES.keep(owner, TYPED_ONES.of(owner)[:-1])

        button(_("Undo"), "typed_undo", undo, "undo", disabled=not any_typed)
        button(_("Undo all"), "typed_undo_all", partial(TYPED_ONES.keep, owner, []), disabled=not any_typed)


def _field(owner: str, layer: int, chosen: tuple[int, int], changed: Network) -> None:
    (row, column), matrices = chosen, changed.parameters.weights
    largest = max(float(np.abs(matrix).max(initial=0.0)) for matrix in matrices)
    limit = min(max(MIN_RANGE, 10 * largest), LARGEST)
    value = float(np.clip(matrices[layer][row, column], -limit, limit))
    if st.session_state.get(TYPED) != value:  # an assignment would overwrite what the visitor is typing
        st.session_state[TYPED] = value
    is_last = layer == len(matrices) - 1
    name = f"w{layer + 1}, {figures.weight_name(layer, is_last, row + 1, column + int(not is_last))}"
    take = partial(_take_typed, owner, layer, chosen, limit)
    st.number_input(name, -limit, limit, step=0.1, format="%.4g", key=TYPED, on_change=take, width=200)


def _take_typed(owner: str, layer: int, chosen: tuple[int, int], limit: float) -> None:
    """Store the typed weight. The browser's value is untrusted."""
    value = st.session_state.get(TYPED)
    if isinstance(value, (int, float)) and abs(value) <= limit:  # false for nan
        ones = TYPED_ONES.of(owner)
        if ones and (ones[-1].layer, ones[-1].row, ones[-1].column) == (layer, *chosen):
            ones = ones[:-1]
        TYPED_ONES.keep(owner, [*ones, Typed(layer, *chosen, float(value))][-MAX_TYPED:])


def _take_click(owner: str, layer: int, shape: tuple[int, int], is_last: bool) -> None:
    """Select the clicked weight. The browser's value is untrusted."""
    click = clicked("cut_weights")
    cell = None if click is None else figures.weight_at(click["x"], click["y"], shape, is_last)
    if cell is not None:
        CHOSEN.keep((owner, layer), cell)
