"""A run's loss in a few numbers, drawn so small that many of them fit on a page."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from digitviz.figures.colours import DIGIT_COLOURS
from digitviz.figures.sentence import short
from digitviz.language import gettext as _

WIDTH, HEIGHT = 120, 40
"""In pixels, when it is not enlarged."""
MARGIN = 3
COLOUR = DIGIT_COLOURS[0]
"""An image in a page knows nothing of the page's theme: this one stands out in both."""


def run_sketch(losses: Sequence[float]) -> str:
    """Draw a small loss curve as SVG.

    The axis is logarithmic: a loss falls fastest at first, and what comes later would lie on the ground.

    Parameters
    ----------
    losses : sequence of float
        From the first step to the last; what is not finite is left out.
    """
    shown = _finite(losses)
    content = ""
    if len(shown):
        height = np.log(np.maximum(shown, np.finfo(float).tiny))
        spread = np.ptp(height) or 1.0
        x = np.linspace(MARGIN, WIDTH - MARGIN, len(shown)) if len(shown) > 1 else np.array([WIDTH / 2])
        y = MARGIN + (height.max() - height) / spread * (HEIGHT - 2 * MARGIN)
        points = " ".join(f"{right:.1f},{down:.1f}" for right, down in zip(x.tolist(), y.tolist(), strict=True))
        line = f'<polyline fill="none" stroke="{COLOUR}" stroke-width="1.5" stroke-linejoin="round" points="{points}"/>'
        content = f'{line}<circle cx="{x[-1]:.1f}" cy="{y[-1]:.1f}" r="2.5" fill="{COLOUR}"/>'
    box = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {box}>{content}</svg>'


def sketch_in_words(losses: Sequence[float]) -> str:
    """Say what such a curve shows."""
    shown = _finite(losses)
    if not len(shown):
        return _("No loss yet")
    return _("Loss from {first} to {last}").format(first=short(shown[0]), last=short(shown[-1]))


def _finite(losses: Sequence[float]) -> np.ndarray:
    shown = np.asarray(losses, float)
    return shown[np.isfinite(shown)]
