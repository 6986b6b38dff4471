"""The picture on the start page: a small replay of the notebook's training in the browser."""

from digitviz.dashboard.components.component import component
from digitviz.figures.colours import PAIRS

ADDRESS = "digitviz-assets/demonstration.json"
SECONDS = 10
"""Duration of the replay."""

_CSS = """
.digitviz-demonstration { font-variant-numeric: tabular-nums; line-height: 1.3;
  display: grid; gap: .25rem 1.5rem; grid-template-columns: 20rem minmax(0, 1fr); align-items: start;
}
@media (max-width: 900px) { .digitviz-demonstration { grid-template-columns: minmax(0, 1fr); } }
@media (max-width: 640px) { .digitviz-demonstration { > :not(.line) { display: contents; } .curve { order: 1; } } }
.digitviz-demonstration :is(.label, .value) { font-weight: 600; }
.digitviz-demonstration .curve { display: block; width: 100%; max-width: 24rem; fill: none; stroke-width: 3; }
.digitviz-demonstration polyline { vector-effect: non-scaling-stroke; stroke-linecap: round; stroke-linejoin: round; }
.digitviz-demonstration text { fill: currentColor; stroke: none; font-size: 14px; }
.digitviz-demonstration .line { grid-column: 1 / -1; display: flex; flex-flow: wrap; align-items: baseline; gap: 5px; }
.digitviz-demonstration .value { font-size: 2rem; line-height: 1; span { font-size: 1rem; font-weight: 400; } }
.digitviz-demonstration .few { min-height: 1.3em; margin-bottom: .2rem; }
.digitviz-demonstration .digits { display: flex; }
.digitviz-demonstration .digits div { flex: 1; text-align: center; font-size: 1.25rem; min-height: 3.9rem; }
.digitviz-demonstration .digits canvas {
  display: block; width: min(95%, 96px); aspect-ratio: 1; margin: 0 auto .2rem; image-rendering: pixelated;
}
@media (width >= 1240px) { .digitviz-demonstration {
  grid-template-columns: auto minmax(0, 1fr) 20rem; > :not(.line) { display: contents; } .few { grid-area: 1 / 2; }
  .curve { grid-area: 1 / 3 / 3; margin-top: -1rem; } .digits { grid-area: 2 / 1 / auto / 3; }
  .line { margin-top: -.5rem; } } }
.digitviz-demonstration details { margin-left: auto; }
.digitviz-demonstration button { margin-right: .5rem; padding: .3rem .8rem; min-height: 2.2rem; min-width: 6rem; }
"""
_component = component("demonstration", _CSS)


def demonstration() -> None:
    """Show the training of `digitviz.dashboard.session.example`, which the browser requests from the server."""
    colours = {"correct": PAIRS["green"], "wrong": PAIRS["red"], "test": PAIRS["orange"]}
    _component(key="demonstration", data={"address": ADDRESS, "seconds": SECONDS, "colours": colours})
