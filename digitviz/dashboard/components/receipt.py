"""The receipt of one decision. The browser highlights its related parts together."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from digitviz.dashboard.components.component import component
from digitviz.dashboard.components.plot import sent
from digitviz.datasets import PIXEL_MAX
from digitviz.explanations.receipt import Receipt
from digitviz.figures.colours import NEGATIVE_COLOUR, PAIRS, POSITIVE_COLOUR, SCALES
from digitviz.networks.activations import ACTIVATIONS

MAX_ROWS = 7
"""Number of neurons whose votes are shown one by one. The votes of the others are added up."""

_COLOURS = (
    f".digitviz-receipt {{ --mark: light-dark({', '.join(PAIRS['orange'])}); "
    f"--more: {POSITIVE_COLOUR}; --less: {NEGATIVE_COLOUR}; }}"
)
_CSS = """
.digitviz-receipt {
  container-type: inline-size; font-size: .9rem; line-height: 1.35; font-variant-numeric: tabular-nums;
  .path { display: flex; flex-wrap: wrap; gap: .2rem .5rem; align-items: baseline; margin-bottom: .25rem; }
  [hidden] { display: none; }
  .path [aria-pressed=true] { font-weight: 700; text-decoration: none; }
  .pictures { display: flex; flex-wrap: wrap; align-items: center; gap: .3rem 1.2rem; }
  .grids { display: flex; align-items: center; gap: .5rem; border-radius: .3rem; touch-action: pan-y; }
  .grid { display: flex; flex-direction: column; }
  .title { font-size: .8rem; white-space: nowrap; }
  svg { width: clamp(5.9rem, 17.5cqw, 11.5rem); display: block; }
  .sign { font-size: 1.3rem; padding-top: 1.1rem; }
  rect { stroke: var(--st-border-color); stroke-width: .02; }
  rect.lit { stroke: var(--mark); stroke-width: 3.5px; vector-effect: non-scaling-stroke; }
  :not(rect).lit { outline: 2px solid var(--mark); outline-offset: -1px; border-radius: .25rem; }
  .steps { flex: 1 1 11rem; display: flex; flex-direction: column; gap: .15rem; }
  .step { display: flex; justify-content: space-between; align-items: baseline; gap: .6rem; max-width: 22rem; }
  .step { padding: .1rem .4rem; border-bottom: 1px solid var(--st-border-color); }
  .step b { font-size: 1.1rem; }
  .formula { display: flex; flex-wrap: wrap; align-items: baseline; gap: .1rem .4rem; margin-top: .3rem; }
  .formula.all { font-size: .8rem; }
  .term, .rest { padding: 0 .25rem; border-radius: .25rem; white-space: nowrap; }
  .readout { min-height: 1.5rem; margin: .2rem 0 .3rem; opacity: .9; }
  summary { cursor: pointer; padding: .35rem 0; }
  .tables { display: flex; flex-wrap: wrap; gap: .4rem 1.5rem; align-items: flex-start; }
  table { border-collapse: collapse; }
  .votes { flex: 5 1 20rem; }
  .digits { flex: 3 1 15rem; }
  tr > * { padding: 0 .3rem; text-align: right; font-weight: 400; height: 1.55rem; vertical-align: top; }
  tr > :first-child { text-align: left; white-space: nowrap; }
  thead th { font-size: .8rem; border-bottom: 1px solid var(--st-border-color); }
  td { position: relative; white-space: nowrap; }
  td.signed {
    background: linear-gradient(var(--st-border-color), var(--st-border-color)) 50% 100% / 1px .35rem no-repeat;
  }
  tbody tr:has(button) { cursor: pointer; }
  tbody tr:has(button):hover { background: color-mix(in srgb, var(--st-primary-color) 12%, transparent); }
  tr.opened > :first-child { box-shadow: inset 3px 0 var(--st-primary-color); }
  .term.total, tr:is(.opened, .answer, .against, .total) > :first-child { font-weight: 700; }
  tr.total > * { border-top: 1px solid var(--st-border-color); }
  .bar { position: absolute; bottom: .05rem; height: .25rem; }
  .more { background: var(--more); }
  .less { background: var(--less); }
  .numbers b { margin-left: .35rem; font-weight: 600; }
  .share { width: 60%; }
  .share .bar { left: 0; background: currentColor; opacity: .4; }
  .answer .share .bar { background: var(--st-primary-color); opacity: 1; }
  button {
    font: inherit; color: inherit; background: none; border: 0; padding: 0 .25rem; cursor: pointer;
    border-radius: .25rem;
  }
  .rest, .path button, .votes button { text-decoration: underline dotted; text-underline-offset: .2em; }
  :is(button, .grids, summary):focus-visible { outline: 3px solid var(--st-primary-color); outline-offset: 1px; }
}
@container (max-width: 40rem) {
  .digitviz-receipt {
    .grids { gap: .2rem; }
    svg { width: clamp(5.2rem, 28cqw, 9rem); }
    tr > * { padding: 0 .15rem; height: 1.7rem; }
    .readout { min-height: 3.8rem; }
    button { min-width: 1.5rem; min-height: 1.5rem; }
    .numbers span { display: none; }
  }
}
"""
_component = component("receipt", _COLOURS + _CSS)


def receipt_picture(
    key: str,
    told: Receipt,
    activation: str,
    layer: int,
    path: Sequence[int],
    truth: int | None,
    on_open: Callable[[], None],
    on_compare: Callable[[], None],
) -> None:
    """Show a receipt. Its tables fold out.

    Parameters
    ----------
    activation : str
        Name in `ACTIVATIONS`.
    layer : int
        Index of the opened neuron's layer, from 0. The output layer only if there are no hidden layers.
    path : sequence of int
        Opened neuron of each layer up to the last hidden one. Without hidden layers, the opened digit.
    truth : int or None
        Label of the digit, if known.
    on_open, on_compare : callable
        Called when a neuron to open, or a digit to compare with, is selected: see `opened` and `compared`.
    """
    words = {"activation": str(ACTIVATIONS[activation].title), "truth": truth}
    data = frame(told, layer, path) | words
    _component(key=key, data=data, on_open_change=on_open, on_compare_change=on_compare)


def opened(key: str, told: Receipt) -> tuple[int, int] | None:
    """Return the selected layer and neuron if the neuron exists, because a browser may send anything."""
    asked = sent(key, "open")
    if not isinstance(asked, dict):
        return None
    layer, neuron = asked.get("layer"), asked.get("neuron")
    if type(layer) is not int or type(neuron) is not int or layer not in range(max(1, len(told.layers) - 1)):
        return None
    return (layer, neuron) if neuron in range(len(told.layers[layer].sums)) else None


def compared(key: str) -> int | None:
    """Return the digit to compare the answer with, if it is valid."""
    asked = sent(key, "compare")
    return asked if type(asked) is int and asked in range(10) else None


def frame(told: Receipt, layer: int, path: Sequence[int]) -> dict[str, Any]:
    """Return the numbers of a receipt for the browser, as plain data."""
    hidden = len(told.layers) - 1
    here = told.layers[layer]
    rows = np.argsort(-np.abs(told.leads), kind="stable")[:MAX_ROWS] if hidden else np.empty(0, dtype=int)
    if layer == hidden:
        at_hand = list(range(len(here.sums)))
    else:
        at_hand = sorted({path[layer], *(rows.tolist() if layer == hidden - 1 else [])})
    has_biases = any(one.biases.any() for one in told.layers)
    sides = [told.label, told.against]
    output = told.layers[-1]
    others = np.delete(told.votes, rows, axis=0)[:, sides] if hidden else np.empty((0, 2))
    neurons = [
        {
            "number": number,
            "weights": here.weights[:, number].tolist(),
            "bias": float(here.biases[number]) if has_biases else None,
            "sum": float(here.sums[number]),
            "activation": float(here.activations[number]),
            "onward": _onward(told, layer, path, number),
        }
        for number in at_hand
    ]
    votes = [
        {
            "number": number,
            "activation": float(output.inputs[number]),
            "weights": output.weights[number, sides].tolist(),
            "votes": told.votes[number, sides].tolist(),
        }
        for number in rows.tolist()
    ]
    return {
        "scales": {
            role: {theme: [colour for _at, colour in scales[role]] for theme, scales in SCALES.items()}
            for role in ("signed", "ink")
        },
        "hidden": hidden,
        "layer": layer,
        "path": list(path) if hidden else [],
        "opened": path[layer],
        "ink": layer == 0,
        "full": float(here.inputs.max() / told.pixels.max() * PIXEL_MAX) if told.pixels.any() else PIXEL_MAX,
        "inputs": here.inputs.tolist(),
        "neurons": neurons,
        "rows": votes,
        "others": {"count": len(others), "votes": others.sum(axis=0).tolist()} if len(others) else None,
        "biases": output.biases[sides].tolist() if has_biases and hidden else None,
        "label": told.label,
        "against": told.against,
        "logits": told.logits.tolist(),
        "probabilities": told.probabilities.tolist(),
    }


def _onward(told: Receipt, layer: int, path: Sequence[int], number: int) -> list[dict[str, Any]]:
    """Return the targets of a neuron's activation: the two digits, or the opened neuron of the next layer."""
    hidden = len(told.layers) - 1
    if layer == hidden:
        return []
    above = told.layers[layer + 1]
    targets = [told.label, told.against] if layer == hidden - 1 else [path[layer + 1]]
    return [
        {"to": to, "weight": float(above.weights[number, to]), "vote": float(above.contributions[number, to])}
        for to in targets
    ]
