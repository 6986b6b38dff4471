"""Which digits lie at the corners B and C of the plane: of any set, one of your drawings, or what is on the pad."""

from __future__ import annotations

import streamlit as st

from digitviz.dashboard.runtime.outside import Wrong
from digitviz.dashboard.session import asked_address
from digitviz.dashboard.session.asked_digit import (
    DRAWINGS,
    PAD,
    SETS,
    TEST,
    AskedDigit,
    digit_sets,
    drawn_on_the_pad,
    of_set,
    pad_digit,
    parsed,
)
from digitviz.dashboard.session.subject import Subject
from digitviz.datasets import DigitDataset
from digitviz.language import gettext as _

CORNERS = "corners"
"""In the address: ?corners=test-2,drawings-4 or ?corners=pad,test-4."""
OTHERS = ("b", "c")
"""Corners beside the digit that the page asks about, in keys."""
_SHOWN = "geometry_corner_shown"


def others(asked: Subject, first: AskedDigit) -> list[AskedDigit]:
    """Let the visitor choose the two other corners in the sidebar."""
    there = _Digits(asked)
    asked_address.check(CORNERS, _take(asked_address.named(CORNERS), there))
    corners = []
    for corner, usual in zip(OTHERS, _of_other_labels(there.sets[TEST], first.label), strict=True):
        _put_right(corner, there, usual)
        with st.sidebar:
            corners.append(_choice(corner, there))
    asked_address.write(CORNERS, ",".join(corner.code for corner in corners))
    return corners


class _Digits:
    """What can lie at a corner now."""

    def __init__(self, asked: Subject) -> None:
        self.sets = digit_sets(asked)
        self.pad = drawn_on_the_pad()
        self.names = [*self.sets, *([] if self.pad is None else [PAD])]

    def has(self, name: object, number: int) -> bool:
        """Whether there is such a digit, counted from 1."""
        return number == 1 if name == PAD and self.pad is not None else 1 <= number <= self.count(name)

    def count(self, name: object) -> int:
        """How many digits a set has; 0 if there is none of that name."""
        digits: DigitDataset | None = self.sets.get(str(name))
        return 0 if digits is None else len(digits)

    def digit(self, name: str, number: int) -> AskedDigit:
        """Return a digit that is there."""
        return pad_digit(self.pad) if name == PAD else of_set(self.sets[name], name, number - 1)


def _keys(corner: str) -> tuple[str, str]:
    return f"geometry_set_{corner}", f"geometry_number_{corner}"


def _take(asked: str | None, there: _Digits) -> Wrong | None:
    """Take the corners that the address names; return what is wrong with them."""
    if asked is None:
        return None
    wanted = [parsed(code) for code in asked.split(",", len(OTHERS))]
    if len(wanted) == len(OTHERS) and all(there.has(*each) for each in wanted):
        for corner, each in zip(OTHERS, wanted, strict=True):
            for key, value in zip(_keys(corner), each, strict=True):
                st.session_state[key] = value
        return None
    readable = len(wanted) == len(OTHERS) and all(name in SETS and number > 0 for name, number in wanted)
    gone = {name for name, number in wanted if not there.has(name, number)}
    if readable and gone == {PAD}:
        allowed = _("the drawing on the pad can be a corner once you have drawn one")
    elif readable and gone <= {DRAWINGS, PAD}:
        allowed = _("a drawing that you have saved: this one was deleted, or is another visitor's")
    else:
        names = [f"{name}-1 … {name}-{len(digits)}" for name, digits in there.sets.items()]
        allowed = _("two of {names}").format(names=", ".join([*names, *([] if there.pad is None else [PAD])]))
    return Wrong(_("Corners B and C"), allowed, {CORNERS: asked})


def _put_right(corner: str, there: _Digits, usual: int) -> None:
    """Let a test digit take the place of what is not there; say so if it was a drawing."""
    kind, number = _keys(corner)
    state = st.session_state
    name, held = state.get(kind), state.get(number)
    was_shown = state.get(f"{_SHOWN}_{corner}") == (name, held)  # else the number is that of the set before
    is_there = there.has(name, held) if was_shown and isinstance(held, int) else name in there.names
    if is_there:
        return
    state[kind], state[number] = TEST, usual + 1
    if name in {DRAWINGS, PAD}:
        gone = _("The drawing that was corner {letter} is gone. A test digit has taken its place.")
        st.warning(gone.format(letter=corner.upper()))


def _choice(corner: str, there: _Digits) -> AskedDigit:
    """Show the choice of one corner."""
    (kind, number), letter = _keys(corner), corner.upper()
    which, place = st.columns([3, 2], gap="xsmall", vertical_alignment="bottom")
    with which:
        name = st.selectbox(
            _("Corner {letter}").format(letter=letter), there.names, key=kind, persist_state="session",
            format_func=lambda name: str(SETS[name]),
        )  # fmt: skip
    name = name if name in there.names else TEST
    most, held = max(there.count(name), 1), st.session_state.get(number)
    fitting = min(max(held, 1), most) if isinstance(held, int) else 1
    if held != fitting:  # only then: what the server sets undoes what is typed meanwhile
        st.session_state[number] = fitting
    with place:
        counted = st.number_input(
            _("Number of {letter}").format(letter=letter), 1, most, key=number, persist_state="session",
            disabled=name == PAD,
        )  # fmt: skip
    st.session_state[f"{_SHOWN}_{corner}"] = (name, int(counted))
    return there.digit(name, int(counted))


def _of_other_labels(digits: DigitDataset, label: int | None) -> tuple[int, int]:
    """Return the first two digits with labels that differ from this one and from each other, if there are such."""
    found: list[int] = []
    seen = {label}
    for index, other in enumerate(digits.labels.tolist()):
        if other not in seen:
            seen.add(other)
            found.append(index)
        if len(found) == 2:
            break
    found += [index for index in range(len(digits)) if index not in found]
    return found[0], found[min(1, len(found) - 1)]
