"""The digit that a page asks about: one of a set, by its number, or the drawing on the pad."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from digitviz.dashboard.components.pad import drawn
from digitviz.dashboard.runtime.outside import Wrong
from digitviz.dashboard.session import asked_address, saved_drawings
from digitviz.dashboard.session.asked_address import DIGIT
from digitviz.dashboard.session.subject import Subject, unseen_handwriting
from digitviz.datasets import DigitDataset
from digitviz.drawing import to_digit
from digitviz.language import gettext as _
from digitviz.language import lazy_gettext

TEST, TRAINING, HANDWRITING, DRAWINGS, PAD = "test", "training", "handwriting", "drawings", "pad"
SETS = {
    TEST: lazy_gettext("Test digits"),
    TRAINING: lazy_gettext("Training digits"),
    HANDWRITING: lazy_gettext("Handwriting of others"),
    DRAWINGS: lazy_gettext("Your drawings"),
    PAD: lazy_gettext("On the pad"),
}
ONE = {
    TEST: lazy_gettext("test digit {number}"),
    TRAINING: lazy_gettext("training digit {number}"),
    HANDWRITING: lazy_gettext("handwritten digit {number}"),
    DRAWINGS: lazy_gettext("your drawing {number}"),
    PAD: lazy_gettext("the drawing on the pad"),
}
SET, NUMBER = "asked_set", "asked_number"
"""Keys of the controls; numbers count from 1."""
MOST_FIGURES = 10


@dataclass(frozen=True, eq=False)
class AskedDigit:
    """A digit that is asked about.

    Parameters
    ----------
    set : str
        A name in `SETS`.
    index : int
        Its place there, from 0.
    pixels : ndarray of float64, shape (64,)
        Ink, 0 to 16.
    label : int or None
        What it shows; None of what is on the pad.
    """

    set: str
    index: int
    pixels: np.ndarray
    label: int | None

    @property
    def code(self) -> str:
        """What an address calls it: "test-17", counted from 1, or "pad"."""
        return code_of(self.set, self.index)

    @property
    def title(self) -> str:
        """What it is, in words."""
        return str(ONE[self.set]).format(number=f"{self.index + 1:,}")

    @property
    def id(self) -> str:
        """Tells its ink and label from all others, for pictures."""
        return f"{self.pixels.tobytes().hex()} {self.label}"


def code_of(name: str, index: int) -> str:
    """Return what an address calls a digit of a set: "test-17" for index 16, or "pad"."""
    return PAD if name == PAD else f"{name}-{index + 1}"


def digit_sets(subject: Subject) -> dict[str, DigitDataset]:
    """Return the sets that a network can be asked about, by their names in `SETS`; none is empty.

    Parameters
    ----------
    subject : Subject
        Whose test and training digits they are.
    """
    sets = {TEST: subject.test, TRAINING: subject.train, HANDWRITING: unseen_handwriting()}
    if saved_drawings.drawings():
        sets[DRAWINGS] = saved_drawings.as_dataset(saved_drawings.names())
    return sets


def asked_digit(subject: Subject, default: str = "test-1") -> AskedDigit:
    """Show in the sidebar which digit is asked about, and return it.

    Parameters
    ----------
    subject : Subject
    default : str
        The code of the digit that is shown first.
    """
    state, sets, on_the_pad = st.session_state, digit_sets(subject), drawn_on_the_pad()
    there = [*sets, *([] if on_the_pad is None else [PAD])]
    asked_address.check(DIGIT, _take(asked_address.named(DIGIT), sets, on_the_pad))
    if state.get(SET) not in there:
        name, number = parsed(default)
        state[SET], state[NUMBER] = (name, number) if name in there else (TEST, 1)
    with st.sidebar:
        name = st.selectbox(
            _("Which digit?"), there, key=SET, persist_state="session", format_func=lambda name: str(SETS[name])
        )
        name = name if name in there else TEST
        if name == PAD:
            digit = pad_digit(on_the_pad)
        else:
            most, held = len(sets[name]), state.get(NUMBER)
            fitting = 1 if not isinstance(held, int) else min(max(held, 1), most)
            if held != fitting:  # only then: what the server sets undoes what is typed meanwhile
                state[NUMBER] = fitting
            number = int(st.number_input(_("Number in the set"), 1, most, key=NUMBER, persist_state="session"))
            digit = of_set(sets[name], name, number - 1)
    asked_address.write(DIGIT, digit.code)
    return digit


def of_set(digits: DigitDataset, name: str, index: int) -> AskedDigit:
    """Return a digit of a set."""
    return AskedDigit(name, index, digits.pixels[index], int(digits.labels[index]))


def choose(name: str, index: int = 0) -> None:
    """Ask about another digit of a set, counted from 0; to be called from a callback, or before a page is opened."""
    st.session_state[SET], st.session_state[NUMBER] = name, index + 1


def drawn_on_the_pad() -> np.ndarray | None:
    """Return the pixels of the drawing on the pad, shape (64,); None of an empty pad."""
    canvas = drawn("pad")
    drawing = None if canvas is None else to_digit(canvas)
    return None if drawing is None or drawing.is_empty else drawing.digit.reshape(64).astype(float)


def pad_digit(pixels: np.ndarray | None) -> AskedDigit:
    """Return the drawing on the pad as a digit to ask about."""
    assert pixels is not None  # else it is no option
    return AskedDigit(PAD, 0, pixels, None)


def parsed(code: str) -> tuple[str, int]:
    """Read what an address calls a digit: its set and number, which is 0 if there is none; untrusted."""
    name, _dash, number = code.partition("-")
    readable = number.isascii() and number.isdigit() and len(number) < MOST_FIGURES
    return name, 1 if name == PAD and not number else int(number) if readable else 0


def _take(asked: str | None, sets: dict[str, DigitDataset], on_the_pad: np.ndarray | None) -> Wrong | None:
    """Take the digit that the address names; return what is wrong with it."""
    if asked is None:
        return None
    name, number = parsed(asked)
    if (name == PAD and on_the_pad is not None and number == 1) or (name in sets and 1 <= number <= len(sets[name])):
        choose(name, number - 1)
        return None
    allowed = ", ".join(f"{name}-1 … {name}-{len(digits)}" for name, digits in sets.items())
    return Wrong(_("Which digit?"), allowed, {DIGIT: asked})
