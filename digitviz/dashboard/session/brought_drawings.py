"""Drawings that come in from a file."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from digitviz.dashboard.components.pad import pack
from digitviz.dashboard.session import saved_drawings
from digitviz.dashboard.session.saved_drawings import SavedDrawing, drawings, keep
from digitviz.drawing import read, to_digit
from digitviz.imports import Drawings
from digitviz.language import ngettext
from digitviz.networks.network import Network


@dataclass(frozen=True)
class Brought:
    """What became of the drawings of a file: how many came in, were there already, have no ink, found no room."""

    came: int
    known: int
    empty: int
    left: int

    def __str__(self) -> str:
        counted = {
            "came": ngettext("{count} drawing came in.", "{count} drawings came in.", self.came),
            "known": ngettext("{count} was here already.", "{count} were here already.", self.known),
            "empty": ngettext("{count} has no ink.", "{count} have no ink.", self.empty),
            "left": ngettext(
                "{count} did not fit: there is room for {most} in all.",
                "{count} did not fit: there is room for {most} in all.",
                self.left,
            ),
        }
        shown = [name for name in counted if name == "came" or getattr(self, name)]
        return " ".join(counted[name].format(count=getattr(self, name), most=saved_drawings.MOST) for name in shown)


def bring_in(brought: Drawings, network: Network) -> Brought:
    """Save drawings from a file, in its order; what the networks see, and what is read, is computed from the ink.

    Parameters
    ----------
    brought : Drawings
    network : Network
        Reads them.
    """
    came, known_before, empty = 0, 0, 0
    known = {(drawing.label, drawing.bits) for drawing in drawings()}
    for place, (ink, label) in enumerate(zip(brought.inks, brought.labels.tolist(), strict=True)):
        bits = pack(ink)
        if (label, bits) in known:
            known_before += 1
        elif not ink.any():
            empty += 1
        else:
            drawing = to_digit(ink.astype(np.uint8) * 255)
            saved = SavedDrawing(bits, drawing.digit, label, read(drawing, network).probabilities)
            if keep(saved) is not None:
                return Brought(came, known_before, empty, len(brought.labels) - place)
            known.add((label, bits))
            came += 1
    return Brought(came, known_before, empty, 0)
