"""The picture on the start page: a small replay of the notebook's training in the browser."""

from __future__ import annotations

from digitviz.dashboard.components.component import component
from digitviz.figures.colours import PAIRS
from digitviz.language import gettext as _

ADDRESS = "digitviz-assets/demonstration.json"
SECONDS = 10
"""Duration of the replay."""

_CSS = """
.digitviz-demonstration {
  display: grid; gap: .25rem 1.5rem; line-height: 1.3; grid-template-columns: 19rem minmax(0, 1fr); align-items: center;
}
@media (max-width: 900px) { .digitviz-demonstration { grid-template-columns: minmax(0, 1fr); } }
.digitviz-demonstration .head { display: grid; gap: 0 1rem; grid-template-columns: 1fr auto; align-items: center; }
.digitviz-demonstration .value { font-size: 2rem; font-weight: 700; line-height: 1.2; }
.digitviz-demonstration .label { font-weight: 600; }
.digitviz-demonstration .value span { font-size: 1rem; font-weight: 400; }
.digitviz-demonstration :is(.value, .track, .words) { grid-column: 1 / -1; font-variant-numeric: tabular-nums; }
.digitviz-demonstration .track { height: .6rem; margin-top: .3rem; background: #8882; }
.digitviz-demonstration .track i { display: block; width: 0; height: 100%; background: var(--st-primary-color); }
.digitviz-demonstration .few { min-height: 1.3em; margin-bottom: .2rem; }
.digitviz-demonstration .digits { display: flex; justify-content: space-between; }
.digitviz-demonstration .digits div { text-align: center; font-size: 1.25rem; min-height: 3.9rem; }
.digitviz-demonstration .digits canvas {
  display: block; width: clamp(24px, 6vw, 76px); aspect-ratio: 1; margin: 0 auto .2rem; image-rendering: pixelated;
}
.digitviz-demonstration details { grid-column: 1 / -1; }
.digitviz-demonstration button { padding: .3rem .8rem; min-height: 2.2rem; min-width: 6rem; }
"""
_component = component("demonstration", _CSS)


def demonstration() -> None:
    """Show the training of `digitviz.dashboard.session.example`, which the browser requests from the server."""
    said = {
        "title": _("Watch one learn"),
        "read": _("of {count} test digits"),
        "few": _("Ten of the {count} test digits, and what it reads:"),
        "batch": _("read correctly after batch {batch} of {batches}"),
        "waiting": _("The server is getting ready. Soon a network will learn to read these ten digits here."),
        "replayed": _(
            "A network trained when this server started: {steps} steps, {each} on each batch, in {seconds} s. You see "
            "them in {replay} s."
        ),
        "picture": _(
            "The notebook's network after {batches} batches: {accuracy} of the test digits classified correctly."
        ),
        "about": _("Which network is this?"),
        "again": _("Replay"),
        "play": _("Play"),
        "pause": _("Pause"),
    }
    colours = {"correct": PAIRS["green"], "wrong": PAIRS["red"]}
    _component(key="demonstration", data={"address": ADDRESS, "seconds": SECONDS, "said": said, "colours": colours})
