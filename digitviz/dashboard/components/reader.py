"""Reading of drawings in the browser: its data, and the parts of the page that show the result.

The browser computes the 8 x 8 digit and the answer of a small network in every frame (`reading.js`), so a drawing needs
the server only when it is finished. The server reads drawings itself for large networks, for other training digits than
the plain ones, and until the browser has loaded the data.
"""

import hashlib
from functools import cache

import numpy as np

from digitviz.dashboard.components.component import component, network_head, packed, packed_once
from digitviz.datasets import DigitDataset, load_digits
from digitviz.drawing import Prediction, canvas, drawing, normalise, prediction
from digitviz.networks.network import Network

ADDRESS = "digitviz-assets/reading.bin"
MAX_BYTES = 200_000
"""Maximum size of the weights of a network that a browser computes with, in float64."""

GOALS = (5, 4, 7, 2, 8, 0, 3)
"""Digits that `challenge` asks for, one after another."""

RULES: dict[str, object] = {
    "unit": normalise.UNIT,
    "widthGain": normalise.WIDTH_GAIN,
    "widest": normalise.WIDEST,
    "erodeAbove": normalise.ERODE_ABOVE,
    "dilateBelow": normalise.DILATE_BELOW,
    "hairline": normalise.HAIRLINE,
    "steepestSlant": normalise.STEEPEST_SLANT,
    "uncleanShare": canvas.UNCLEAN_SHARE,
    "smallestHeight": drawing.SMALLEST_HEIGHT,
    "widestShape": drawing.WIDEST_SHAPE,
    "fullestBox": drawing.FULLEST_BOX,
    "slim": drawing.SLIM,
    "minConfidence": prediction.MIN_CONFIDENCE,
    "nearest": prediction.NEAREST,
    "close": prediction.CLOSE,
    "farthest": prediction.FARTHEST,
    "alike": prediction.ALIKE,
}
"""Constants of `digitviz.drawing` for `reading.js`."""

_CSS = """
.digitviz-reading { margin: 0; line-height: 1.5; }
.digitviz-reading .heading { font-weight: 600; }
.digitviz-reading.answer { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem 1rem; }
.digitviz-reading.answer:not(.empty) .heading::before { content: "→ " / ""; }
.digitviz-reading .digit { display: block; font-size: clamp(4.5rem, 12vw, 12rem); font-weight: 700; line-height: .95; }
.digitviz-reading .digit:empty { display: none; }
.digitviz-reading .words { flex: 1 1 9rem; margin: 0; font-size: 1.125rem; }
.digitviz-reading.steps {
  font-size: .875rem; color: color-mix(in srgb, var(--st-text-color) 70%, var(--st-background-color));
}
.digitviz-reading.challenge { min-height: 2rem; font-size: 1.35rem; font-weight: 600; color: var(--st-primary-color); }
.digitviz-reading.empty { font-size: 1.25rem; }
[data-digitviz-drawing] .st-key-details { opacity: .35; } /* about the drawing before the last change */
"""
_component = component("reader", _CSS)


@cache
def known() -> bytes:
    """Return the rules, the likeness detector and the nearest digits, which a browser needs for every network."""
    detector, digits = prediction.likeness_detector(), _plain_digits()
    head = {"rules": RULES, "likeness": network_head(detector), "digits": len(digits)}
    weights = detector.parameters.to_vector().astype("<f8").tobytes()
    return packed(head, weights, digits.pixels.astype(np.uint8).tobytes())


@cache
def _plain_digits() -> DigitDataset:
    return load_digits().split()[0]


def known_address() -> str:
    """Return the URL of `known`. The content at this URL never changes."""
    return f"{ADDRESS}?v={hashlib.sha256(known()).hexdigest()[:12]}"


def fits(network: Network, training: DigitDataset) -> bool:
    """Return whether a browser can classify drawings with a network and find the nearest of its training digits."""
    vector = network.parameters.to_vector()
    is_plain = len(training) == len(_plain_digits()) and training.id == _plain_digits().id
    return is_plain and 8 * vector.size <= MAX_BYTES and bool(np.isfinite(vector).all())


def network_in_browser(key: str, network: Network | None) -> None:
    """Send a network to the browser, which reads every drawing with it. None if only the server can read."""
    data = packed_once(key, network, lambda: packed({}) if network is None else pack(network))
    _component(key=key, data=data, height=1)


def pack(network: Network) -> bytes:
    """Pack a network, and in English the sentences about what it reads, for `readerFrom` in reader.js."""
    sentences = {"sure": prediction.SURE, "doubted": prediction.DOUBTED, **drawing.PROBLEMS, **prediction.DOUBTS}
    said = {name: sentence.message for name, sentence in sentences.items()}
    head = {**network_head(network), "known": known_address(), "said": said}
    return packed(head, network.parameters.to_vector().astype("<f8").tobytes())


def answer(key: str, read: Prediction, is_empty: bool, whose: object = None) -> None:
    """Show the answer, and how confident the network is. The browser replaces it while a digit is drawn.

    `whose` names the network if there are several.
    """
    digit, words = "" if is_empty or read.label is None else str(read.label), "" if is_empty else read.words
    named = None if whose is None else str(whose)
    _component(key=key, data={"form": "answer", "empty": is_empty, "digit": digit, "words": words, "whose": named})


def steps(key: str, drawn: drawing.Drawing) -> None:
    """Show what was done with the ink. The browser replaces it while a digit is drawn."""
    done = {"thickened": drawn.thickened, "scale": drawn.scale, "slant": drawn.slant}
    _component(key=key, data={"form": "steps", **done})


def challenge(key: str) -> None:
    """Ask for a drawing that the network reads as one digit, then another."""
    _component(key=key, data={"form": "challenge", "goals": GOALS})


def end(key: str, number: int) -> None:
    """Tell the browser that everything on the page is about the drawing with this number."""
    _component(key=key, data={"form": "end", "number": number}, height=1)
