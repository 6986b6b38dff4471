"""Why a drawing is read as it is, and how the same ink would be read with other preprocessing."""

from __future__ import annotations

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.draw.readers import learnt_from
from digitviz.dashboard.draw.star_map import star_map
from digitviz.drawing import Drawing, Prediction, to_digit
from digitviz.drawing.picture import shrink
from digitviz.drawing.prediction import percent
from digitviz.explanations.receipt import Contributions, contributions
from digitviz.language import gettext as _
from digitviz.networks.network import Network

_WHY = {"yours": {"digit": "pad"}, "reader": {"digit": "pad", "net": "reader"}}
"""Where the receipt of a drawing is, by who read it."""
MEASURED = {"count": "400", "ours": "97%", "shrunk": "29%"}
"""How the shipped reader classifies the drawings of `tests/data/drawn_dev.npz`."""


def show(drawing: Drawing, network: Network, prediction: Prediction, name: str) -> None:
    """Show the pixels that speak for the answer, the nearest digits, and where the drawing lands on a map.

    Parameters
    ----------
    drawing : Drawing
    network : Network
    prediction : Prediction
        Of that network, with a label.
    name : str
        The network's, of `READERS`.
    """
    mark = (name, drawing.digit.tobytes(), prediction.probabilities.tobytes())
    why, like, where = st.columns([1, 1, 2], gap="medium")
    split = contributions(network, drawing.digit)
    with why:
        st.markdown(_("**Why {label} and not {against}?**").format(label=split.label, against=split.against))
        plot("arguments", mark, lambda: figures.pixel_arguments.plain(split), height=300)
        st.caption(_account(split))
        if name in _WHY:
            st.page_link("pages/why.py", label=_("Why?"), icon=":material/receipt_long:", query_params=_WHY[name])
    with like:
        st.markdown(_("**Which digits are nearest?**"))
        digits = learnt_from(name)
        rows = prediction.neighbours
        plot(
            "nearest",
            mark,
            lambda: figures.nearest_digits.plain(digits.images[rows], digits.labels[rows], prediction.distances),
            height=140,
        )
        st.caption(_("The nearest training digits, with their distance in ink; a full pixel is 16."))
    with where:
        st.markdown(_("**Where does it land?**"))
        star_map(drawing, network, mark)


def _account(split: Contributions) -> str:
    """Say how the lead of the answer adds up."""
    words = _("The pixels add up to {pixels}: a lead of {lead} in the logits.")
    if abs(split.remainder) > 1e-9:
        words = _("The pixels add up to {pixels}, biases and activations to {rest}: a lead of {lead} in the logits.")
    return words.format(
        pixels=_signed(split.pixels.sum()), rest=_signed(split.remainder), lead=_signed(split.lead).lstrip("+")
    )


def _signed(number: float) -> str:
    return f"{number:+.2f}".replace("-", "−")


def demo(canvas: np.ndarray, network: Network, prediction: Prediction) -> None:
    """Show what the same network reads when the canvas is only shrunk.

    Parameters
    ----------
    canvas : ndarray of uint8, shape (280, 280)
    network : Network
    prediction : Prediction
        Of the drawing as we prepare it.
    """
    with st.expander(_("Compare with typical demo apps")):
        small = shrink(canvas)
        naive = network.predict_proba(small.reshape(1, 64))[0]
        ours, theirs = st.columns(2)
        with ours:
            ours_words = _("**With our preprocessing**: {digit} ({probability})")
            st.markdown(ours_words.format(digit=prediction.label, probability=percent(prediction.confidence)))
            digit = to_digit(canvas).digit
            plot("ours", digit.tobytes(), lambda: figures.digit_with_numbers.plain(digit), height=260)
        with theirs:
            their_words = _("**With the canvas just shrunk to 8 × 8**: {digit} ({probability})")
            st.markdown(their_words.format(digit=naive.argmax(), probability=percent(naive.max())))
            plot("naive", small.tobytes(), lambda: figures.digit_with_numbers.plain(small), height=260)
        st.caption(_compared(prediction, int(naive.argmax())))


def _compared(prediction: Prediction, naive: int) -> str:
    """Say what the two answers to one drawing show, and what they would show for many."""
    doubt = prediction.unlike_training_data
    if doubt is not None:
        here = _("Neither answer can be trusted. {doubt}").format(doubt=doubt)
    elif prediction.label == naive:
        here = _("This drawing gets the same answer both ways.")
    else:
        here = _("This drawing gets another answer when the canvas is just shrunk.")
    measured = _(
        "The digits in the data set fill their 8 × 8 pixels from top to bottom. Of {count} drawn digits, the "
        "ready-made network classifies {ours} correctly with our preprocessing, but only {shrunk} when the canvas is "
        "just shrunk."
    )
    return f"{here} {measured.format(**MEASURED)}"
