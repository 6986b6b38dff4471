"""Every drawing of the tests as ink on the pad, and what Python reads, to compare with the browser."""

from __future__ import annotations

import base64
import json
from functools import cache
from pathlib import Path
from unittest.mock import patch

import numpy as np
import streamlit as st

from digitviz import Network, load_digits
from digitviz.dashboard.components import reader
from digitviz.dashboard.components.pad import pack
from digitviz.drawing import rasterise, read, to_digit
from digitviz.drawing.picture import canvas_from_digit
from digitviz.drawing.prediction import NEAREST
from digitviz.explanations.receipt import receipt

DATA = Path(__file__).parents[1] / "data"
READ_ALL = """
async (scripts, knownText, networkText, packed) => {
  const { knownFrom, readerFrom, stepsOf, wordsOf } = await import(`${scripts}reader.js`);
  const { read, toDigit } = await import(`${scripts}reading.js`);
  const bytesOf = (text) => {
    const binary = atob(text), bytes = new Uint8Array(binary.length);
    for (let at = 0; at < bytes.length; at += 1) bytes[at] = binary.charCodeAt(at);
    return bytes;
  };
  const [known, network] = [knownFrom(bytesOf(knownText)), readerFrom(bytesOf(networkText))];
  return packed.map((text) => {
    const bytes = bytesOf(text), ink = new Uint8Array(8 * bytes.length);
    for (let at = 0; at < ink.length; at += 1) ink[at] = (bytes[at >> 3] >> (7 - (at & 7))) & 1;
    const drawing = toDigit(ink, known.rules);
    if (!drawing) return null;
    const reading = read(drawing, network, known);
    const { digit, box, slant, scale, thickened, isEmpty, bitmap } = drawing;
    return {
      pixels: [...digit], box, slant, scale, thickened, bitmap: bitmap && [...bitmap],
      steps: isEmpty ? null : stepsOf(drawing),
      probabilities: [...reading.probabilities], hidden: reading.hidden && [...reading.hidden],
      leads: reading.leads && [...reading.leads], distance: reading.distance ?? null,
      likeness: reading.likeness ?? null, label: reading.label, ...wordsOf(reading, network.said),
    };
  });
}
"""
"""A function that reads drawings, as the pad packs them, with the page's own modules in the folder `scripts`.

It returns null for a drawing that only the server can read.
"""


@cache
def pad_drawings(every: int = 1) -> np.ndarray:
    """Return drawings of `tests/data` and digits of the data set put on the pad, bool, shape (n, 280, 280).

    Of each kind, one in `every`.
    """
    with np.load(DATA / "drawn_dev.npz") as digits, np.load(DATA / "not_digits_dev.npz") as others:
        drawn = np.concatenate([digits["images"][::every], others["images"][::every]]) > 64
    items = json.loads((DATA / "strokes.json").read_text(encoding="utf-8"))["items"]
    strokes = [rasterise(item["strokes"], 280, item["brush"]) > 64 for item in items[::every]]
    put = [canvas_from_digit(image) > 0 for image in load_digits().images[::every]]
    return np.concatenate([drawn, strokes, put])


def reader_data(drawings: np.ndarray, network: Network) -> dict[str, object]:
    """Return the arguments of `readAll`: what the page sends to the browser, and packed drawings."""
    with patch.object(reader, "_component") as component, patch.object(st, "session_state", {}):
        reader.network_in_browser("network", network)
    sent = component.call_args.kwargs["data"]
    texts = [base64.b64encode(data).decode() for data in (reader.known(), sent)]
    return {"known": texts[0], "network": texts[1], "bits": [pack(ink) for ink in drawings]}


def expected(drawings: np.ndarray, network: Network) -> list[dict]:
    """Return what Python reads."""
    training, results = load_digits().split()[0], []
    for ink in drawings:
        drawing = to_digit(ink * np.uint8(255))
        prediction = read(drawing, network, training)
        with patch.object(reader, "_component") as component:
            reader.answer("answer", prediction, drawing.is_empty)
        said = component.call_args.kwargs["data"]
        answered = prediction.label is not None
        hidden = network.hidden(drawing.row)
        results.append(
            {"digit": said["digit"], "words": said["words"], "pixels": drawing.digit.ravel()}
            | {"bitmap": None if drawing.is_empty else drawing.bitmap.ravel().astype(int).tolist()}
            | {"slant": drawing.slant, "scale": list(drawing.scale), "thickened": drawing.thickened}
            | {"box": list(drawing.box), "label": prediction.label, "probabilities": prediction.probabilities}
            | {"likeness": prediction.likeness if answered else None}
            | {"distance": prediction.distances[:NEAREST].mean() if answered else None}
            | {"leads": receipt(network, drawing.digit).leads if answered and hidden else None}
        )
    return results


def same(came: list[dict], wanted: list[dict]) -> None:
    """Compare the browser's readings with Python's: whole numbers and words exactly, other numbers to 1e-6."""
    assert len(came) == len(wanted) > 0
    for at, (browser, python) in enumerate(zip(came, wanted, strict=True)):
        words = {name: (browser[name], python[name]) for name in ("label", "digit", "words")}
        assert all(one == other for one, other in words.values()), (at, words)
        np.testing.assert_array_equal(browser["pixels"], python["pixels"])
        if python["bitmap"] is not None:
            exact = ("bitmap", "box", "slant", "scale", "thickened")
            assert [browser[name] for name in exact] == [python[name] for name in exact], at
        for name in ("probabilities", "leads", "distance", "likeness"):
            if python[name] is not None:
                np.testing.assert_allclose(browser[name], python[name], rtol=0, atol=1e-6)
