"""A movable point in the plane of three digits. The browser computes its picture and the network's answer."""

from __future__ import annotations

import hashlib

import numpy as np

from digitviz.dashboard.components.component import component, network_head, packed
from digitviz.datasets import PIXEL_MAX
from digitviz.explanations.geometry import BorderPlane
from digitviz.figures.colours import DIGIT_COLOURS, SCALES
from digitviz.language import gettext as _
from digitviz.networks.network import Network

CSS = """
.digitviz-plane-point {
  position: absolute; z-index: 9; box-sizing: border-box; width: 2.1rem; height: 2.1rem; margin: -1.05rem 0 0 -1.05rem;
  border: 4px solid var(--digitviz-mark); border-radius: 50%; background: var(--digitviz-paper);
  color: var(--digitviz-text); font: 700 1rem/1.5rem var(--st-font); text-align: center; cursor: grab;
  touch-action: none; user-select: none; -webkit-user-select: none;
  box-shadow: 0 0 0 2px var(--digitviz-paper), 0 1px 5px 2px #0006;
}
.digitviz-plane-point::after { content: ""; position: absolute; inset: -.75rem; border-radius: 50%; }
.digitviz-plane-point:active { cursor: grabbing; }
.digitviz-plane-point.outside { opacity: .6; }
.digitviz-plane-point:focus-visible { outline: 3px solid var(--st-primary-color); outline-offset: 3px; }
.digitviz-plane-reading {
  container-type: inline-size; color: var(--st-text-color); font-family: var(--st-font);
  font-variant-numeric: tabular-nums; line-height: 1.3;
  .answer { font-size: 1.1rem; }
  .told { display: flex; flex-wrap: wrap; gap: .45rem 1.2rem; margin-top: .35rem; }
  .image {
    display: grid; grid-template-columns: repeat(8, 1fr); width: 8rem; height: 8rem; box-sizing: border-box;
    border: 1px solid var(--st-border-color); font-size: .6rem; line-height: 1rem; text-align: center;
  }
  .image span { overflow: hidden; }
  .bars { flex: 1 1 9rem; max-width: 20rem; display: grid; grid-template-columns: 1rem 1fr 2.6rem; font-size: .8rem; }
  .bars > * { height: .95rem; line-height: .95rem; }
  .bar { align-self: center; height: .7rem; border-left: 1px solid var(--st-border-color); }
  .bar i { display: block; height: 100%; min-width: 0; }
  .bars .share { text-align: right; }
  .first { font-weight: 700; }
  .notes { font-size: .8rem; opacity: .85; min-height: 2.6em; margin-top: .25rem; }
}
"""
_component = component("plane_point", CSS)


def plane_point(key: str, picture: str, network: Network, plane: BorderPlane) -> None:
    """Show the picture and the prediction at a point of a plane. The visitor moves the point in the plane's picture.

    The visitor drags the point, clicks a place or presses arrow keys. The browser sends no requests to the server.

    Parameters
    ----------
    picture : str
        Key of the picture whose axes span the plane. Its figure must not draw a point of its own.
    """
    _component(key=key, data=plane_data(picture, network, plane))


def plane_data(picture: str, network: Network, plane: BorderPlane) -> bytes:
    """Pack the data that a browser needs to read any point of a plane: a head, all weights, all biases, in float32."""
    parameters = network.parameters
    corners = np.concatenate([plane.origin, plane.basis.ravel(), plane.corners.ravel()])
    head = network_head(network) | {
        "picture": picture,
        "plane": hashlib.sha256(corners.tobytes()).hexdigest()[:16],
        "origin": plane.origin.tolist(),
        "basis": plane.basis.tolist(),
        "corners": plane.corners.tolist(),
        "x": plane.x[[0, -1]].tolist(),
        "y": plane.y[[0, -1]].tolist(),
        "most": PIXEL_MAX,
        "ink": {theme: [colour for _place, colour in scales["ink"]] for theme, scales in SCALES.items()},
        "colours": DIGIT_COLOURS,
        "said": _words(),
    }
    return packed(head, parameters.to_vector().astype("<f4").tobytes())


def _words() -> dict[str, str]:
    """Return the texts that the browser shows. It fills in the braces."""
    return {
        "name": _("Point in the plane"),
        "keys": _(
            "Arrow keys move the point; hold Shift to move it five times as far. A, B and C jump to the corners, Home "
            "to the middle."
        ),
        "answer": _("Read as {answer} ({share})"),
        "spoken": _("read as {answer}, {share} sure; {a} of A, {b} of B, {c} of C"),
        "mixture": _("A {a} · B {b} · C {c}"),
        "no_answer": _("The numbers overflow here, so the network has no answer."),
        "outside": _("Not a valid picture: its ink ranges from {low} to {high}."),
        "image": _("The picture at this point, 8 × 8"),
        "bars": _("Probabilities of the ten digits"),
    }
