"""The plane through three digits, read by the network at every point; a point that is moved shows what is there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import streamlit as st

from digitviz.dashboard.components.plane_point import plane_point
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.questions import geometry_corners
from digitviz.dashboard.questions.computed import Numbers, computed, numbers
from digitviz.dashboard.questions.geometry_walk import is_too_large
from digitviz.dashboard.session.asked_digit import AskedDigit
from digitviz.dashboard.session.subject import Subject
from digitviz.explanations.border_plane import BorderPlane, border_plane
from digitviz.explanations.lesions import OnProgress
from digitviz.figures.borders import border_regions
from digitviz.language import gettext as _

KEY, POINT = "geometry_borders", "geometry_point"
_COARSEST, _FINEST, _PRODUCTS = 48, 128, 3e8
"""Points on each side; the more weights a network has, the fewer, so that they take so many products together."""
_HEIGHT = 358
_OF_POINTS = ("x", "y", "labels", "confidence", "is_digit")


def view(asked: Subject, digit: Callable[[], AskedDigit]) -> None:
    """Show the plane through the digit that is asked about and two others."""
    first = digit()
    corners = [first, *geometry_corners.others(asked, first)]
    if is_too_large(asked):
        return
    pixels = np.array([corner.pixels for corner in corners])
    try:
        plane = border_plane(asked.network, pixels, resolution=2)  # for the point; the picture has more
    except ValueError:
        st.info(_("These three lie on one line, which spans no plane. Choose another digit for A, B or C."))
        return
    picture, there = st.columns([5, 2], gap="medium")
    with picture:
        sure = _regions(asked, plane, corners)
    with there:
        plane_point(POINT, KEY, asked.network, plane)
    about = _(
        "The plane through A, {a}, B, {b}, and C, {c}, read by {network} at every point. The stronger a colour, the "
        "surer it is. No point in the faded area is a valid picture: some pixel has less ink than none, or more than "
        "full."
    ).format(a=_title(corners[0]), b=_title(corners[1]), c=_title(corners[2]), network=asked.title)
    st.caption(f"{about} {sure}".strip())


def _title(digit: AskedDigit) -> str:
    if digit.label is None:
        return digit.title
    return _("{digit}, label {label}").format(digit=digit.title, label=digit.label)


def _regions(asked: Subject, plane: BorderPlane, corners: list[AskedDigit]) -> str:
    """Show the answers all over a plane, of which few points are known yet; say how sure they are."""
    network, pixels = asked.network, np.array([corner.pixels for corner in corners])
    resolution = min(max(int((_PRODUCTS / network.parameters.size) ** 0.5), _COARSEST), _FINEST)
    mark = (asked.id, *(corner.id for corner in corners))

    def compute(on_progress: OnProgress) -> dict[str, np.ndarray]:
        whole = border_plane(network, pixels, resolution, on_progress)
        return {name: getattr(whole, name) for name in _OF_POINTS}

    value = numbers(f"borders {resolution} {' '.join(mark)}", compute)
    found = computed("borders", [value], _("Reading the points of the plane: {share}"))
    if found is None:
        return ""
    known: Numbers = found[0]
    whole = replace(plane, **known.of)
    labels = [corner.label for corner in corners]
    plot(KEY, mark, lambda: border_regions.plain(whole, pixels, labels), height=_HEIGHT, main=True)
    inside, outside = (whole.confidence[whole.is_digit == is_digit] for is_digit in (True, False))
    if not len(inside) or not len(outside):
        return ""
    said = _("On average, its answer has a probability of {outside} in the faded area and {inside} outside it.")
    return said.format(outside=f"{outside.mean():.0%}", inside=f"{inside.mean():.0%}")
