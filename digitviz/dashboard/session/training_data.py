"""What a training learns from: which digits, with distorted copies or without, with one's own drawings or without."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache

import streamlit as st

from digitviz.dashboard.runtime.outside import Wrong, WrongAddress
from digitviz.dashboard.runtime.shared import shared
from digitviz.dashboard.session import saved_drawings
from digitviz.dashboard.session.dataset_queue import DatasetQueue
from digitviz.dashboard.session.lease import Kind, lease
from digitviz.datasets import DigitDataset, load_digits, load_handwriting
from digitviz.drawing.practice import PracticeDataset, together

SOURCES = {
    "digits": "scikit-learn's 1,797 digits",
    "handwriting": "6,000 digits of MNIST",
    "both": "both together",
}
COPIES = {"digits": 10, "handwriting": 3, "both": 3}
"""Distorted copies of each digit: some 20,000 digits in all."""
MOST_PLAIN = 12
"""Data sets without copies that are kept: they are quick to make."""


@dataclass(frozen=True)
class Material:
    """A choice of digits to learn from.

    Parameters
    ----------
    source : str
        A name in `SOURCES`.
    distorted : bool
        Practise on distorted copies too.
    drawings : tuple of str
        The session's own drawings that are practised on; empty for none.
    """

    source: str = "digits"
    distorted: bool = False
    drawings: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Practice:
    """What a choice comes to for one session.

    Parameters
    ----------
    material : Material
    train_fraction : float
    extra : DigitDataset or None
        The drawings that `material` names, as digits.
    """

    material: Material
    train_fraction: float
    extra: DigitDataset | None = field(compare=False)

    def make(self) -> PracticeDataset:
        """Draw the copies; they are kept with the data set."""
        base, copies = pixels(self.material.source), COPIES[self.material.source] if self.material.distorted else 0
        dataset = PracticeDataset(base.pixels, base.labels, copies, self.extra)
        dataset.split(self.train_fraction)
        return dataset


def pixels(source: str) -> DigitDataset:
    """Return the digits of a source; those of scikit-learn last, so that they are the ones that test."""
    return shared().get(_load, source)


def _load(source: str) -> DigitDataset:
    if source == "digits":
        return load_digits()
    handwriting = load_handwriting()
    plain = DigitDataset(handwriting.pixels, handwriting.labels)
    return plain if source == "handwriting" else together(plain, pixels("digits"))


def _queue() -> DatasetQueue[PracticeDataset]:
    return shared().get(DatasetQueue[PracticeDataset])


def _plain() -> Callable[[_Practice], PracticeDataset]:
    return lru_cache(MOST_PLAIN)(_Practice.make)


REQUEST = Kind[str](lambda asker: _queue().withdraw(asker))


def _asker() -> str:
    """Return the name under which this session asks the queue; nothing is made for a tab that is closed."""
    return lease().hold(REQUEST, lease().token)


def dataset(material: Material, train_fraction: float) -> DigitDataset | None:
    """Return the digits of a choice, split and distorted; None while they are being made in the background.

    A session waits for one choice, the one it asked for last.
    """
    extra = saved_drawings.as_dataset() if material.drawings else None
    practice = _Practice(material, train_fraction, extra)
    if material.distorted:
        return _queue().ask(_asker(), practice, practice.make)
    _queue().withdraw(_asker())
    return pixels("digits") if material == Material() else shared().get(_plain)(practice)


def how_it_stands() -> str:
    """Say what the session waits for, and how many others come first."""
    ahead = _queue().ahead(_asker())
    turn = f" {ahead} other set{'s' if ahead > 1 else ''} of digits will be ready first." if ahead else ""
    return f"Drawing distorted copies of the digits. This takes some seconds, once.{turn}"


def still_there(material: Material) -> Material:
    """Return a choice without the session's drawings if they are no longer those in the tray."""
    return material if material.drawings == saved_drawings.names() else replace(material, drawings=())


def from_address(parameters: dict[str, str]) -> Material:
    """Take the choice out of a page's address; what else is there stays.

    Raises
    ------
    WrongAddress
        If there is no such choice.
    """
    source, distorted = parameters.pop("digits", "digits"), parameters.pop("distorted", "false")
    wrong = []
    if source not in SOURCES:
        wrong.append(Wrong("Digits to learn from", f"one of {', '.join(SOURCES)}", {"digits": source}))
    if distorted not in {"true", "false"}:
        wrong.append(Wrong("Practise on distorted copies", "true or false", {"distorted": distorted}))
    if wrong:
        raise WrongAddress(wrong)
    return Material(source, distorted == "true")


def to_address(material: Material) -> dict[str, str]:
    """Return what `from_address` takes; a session's own drawings are in no address."""
    digits = {} if material.source == "digits" else {"digits": material.source}
    return digits | ({"distorted": "true"} if material.distorted else {})


def choose(material: Material) -> None:
    """Put the widgets to a choice; to be called before they are shown, or from a callback."""
    st.session_state["material_source"], st.session_state["material_distorted"] = material.source, material.distorted


def chosen() -> Material:
    """Return the choice that the widgets are set to; the digits as they are before they were shown."""
    state = st.session_state
    drawings = saved_drawings.names() if state.get("material_drawings") else ()
    source = state.get("material_source")  # a browser may send any, before the widget is shown and puts it right
    return Material(source if source in SOURCES else "digits", bool(state.get("material_distorted")), drawings)


def controls() -> None:
    """Show the widgets that choose what is learnt from."""
    st.selectbox(
        "Digits to learn from", list(SOURCES), format_func=SOURCES.__getitem__, key="material_source",
        persist_state="session", help="The last tenth of them is not learnt from: it tests.",
    )  # fmt: skip
    st.toggle(
        "Practise on distorted copies", key="material_distorted", persist_state="session",
        help="Learn from each digit also as other hands might have written it: turned, sheared, stretched and bent.",
    )  # fmt: skip
    drawings = saved_drawings.names()
    st.toggle(
        f"Train on my drawings too ({len(drawings)})", key="material_drawings", persist_state="session",
        disabled=not drawings, help="Keep drawings on the Draw page, and they are learnt from as well.",
    )  # fmt: skip
