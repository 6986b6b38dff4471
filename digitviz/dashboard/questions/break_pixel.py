"""Can it be fooled? One pixel that changes the answer."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.plot import clicked, plot
from digitviz.dashboard.components.predict_first import predict_first
from digitviz.dashboard.questions.asked_digit import TEST, AskedDigit, choose
from digitviz.dashboard.questions.computed import computed
from digitviz.dashboard.questions.controls import clicked_row
from digitviz.dashboard.questions.subject import Subject
from digitviz.datasets import PIXEL_MAX
from digitviz.explanations.progress import OnProgress
from digitviz.explanations.robustness import PixelFlips, flip_pixel
from digitviz.figures.picture import Plain
from digitviz.language import gettext as _
from digitviz.language import ngettext

HEIGHT = 380
MAX_SHOWN = 12
"""Digits with such a pixel."""
_CHOSEN = "one_pixel_chosen"


def view(asked: Subject, choice: Callable[[], AskedDigit]) -> None:
    """Show the pixels that change the answer, the digit with one of them changed, and how many digits have one."""
    digit = choice()
    found = flip_pixel(asked.network, digit.pixels)
    answer, changed = int(found.answers[0]), found.changed[0]
    mark = (asked.id, digit.id)
    pixel = _chosen(mark, changed, answer)
    after = _with(digit.pixels, pixel, changed, answer)
    before, then = asked.network.predict_proba(np.stack([digit.pixels, after]))
    image, drawn = digit.pixels.reshape(8, 8), partial(figures.digit_with_numbers.plain, after.reshape(8, 8))
    left, middle, right = st.columns([4, 3, 3], gap="medium")
    with left:
        draw, take = partial(figures.pixel_flips.plain, image, answer, changed, pixel), partial(_take_click, mark)
        plot("one_pixel", (mark, pixel), draw, height=HEIGHT, on_click=take, main=True)
    with middle:
        plot("one_pixel_after", (mark, pixel), drawn, height=HEIGHT)
    with right:
        plot("one_pixel_readings", (mark, pixel), partial(figures.two_readings.plain, before, then), height=HEIGHT)
    st.markdown(_in_words(digit, answer, int(then.argmax()), int((changed != answer).sum()), pixel))
    _how_many(asked)


def _take_click(mark: object) -> None:
    """Change the pixel that was clicked, or change it back; what a browser sends is untrusted."""
    click = clicked("one_pixel")
    if click is None:
        return
    row, column = round(click["y"]) - 1, round(click["x"]) - 1
    if 0 <= row < 8 and 0 <= column < 8:
        held = st.session_state.get(_CHOSEN)
        st.session_state[_CHOSEN] = None if held == (mark, (row, column)) else (mark, (row, column))


def _chosen(mark: object, changed: np.ndarray, answer: int) -> tuple[int, int] | None:
    """Return the pixel that was clicked in this digit; before a click the first that changes the answer."""
    if _CHOSEN in st.session_state:
        held = st.session_state[_CHOSEN]
        if held is None:
            return None
        if held[0] == mark:
            pixel: tuple[int, int] = held[1]
            return pixel
    flipping = np.argwhere((changed != answer).any(axis=0))
    return None if not len(flipping) else (int(flipping[0][0]), int(flipping[0][1]))


def _with(pixels: np.ndarray, pixel: tuple[int, int] | None, changed: np.ndarray, answer: int) -> np.ndarray:
    """Return the digit with a pixel emptied or filled: whichever changes the answer, else whichever is farther."""
    after = pixels.copy()
    if pixel is not None:
        place = pixel[0] * 8 + pixel[1]
        emptied, filled = (bool(changed[kind][pixel] != answer) for kind in (0, 1))
        fill = filled if emptied != filled else pixels[place] < PIXEL_MAX / 2
        after[place] = PIXEL_MAX if fill else 0.0
    return after


def _in_words(digit: AskedDigit, answer: int, then: int, count: int, pixel: tuple[int, int] | None) -> str:
    if count == 0:
        said = _(
            "No single pixel changes the answer to {digit}: it stays {answer}, whichever of the 64 is emptied or "
            "filled."
        )
    else:
        said = ngettext(
            "**{count}** of 128 changes of a single pixel turns {digit}, read as {answer}, into another answer.",
            "**{count}** of 128 changes of a single pixel turn {digit}, read as {answer}, into another answer.",
            count,
        )
    words = said.format(count=count, digit=digit.title, answer=answer)
    if pixel is not None:
        now = _("With row {row}, column {column} changed it reads **{answer}**.")
        words += " " + now.format(row=pixel[0] + 1, column=pixel[1] + 1, answer=then)
    return words


def _how_many(asked: Subject) -> None:
    """Let the visitor guess how many test digits have such a pixel, and show some of them."""
    found, answer = None, ""
    if "one_pixel_guess_committed" in st.session_state:
        measure, words = partial(_of_all, asked), _("Every pixel of every test digit is tried: {share}")
        known = computed("pixels", f"pixels {asked.id}", measure, words)
        if known is None:
            return
        found = PixelFlips(**known)
        correct = found.answers == asked.test.labels
        count, of = int((correct & found.exist).sum()), int(correct.sum())
        said = _("It is **{share}**: {count} of the {correct} test digits that are read correctly.")
        answer = said.format(share=f"{count / max(of, 1):.0%}", count=count, correct=of)
    question = _("How many of 100 test digits that are read correctly can be changed into another answer by one pixel?")
    done = predict_first("one_pixel_guess", question, (0, 100, 1), lambda _guess: answer)
    if not done or found is None:
        return
    shown = np.flatnonzero((found.answers == asked.test.labels) & found.exist)[:MAX_SHOWN]
    if len(shown):
        st.caption(_("Some of them, with one pixel changed. Select one to see which pixel."))
        draw = partial(_drawn, asked, found, shown)
        plot("one_pixel_digits", asked.id, draw, height=300, on_click=partial(_look, shown))


def _of_all(asked: Subject, on_progress: OnProgress) -> dict[str, np.ndarray]:
    found = flip_pixel(asked.network, asked.test.pixels, on_progress)
    return {"answers": found.answers, "changed": found.changed}


def _drawn(asked: Subject, found: PixelFlips, shown: np.ndarray) -> Plain:
    """Draw digits with the first pixel changed that makes each another digit."""
    changed = asked.test.pixels[shown].copy()
    for row, index in enumerate(shown):
        kind, *place = np.argwhere(found.flips[index])[0]
        changed[row, place[0] * 8 + place[1]] = PIXEL_MAX * kind
    probabilities = asked.network.predict_proba(changed)
    return figures.guesses.plain(changed.reshape(-1, 8, 8), asked.test.labels[shown], probabilities, columns=6)


def _look(shown: np.ndarray) -> None:
    """Ask about the digit that was clicked."""
    if (row := clicked_row("one_pixel_digits", len(shown))) is not None:
        choose(TEST, int(shown[row]))
        st.session_state.pop(_CHOSEN, None)
