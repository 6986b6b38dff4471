"""Beside the receipt: which pixels the answer needs, what excites the opened neuron, and the nearest digits."""

from __future__ import annotations

from collections.abc import Hashable
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.choice import choice
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.questions.computed import computed, numbers
from digitviz.dashboard.questions.why_neuron import Opened
from digitviz.dashboard.session.asked_digit import TRAINING, AskedDigit
from digitviz.dashboard.session.shared_values import QUICK
from digitviz.dashboard.session.subject import Subject
from digitviz.drawing.prediction import nearest_digits
from digitviz.explanations.exciting import most_exciting
from digitviz.explanations.lesions import OnProgress
from digitviz.explanations.occlusion import Occlusion, occlusion
from digitviz.explanations.receipt import Receipt
from digitviz.figures.sentence import short
from digitviz.language import gettext as _
from digitviz.language import lazy_gettext, ngettext

EXCITING, NEAREST = 10, 5
COVERS = {"blank": lazy_gettext("Covered with no ink"), "mean": lazy_gettext("With the mean")}
"""What a pixel is covered with."""


def show(asked: Subject, digit: AskedDigit, told: Receipt, opened: Opened, shown: Hashable) -> None:
    """Show the three answers side by side.

    Parameters
    ----------
    asked : Subject
    digit : AskedDigit
    told : Receipt
        Of this network and digit.
    opened : Opened
        The neuron whose receipt is shown.
    shown : hashable
        Tells this network and digit from others.
    """
    needed, exciting, nearest = st.columns(3, gap="medium")
    with needed:
        _needed(asked, digit, shown)
    with exciting:
        _exciting(asked, told, opened)
    with nearest:
        _nearest(asked, digit, shown)


def _needed(asked: Subject, digit: AskedDigit, shown: Hashable) -> None:
    st.markdown(_("**Which pixels does it need?**"))
    cover = choice(
        _("What covers a pixel"), list(COVERS), key="why_cover", label_visibility="collapsed",
        format_func=lambda name: str(COVERS[name]), help=_("The mean is that of the training digits at this pixel."),
    )  # fmt: skip
    found = occlusion(asked.network, digit.pixels, 0.0 if cover == "blank" else asked.train.pixels.mean(axis=0))
    plot("needed_pixels", (shown, cover), lambda: figures.needed_pixels.plain(found), height=300)
    st.caption(_account(found))


def _account(found: Occlusion) -> str:
    """Say which pixel matters most, and how many flip the answer."""
    count = int(found.flips.sum())
    row, column = divmod(int(found.probabilities.argmin()), 8)
    words = _("Most needed: row {row}, column {column}. With it covered, {label} has {lower} instead of {probability}.")
    said = words.format(
        row=row + 1, column=column + 1, label=found.label, lower=f"{found.probabilities[row, column]:.1%}",
        probability=f"{found.probability:.1%}",
    )  # fmt: skip
    flips = ngettext(
        "{count} pixel flips the answer: it is framed, with what is said then.",
        "{count} pixels flip the answer: they are framed, with what is said then.",
        count,
    )
    return said + " " + (flips.format(count=count) if count else _("No single pixel flips the answer."))


def _exciting(asked: Subject, told: Receipt, opened: Opened) -> None:
    hidden = len(told.layers) - 1
    if opened.layer == hidden:
        st.markdown(_("**Which training digits get the largest logit of {digit}?**").format(digit=opened.neuron))
    elif hidden == 1:
        st.markdown(_("**Which training digits excite neuron {number} most?**").format(number=opened.neuron + 1))
    else:
        title = _("**Which training digits excite neuron {number} of layer {layer} most?**")
        st.markdown(title.format(number=opened.neuron + 1, layer=opened.layer + 1))
    layer, neuron = opened.layer, opened.neuron
    wanted = numbers(f"exciting {asked.id} {layer} {neuron}", partial(_most_exciting, asked, layer, neuron), QUICK)
    found = computed("exciting", [wanted], _("The network reads the digits: {share}"))
    if found is None:
        return
    plot("exciting", (asked.id, layer, neuron), partial(_tiles, asked, **found[0].of), height=230)
    here = told.layers[opened.layer].activations[opened.neuron]
    st.caption(_("Label, and activation below it; this digit: {activation}.").format(activation=short(here)))


def _nearest(asked: Subject, digit: AskedDigit, shown: Hashable) -> None:
    st.markdown(_("**Which digits are nearest?**"))
    plot("nearest", ("why", shown), lambda: _nearest_ones(asked, digit), height=140)
    st.caption(_("The nearest training digits, with their distance in ink; a full pixel is 16."))


def _most_exciting(asked: Subject, layer: int, neuron: int, report: OnProgress) -> dict[str, np.ndarray]:
    rows, excited = most_exciting(asked.network, layer, neuron, asked.train, EXCITING, report)
    return {"rows": rows, "excited": excited}


def _tiles(asked: Subject, rows: np.ndarray, excited: np.ndarray) -> Any:
    labels = asked.train.labels[rows].tolist()
    captions = [f"<b>{label}</b><br>{short(value)}" for label, value in zip(labels, excited.tolist(), strict=True)]
    return figures.picture_tiles(asked.train.images[rows], captions, columns=5)


def _nearest_ones(asked: Subject, digit: AskedDigit) -> Any:
    rows, distances = nearest_digits(digit.pixels, asked.train, NEAREST + 1)
    others = rows != (digit.index if digit.set == TRAINING else -1)  # not itself
    rows, distances = rows[others][:NEAREST], distances[others][:NEAREST]
    return figures.nearest_digits.plain(asked.train.images[rows], asked.train.labels[rows], distances)
