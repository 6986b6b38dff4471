"""The page Why: the receipt of one decision, with the pixels and digits next to it."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components import receipt as component
from digitviz.dashboard.components.choice import choice
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.components.receipt import receipt_picture
from digitviz.dashboard.components.term import terms
from digitviz.dashboard.questions import asked_digit as asking
from digitviz.dashboard.questions.computed import all_computed, computed
from digitviz.dashboard.questions.controls import Remembered, button, clicked_pixel
from digitviz.dashboard.questions.subject import answers, subject
from digitviz.dashboard.session.frame_choices import SCHOOL, level, maths
from digitviz.dashboard.session.moment import Moment
from digitviz.dashboard.session.storage import QUICK
from digitviz.drawing.prediction import ALIKE, nearest_digits
from digitviz.explanations.neurons import most_exciting
from digitviz.explanations.receipt import Receipt, receipt
from digitviz.explanations.robustness import Occlusion, occlusion
from digitviz.language import gettext as _, joined, lazy_gettext
from digitviz.numbers import a_digit, in_percent, short

PICTURE, HEIGHT, PIXELS = "receipt", 400, "needed_pixels"
EXCITING, NEAREST = 10, 5
COVERS = {"blank": lazy_gettext("Cover with no ink"), "mean": lazy_gettext("Cover with the mean")}
"""Covers for pixels."""
AFTER = Remembered("why_wrong_after", False)
"""True while the page searches for the next misclassified digit, for a network, a set and a number in it."""
CHOSEN: Remembered[tuple[int, dict[int, int]]] = Remembered("why_neurons", (0, {}))
"""The opened layer and the chosen neuron of each layer, for a network and digit."""
COVERED: Remembered[tuple[int, int] | None] = Remembered("why_covered", None)
"""Row and column of the pixel that the visitor has covered, for a network and digit."""
TRIED: Remembered[frozenset[tuple[int, int]]] = Remembered("why_tried", frozenset())
"""Pixels that the visitor has covered until now, for a network and digit."""
MISSES = 2
"""Number of pixels that do not change the answer, after which the page hints where to look."""
AGAINST: Remembered[int | None] = Remembered("why_against", None)
"""Digit compared with the answer, for a network and digit; None for the runner-up."""


def show() -> None:
    """Show why a network gives its answer to the chosen digit, and below that the choice of both."""
    first = st.container(key="why_first")
    settings = st.container(horizontal=True, vertical_alignment="center", key="why_settings")
    asked_network = subject(row=settings)
    if not asked_network.has_answers:
        first.info(_("The numbers overflowed, so the network has no answer."))
        return
    with settings:
        none_wrong = _look_for_wrong(asked_network)
        digit = asking.asked_digit(asked_network, asking.unsure_digit, "why_digit")
        cover = _buttons(asked_network, digit, none_wrong)
    shown = (asked_network.id, digit.code, digit.id)
    network = asked_network.network
    try:
        told = receipt(network, digit.pixels, AGAINST.of(shown))
    except ValueError:  # `has_answers` tries only a few digits
        first.info(_("The numbers overflowed, so the network has no answer."))
        return
    opened = opened_neuron(told, shown)
    with first:
        _needed(asked_network, told, digit, shown, cover)
    with maths():
        st.header(_("How did it compute that?"))
        with st.container(key="receipt_place"):
            take, compare = partial(take_opened, told, opened, shown), partial(take_compared, told, shown)
            receipt_picture(PICTURE, told, network.activation, opened.layer, opened.path, digit.label, take, compare)
        terms("weight", "bias", "activation", "logits", "probability")
    exciting, nearest = st.columns(2, gap="medium")
    with exciting:
        _exciting(asked_network, told, opened)
    with nearest:
        st.markdown(_("**Which digits are nearest?**"))
        plot("nearest", ("why", shown), lambda: _nearest_ones(asked_network, digit), height=140)
        about = _("The nearest training digits and their distance, measured in ink. A full pixel counts as 16.")
        st.caption(joined([about, asking.doubt(asked_network, asking.TRAINING)]))


def _answer(told: Receipt, digit: asking.AskedDigit) -> str:
    """Return a sentence on the network's answer and whether it is correct."""
    words = _("It says **{answer}** ({probability}), and {second} ({lower}) comes second.")
    if digit.doubt:
        words = joined([_("This is {a_label}."), words, digit.doubt])
    elif digit.label == told.label:
        words = _("It says **{answer}** ({probability}), which is right; {second} ({lower}) comes second.")
    elif digit.label is not None:
        words = _("This is {a_label}, but it says **{answer}** ({probability}); {second} ({lower}) comes second.")
    if np.ptp(told.probabilities) < ALIKE:
        alike = _("It says **{answer}**, but gives all ten digits the same probability, {probability}.")
        words = alike if digit.label is None else joined([_("This is {a_label}."), alike, digit.doubt])
    second = int(np.argsort(-told.logits, kind="stable")[1])
    answer, lower = _percents(*told.probabilities[[told.label, second]])
    right = None if digit.label is None else a_digit(digit.label, bool(digit.doubt))
    return words.format(a_label=right, answer=told.label, second=second, probability=answer, lower=lower)


def _percents(*probabilities: float) -> list[str]:
    """Format probabilities in whole percent, with decimals to tell them from each other and from 0 and 1."""
    for least in range(3 if np.ptp(probabilities) >= ALIKE else 1):
        said = [in_percent(one, least + 2 * (min(one, 1 - one) < 0.005)) for one in probabilities]
        if len(set(said)) == len(said):
            break
    return said


def _buttons(asked_network: Moment, digit: asking.AskedDigit, none_wrong: bool) -> str:
    """Show the buttons for other digits and for the pad. Return how to cover a pixel, a key of `COVERS`."""
    digits = asking.digit_sets(asked_network).get(digit.set)
    with st.container(horizontal=True, gap="small", width="content", key="why_buttons"):
        if digits is not None:
            before, after = (partial(asking.choose, digit.set, (digit.index + by) % len(digits)) for by in (-1, 1))
            look = partial(AFTER.keep, (asked_network.id, digit.set, digit.index + 1), True)
            button(_("Next misclassified digit"), "why_wrong", look, "close")
        with st.popover(_("More")):
            if digits is not None:
                button(_("Previous digit"), "why_previous", before, "arrow_back")
                button(_("Next digit"), "why_next", after, "arrow_forward")
            asking.pad_button("why_pad", digit.pixels, disabled=digit.set == "pad")
            help = _("The mean ink of this pixel over all training digits.")
            cover = choice(_("How to cover a pixel"), COVERS, key="why_cover", help=help)
    if none_wrong:
        st.caption(_("The network classifies all of these correctly."))
    return cover


def _look_for_wrong(asked: Moment) -> bool:
    """Search for the next misclassified digit if the visitor wants it, and choose it. Show the progress.

    Call this before `asked_digit`. Returns whether the set has no misclassified digit.
    """
    name, number = str(st.session_state.get(asking.SET)), int(st.session_state.get(asking.NUMBER) or 0)
    digits = asking.digit_sets(asked).get(name)
    if digits is None or not AFTER.of((asked.id, name, number)):
        AFTER.forget()
        return False
    found = all_computed("wrong", [answers(asked, digits)], _("The network is reading the digits: {share}"))
    if found is None:
        return False
    wrong = np.flatnonzero(found[0].predictions != digits.labels)
    if not len(wrong):
        return True
    AFTER.forget()
    asking.choose(name, int(wrong[np.searchsorted(wrong, number) % len(wrong)]))
    return False


@dataclass(frozen=True)
class Opened:
    """The opened part of a receipt.

    Parameters
    ----------
    layer : int
        Layer index from 0. Without hidden layers, the output layer.
    path : tuple of int
        One neuron per hidden layer; without hidden layers, the answer.
    """

    layer: int
    path: tuple[int, ...]

    @property
    def neuron(self) -> int:
        """The neuron whose receipt is open."""
        return self.path[self.layer]


def opened_neuron(told: Receipt, shown: Hashable) -> Opened:
    """Return the opened neurons: the visitor's choices, otherwise those that contribute most to the answer.

    Parameters
    ----------
    told : Receipt
    shown : hashable
        Unique for each network and digit.
    """
    layer, chosen = CHOSEN.of(shown)
    hidden = len(told.layers) - 1
    if not hidden:
        return Opened(0, (chosen.get(0, told.label),))
    path: list[int] = []
    for depth in reversed(range(hidden)):
        usual = told.decisive(depth, path[0] if path else None)
        path.insert(0, chosen.get(depth, usual))
    return Opened(layer, tuple(path))


def take_opened(told: Receipt, now: Opened, shown: Hashable) -> None:
    """Open the neuron chosen in the figure, and below it the neurons that contribute most to it."""
    asked = component.opened(PICTURE, told)
    if asked is None:
        return
    layer, neuron = asked
    above = dict(enumerate(now.path[layer + 1 :], layer + 1))
    below = dict(enumerate(now.path[:layer])) if neuron == now.path[layer] else {}
    CHOSEN.keep(shown, (layer, {**below, layer: neuron, **above}))


def take_compared(told: Receipt, shown: Hashable) -> None:
    """Compare the answer with the digit chosen in the figure."""
    digit = component.compared(PICTURE)
    if digit is not None and digit != told.label:
        AGAINST.keep(shown, digit)


def _needed(asked: Moment, told: Receipt, digit: asking.AskedDigit, shown: Hashable, cover: str) -> None:
    """Ask for a pixel that changes the answer. Once it is found or given up, show what each pixel changes."""
    picture, words = st.columns(2, gap="medium", vertical_alignment="center")
    ink = np.zeros(64) if cover == "blank" else asked.train.pixels.mean(axis=0)
    found, pixel = occlusion(asked.network, digit.pixels, ink), COVERED.of(shown)
    tried = TRIED.of(shown) | (set() if pixel is None else {pixel})
    is_over = any(found.flips[each] for each in tried) if found.flips.any() else bool(tried) or not found.matters.any()
    hints, goal = len(tried) >= MISSES and not is_over, pixel if pixel and is_over else found.weightiest
    said, *more = _account(found, pixel, is_over, hints)
    rival = int(found.labels[goal] if found.flips[goal] else np.argsort(-told.logits, kind="stable")[1])
    with words, st.container(key="told_pixel"):
        if found.flips[goal]:
            asks = "{label} → {other}" if is_over else _("Why {label}, not {other}?")
            st.html(f'<p class="digitviz-flip">{asks.format(label=found.label, other=rival)}</p>')
        st.markdown(said)
    with words, st.container(key="why_changes"):
        if pixel is not None:
            without = np.where(np.arange(64) == 8 * pixel[0] + pixel[1], ink, digit.pixels)
            left, right = st.columns([3, 2], gap="medium", vertical_alignment="center")
            with left:
                then = asked.network.predict_proba(without[None])[0]
                _shares((found.label, rival), told.probabilities, then)
            with right:
                plot("without_pixel", *figures.without_pixel.of(without, pixel, int(found.labels[pixel])), height=200)
        elif not is_over:
            _shares((found.label, rival), told.probabilities)
        if not is_over:
            button(_("Show the answer"), "why_show", partial(_cover, shown, found.weightiest), "lightbulb")
        for each in more:
            st.markdown(each)
        if asked.gives_one_answer:
            st.markdown(_("This network gives **every test digit the same answer**."))
    with picture:
        hint = found.weightiest[0] if hints else None
        seen = figures.needed_pixels.of(found, digit.pixels, pixel, level() == SCHOOL, is_over, hint)
        plot(PIXELS, *seen, height=HEIGHT, on_click=partial(_take_pixel, shown), main=True)
    is_news = digit.doubt or digit.label != told.label or np.ptp(told.probabilities) < ALIKE
    with st.container(key="told_why"), st.container(key="why_news" if is_news else "why_unseen"):
        st.markdown(_answer(told, digit))


def _shares(digits: Sequence[int], now: np.ndarray, then: np.ndarray | None = None) -> None:
    """Show the probabilities of some digits as bars, and if they change, the new ones after the old ones."""
    shown, old = now if then is None else then, _percents(*now[[*digits]])
    new = _percents(*shown[[*digits]], max(0.0, 1 - shown[[*digits]].sum()))
    said = new if then is None else [f"{before} → {after}" for before, after in zip(old, new, strict=False)]
    rows = [
        f'<span>{n}</span><b style="--share:{shown[n]:.1%}">{each}</b>' for n, each in zip(digits, said, strict=False)
    ]
    others = _("All others: {share}").format(share=new[-1])
    title = _("How sure it is")
    st.html(f'<div class="digitviz-shares digitviz-two"><p>{title}</p>{"".join(rows)}<p>{others}</p></div>')


def _take_pixel(shown: Hashable) -> None:
    """Cover the clicked pixel. If it is covered already, start over."""
    pixel = clicked_pixel(PIXELS)
    if pixel is not None and pixel == COVERED.of(shown):
        COVERED.forget()
        TRIED.forget()
    elif pixel is not None:
        _cover(shown, pixel)


def _cover(shown: Hashable, pixel: tuple[int, int]) -> None:
    COVERED.keep(shown, pixel)
    TRIED.keep(shown, TRIED.of(shown) | {pixel})


def _account(
    found: Occlusion, pixel: tuple[int, int] | None = None, is_over: bool = True, hints: bool = False
) -> list[str]:
    """Ask for a pixel that changes the answer, or say what the network answers without the visitor's pixel."""
    place = found.weightiest if pixel is None else pixel
    values = {"label": found.label, "answer": found.labels[place]}
    if pixel is None and not found.matters.any():
        words = _("No pixel matters: whichever you cover, the {label} stays at about {probability}.")
        return [words.format(**values, probability=_percents(found.probability)[0])]
    if pixel is None:
        asks = _("Which pixel matters most for the {label}? **Press it.**")
        if found.flips.any():
            asks = _("Without one pixel, it would say **{answer}**. Which pixel? **Press it.**")
        return [asks.format(**values)]
    said = [_("Without the pixel in the **orange frame**, it says **{answer}**.")]
    if not is_over:
        said = [_("Without this pixel, it still says **{answer}**. Try another one.")]
    elif found.flips.sum() > found.flips[place]:
        said += [_("**→** marks each pixel that changes the answer, and says to what.")]
    elif not found.flips.any():
        said += [_("No single pixel changes the answer.")]
    if hints:
        said += [_("Hint: look in the **dotted row**.")]
    return [each.format(**values) for each in said]


def _exciting(asked: Moment, told: Receipt, opened: Opened) -> None:
    hidden = len(told.layers) - 1
    if opened.layer == hidden:
        st.markdown(_("**Which training digits get the largest logit for {digit}?**").format(digit=opened.neuron))
    elif hidden == 1:
        st.markdown(_("**Which training digits activate neuron {number} most?**").format(number=opened.neuron + 1))
    else:
        title = _("**Which training digits activate neuron {number} of layer {layer} most?**")
        st.markdown(title.format(number=opened.neuron + 1, layer=opened.layer + 1))
    layer, neuron = opened.layer, opened.neuron

    find = partial(most_exciting, asked.network, layer, neuron, asked.train, EXCITING)
    words = _("The network is reading the digits: {share}")
    found = computed("exciting", f"exciting {asked.id} {layer} {neuron}", find, words, QUICK)
    if found is None:
        return
    if not found[1].any():
        st.markdown(_("None: its value is never above 0."))
        return
    plot("exciting", (asked.id, layer, neuron), partial(_tiles, asked, *found), height=230)
    here = told.layers[opened.layer].activations[opened.neuron]
    about = _("Below each picture: its label and its activation. The activation of the current digit: {activation}.")
    if opened.layer == hidden:
        about = _("Below each picture: its label and its logit. The logit of the current digit: {activation}.")
    st.caption(joined([about.format(activation=short(here)), asking.doubt(asked, asking.TRAINING)]))


def _tiles(asked: Moment, rows: np.ndarray, excited: np.ndarray) -> Any:
    labels = asked.train.labels[rows].tolist()
    captions = [f"<b>{label}</b><br>{short(value)}" for label, value in zip(labels, excited.tolist(), strict=True)]
    return figures.digits.picture_tiles.plain(asked.train.images[rows], captions, columns=5)


def _nearest_ones(asked: Moment, digit: asking.AskedDigit) -> Any:
    rows, distances = nearest_digits(digit.pixels, asked.train, NEAREST + 1)
    others = rows != (digit.index if digit.set == asking.TRAINING else -1)  # excludes the digit
    rows, distances = rows[others][:NEAREST], distances[others][:NEAREST]
    return figures.nearest_digits.plain(asked.train.images[rows], asked.train.labels[rows], distances)
