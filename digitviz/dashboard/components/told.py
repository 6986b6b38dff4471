"""What a network says of one digit, in a sentence that follows the slider through its training."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from digitviz.dashboard.components.component import component
from digitviz.language import gettext as _

_CSS = """
.digitviz-told { margin: 0; min-height: 3em; line-height: 1.5; font-variant-numeric: tabular-nums; }
"""
_component = component("told", _CSS)


def told_data(
    probabilities: np.ndarray, pixels: np.ndarray, label: int, network: str, chosen: int = 0
) -> Mapping[str, object]:
    """Return what the browser says: the sentences, and what it fills in as long as the slider is where it was.

    Parameters
    ----------
    probabilities : ndarray, shape (10,)
        Of the digit, by the network of which the page is.
    pixels : ndarray, shape (64,)
        Of the digit.
    label : int
    network : str
        Whose network, and when, in words.
    chosen : int
        Times that a digit was chosen on this page: after another one the sentence is brought into view.
    """
    answer = int(probabilities.argmax())
    probability = float(probabilities[answer])
    return {
        "pixels": pixels.astype(float).tolist(),
        "label": label,
        "answer": answer,
        "probability": probability if math.isfinite(probability) else None,
        "network": network,
        "chosen": chosen,
        "said": {
            "correct": _("Correct: this {label} is read as {answer} ({probability}) by {network}."),
            "wrong": _("Wrong: this {label} is read as {answer} ({probability}) by {network}."),
            "none": _("The network's numbers have overflowed: it has no answer."),
            "before": _("your network before training"),
            "after": _("your network after batch {number}"),
        },
    }


def told(key: str, probabilities: np.ndarray, pixels: np.ndarray, label: int, network: str, chosen: int = 0) -> None:
    """Say what a digit is read as; with the slider, what it is read as at that moment, by the same arithmetic.

    Parameters
    ----------
    key : str
        Of the element.
    probabilities, pixels, label, network, chosen
        As of `told_data`.
    """
    _component(key=key, data=told_data(probabilities, pixels, label, network, chosen))
