"""Answers to unusual inputs: one changed pixel, small changes along the gradient, and pictures that are not digits."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import partial

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.choice import choice
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.components.predict_first import predict_first
from digitviz.dashboard.questions import address
from digitviz.dashboard.questions.asked_digit import TEST, AskedDigit, choose, clear_digit
from digitviz.dashboard.questions.computed import computed
from digitviz.dashboard.questions.controls import Remembered, button, clicked_pixel, clicked_row
from digitviz.dashboard.questions.extra_training import another_seed
from digitviz.dashboard.questions.subject import Subject, of_run
from digitviz.dashboard.session.steps import step
from digitviz.dashboard.session.storage import QUICK
from digitviz.datasets import PIXEL_MAX
from digitviz.drawing.prediction import likeness_detector, percent
from digitviz.explanations import robustness
from digitviz.explanations.progress import OnProgress, in_turn
from digitviz.figures.picture import Plain
from digitviz.language import gettext as _
from digitviz.language import joined, lazy_gettext, ngettext
from digitviz.networks.forward import softmax
from digitviz.numbers import a_digit, in_percent, numeral, short

HEIGHT = 380
MAX_SHOWN = 12
"""Maximum number of digits shown with one changed pixel."""
_CHOSEN: Remembered[tuple[int, int] | None] = Remembered("one_pixel_chosen", None)
_SHOWN = Remembered("one_pixel_shown", False)
"""Row and column of the changed pixel, and whether the answer is shown, for a network and digit."""


@step(
    title=lazy_gettext("One pixel"),
    task=lazy_gettext("**Click** a pixel of this [test digit](#term-test_data) to fill or erase it."),
    question=lazy_gettext("You can still read the changed digit. Why can the network not?"),
    solution=lazy_gettext(
        "It knows nothing about strokes: each pixel only adds its ink times its weights. Where two answers are close, "
        "one full pixel is enough to tip the sum."
    ),
)
def one_pixel(asked: Subject, pick: Callable[[], AskedDigit]) -> None:
    """Let the visitor look for a pixel that changes the answer, and guess how many digits have one."""
    digit = pick()
    found = robustness.flip_pixel(asked.network, digit.pixels)
    answer, changed = int(found.answers[0]), found.changed[0]
    mark = (asked.id, digit.id)
    pixel, is_shown, flips = _CHOSEN.of(mark), _SHOWN.of(mark), changed != answer
    has_flip = flips.any(axis=0)
    first = next(((row, column) for row, column in np.argwhere(has_flip).tolist()), None)
    after, solved = (_with_pixel(digit.pixels, place, changed, answer) for place in (pixel, first))
    before, then, goal = asked.network.predict_proba(np.stack([digit.pixels, after, solved]))
    read = int(then.argmax())
    is_known = np.full((8, 8), is_shown)
    if pixel is not None:
        is_known[pixel] = True
    left, right = st.columns([11, 10], gap="medium")
    with left:
        shown = np.where(is_known, changed, answer)
        draw = partial(figures.pixel_flips.plain, after.reshape(8, 8), answer, shown, pixel)
        plot("one_pixel", (mark, pixel, is_shown), draw, height=HEIGHT, on_click=partial(_take_pixel, mark), main=True)
    with right:
        if pixel is not None:
            st.header(_what_one_pixel_does(answer, read, bool(after.sum() > digit.pixels.sum())))
        elif first is not None:
            asks = _("Which one pixel changes the answer from {answer} to {then}?")
            st.header(asks.format(answer=answer, then=int(goal.argmax())))
        into, says = "" if pixel is None else f" → <strong>{read}</strong>", _("It says")
        if digit.label is not None:
            says = _("This is {a_label}. It says").format(a_label=a_digit(digit.label, bool(digit.doubt)))
        with st.container(horizontal=True, vertical_alignment="center"):
            st.html(f'<p class="digitviz-flip"><span>{says}</span>{answer}{into}</p>', width="content")
            if pixel is not None:
                button(_("Start over"), "one_pixel_reset", partial(_show_answer, mark, None), "replay")
            elif first is not None:
                button(_("Show the answer"), "one_pixel_show", partial(_show_answer, mark, first), "lightbulb")
        draw = partial(figures.two_readings.plain, before, then)
        if pixel is None:
            draw = partial(figures.probability_bars.plain, before, int(before.argmax()))
        plot("one_pixel_readings", (mark, pixel), draw, height=300)
    st.markdown(_pixel_in_words(digit, answer, int(flips.sum())))
    _how_many(asked)


def _take_pixel(mark: Hashable) -> None:
    """Change the clicked pixel. If it is changed already, restore the digit and hide the answer."""
    if (pixel := clicked_pixel("one_pixel")) is None:
        return
    if _CHOSEN.of(mark) == pixel:
        _show_answer(mark, None)
    else:
        _CHOSEN.keep(mark, pixel)


def _show_answer(mark: Hashable, pixel: tuple[int, int] | None) -> None:
    """Change a pixel and show all that change the answer, or restore the digit and hide them if it is None."""
    _CHOSEN.keep(mark, pixel)
    _SHOWN.keep(mark, pixel is not None)


def _with_pixel(pixels: np.ndarray, pixel: tuple[int, int] | None, changed: np.ndarray, answer: int) -> np.ndarray:
    """Return the digit with a pixel erased or filled: the change that flips the answer, or else the larger one."""
    after = pixels.copy()
    if pixel is not None:
        place = pixel[0] * 8 + pixel[1]
        erased, filled = (bool(changed[kind][pixel] != answer) for kind in (0, 1))
        fill = filled if erased != filled else pixels[place] < PIXEL_MAX / 2
        after[place] = PIXEL_MAX if fill else 0.0
    return after


def _what_one_pixel_does(answer: int, then: int, filled: bool) -> str:
    if filled:
        stays = _("Fill this pixel, and the answer stays {answer}")
        changes = _("Fill one pixel, and the answer changes from {answer} to {then}")
    else:
        stays = _("Erase this pixel, and the answer stays {answer}")
        changes = _("Erase one pixel, and the answer changes from {answer} to {then}")
    return (stays if then == answer else changes).format(answer=answer, then=then)


def _pixel_in_words(digit: AskedDigit, answer: int, count: int) -> str:
    if count == 0:
        said = _(
            "No single pixel changes the answer for {digit}: it stays {answer}, whichever of the 64 pixels is erased "
            "or filled."
        )
    else:
        said = ngettext(
            "There are {all} ways to fill or erase one pixel: **{count}** of them turns {digit}, read as {answer}, "
            "into another answer.",
            "There are {all} ways to fill or erase one pixel: **{count}** of them turn {digit}, read as {answer}, "
            "into another answer.",
            count,
        )
    ways = np.count_nonzero(digit.pixels > 0) + np.count_nonzero(digit.pixels < PIXEL_MAX)
    return said.format(count=count, digit=digit.title, answer=answer, all=ways)


def _how_many(asked: Subject) -> None:
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
    shown = np.flatnonzero((found.answers == asked.test.labels) & found.exist)[:MAX_SHOWN]
    if len(shown):
        st.caption(_("Some of them, with one pixel changed. Select one to look for the pixel."))
        draw = partial(_changed_digits, asked, found, shown)
        plot("one_pixel_digits", asked.id, draw, height=300, on_click=partial(look_at, shown))


def _changed_digits(asked: Subject, found: robustness.PixelFlips, shown: np.ndarray) -> Plain:
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
        _CHOSEN.forget()
        _SHOWN.forget()


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
    title=lazy_gettext("A little ink, a different answer"),
    task=lazy_gettext(
        "Every pixel gets a little more or less ink, along the [gradient](#term-gradient) of the loss. **Move** the "
        "slider until the answer changes."
    ),
    question=lazy_gettext("Random changes of the same size matter less. What is different about these?"),
    solution=lazy_gettext(
        "They all push in the same direction, towards a higher loss. Random ones push the loss up and down and largely "
        "cancel one another."
    ),
)
def a_little_ink(asked: Subject, pick: Callable[[], AskedDigit]) -> None:
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
    mark = (asked.id, digit.id, size)
    with picture:
        plot("little_ink", mark, partial(figures.digit_and_change.plain, digit.pixels, after), height=260, main=True)
    with bars:
        plot("little_ink_readings", mark, partial(figures.two_readings.plain, before, then), height=300)
    st.markdown(_ink_in_words(asked, digit, label, answer, size, after))
    usual = clear_digit(asked)
    if answer != label and asked.network.predict(asked.test.pixels[[usual]])[0] == asked.test.labels[usual]:
        take = partial(choose, TEST, usual)
        button(_("Take a digit that it reads correctly"), "ink_clear_digit", take, "arrow_forward")
    other = another_seed(asked, _("Try this on a network trained with another seed"))
    compared = None if other is None else of_run(other)
    id = f"ink {asked.id} {'' if compared is None else compared.id}"
    words = _("Testing the digits with larger and larger changes: {share}")
    found = computed("ink", id, partial(_accuracies, asked, compared), words)
    if found is not None:
        curves = {str(CURVES[each]): found[each] for each in found}
        draw = partial(figures.accuracy_against_size.plain, SIZES, curves, size)
        plot("ink_curves", (asked.id, size, len(curves)), draw, height=300)


def _ink_in_words(asked: Subject, digit: AskedDigit, label: int, answer: int, size: float, after: np.ndarray) -> str:
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
        never = _("No step of up to {most} of 16 in this direction is enough; one in a different direction may be.")
        words.append(never.format(most=f"{MAX_SIZE:g}"))
    return joined(words)


def _accuracies(asked: Subject, other: Subject | None, report: OnProgress) -> dict[str, np.ndarray]:
    x, labels = asked.test.pixels, asked.test.labels
    signs = np.sign(robustness.pixel_gradient(asked.network, x, labels))

    def accuracies(size: float) -> list[float]:
        changed = robustness.moved(x, signs, size)
        found = [
            asked.network.accuracy(changed, labels),
            asked.network.accuracy(robustness.random_signs(x, size), labels),
        ]
        return found if other is None else [*found, other.network.accuracy(changed, labels)]

    return dict(zip(CURVES, in_turn(accuracies, SIZES.tolist(), report).T, strict=False))


KINDS = {
    "noise": lazy_gettext("Noise"),
    "letters": lazy_gettext("Letters"),
    "moved": lazy_gettext("Shifted digits"),
    "turned": lazy_gettext("Rotated digits"),
}
SHOWN, COLUMNS = 10, 5
MANY = 1000
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
    title=lazy_gettext("Not a digit"),
    task=lazy_gettext(
        "Show it things it was never trained on: noise, letters, shifted or rotated digits. How large is the "
        "[probability](#term-probability) of its answer?"
    ),
    question=lazy_gettext("Why does it name a digit even for pure noise?"),
    solution=lazy_gettext(
        "Softmax shares out all of the probability among the ten digits: there is no eleventh answer for “none of "
        "these”, so one of them always gets the most. The numbers below the pictures compare how sure the network is "
        "of them with how sure it is of test digits."
    ),
)
def not_a_digit(asked: Subject, _pick: Callable[[], AskedDigit]) -> None:
    """Show ten pictures of a kind with the network's answers, and its mean confidence over many."""
    address.take_choice(address.KIND, _("Pictures"), "not_a_digit_kind", KINDS)
    with st.container(horizontal=True, horizontal_alignment="right", key="step_settings_pictures"):
        kind = choice(_("What should it see?"), KINDS, key="not_a_digit_kind", label_visibility="collapsed", wrap=True)
        address.write(address.KIND, None if kind == "noise" else kind)
        shown = _pictures(asked, kind)

    def read(_on_progress: OnProgress) -> dict[str, np.ndarray]:
        return {"of_these": asked.network.logits(shown.pixels), "of_test": asked.network.logits(asked.test.pixels)}

    id = f"logits of no digits {asked.id} {asked.test.id} {shown.mark}"
    known = computed("not_a_digit", id, read, _("The network is reading the pictures: {share}"), QUICK)
    if known is None:
        return
    answers, sure = known["of_these"].argmax(axis=1), softmax(known["of_these"]).max(axis=1)
    captions = [
        _("{what}<br>read as {answer}, {probability}").format(what=what, answer=answer, probability=percent(p))
        for what, answer, p in zip(shown.names, answers.tolist(), sure.tolist(), strict=False)
    ]
    draw = partial(figures.picture_tiles.plain, shown.pixels[:SHOWN].reshape(-1, 8, 8), captions, COLUMNS)
    plot("not_a_digit", (asked.id, shown.mark), draw, height=400, main=True)
    st.markdown(_answers_in_words(shown, known["of_these"], known["of_test"]))


def _pictures(asked: Subject, kind: str) -> Pictures:
    test = asked.test
    labels = [_("label {digit}").format(digit=label) for label in test.labels[:SHOWN].tolist()]
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
            return Pictures(f"noise {seed}", robustness.noise(MANY, seed), [_("noise")] * SHOWN)


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
