"""A movable point in the plane of three digits. The browser computes its picture and the network's answer."""

import hashlib
from collections.abc import Sequence

import numpy as np

from digitviz.dashboard.components.component import component, network_head, packed
from digitviz.datasets import PIXEL_MAX
from digitviz.explanations.geometry import BorderPlane
from digitviz.figures.colours import DIGIT_COLOURS
from digitviz.language import language
from digitviz.networks.network import Network

CSS = """
.digitviz-plane-point {
  position: absolute; z-index: 9; width: 3.2rem; height: 3.2rem; margin: -1.6rem 0 0 -1.6rem; cursor: grab;
  @media (max-width: 640px) { width: 2.4rem; height: 2.4rem; margin: -1.2rem 0 0 -1.2rem; }
  border-radius: .2rem; touch-action: none; user-select: none; -webkit-user-select: none;
  outline: 4px solid var(--digitviz-mark); box-shadow: 0 0 0 6px var(--digitviz-paper), 0 1px 7px 6px #0006;
  &::after { content: ""; position: absolute; inset: -.5rem; }
  &::before {
    content: attr(data-hint); position: absolute; top: 50%; right: calc(100% + .6rem); transform: translateY(-50%);
    padding: 0 .5rem; border-radius: 1rem; font: 1rem var(--st-font); white-space: nowrap;
    color: var(--digitviz-paper); background: var(--digitviz-mark);
  }
  &:not([data-hint])::before { content: none; }
  &:active { cursor: grabbing; }
  &.outside { opacity: .6; }
  &:focus-visible { outline: 4px solid var(--st-primary-color); }
}
.digitviz-plane-image {
  display: grid; grid-template-columns: repeat(8, 1fr);
  span { background: color-mix(in srgb, var(--st-text-color) var(--ink), var(--st-background-color)); }
}
.digitviz-plane-reading {
  font-size: 1rem; line-height: 1.3; font-variant-numeric: tabular-nums;
  .answer { margin-block: .35rem; font-size: 1.75rem; b { font-size: 4rem; line-height: 1; } }
  .image { width: min(100%, clamp(11rem, 100vh - 31rem, 20rem)); aspect-ratio: 1; }
  .image { border: 1px solid var(--st-border-color); }
  :is(.bars, .ten) { display: grid; grid-template-columns: 1.4rem 1fr 3.6rem; font-size: 1.25rem; line-height: 1.8rem; }
  .bar { align-self: center; height: 1.1rem; border-left: 1px solid var(--st-border-color); }
  .ten.ten { font-size: 1rem; line-height: 1.3rem; }
  summary { min-height: 1.5rem; cursor: pointer; }
  .bar i { display: block; height: 100%; min-width: 0; }
  .share { text-align: right; }
  .first { font-weight: 700; }
  .notes { min-height: 2.6em; margin-top: .25rem; }
}
"""
_component = component("plane_point", CSS)


def plane_point(key: str, picture: str, network: Network, plane: BorderPlane, labels: Sequence[int | None]) -> None:
    """Show the picture and the prediction at a point of a plane. The visitor moves the point in the plane's picture.

    The visitor drags the point, clicks a place or presses arrow keys. The browser sends no requests to the server.

    Parameters
    ----------
    picture : str
        Key of the picture whose axes span the plane. Its figure must not draw a point of its own.
    labels : sequence of int or None
        Labels of the three digits, None if unknown.
    """
    _component(key=key, data=plane_data(picture, network, plane, labels))


def plane_data(picture: str, network: Network, plane: BorderPlane, labels: Sequence[int | None]) -> bytes:
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
        "colours": DIGIT_COLOURS,
        "labels": labels,
        "language": language(),
    }
    return packed(head, parameters.to_vector().astype("<f4").tobytes())
