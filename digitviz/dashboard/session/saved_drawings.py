"""The drawings that a session has saved, each with its label and what was read."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from digitviz.dashboard.components.pad import unpack
from digitviz.datasets import DigitDataset

MOST = 200
"""Drawings that a session can save."""


@dataclass(frozen=True, eq=False)
class SavedDrawing:
    """A saved drawing.

    Parameters
    ----------
    bits : str
        Its ink, packed as by the pad.
    digit : ndarray, shape (8, 8)
        What the networks see, ink of 0 to 16.
    label : int
        What it shows, as its author says.
    probabilities : ndarray, shape (10,)
        What was read.
    """

    bits: str
    digit: np.ndarray
    label: int
    probabilities: np.ndarray

    @property
    def answer(self) -> int:
        """The digit that was read."""
        return int(self.probabilities.argmax())


def drawings() -> list[SavedDrawing]:
    """Return the drawings of this session, oldest first."""
    kept: list[SavedDrawing] = st.session_state.setdefault("saved_drawings", [])
    return kept


def keep(drawing: SavedDrawing) -> bool:
    """Save a drawing; False if there is no room for another."""
    if len(drawings()) >= MOST:
        return False
    drawings().append(drawing)
    return True


def names() -> tuple[str, ...]:
    """Return what tells these saved drawings from any others: the drawings themselves, with their labels."""
    return tuple(f"{drawing.label}:{drawing.bits}" for drawing in drawings())


def as_dataset() -> DigitDataset:
    """Return the drawings as digits to learn from."""
    pixels = np.stack([drawing.digit.reshape(64) for drawing in drawings()])
    return DigitDataset(pixels, np.array([drawing.label for drawing in drawings()], dtype=np.int64))


def _canvases(kept: Sequence[SavedDrawing]) -> np.ndarray:
    return np.stack([canvas for drawing in kept if (canvas := unpack(drawing.bits)) is not None])


def npz(kept: Sequence[SavedDrawing]) -> bytes:
    """Pack drawings, their 8 x 8 digits, labels and answers, for `numpy.load`; may be called outside the session."""
    file = io.BytesIO()
    np.savez_compressed(
        file,
        images=_canvases(kept),
        digits=np.stack([drawing.digit for drawing in kept]),
        labels=np.array([drawing.label for drawing in kept]),
        answers=np.array([drawing.answer for drawing in kept]),
    )
    return file.getvalue()


def png(kept: Sequence[SavedDrawing], columns: int = 10) -> bytes:
    """Draw all drawings in one picture, dark on white, oldest first; may be called outside the session."""
    from PIL import Image

    canvases = 255 - _canvases(kept)[:, ::2, ::2]
    blank = np.full((-len(canvases) % columns, *canvases.shape[1:]), 255, np.uint8)
    tiles = np.concatenate([canvases, blank])
    height, width = canvases.shape[1:]
    rows = tiles.reshape(-1, columns, height, width).transpose(0, 2, 1, 3).reshape(-1, columns * width)
    file = io.BytesIO()
    Image.fromarray(rows).save(file, "PNG")
    return file.getvalue()
