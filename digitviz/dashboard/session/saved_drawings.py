"""A visitor's saved drawings, each with its label and prediction: drawn on the pad, or imported from a file."""

import contextlib
import io
import secrets
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from digitviz.dashboard.components.pad import SIZE
from digitviz.dashboard.session.lease import owner
from digitviz.dashboard.session.storage import Unavailable, store
from digitviz.datasets import DigitDataset
from digitviz.drawing import read, to_digit
from digitviz.imports import Drawings
from digitviz.language import joined, ngettext
from digitviz.networks.network import Network
from digitviz.store import MAX_DRAWINGS, KeptDrawing, KeptRun, NoRoom

SHARES = "shares_drawings"
"""Key in a run's training data: True if others get the drawings with the run's code."""
_SAVED, _DELETED = "saved_drawings", "deleted_drawings"
_UNREAD = "drawings_beside_unread_ones"
"""Key of the drawings saved in this visit while the store cannot return those of earlier visits."""


def new(ink: np.ndarray, digit: np.ndarray, label: int, probabilities: np.ndarray) -> KeptDrawing:
    """Return a new drawing of this visitor, not saved yet.

    Parameters
    ----------
    ink : ndarray, shape (280, 280)
        0 for paper, anything else for ink.
    digit : ndarray, shape (8, 8)
        Input of the networks, ink from 0 to 16.
    label : int
        Digit that the visitor meant.
    probabilities : ndarray, shape (10,)
        Prediction of a network.
    """
    pixels, answer = tuple(digit.ravel().tolist()), tuple(probabilities.tolist())
    return KeptDrawing(secrets.token_hex(16), owner(), _packed(ink), pixels, label, answer, time.time())


def _packed(ink: np.ndarray) -> bytes:
    return np.packbits(ink != 0).tobytes()


def drawings() -> list[KeptDrawing]:
    """Return the drawings of this visitor, oldest first. Only `keep` and `delete` may change them."""
    state: Any = st.session_state
    if _SAVED not in state:
        try:
            state[_SAVED] = store().drawings_of(owner())
        except Unavailable:  # the next page tries again to load those of earlier visits
            state.setdefault(_UNREAD, [])
    kept: list[KeptDrawing] = state[_SAVED if _SAVED in state else _UNREAD]
    return kept


def keep(drawing: KeptDrawing) -> NoRoom | None:
    """Save a drawing, or return why there is no room."""
    why = NoRoom.OWNER if len(drawings()) >= MAX_DRAWINGS else store().no_room(owner(), "drawing")
    if why is not None:
        return why
    drawings().append(drawing)
    store().save_drawing(drawing)
    return None


def delete(ids: Iterable[str]) -> None:
    """Delete drawings. `undo_delete` restores them. Runs that learnt from them keep their own copies."""
    going, kept = set(ids), drawings()
    st.session_state[_DELETED] = [drawing for drawing in kept if drawing.id in going]
    kept[:] = [drawing for drawing in kept if drawing.id not in going]
    store().delete(sorted(going), "drawing")


def deleted() -> list[KeptDrawing]:
    """Return the drawings that were deleted last and can be restored."""
    return st.session_state.get(_DELETED, [])


def undo_delete() -> None:
    """Restore the drawings that were deleted last."""
    kept, back = drawings(), st.session_state.pop(_DELETED, [])
    kept[:] = sorted([*kept, *back], key=lambda drawing: drawing.created)
    store().restore([drawing.id for drawing in back], "drawing")


def names() -> tuple[str, ...]:
    """Return the ids of the saved drawings, in order."""
    return tuple(drawing.id for drawing in drawings())


def are_mine(ids: Sequence[str]) -> bool:
    """Return whether these drawings, including deleted ones, are this visitor's. False if the store does not answer."""
    if set(ids) <= set(names()):
        return True
    with contextlib.suppress(Unavailable):
        return {each.id for each in store().drawings(ids) if each.owner == owner()} == set(ids)
    return False


def share(run: KeptRun, are_shared: bool) -> None:
    """Set whether exported code of a run contains its drawings for others. Ignore other visitors' drawings."""
    if are_mine(run.drawings):
        store().describe_training_data(run.id, run.training_data | {SHARES: are_shared})


def may_be_taken(ids: Sequence[str], run_id: str | None) -> bool:
    """Return whether this session may use the drawings of a run: they are the visitor's own, or shared."""
    if are_mine(ids):
        return True
    with contextlib.suppress(Unavailable):
        kept = None if run_id is None else store().run(run_id)
        return kept is not None and kept.training_data.get(SHARES) is True
    return False


def as_dataset(ids: Sequence[str]) -> DigitDataset:
    """Return drawings as training data: this visitor's, or those of a run.

    Raises
    ------
    ValueError
        If a drawing is missing.
    Unavailable
        If the store does not answer.
    """
    known = {drawing.id: drawing for drawing in drawings()}
    if missing := [id for id in ids if id not in known]:
        known |= {each.id: each for each in store().drawings(missing)}
    if any(id not in known for id in ids):
        raise ValueError("a drawing that the run learnt from is missing")
    chosen = [known[id] for id in ids]
    pixels = np.array([drawing.digit for drawing in chosen], dtype=np.float64)
    return DigitDataset(pixels, np.array([drawing.label for drawing in chosen], dtype=np.int64))


@dataclass(frozen=True)
class Brought:
    """Counts of the drawings in a file: imported, already known, without ink, without room."""

    came: int = 0
    known: int = 0
    empty: int = 0
    left: int = 0

    def __str__(self) -> str:
        counted = {
            "came": ngettext("{count} drawing imported.", "{count} drawings imported.", self.came),
            "known": ngettext("{count} was already here.", "{count} were already here.", self.known),
            "empty": ngettext("{count} has no ink.", "{count} have no ink.", self.empty),
            "left": ngettext(
                "{count} did not fit: there is room for {most} in total.",
                "{count} did not fit: there is room for {most} in total.",
                self.left,
            ),
        }
        shown = [name for name in counted if name == "came" or getattr(self, name)]
        return joined(counted[name].format(count=getattr(self, name), most=MAX_DRAWINGS) for name in shown)


def bring_in(brought: Drawings, network: Network) -> Brought:
    """Save the drawings of a file, in order, with the 8 x 8 digit and prediction computed from the ink."""
    count = {"came": 0, "known": 0, "empty": 0}
    known = {(drawing.label, drawing.ink) for drawing in drawings()}
    for place, (ink, label) in enumerate(zip(brought.inks, brought.labels.tolist(), strict=True)):
        if (label, _packed(ink)) in known:
            count["known"] += 1
        elif not ink.any():
            count["empty"] += 1
        else:
            drawing = to_digit(ink.astype(np.uint8) * 255)
            saved = new(ink, drawing.digit, label, read(drawing, network).probabilities)
            if keep(saved) is not None:
                return Brought(**count, left=len(brought.labels) - place)
            known.add((label, saved.ink))
            count["came"] += 1
    return Brought(**count)


def _canvases(kept: Sequence[KeptDrawing]) -> np.ndarray:
    inks = np.stack([np.frombuffer(drawing.ink, np.uint8) for drawing in kept])
    return np.unpackbits(inks, axis=1).reshape(-1, SIZE, SIZE) * np.uint8(255)


def npz(kept: Sequence[KeptDrawing]) -> bytes:
    """Pack drawings, their 8 x 8 digits, labels and answers for `numpy.load`. Works outside the session."""
    file, digits = io.BytesIO(), np.reshape([drawing.digit for drawing in kept], (-1, 8, 8))
    labels, answers = ([getattr(drawing, name) for drawing in kept] for name in ("label", "answer"))
    np.savez_compressed(file, images=_canvases(kept), digits=digits, labels=labels, answers=answers)
    return file.getvalue()


def png(kept: Sequence[KeptDrawing], columns: int = 10) -> bytes:
    """Draw all drawings in one picture, dark on white, oldest first. Works outside the session."""
    from PIL import Image

    canvases = 255 - _canvases(kept)[:, ::2, ::2]
    blank = np.full((-len(canvases) % columns, *canvases.shape[1:]), 255, np.uint8)
    tiles = np.concatenate([canvases, blank])
    height, width = canvases.shape[1:]
    rows = tiles.reshape(-1, columns, height, width).transpose(0, 2, 1, 3).reshape(-1, columns * width)
    file = io.BytesIO()
    Image.fromarray(rows).save(file, "PNG")
    return file.getvalue()
