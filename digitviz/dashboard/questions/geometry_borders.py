"""The plane through three digits, read by the network at every point; a click shows what is there."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.plot import clicked, plot
from digitviz.dashboard.questions.geometry_walk import is_too_large
from digitviz.dashboard.runtime.outside import Wrong
from digitviz.dashboard.session import asked_address
from digitviz.dashboard.session.asked_digit import MOST_FIGURES, SETS, TEST, AskedDigit, digit_sets, of_set
from digitviz.dashboard.session.subject import Subject
from digitviz.datasets import PIXEL_MAX, DigitDataset
from digitviz.explanations.border_plane import BorderPlane, border_plane
from digitviz.figures.borders import border_regions
from digitviz.figures.picture import Plain
from digitviz.language import gettext as _
from digitviz.networks.network import Network

KEY = "geometry_borders"
CORNERS = "corners"
"""In the address: ?corners=test-2,test-4."""
OTHERS = ("b", "c")
"""Corners beside the digit that the page asks about, in keys."""
_POINT = "geometry_borders_point"
_COARSEST, _FINEST, _PRODUCTS = 48, 128, 3e8
"""Points on each side; the more weights a network has, the fewer, so that they take so many products together."""
_HEIGHT, _IMAGE_HEIGHT, _BARS_HEIGHT = 358, 140, 168


def view(asked: Subject, digit: Callable[[], AskedDigit]) -> None:
    """Show the plane through the digit that is asked about and two others."""
    first = digit()
    corners = [first, *_others(asked, first)]
    if is_too_large(asked):
        return
    pixels = np.array([corner.pixels for corner in corners])
    try:
        plane = border_plane(asked.network, pixels, resolution=2)  # where a click is; the picture has more points
    except ValueError:
        st.info(_("These three lie on one line, which spans no plane. Choose another digit for A, B or C."))
        return
    mark = tuple(corner.id for corner in corners)
    point = point_in(plane, mark)
    picture, there = st.columns([5, 2], gap="medium")
    with picture:
        plot(
            KEY, (asked.id, *mark, *point), lambda: _picture(asked.network, pixels, corners, point), height=_HEIGHT,
            main=True, on_click=partial(take_click, mark),
        )  # fmt: skip
    with there:
        _reading(asked.network, plane.pixels_at(np.array([point]))[0], (asked.id, *mark, *point))
    st.caption(
        _(
            "The plane through A, {a}, B, {b}, and C, {c}, read by {network} at every point. The stronger a colour, "
            "the surer it is. Under the veil nothing is a picture: some pixel has less ink than none, or more than "
            "full."
        ).format(a=_title(corners[0]), b=_title(corners[1]), c=_title(corners[2]), network=asked.title)
    )


def _title(digit: AskedDigit) -> str:
    if digit.label is None:
        return digit.title
    return _("{digit} (a {label})").format(digit=digit.title, label=digit.label)


def _picture(network: Network, pixels: np.ndarray, corners: list[AskedDigit], point: tuple[float, float]) -> Plain:
    weights = sum(array.size for array in network.parameters.arrays)
    resolution = min(max(int((_PRODUCTS / weights) ** 0.5), _COARSEST), _FINEST)
    plane = border_plane(network, pixels, resolution)
    return border_regions.plain(plane, pixels, [corner.label for corner in corners], point)


def _reading(network: Network, pixels: np.ndarray, mark: tuple[object, ...]) -> None:
    """Show the picture at a point, and how it is read."""
    probabilities = network.predict_proba(pixels[None])[0]
    answer = int(probabilities.argmax())
    st.markdown(
        _("**At the ring:** read as {answer} ({probability})").format(
            answer=answer, probability=f"{probabilities[answer]:.0%}"
        )
    )
    if pixels.min() < -0.5 or pixels.max() > PIXEL_MAX + 0.5:
        st.caption(_("No picture: its ink goes from {low} to {high}.").format(
            low=f"{pixels.min():.0f}".replace("-", "−"), high=f"{pixels.max():.0f}"
        ))  # fmt: skip
    image = pixels.reshape(8, 8)
    plot("geometry_point", mark, lambda: figures.digit_with_numbers.plain(image), height=_IMAGE_HEIGHT)
    plot(
        "geometry_reading", mark, lambda: figures.probability_bars.plain(probabilities, answer), height=_BARS_HEIGHT
    )  # fmt: skip


def _others(asked: Subject, first: AskedDigit) -> list[AskedDigit]:
    """Let the visitor choose the two other corners in the sidebar."""
    sets, state = digit_sets(asked), st.session_state
    asked_address.check(CORNERS, _take_corners(asked_address.named(CORNERS), sets))
    first_ones = _of_other_labels(sets[TEST], first.label)
    corners = []
    for corner, usual in zip(OTHERS, first_ones, strict=True):
        kind, number = f"geometry_set_{corner}", f"geometry_number_{corner}"
        if state.get(kind) not in sets:
            state[kind], state[number] = TEST, usual + 1
        with st.sidebar:
            corners.append(_choice(sets, corner.upper(), kind, number))
    asked_address.write(CORNERS, ",".join(corner.code for corner in corners))
    return corners


def _take_corners(asked: str | None, sets: dict[str, DigitDataset]) -> Wrong | None:
    """Take the corners that the address names; return what is wrong with them."""
    if asked is None:
        return None
    parsed = [code.partition("-") for code in asked.split(",")]
    places = [
        (name, int(number))
        for name, _dash, number in parsed
        if name in sets and number.isascii() and number.isdigit() and len(number) < MOST_FIGURES
    ]
    if len(parsed) == len(places) == len(OTHERS) and all(1 <= place <= len(sets[name]) for name, place in places):
        for corner, (name, place) in zip(OTHERS, places, strict=True):
            st.session_state[f"geometry_set_{corner}"] = name
            st.session_state[f"geometry_number_{corner}"] = place
        return None
    allowed = ", ".join(f"{name}-1 … {name}-{len(digits)}" for name, digits in sets.items())
    return Wrong(_("Corners B and C"), _("two of {names}").format(names=allowed), {CORNERS: asked})


def _choice(sets: dict[str, DigitDataset], letter: str, kind: str, number: str) -> AskedDigit:
    """Show the choice of one corner, whose controls have the keys `kind` and `number`."""
    which, place = st.columns([3, 2], gap="xsmall", vertical_alignment="bottom")
    with which:
        name = st.selectbox(
            _("Corner {letter}").format(letter=letter), list(sets), key=kind, persist_state="session",
            format_func=lambda name: str(SETS[name]),
        )  # fmt: skip
    name = name if name in sets else TEST
    most, held = len(sets[name]), st.session_state.get(number)
    fitting = min(max(held, 1), most) if isinstance(held, int) else 1
    if held != fitting:  # only then: what the server sets undoes what is typed meanwhile
        st.session_state[number] = fitting
    with place:
        counted = st.number_input(
            _("Number of {letter}").format(letter=letter), 1, most, key=number, persist_state="session"
        )
    return of_set(sets[name], name, int(counted) - 1)


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


def point_in(plane: BorderPlane, mark: tuple[str, ...]) -> tuple[float, float]:
    """Return the point that was clicked in this plane, or the middle of its triangle."""
    for_plane, place = st.session_state.get(_POINT, ((), None))
    if for_plane != mark or place is None:
        place = plane.corners.mean(axis=0)
    (x0, x1), (y0, y1) = plane.x[[0, -1]].tolist(), plane.y[[0, -1]].tolist()
    return min(max(float(place[0]), x0), x1), min(max(float(place[1]), y0), y1)


def take_click(mark: tuple[str, ...]) -> None:
    """Hold on to the point that was clicked in the plane with this mark."""
    click = clicked(KEY)
    if click is not None:
        st.session_state[_POINT] = mark, (float(click["x"]), float(click["y"]))
