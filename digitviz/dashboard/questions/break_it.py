"""The page Break it: unusual inputs, silenced neurons, cut weights, and training on perturbed digits."""

import dataclasses
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.choice import choice
from digitviz.dashboard.components.plot import clicked, plot
from digitviz.dashboard.components.predict_first import predict_first
from digitviz.dashboard.questions import address
from digitviz.dashboard.questions.asked_digit import TEST, AskedDigit, choose, clear_digit
from digitviz.dashboard.questions.computed import computed
from digitviz.dashboard.questions.controls import Remembered, button, clicked_pixel, clicked_row
from digitviz.dashboard.questions.extra_training import another_seed
from digitviz.dashboard.session import current_run
from digitviz.dashboard.session.moment import Moment, moment
from digitviz.dashboard.session.steps import maths_step, step
from digitviz.dashboard.session.storage import LANDSCAPES, QUICK
from digitviz.datasets import PIXEL_MAX, DigitDataset
from digitviz.drawing.prediction import likeness_detector, percent
from digitviz.explanations import ablation, robustness
from digitviz.explanations.progress import OnProgress, in_turn
from digitviz.figures.draw import evenly
from digitviz.figures.picture import Plain
from digitviz.language import gettext as _, joined, lazy_gettext, listed, ngettext
from digitviz.lesson.dot_product import count_parameters
from digitviz.networks.forward import softmax
from digitviz.networks.network import Network
from digitviz.numbers import a_digit, in_percent, numeral, short
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.perturbations import PERTURBATIONS, shocked
from digitviz.training.run import RunState, Snapshot, TrainingRun

PIXELS_HEIGHT = 380
MAX_FLIPPED = 12
"""Maximum number of digits shown with one changed pixel."""
MAX_STARS = 8
"""Maximum number of pixels to find that are counted with stars, too."""
PIXEL: Remembered[tuple[tuple[int, int] | None, bool]] = Remembered("one_pixel_chosen", (None, False))
"""Row and column of the changed pixel, and whether the answer is shown, for a network and digit."""
FOUND: Remembered[frozenset[tuple[int, int]]] = Remembered("one_pixel_found", frozenset())
"""Pixels that the visitor has found to change the answer, for a network and digit."""
TRIED: Remembered[dict[tuple[int, int], float]] = Remembered("one_pixel_tried", {})
"""The probability of the answer with each pixel that the visitor has changed in vain, for a network and digit."""


@step(
    title="One pixel",
    task="**Press** an empty pixel of this [test digit](#term-test_data) to fill it, or one with ink to erase it.",
    question="You can still read the changed digit. Why does the network fail?",
    solution="It knows nothing about strokes: each pixel only adds its ink times its weights. Where two answers are "
    "close, one full pixel is enough to tip the sum.",
)
def one_pixel(asked: Moment, pick: Callable[[], AskedDigit]) -> None:
    """Let the visitor look for pixels that change the answer, then guess how many digits have one."""
    digit = pick()
    found = robustness.flip_pixel(asked.network, digit.pixels)
    answer, changed = int(found.answers[0]), found.changed[0]
    mark = (asked.id, digit.id)
    (pixel, is_shown), flips = PIXEL.of(mark), changed != answer
    has_flip = flips.any(axis=0)
    first = next(((row, column) for row, column in np.argwhere(has_flip).tolist()), None)
    after, solved = (_with_pixel(digit.pixels, place, changed, answer) for place in (pixel, first))
    before, then, goal = asked.network.predict_proba(np.stack([digit.pixels, after, solved]))
    read, wanted = int(then.argmax()), int(before.argsort()[-2] if first is None else goal.argmax())
    if pixel is not None and has_flip[pixel] and not is_shown:
        FOUND.keep(mark, FOUND.of(mark) | {pixel})
    elif pixel is not None and not has_flip[pixel]:
        TRIED.keep(mark, TRIED.of(mark) | {pixel: float(then[answer])})
    known, is_known = FOUND.of(mark), np.full((8, 8), is_shown)
    for place in known if pixel is None else known | {pixel}:
        is_known[place] = True
    left, right = st.columns([11, 10], gap="medium")
    if first is not None:
        is_only = bool((changed[flips] == wanted).all())
        asks = _("Which pixel makes it say {digit}?") if is_only else _("Which pixel changes its answer?")
        left.header(asks.format(digit=wanted))
    with right:
        into, says = "" if pixel is None else f" → <strong>{read}</strong>", _("It says")
        if digit.label is not None:
            says = _("This is {a_label}. It says").format(a_label=a_digit(digit.label, bool(digit.doubt)))
        flip = f'<p class="digitviz-flip"><span>{says}</span>{answer}{into}</p>'
        bars = dict.fromkeys([answer, wanted if read == answer else read])
        rows = [f'{n}<b style="--share: {then[n]:.1%}"></b><span>{percent(then[n])}</span>' for n in bars]
        st.html(f'{flip}<div class="digitviz-shares digitviz-two">{"".join(rows)}</div>')
        with st.container(horizontal=True, vertical_alignment="center", key="told_flips"):
            if first is not None:
                count, all_ = len(known), int(has_flip.sum())
                stars = "★" * count + "☆" * (all_ - count) if all_ <= MAX_STARS else ""
                said = _("Found: {count} of {all}").format(count=count, all=all_)
                st.html(f'<p data-stars="{stars}">{said}</p>', width="content")
            if pixel is not None:
                button(_("Start over"), "one_pixel_reset", PIXEL.forget, "replay")
            elif first is not None:
                show = partial(PIXEL.keep, mark, (first, True))
                button(_("Show the answer"), "one_pixel_show", show, "lightbulb")
    with left:
        tried = {place: share for place, share in TRIED.of(mark).items() if place != pixel}
        seen = figures.changes.pixel_flips.of(
            after.reshape(8, 8), answer, np.where(is_known, changed, answer), pixel, tried
        )
        plot("one_pixel", *seen, PIXELS_HEIGHT, partial(_take_pixel, mark), main=True)
    with right:
        box = st.expander(_("All ten answers"))
        (right if first is None else box).caption(_pixel_in_words(digit, answer, int(flips.sum())))
        with box:
            plot("one_pixel_readings", *figures.two_readings.of(before, then), 285)
    if known or is_shown or first is None or "one_pixel_guess_committed" in st.session_state:
        _how_many(asked)


def _take_pixel(mark: Hashable) -> None:
    """Change the clicked pixel. If it is changed already, restore the digit and hide the answer."""
    pixel, (changed, is_shown) = clicked_pixel("one_pixel"), PIXEL.of(mark)
    if pixel is not None and pixel == changed:
        PIXEL.forget()
    elif pixel is not None:
        PIXEL.keep(mark, (pixel, is_shown))


def _with_pixel(pixels: np.ndarray, pixel: tuple[int, int] | None, changed: np.ndarray, answer: int) -> np.ndarray:
    """Return the digit with a pixel erased or filled: the change that flips the answer, or else the larger one."""
    after = pixels.copy()
    if pixel is not None:
        place = pixel[0] * 8 + pixel[1]
        erased, filled = (bool(changed[kind][pixel] != answer) for kind in (0, 1))
        fill = filled if erased != filled else pixels[place] < PIXEL_MAX / 2
        after[place] = PIXEL_MAX if fill else 0.0
    return after


def _pixel_in_words(digit: AskedDigit, answer: int, count: int) -> str:
    said = ngettext(
        "Of the {all} ways to fill or erase one pixel, **{count}** changes the answer.",
        "Of the {all} ways to fill or erase one pixel, **{count}** change the answer.",
        count,
    )
    if count == 0:
        said = _("No single pixel changes the answer for {digit}: whichever you erase or fill, it stays {answer}.")
    ways = np.count_nonzero(digit.pixels > 0) + np.count_nonzero(digit.pixels < PIXEL_MAX)
    return said.format(count=count, digit=digit.title, answer=answer, all=ways)


def _how_many(asked: Moment) -> None:
    """Let the visitor guess how many test digits one pixel can flip, and show examples."""
    found, answer = None, ""
    if "one_pixel_guess_committed" in st.session_state:
        measure = partial(robustness.flip_pixel, asked.network, asked.test.pixels)
        words = _("Trying every pixel of every test digit: {share}")
        found = computed("pixels", f"pixels {asked.id}", measure, words)
        if found is None:
            return
        correct = found.answers == asked.test.labels
        count, of = int((correct & found.exist).sum()), int(correct.sum())
        said = _("**{share}**: {count} of the {correct} correctly classified test digits.")
        answer = said.format(share=in_percent(count / max(of, 1), 0), count=count, correct=of)
    question = _(
        "Out of 100 correctly classified test digits, how many get a different answer when a single pixel changes?"
    )
    done = predict_first("one_pixel_guess", question, (0, 100, 1), lambda _guess: answer)
    if not done or found is None:
        return
    shown = np.flatnonzero((found.answers == asked.test.labels) & found.exist)[:MAX_FLIPPED]
    if len(shown):
        st.caption(_("Some of them, with one pixel changed. Select one to look for the pixel."))
        draw = partial(_changed_digits, asked, found, shown)
        plot("one_pixel_digits", asked.id, draw, height=300, on_click=partial(look_at, shown))


def _changed_digits(asked: Moment, found: robustness.PixelFlips, shown: np.ndarray) -> Plain:
    """Draw digits, each with the first pixel change that flips its answer."""
    changed = asked.test.pixels[shown].copy()
    for row, index in enumerate(shown):
        kind, *place = np.argwhere(found.flips[index])[0]
        changed[row, place[0] * 8 + place[1]] = PIXEL_MAX * kind
    probabilities = asked.network.predict_proba(changed)
    return figures.guesses.plain(changed.reshape(-1, 8, 8), asked.test.labels[shown], probabilities, columns=6)


def look_at(shown: np.ndarray) -> None:
    """Choose the clicked digit."""
    if (row := clicked_row("one_pixel_digits", len(shown))) is not None:
        choose(TEST, int(shown[row]))
        PIXEL.forget()


MAX_SIZE = 4.0
"""Largest change of a pixel; full ink is 16."""
SIZES = np.linspace(0, MAX_SIZE, 17)
SIZE = "ink_size"
CURVES = {
    "gradient": lazy_gettext("along the gradient"),
    "random": lazy_gettext("with random signs"),
    "other": lazy_gettext("the same changes, network trained with another seed"),
}


@step(
    title="A little ink, a different answer",
    task="Every pixel gets a little more or less ink, along the [gradient](#term-gradient) of the loss. **Move** the "
    "slider until the answer changes.",
    in_school="Every pixel gets a little more or less ink, in the way that misleads the network most. **Move** the "
    "slider until the answer changes.",
    question="Random changes of the same size matter less. What is different about these?",
    solution="They all push in the same direction, towards a higher loss. Random ones push the loss up and down and "
    "largely cancel one another.",
)
def a_little_ink(asked: Moment, pick: Callable[[], AskedDigit]) -> None:
    """Show the changed digit, the network's answer, and the accuracy on all test digits by size of the change."""
    digit = pick()
    answer = int(asked.network.predict(digit.pixels[None])[0])
    label = answer if digit.label is None else digit.label
    st.session_state.setdefault(SIZE, 0.0)
    pictures, bars = st.columns([7, 3], gap="medium")
    with pictures:
        picture = st.container()
        words = _("Largest change to a pixel (full ink is 16)")
        size = st.slider(words, 0.0, MAX_SIZE, step=0.05, key=SIZE, persist_state="session")
    after = robustness.adversarial(asked.network, digit.pixels[None], np.array([label]), size)[0]
    before, then = asked.network.predict_proba(np.stack([digit.pixels, after]))
    with picture:
        plot("little_ink", *figures.changes.digit_and_change.of(digit.pixels, after), 260, main=True)
    with bars:
        plot("little_ink_readings", *figures.two_readings.of(before, then), 300)
    st.markdown(_ink_in_words(asked, digit, label, answer, size, after))
    usual = clear_digit(asked)
    if answer != label and asked.network.predict(asked.test.pixels[[usual]])[0] == asked.test.labels[usual]:
        take = partial(choose, TEST, usual)
        button(_("Take a digit that it reads correctly"), "ink_clear_digit", take, "arrow_forward")
    other = another_seed(asked, _("Try this on a network trained with another seed"))
    compared = None if other is None else moment(other)
    id = f"ink {asked.id} {'' if compared is None else compared.id}"
    words = _("Testing the digits with larger and larger changes: {share}")
    found = computed("ink", id, partial(_accuracies, asked, compared), words)
    if found is not None:
        curves = {str(CURVES[each]): found[each] for each in found}
        plot("ink_curves", *figures.changes.accuracy_against_size.of(SIZES, curves, size), 300)


def _ink_in_words(asked: Moment, digit: AskedDigit, label: int, answer: int, size: float, after: np.ndarray) -> str:
    """Describe the answer now. If the slider passed the smallest change that flips the answer, name that change."""
    smallest = robustness.smallest_flip(asked.network, digit.pixels, label, MAX_SIZE)
    if smallest == 0:
        said = _("{digit} is misclassified as {answer} even without any change.")
        return said.format(digit=digit.heading, answer=answer)
    changed, now_read = int((after != digit.pixels).sum()), int(asked.network.predict(after[None])[0])
    now = _("Pixels changed: {count} of 64. {digit} is now read as **{answer}**.")
    words = [now.format(count=changed, digit=digit.heading, answer=now_read)]
    if smallest is not None and size >= smallest:
        enough = _("In this direction, **{smallest}** of 16 is enough to change the answer.")
        words.append(enough.format(smallest=numeral(smallest, ".2f")))
    if smallest is None and size >= MAX_SIZE:
        never = _("No change of up to {most} of 16 in this direction is enough. In a different direction, it may be.")
        words.append(never.format(most=f"{MAX_SIZE:g}"))
    return joined(words)


def _accuracies(asked: Moment, other: Moment | None, report: OnProgress) -> dict[str, np.ndarray]:
    x, labels = asked.test.pixels, asked.test.labels
    signs = np.sign(robustness.pixel_gradient(asked.network, x, labels))

    def accuracies(size: float) -> list[float]:
        changed, random = robustness.moved(x, signs, size), robustness.random_signs(x, size)
        read = [(asked, changed), (asked, random), *([] if other is None else [(other, changed)])]
        return [each.network.accuracy(pixels, labels) for each, pixels in read]

    return dict(zip(CURVES, in_turn(accuracies, SIZES.tolist(), report).T, strict=False))


KINDS = {
    "noise": lazy_gettext("Noise"),
    "letters": lazy_gettext("Letters"),
    "moved": lazy_gettext("Shifted digits"),
    "turned": lazy_gettext("Rotated digits"),
}
TILES, COLUMNS = 10, 5
NOISE_COUNT = 1000
"""Number of noise pictures in the averages."""


@dataclass(frozen=True, eq=False)
class Pictures:
    """Pictures of one kind.

    Parameters
    ----------
    mark : str
        Id of the pictures, for cached values.
    pixels : ndarray, shape (n, 64)
    names : list of str
        Names of the first ten.
    labels : ndarray of int, shape (n,), or None
        True digits, if the pictures are digits.
    """

    mark: str
    pixels: np.ndarray
    names: list[str]
    labels: np.ndarray | None = None


@step(
    title="Not a digit",
    task="Show it things it was never trained on: noise, letters, shifted or rotated digits. How large is the "
    "[probability](#term-probability) of its answer?",
    question="Why does it name a digit even for pure noise?",
    solution="Softmax shares out all of the probability among the ten digits: there is no eleventh answer for “none "
    "of these”, so one of them always gets the most. The numbers below the pictures compare how sure the network is "
    "of them with how sure it is of test digits.",
)
def not_a_digit(asked: Moment, _pick: Callable[[], AskedDigit]) -> None:
    """Show ten pictures of a kind with the network's answers, and its mean confidence over many."""
    address.take_choice(address.KIND, _("Pictures"), "not_a_digit_kind", KINDS)
    with st.container(horizontal=True, horizontal_alignment="right", key="step_settings_pictures"):
        kind = choice(_("What should it see?"), KINDS, key="not_a_digit_kind", label_visibility="collapsed", wrap=True)
        address.write(address.KIND, None if kind == "noise" else kind)
        shown = _pictures(asked, kind)

    def read(_on_progress: OnProgress) -> tuple[np.ndarray, np.ndarray]:
        return asked.network.logits(shown.pixels), asked.network.logits(asked.test.pixels)

    id = f"logits of no digits {asked.id} {asked.test.id} {shown.mark}"
    known = computed("not_a_digit", id, read, _("The network is reading the pictures: {share}"), QUICK)
    if known is None:
        return
    answers, sure = known[0].argmax(axis=1), softmax(known[0]).max(axis=1)
    captions = [
        _("{what}<br>read as {answer}, {probability}").format(what=what, answer=answer, probability=percent(p))
        for what, answer, p in zip(shown.names, answers.tolist(), sure.tolist(), strict=False)
    ]
    tiles = figures.digits.picture_tiles.of(shown.pixels[:TILES].reshape(-1, 8, 8), captions, COLUMNS)
    plot("not_a_digit", *tiles, 400, main=True)
    st.markdown(_answers_in_words(shown, *known))


def _pictures(asked: Moment, kind: str) -> Pictures:
    test = asked.test
    labels = [_("label {digit}").format(digit=label) for label in test.labels[:TILES].tolist()]
    match kind:
        case "letters":
            return Pictures("letters", robustness.letters(), list(robustness.TEN_LETTERS))
        case "moved":
            down = st.slider(_("Shift down (pixels)"), -4, 4, 1, key="moved_down", persist_state="session")
            right = st.slider(_("Shift right (pixels)"), -4, 4, 0, key="moved_right", persist_state="session")
            return Pictures(f"moved {down} {right}", robustness.shifted(test.pixels, down, right), labels, test.labels)
        case "turned":
            label = _("Rotate clockwise (degrees)")
            degrees = st.slider(label, -180, 180, 30, 5, key="turned_by", persist_state="session")
            return Pictures(f"turned {degrees}", robustness.turned(test.pixels, degrees), labels, test.labels)
        case _:
            seed = int(st.number_input(_("Noise seed"), 0, 9999, key="noise_seed", persist_state="session"))
            return Pictures(f"noise {seed}", robustness.noise(NOISE_COUNT, seed), [_("noise")] * TILES)


def _answers_in_words(shown: Pictures, of_these: np.ndarray, of_test: np.ndarray) -> str:
    sure, usual = (softmax(logits).max(axis=1).mean() for logits in (of_these, of_test))
    like = (likeness_detector().predict_proba(shown.pixels)[:, 0] >= 0.5).mean()
    words = _(
        "On average, the network gives its answer a probability of **{mean}** for {count} such pictures, and "
        "{usual} for the test digits. The largest logit is **{largest}** on average, and {usually} for the test "
        "digits."
    )
    largest, usually = (short(logits.max(axis=1).mean()) for logits in (of_these, of_test))
    count, mean, usual = numeral(len(of_these)), percent(sure), percent(usual)
    parts = [words.format(count=count, mean=mean, usual=usual, largest=largest, usually=usually)]
    if shown.labels is not None:
        right, before = (np.mean(a == shown.labels) for a in (of_these.argmax(axis=1), of_test.argmax(axis=1)))
        words = _("**{accuracy}** of them are classified correctly, compared with {before} before the change.")
        parts.append(words.format(accuracy=in_percent(right), before=in_percent(before)))
    words = _("A second network, trained to tell digits from letters and scribbles, takes {share} of them for digits.")
    if shown.mark.startswith("noise"):
        words = joined([words, _("It has never seen noise either, so it cannot know better.")])
    parts.append(words.format(share=in_percent(like, 0)))
    return joined(parts)


Layer = tuple[str, int]
"""Owner of the network (see `owner_of`), and index of a hidden layer or matrix, from 0."""
MANY_NEURONS = 50
"""Number of neurons that fit the usual height of the figure; with more, the numbers would overlap."""
MAX_POINTS = 101
"""Maximum number of points on the curve of silenced neurons."""
FRACTIONS = np.linspace(0.0, 1.0, 41)
SILENT_LAYER, CUT, MATRIX, TYPED_WEIGHT = "silent_layer", "cut_fraction", "cut_matrix", "typed_weight"
"""Keys of the controls."""
LIMIT = 1e12
"""Largest absolute value of a typed weight."""
PRETRAINED_LOSS = "cross_entropy"
"""Loss that trained the pretrained network."""


SILENT: Remembered[frozenset[int]] = Remembered("silent_neurons", frozenset())
"""Indices of the silenced neurons, from 0, for one `Layer`."""
TYPED: Remembered[dict[tuple[int, int, int], float]] = Remembered("typed_weights", {})
"""Typed values by matrix, row and column, the latest last, for one `owner_of`."""
CHOSEN_WEIGHT: Remembered[tuple[int, int] | None] = Remembered("chosen_weight", None)
"""Row and column of the selected weight, for one `Layer`."""


def owner_of(asked: Moment) -> str:
    """Return an id of the run or of the pretrained network. It does not depend on the point in training."""
    return asked.id if asked.run is None else asked.run.serial


@step(
    title="Fewer neurons",
    task="**Select** a neuron of the [hidden layer](#term-hidden_layer) to silence it, and select it again to restore "
    "it. Find the one that matters most.",
    question="Suppose several neurons can each be removed without any loss of accuracy. Can you then remove all of "
    "them together?",
    solution="Often not. Without one neuron, the others may still contribute enough for the correct answer. But they "
    "do not adapt: each removed neuron is missing from the sums, and without the whole layer, every digit gets the "
    "same answer.",
)
def fewer_neurons(asked: Moment, pick: Callable[[], AskedDigit]) -> None:
    """Show the neurons of a hidden layer, which a click silences, and the accuracy and answer without them."""
    hidden = len(asked.network.parameters.weights) - 1
    if not hidden:
        st.info(_("This network has no hidden layer, so there are no neurons to remove."))
        return
    digit, layer = pick(), 0
    if hidden > 1:
        layer = choice(_("Hidden layer"), list(range(1, hidden + 1)), key=SILENT_LAYER) - 1
    mark, parameters = (owner_of(asked), layer), asked.network.parameters
    width, off = parameters.weights[layer].shape[1], SILENT.of(mark)
    cut, x = ablation.ablate(asked.network, layer, off), digit.pixels[None]
    before = asked.network.accuracy(asked.test.pixels, asked.test.labels)
    accuracy = cut.accuracy(asked.test.pixels, asked.test.labels) if off else before
    left, right = st.columns([6, 4], gap="medium")
    with left:
        drawn = len(figures.changes.switches(parameters, layer))
        draw = partial(figures.changes.neuron_switches.plain, parameters, layer, off, asked.network.hidden(x)[layer][0])
        shown = asked.id, digit.id, layer, off  # `of` would read all weights
        plot(
            "neurons_off",
            shown,
            draw,
            380 if drawn <= MANY_NEURONS else 440,
            partial(_take_neuron, mark, asked),
            main=True,
        )
        if drawn < width:
            st.caption(_("{shown} of the {all} neurons are shown here.").format(shown=drawn, all=width))
    with right:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(_accuracy_in_words(asked, len(off), width, accuracy, before), width="stretch")
            button(_("Restore all"), "neurons_back", SILENT.forget, "undo", disabled=not off)
        st.markdown(_reading_in_words(digit, asked.network, cut))
        readings = asked.network.predict_proba(x)[0], cut.predict_proba(x)[0]
        plot("neurons_off_readings", *figures.two_readings.of(*readings), 270)
    _which_hurts(asked, mark, before, off, accuracy)


def _take_neuron(mark: Layer, asked: Moment) -> None:
    """Silence or restore the clicked neuron. The browser's value is untrusted."""
    click, layer = clicked("neurons_off"), mark[1]
    if click is not None:
        neuron = figures.changes.switch_at(
            click["x"], click["y"], layer, figures.changes.switches(asked.network.parameters, layer)
        )
        if neuron is not None:
            _switch_neuron(mark, neuron)


def _switch_neuron(mark: Layer, neuron: int) -> None:
    SILENT.keep(mark, SILENT.of(mark) ^ {neuron})


def _accuracy_in_words(asked: Moment, silent: int, width: int, accuracy: float, before: float) -> str:
    said = _("With the whole layer, **{accuracy}** of the {count} test digits are classified correctly.")
    if silent:
        said = _(
            "Without {silent} of {all} neurons, **{accuracy}** of the {count} test digits are classified correctly; "
            "with the whole layer, {before}."
        )
    numbers = {"accuracy": in_percent(accuracy), "count": numeral(len(asked.test)), "before": in_percent(before)}
    return said.format(silent=silent, all=width, **numbers)


def _which_hurts(asked: Moment, mark: Layer, before: float, off: frozenset[int], accuracy: float) -> None:
    """Let the visitor guess the most important neuron, and plot the accuracy as neurons are silenced one by one."""
    layer = mark[1]

    def measure(on_progress: OnProgress) -> tuple[np.ndarray, ...]:
        of = asked.network, layer, asked.test
        without = ablation.ablation_accuracies(*of, lambda done, total: on_progress(done, 2 * total))
        order = np.argsort(-without, kind="stable")  # the least harmful first
        counts = evenly(len(order) + 1, MAX_POINTS)
        silence, silent = partial(ablation.ablate, asked.network, layer), [order[:count] for count in counts]
        rest = ablation.accuracies(
            silence, silent, asked.test, lambda done, total: on_progress(total + done, 2 * total)
        )
        return without, counts, rest

    words = _("Testing without each neuron in turn: {share}")
    known = computed("silenced", f"silenced {asked.id} {layer}", measure, words)
    if known is None:
        return
    without, counts, accuracies = known
    width, worst = len(without), int(without.argmin())
    left, right = st.columns(2, gap="medium")
    with left:
        question, said = _("Which neuron, removed alone, lowers the accuracy most?"), _worst_in_words(without, before)
        if width == 1 or predict_first(f"worst_neuron_{layer}_{width}", question, (1, width, 1), lambda _guess: said):
            if width == 1:
                st.markdown(said)
            if without[worst] < before:
                label = _("Restore neuron {number}") if worst in off else _("Silence neuron {number}")
                switch = partial(_switch_neuron, mark, worst)
                button(label.format(number=worst + 1), "silence_worst", switch, "power_settings_new")
            plot("neuron_harms", *figures.changes.neuron_harms.of(without, before), 300)
    with right:
        plot("silenced_curve", *figures.changes.silenced_curve.of(counts, accuracies, (len(off), accuracy)), 300)


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


@maths_step(
    title="Smaller weights",
    task="Cut the smallest [weights](#term-weight), or **select** one and type another value. Accuracy, loss and the "
    "answer for this digit update.",
    question="Why does cutting a third of the weights change almost nothing?",
    solution="A small weight adds little to any sum. Many of these sit on pixels that hardly ever have ink.",
)
def smaller_weights(asked: Moment, pick: Callable[[], AskedDigit]) -> None:
    """Show a weight matrix with cut and typed weights, and the accuracy and answer of the changed network."""
    digit, owner = pick(), owner_of(asked)
    layers = asked.network.parameters.weights
    loss = PRETRAINED_LOSS if asked.run is None else asked.run.hyperparameters
    left, right = st.columns([6, 4], gap="medium")
    with right:
        layer, fraction = _cut_controls(len(layers))
    ones, is_last = TYPED.of(owner), layer == len(layers) - 1
    changed = ablation.prune(asked.network, fraction)
    for place, value in ones.items():
        changed = ablation.set_weight(changed, *place, value)
    accuracy, mean_loss = ablation.accuracy_and_loss(changed, asked.test, loss)
    chosen = CHOSEN_WEIGHT.of((owner, layer))
    with left:
        typed = sorted((row, column) for matrix, row, column in ones if matrix == layer)
        matrix, entering = changed.parameters.weights[layer], changed.layers(digit.pixels[None])[1][layer][0]
        seen = figures.changes.weight_matrix.of(matrix, layers[layer], entering, layer, len(layers), chosen, typed)
        take = partial(_take_weight, owner, layer, layers[layer].shape, is_last)
        plot("cut_weights", *seen, 400, take, main=True)
    with right:
        st.markdown(_cut_in_words(asked, fraction, accuracy, mean_loss))
        _type_box(owner, layer, chosen, changed, ones)
        st.markdown(_reading_in_words(digit, asked.network, changed))
    below, beside = st.columns([6, 4], gap="medium")
    with below:
        words = _("Testing with more and more weights cut: {share}")
        prune = partial(ablation.prune, asked.network)
        measure = partial(ablation.accuracies, prune, FRACTIONS.tolist(), asked.test)
        known = computed("pruned", f"pruned {asked.id}", measure, words)
        if known is not None:
            plot("pruned_curve", *figures.changes.pruned_curve.of(FRACTIONS, known, (fraction, accuracy)), 280)
    with beside:
        readings = [network.predict_proba(digit.pixels[None])[0] for network in (asked.network, changed)]
        plot("cut_weights_readings", *figures.two_readings.of(*readings), 280)


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


def _cut_controls(count: int) -> tuple[int, float]:
    """Show the controls of `smaller_weights`. Return the matrix's index, from 0, and the fraction of weights to cut."""
    st.session_state.setdefault(CUT, 0)
    percent = st.slider(_("Cut the smallest weights (%)"), 0, 100, key=CUT, persist_state="session")
    names = [f"w{number + 1}" for number in range(count)]
    name = names[0] if count == 1 else choice(_("Weight matrix"), names, key=MATRIX, label_visibility="collapsed")
    return names.index(name), percent / 100


def _cut_in_words(asked: Moment, fraction: float, accuracy: float, loss: float) -> str:
    said = _(
        "With {share} of all weights cut, **{accuracy}** of the {count} test digits are classified correctly. Loss per "
        "digit: **{loss}**."
    )
    count, share = numeral(len(asked.test)), in_percent(fraction, 0)
    return said.format(accuracy=in_percent(accuracy), count=count, share=share, loss=short(loss))


def _type_box(
    owner: str, layer: int, chosen: tuple[int, int] | None, changed: Network, ones: dict[tuple[int, int, int], float]
) -> None:
    """Show the field for the selected weight, and the undo buttons."""
    matrices = changed.parameters.weights
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if chosen is None:
            st.caption(_("Select a weight in the picture to type another value."), width="stretch")
        else:
            value = float(np.clip(matrices[layer][chosen], -LIMIT, LIMIT))
            if st.session_state.get(TYPED_WEIGHT) != value:  # an assignment would overwrite what the visitor is typing
                st.session_state[TYPED_WEIGHT] = value
            name = f"w{layer + 1}, {figures.changes.weight_name(layer, len(matrices), *chosen)}"
            look: dict[str, Any] = {"key": TYPED_WEIGHT, "on_change": partial(_take_typed, owner, layer, chosen)}
            st.number_input(name, -LIMIT, LIMIT, step=0.1, format="%.4g", width=200, **look)
        undo = partial(TYPED.keep, owner, dict(list(ones.items())[:-1]))
        button(_("Undo"), "typed_undo", undo, "undo", disabled=not ones)
        button(_("Undo all"), "typed_undo_all", TYPED.forget, disabled=not ones)


def _take_typed(owner: str, layer: int, chosen: tuple[int, int]) -> None:
    """Store the typed weight. The browser's value is untrusted."""
    value = st.session_state.get(TYPED_WEIGHT)
    if isinstance(value, (int, float)) and abs(value) <= LIMIT:  # false for nan
        place, ones = (layer, *chosen), TYPED.of(owner)
        others = {other: ones[other] for other in ones if other != place}
        TYPED.keep(owner, others | {place: float(value)})


def _take_weight(owner: str, layer: int, shape: tuple[int, int], is_last: bool) -> None:
    """Select the clicked weight. The browser's value is untrusted."""
    click = clicked("cut_weights")
    cell = None if click is None else figures.changes.weight_at(click["x"], click["y"], shape, is_last)
    if cell is not None:
        CHOSEN_WEIGHT.keep((owner, layer), cell)


SHOCK = "shock_kind"
PLAIN, SHOCKED = "plain", "shocked"
"""Names of the two runs."""
SLICES = 50
"""Number of progress reports of a training."""
SHOWN_BEFORE = 4
"""Number of digits before and after the change in the figure shown before training."""
SHOCK_HEIGHT = 370
ShockResult = Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray]]
"""Steps, test accuracies and test losses at the ends of batches, by run."""


@step(
    title="Change the data before training",
    task="Change the [training data](#term-training_data) and train again next to an unchanged run with the same "
    "seed. **Predict** the test accuracy first.",
    question="The pixels are shuffled in the same way in every digit. Why does the accuracy hardly fall?",
    solution="The network does not know which pixels are neighbours. It learns a weight for each pixel, wherever it "
    "is.",
)
def changed_data(asked: Moment, _pick: Callable[[], AskedDigit]) -> None:
    """Let the visitor choose a perturbation and guess. Train on it next to the plain run, and show both curves."""
    left, right = st.columns([11, 9], gap="medium")
    with right:
        titles = {name: each.title for name, each in PERTURBATIONS.items()}
        name = choice(_("What happens to the digits?"), titles, key=SHOCK, style="pills", wrap=True)
    base, settings = setting_of(asked)
    mark, guess, result = (base.id, settings, name), f"shock_guess_{name}", None
    with right:
        st.markdown(str(PERTURBATIONS[name].meaning))
        box = st.container()  # above the progress
        if f"{guess}_committed" in st.session_state:
            train, words = partial(_both_courses, base, settings, name), _("Training both: {share}")
            result = computed(f"shock_{name}", repr(mark), train, words, LANDSCAPES, begin=_("Train both"))
        st.caption(joined([_how_long(asked, settings), *_left_out(asked)]))
    with left, st.container(key="shock"):
        if result is None:
            plot("shock_digits", mark, lambda: _shock_examples(base, settings, name), height=SHOCK_HEIGHT, main=True)
        else:
            plot("shock_curves", mark, lambda: _shock_curves(result, name), height=SHOCK_HEIGHT, main=True)
    with box:
        question = _("After this training, how many of 100 test digits does the network classify correctly?")
        predict_first(guess, question, (0, 100, 1), lambda _guess: _shock_answer(result, name))


def setting_of(asked: Moment) -> tuple[DigitDataset, Hyperparameters]:
    """Return the digits and settings of both runs: those of the visitor's run, or the notebook's."""
    if asked.run is None:
        digits = current_run.shipped_digits()
        return digits, within_seconds(Hyperparameters(), len(digits))
    digits = asked.run.dataset
    if type(digits) is not DigitDataset:  # drop the distorted copies
        digits = DigitDataset(digits.pixels, digits.labels)
    return digits, within_seconds(asked.run.hyperparameters, len(digits))


def within_seconds(settings: Hyperparameters, digits: int) -> Hyperparameters:
    """Return the settings with fewer batches if needed, so that the run needs at most the notebook's work.

    Work counts multiplications: all weights times the digits of each step, plus all weights times all digits after each
    batch.
    """
    usual, weights = Hyperparameters(), count_parameters(settings.layer_sizes, bias=False)
    most = usual.batches * _work_of_batch(usual, digits)
    if settings.steps_per_batch * settings.batch_size * weights > most:
        steps = max(1, most // (settings.batch_size * weights))
        settings = dataclasses.replace(settings, batches=1, steps_per_batch=steps)
    batches = max(1, min(settings.batches, most // _work_of_batch(settings, digits)))
    return dataclasses.replace(settings, batches=batches, engine="auto")


def _work_of_batch(settings: Hyperparameters, digits: int) -> int:
    weights = count_parameters(settings.layer_sizes, bias=False)
    return weights * (settings.steps_per_batch * settings.batch_size + digits)


def runs(base: DigitDataset, settings: Hyperparameters, name: str) -> dict[str, TrainingRun]:
    """Return the plain run and the run on perturbed digits, with the same seed."""
    digits = {PLAIN: base, SHOCKED: shocked(base, name, settings.train_fraction, settings.seed)}
    return {each: TrainingRun(digits[each], settings, wait_for_compiled=True) for each in digits}


def _both_courses(base: DigitDataset, settings: Hyperparameters, name: str, report: OnProgress) -> ShockResult:
    both, done = runs(base, settings, name), 0
    for run in both.values():
        while not (run.finished or run.diverged):
            done += run.advance(max(1, run.total_steps // SLICES))
            report(done, 2 * run.total_steps)
    return {each: _course(run.snapshot) for each, run in both.items()}


def _course(snapshot: Snapshot) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    history = snapshot.history
    length, ends = history.recorded_losses.shape[1], history.finished_batches
    if snapshot.state is RunState.DIVERGED:  # in the next batch, whose accuracy is nan
        ends = min(ends + 1, history.batches)
    return (np.arange(ends) + 1) * length, history.test_accuracy[:ends], history.test_loss[:ends]


def _shock_answer(result: ShockResult | None, name: str) -> str:
    if result is None:
        return _("Now train both networks to see.")
    last = {run: float(accuracy[-1]) if len(accuracy) else np.nan for run, (_steps, accuracy, _loss) in result.items()}
    unknown = _("unknown, because it diverged")
    of_100 = {run: numeral(100 * share, ".1f") if np.isfinite(share) else unknown for run, share in last.items()}
    said = _("It is **{after}**; without the change it is **{plain}**.")
    because = [PERTURBATIONS[name].because] if np.isfinite(list(last.values())).all() else []
    return joined([said.format(after=of_100[SHOCKED], plain=of_100[PLAIN]), *because])


def _how_long(asked: Moment, settings: Hyperparameters) -> str:
    said = _("Both are trained for {steps} steps with the settings of this run.")
    if asked.run is None:
        said = _("Both are trained for {steps} steps with the notebook's settings.")
    elif asked.run.hyperparameters.total_steps != settings.total_steps:
        said = joined([said, _("That is fewer than in this run, so it takes just seconds.")])
    return said.format(steps=numeral(settings.total_steps))


def _left_out(asked: Moment) -> list[str]:
    """Return a sentence for each part of the training digits and labels that these two runs do not use."""
    digits = None if asked.run is None else asked.run.dataset
    left_out = {
        "copies": _("Neither is trained on the distorted copies of this run."),
        "extra": _("Neither is trained on the drawings of this run."),
        "wrong_labels": _("Neither has the wrong labels of this run."),
    }
    return [words for name, words in left_out.items() if getattr(digits, name, None)]


def _shock_examples(base: DigitDataset, settings: Hyperparameters, name: str) -> Any:
    """Draw digits before and after the perturbation."""
    before = base.split(settings.train_fraction)
    after = shocked(base, name, settings.train_fraction, settings.seed).split(settings.train_fraction)
    part = int(before[0].id == after[0].id)  # the test digits if the training digits do not change
    old, new = before[part][-SHOWN_BEFORE:], after[part][-SHOWN_BEFORE:]
    said = [_("{label}, before"), _("{label}, after")]
    captions = [said[k].format(label=label) for k, digits in enumerate((old, new)) for label in digits.labels.tolist()]
    return figures.digits.picture_tiles.plain(np.concatenate([old.images, new.images]), captions, columns=SHOWN_BEFORE)


def _shock_curves(result: ShockResult, name: str) -> Any:
    names = {PLAIN: _("without the change"), SHOCKED: str(PERTURBATIONS[name].title)}
    shown = [figures.runs.ComparedRun(names[each], *course) for each, course in result.items()]
    return figures.runs.compared_curves.plain(shown)


STEPS = one_pixel, a_little_ink, not_a_digit, fewer_neurons, smaller_weights, changed_data
"""Steps of the page, in order."""
