"""The digit a page is about: one of a set, by number, or the drawing on the pad."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from digitviz.dashboard.components.pad import drawn, put
from digitviz.dashboard.questions import address
from digitviz.dashboard.questions.address import DIGIT
from digitviz.dashboard.questions.controls import button
from digitviz.dashboard.questions.subject import unseen_handwriting
from digitviz.dashboard.session import current_run, saved_drawings
from digitviz.dashboard.session.moment import FEW, Moment
from digitviz.datasets import DigitDataset
from digitviz.drawing import to_digit
from digitviz.drawing.picture import canvas_from_digit
from digitviz.explanations.robustness import flip_pixel
from digitviz.language import gettext as _, lazy_gettext, listed
from digitviz.numbers import in_percent, numeral

TEST, TRAINING, HANDWRITING, NOTEBOOK, DRAWINGS, PAD = "test", "training", "handwriting", "notebook", "drawings", "pad"
SETS = {
    TEST: lazy_gettext("Test digits"),
    TRAINING: lazy_gettext("Training digits"),
    HANDWRITING: lazy_gettext("Other people's handwriting"),
    NOTEBOOK: lazy_gettext("The notebook's test digits"),
    DRAWINGS: lazy_gettext("Your drawings"),
    PAD: lazy_gettext("On the pad"),
}
ONE = {
    TEST: lazy_gettext("test digit #{number}"),
    TRAINING: lazy_gettext("training digit #{number}"),
    HANDWRITING: lazy_gettext("handwritten digit #{number}"),
    NOTEBOOK: lazy_gettext("the notebook's test digit #{number}"),
    DRAWINGS: lazy_gettext("your drawing {number}"),
    PAD: lazy_gettext("the drawing on the pad"),
}
SET, NUMBER = "asked_set", "asked_number"
"""Keys of the controls; numbers start from 1."""
SURE, UNSURE = 0.9, 0.6
"""Lowest probability of the answer to a clear digit, and to an unsure one."""
_OPENED_WITH, _SHOWN = "asked_opened_with", "asked_shown"
"""Keys: the rule, the test digits and the number of the page's first digit; and the test digits and the digit that a
page showed last."""


@dataclass(frozen=True, eq=False)
class AskedDigit:
    """A digit that a page is about.

    Parameters
    ----------
    set : str
        A name in `SETS`.
    index : int
        Index in the set, from 0.
    pixels : ndarray of float64, shape (64,)
        Ink, 0 to 16.
    label : int or None
        None for the drawing on the pad.
    doubt : str
        Result of `doubt`.
    """

    set: str
    index: int
    pixels: np.ndarray
    label: int | None
    doubt: str = ""

    @property
    def code(self) -> str:
        """Code of the digit in an address: "test-17" (counted from 1) or "pad"."""
        return code_of(self.set, self.index)

    @property
    def title(self) -> str:
        """Name of the digit within a sentence."""
        return str(ONE[self.set]).format(number=numeral(self.index + 1))

    @property
    def heading(self) -> str:
        """Name of the digit at the start of a sentence."""
        return self.title[:1].upper() + self.title[1:]

    @property
    def id(self) -> str:
        """Id of the ink and label, for figures."""
        return f"{self.pixels.tobytes().hex()} {self.label}"


def code_of(name: str, index: int) -> str:
    """Return the code of a digit in an address: "test-17" for index 16, or "pad"."""
    return PAD if name == PAD else f"{name}-{index + 1}"


def digit_sets(subject: Moment) -> dict[str, DigitDataset]:
    """Return the non-empty sets of digits to choose from, by their names in `SETS`."""
    sets = {TEST: subject.test, TRAINING: subject.train, HANDWRITING: unseen_handwriting()}
    if subject.run is None:
        sets[NOTEBOOK] = current_run.shipped_digits().split()[1]
    if saved_drawings.drawings():
        sets[DRAWINGS] = saved_drawings.as_dataset(saved_drawings.names())
    return sets


def doubt(asked: Moment, name: str) -> str:
    """Return a warning if some labels of a set are wrong, otherwise an empty string."""
    share = asked.run.dataset.wrong_labels if asked.run is not None and name == TRAINING else 0.0
    words = _("About {share} of the training labels are wrong on purpose, so the label may be wrong, not the network.")
    return words.format(share=in_percent(share, 0)) if share else ""


class Digits:
    """All digits to choose from: the sets, and the drawing on the pad."""

    def __init__(self, subject: Moment) -> None:
        self.subject, self.sets = subject, digit_sets(subject)
        canvas = drawn("pad")
        drawing = None if canvas is None else to_digit(canvas)
        self.pad = None if drawing is None or drawing.is_empty else drawing.digit.reshape(64).astype(float)
        self.names = [*self.sets, *([] if self.pad is None else [PAD])]

    def count(self, name: object) -> int:
        """Return the number of digits in a set; 0 if the set does not exist."""
        return int(self.pad is not None) if name == PAD else len(self.sets.get(str(name), ()))

    def has(self, name: object, number: int) -> bool:
        """Return whether the set has a digit with this number, counted from 1."""
        return 1 <= number <= self.count(name)

    def choice(self, keys: tuple[str, str], labels: tuple[str, str]) -> AskedDigit:
        """Show the choice of a set and of a number in it, and return the digit.

        Parameters
        ----------
        keys, labels : tuple of str
            Keys (in the session state) and labels of the set and of the number, which may contain "{last}".
        """
        (kind, number), state = keys, st.session_state
        titles = {name: str(SETS[name]) for name in self.names}
        name = st.selectbox(labels[0], self.names, key=kind, persist_state="session", format_func=titles.__getitem__)
        name = name if name in self.names else TEST
        last, held = self.count(name), state.get(number)
        fitting = min(max(held, 1), last) if isinstance(held, int) else 1
        if held != fitting:  # an assignment would overwrite what the visitor is typing
            state[number] = fitting
        label = labels[1].format(last=numeral(last))
        typed = st.number_input(label, 1, last, key=number, persist_state="session", disabled=name == PAD)
        return self.digit(name, int(typed))

    def digit(self, name: str, number: int) -> AskedDigit:
        """Return a digit by its number, counted from 1."""
        if name == PAD:
            assert self.pad is not None
            return AskedDigit(PAD, 0, self.pad, None)
        digits, index = self.sets[name], number - 1
        return AskedDigit(name, index, digits.pixels[index], int(digits.labels[index]), doubt(self.subject, name))


def clear_digits(subject: Moment) -> list[int]:
    """Return the indices of test digits, among the first 50, that the network is sure of and reads correctly."""
    return [index for index, confidence in _correct_digits(subject) if confidence >= SURE]


def _correct_digits(subject: Moment) -> list[tuple[int, float]]:
    """Return index and confidence of the test digits, among the first 50, that the network reads correctly."""
    if not subject.has_answers:
        return []
    digits = subject.test[:FEW]
    probabilities = subject.network.predict_proba(digits.pixels)
    correct = np.flatnonzero(probabilities.argmax(axis=1) == digits.labels)
    return list(zip(correct.tolist(), probabilities[correct].max(axis=1).tolist(), strict=True))


def unsure_digit(subject: Moment) -> int:
    """Return the index of the correctly read test digit, among the first 50, with the lowest confidence above 60 %.

    One pixel can change the answer to such a digit. Return 0 if there is none.
    """
    unsure = [(confidence, index) for index, confidence in _correct_digits(subject) if confidence >= UNSURE]
    return min(unsure, default=(0.0, 0))[1]


def clear_digit(subject: Moment) -> int:
    """Return the index of the first of `clear_digits`, else of any that the network reads correctly, or 0."""
    return next(iter(clear_digits(subject) or [index for index, _sure in _correct_digits(subject)]), 0)


def clear_digit_that_flips(subject: Moment) -> int:
    """Return the index of the first of `clear_digits` whose answer one pixel changes. If there is none, the first."""
    network, pixels = subject.network, subject.test.pixels
    flips = (index for index in clear_digits(subject) if flip_pixel(network, pixels[index]).exist[0])
    return next(flips, clear_digit(subject))


def asked_digit(
    subject: Moment, opens_with: Callable[[Moment], int] = clear_digit, key: str = "question_digit"
) -> AskedDigit:
    """Show the choice of a digit in a row, and return the digit.

    Parameters
    ----------
    opens_with : callable
        Returns the index of the test digit to show until the visitor chooses one.
    key : str
        Key of the row, for its style.
    """
    there, state = Digits(subject), st.session_state
    address.take(DIGIT, _("Digit"), partial(_take, there))
    rule, (last, number) = (opens_with.__name__, subject.test.id), state.get(_OPENED_WITH, (None, None))
    is_untouched = (state.get(SET), state.get(NUMBER)) == (TEST, number)
    if (is_untouched and last != rule) or not _is_there_still(there):
        choose(TEST, opens_with(subject))
        state[_OPENED_WITH] = rule, state[NUMBER]
    with st.container(
        horizontal=True, horizontal_alignment="right", vertical_alignment="center", width="content", key=key
    ):
        digit = there.choice((SET, NUMBER), (_("Which digit?"), _("Number, 1 to {last}")))
    address.write(DIGIT, digit.code)
    state[_SHOWN] = subject.test.id, digit
    return digit


def _is_there_still(there: Digits) -> bool:
    """Return whether the chosen digit still exists. If the network has changed, find the digit in the new sets."""
    state = st.session_state
    test, last = state.get(_SHOWN, (there.sets[TEST].id, None))
    is_chosen_since = last is None or (state.get(SET), state.get(NUMBER)) != (last.set, last.index + 1)
    if is_chosen_since or last.set == PAD or test == there.sets[TEST].id:
        return state.get(SET) in there.names
    for name, digits in there.sets.items():
        if len(same := np.flatnonzero((digits.pixels == last.pixels).all(axis=1))):
            choose(name, int(same[0]))
            return True
    return False


def choose(name: str, index: int = 0) -> None:
    """Choose a digit of a set by its index, from 0. Call this from a callback, or before a page is opened."""
    st.session_state[SET], st.session_state[NUMBER] = name, index + 1
    st.session_state.pop(_SHOWN, None)  # a digit of the network that is asked now, not of the one before


def pad_button(key: str, pixels: np.ndarray, **options: Any) -> None:
    """Show a button that puts a digit on the drawing pad and opens its page."""
    canvas = partial(put, "pad", canvas_from_digit(pixels.reshape(8, 8)))
    button(_("Copy to the drawing pad"), key, canvas, "draw", "pages/draw.py", **options)


def parsed(code: str) -> tuple[str, int]:
    """Parse the untrusted code of a digit. Return its set, and its number or -1."""
    name, _dash, number = code.partition("-")
    return name, 1 if name == PAD and not number else address.whole_number(number)


def codes(sets: Mapping[str, DigitDataset]) -> list[str]:
    """Return the codes of all digits of each set: "test-1 … test-180"."""
    return [f"{name}-1 … {name}-{len(digits)}" for name, digits in sets.items()]


def _take(there: Digits, asked: str) -> str | None:
    """Apply the digit in the address."""
    name, number = parsed(asked)
    if name == PAD and there.pad is None:
        return _("a link does not contain the drawing on the pad; save it on Draw to keep it")
    if not there.has(name, number):
        return listed(codes(there.sets))
    choose(name, number - 1)
    return None
