"""The answer on the start page: the pretrained network reads the pad at every stroke and gives one reason, as on Draw.

The browser computes all of it (`reading.js`, `reason.js`), so no page runs while a visitor draws.
"""

from __future__ import annotations

import hashlib

from digitviz.dashboard.components import reader
from digitviz.dashboard.components.component import component
from digitviz.dashboard.runtime.shared import shared
from digitviz.figures.colours import PAIRS
from digitviz.language import gettext as _
from digitviz.language import language, speaking
from digitviz.pretrained import load_pretrained

ADDRESS = "digitviz-assets/pretrained-{language}.bin"
"""Path of the pretrained network with texts in a language, as in a route."""

_CSS = """
.digitviz-first {
  display: grid; grid-template-columns: clamp(104px, 18vw, 290px) minmax(0, 5fr) minmax(0, 4fr); gap: .75rem 1.75rem;
  line-height: 1.4;
}
.digitviz-first figure { margin: 0; }
.digitviz-first canvas { width: 100%%; aspect-ratio: 1; outline-color: light-dark(%s, %s); box-shadow: 0 0 0 1px; }
.digitviz-first :is(figcaption, .says) { margin-bottom: .35rem; font-weight: 600; }
.digitviz-first .sure { margin: .4rem 0 0; }
.digitviz-first .digit { font-size: clamp(4.5rem, 11vw, 11rem); line-height: .9; font-weight: 700; }
.digitviz-first .reason { font-size: clamp(1.05rem, 1.5vw, 1.5rem); margin: .3rem 0 0; }
.digitviz-first .said { min-height: 16.5rem; }
.digitviz-first .bars { font-variant-numeric: tabular-nums; }
.digitviz-first .bars div { display: flex; align-items: center; gap: .5rem; height: clamp(1.55rem, 3.2vh, 2.4rem); }
.digitviz-first .bars b { font-weight: 400; }
.digitviz-first .bars span { flex: 1; height: 40%%; background: color-mix(in srgb, currentColor 5%%, transparent); }
.digitviz-first .bars i { display: block; height: 100%%; background: currentColor; opacity: .55; min-width: 1px; }
.digitviz-first .bars em { width: 3.2em; text-align: end; font-style: normal; }
.digitviz-first .bars .answer :is(b, em) { font-weight: 700; }
.digitviz-first .bars .answer i { background: var(--st-primary-color); opacity: 1; }
.digitviz-first.follows { display: block; min-height: 26rem; }
.digitviz-first.follows figure { width: min(100%%, 19rem); }
.digitviz-first.follows .said.said { min-height: 3.6rem; }
.digitviz-first.follows :is(.says, .digit, .sure, .bars) { display: none; } /* the page shows them itself */
@media (max-width: 1100px) {
  .digitviz-first { grid-template-columns: clamp(104px, 15vw, 260px) minmax(0, 1fr); }
  .digitviz-first .said { min-height: 19.5rem; }
  .digitviz-first .bars { grid-column: 1 / -1; }
  .digitviz-first .bars div { height: 1.35rem; }
}
"""
_component = component("first_reading", _CSS % PAIRS["orange"])


def first_reading(key: str) -> None:
    """Show what the pretrained network reads on the page's pad, and why."""
    version = hashlib.sha256(network(language())).hexdigest()[:12]
    address = f"{ADDRESS.format(language=language())}?v={version}"
    _component(key=key, data={"network": address, "known": reader.known_address(), "said": _said()})


def reason(key: str) -> None:
    """Show why the network that `reader.network_in_browser` has sent gives its answer, and the 8 x 8 digit."""
    _component(key=key, data={"network": None, "said": _said() | {"prompt": "", "edge": ""}})


def network(code: str) -> bytes:
    """Return the pretrained network and the texts about what it reads in a language, for `readerFrom` in reader.js."""
    return shared().get(_packed, code)


def _packed(code: str) -> bytes:
    with speaking(code):
        return reader.pack(load_pretrained())


def _said() -> dict[str, object]:
    """Return the texts. Each reason has two: the answer changes, or it only becomes less sure."""
    return {
        "prompt": _("Draw a digit on the pad. The network reads it at every stroke and says why."),
        "waiting": _("Reading…"),
        "edge": _("There is ink along the edge of the pad, as in a photo. Press Clear and draw inside the edge."),
        "input": _("it sees 64 numbers"),
        "scale": _("0 = paper, 16 = full ink"),
        "says": _("it says"),
        "picture": _("The drawing as 8 × 8 numbers. A frame marks the part that the sentence is about."),
        "no_picture": _("An empty grid of 8 × 8 pixels"),
        "bars": _("Probability of each digit. {all}"),
        "guess": _("It says {digit}, but that is a guess: even this digit gets only {sure}."),
        "anywhere": _("It says {digit}, and no single part decides: empty or fill any one of nine, and it still does."),
        "places": {
            "top left": _("at the top left"),
            "top": _("at the top"),
            "top right": _("at the top right"),
            "left": _("on the left"),
            "middle": _("in the middle"),
            "right": _("on the right"),
            "bottom left": _("at the bottom left"),
            "bottom": _("at the bottom"),
            "bottom right": _("at the bottom right"),
        },
        "loops": {
            "top": _("the framed upper loop"),
            "bottom": _("the framed lower loop"),
            "whole": _("the framed loop"),
        },
        "sides": {
            "top": _("at the top"),
            "right": _("on the right"),
            "bottom": _("at the bottom"),
            "left": _("on the left"),
        },
        "reasons": {
            "loop": (
                _("It says {digit}: {loop} is closed. If it were open {side}, it would say {other}."),
                _(
                    "It says {digit}: {loop} is closed. If it were open {side}, it would be only {after} sure, not "
                    "{before}."
                ),
            ),
            "ink": (
                _("It says {digit} because of the framed pixels {place}. If they were empty, it would say {other}."),
                _(
                    "It says {digit}, mostly because of the framed pixels {place}. If they were empty, it would be "
                    "only {after} sure, not {before}."
                ),
            ),
            "empty": (
                _("It says {digit} because the frame {place} is empty. If all of it were ink, it would say {other}."),
                _(
                    "It says {digit}, mostly because the frame {place} is empty. If all of it were ink, it "
                    "would be only {after} sure, not {before}."
                ),
            ),
        },
    }
