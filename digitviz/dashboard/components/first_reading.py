"""The answer on the start page: the pretrained network reads the pad at every stroke and gives one reason, as on Draw.

The browser computes all of it (`reading.js`, `reason.js`), so no page runs while a visitor draws.
"""

import hashlib
from functools import cache

from digitviz.dashboard.components import reader
from digitviz.dashboard.components.component import component
from digitviz.figures.colours import PAIRS
from digitviz.pretrained import load_pretrained

ADDRESS = "digitviz-assets/pretrained.bin"

_CSS = """
.digitviz-first {
  display: grid; grid-template-columns: calc(1.4 * var(--pad)) minmax(0, 5fr) minmax(0, 4fr); gap: .75rem 1.75rem;
  line-height: 1.4; em { font-style: normal; width: 3.2em; text-align: end; }
}
.digitviz-first figure {
  margin: 0; display: grid; grid: auto auto auto / minmax(0, 5fr) minmax(0, 2fr); grid-auto-flow: column;
  align-content: start;
}
.digitviz-first .net {
  --paper: var(--st-background-color);
  grid-area: 2 / 2; width: 100%%; fill: none; stroke: currentColor; stroke-width: .15;
  g { stroke-width: calc(.2px + 1.2px * var(--size)); }
  circle { stroke-width: .8; fill: color-mix(in srgb, currentColor calc(100%% * var(--size, 0)), var(--paper)); }
  .out { color: var(--st-primary-color); }
  text { fill: var(--st-primary-color); stroke: none; font: 700 9px var(--st-font); }
  text { text-anchor: middle; dominant-baseline: central; }
}
.digitviz-first .ask {
  flex: 1; padding: .5rem; border: 2px solid; border-radius: 8px; text-align: center; align-content: center;
  text-wrap: balance; font-weight: 600; font-size: 1.25rem; color: var(--st-primary-color);
  b { display: block; font-size: clamp(4.5rem, 8vw, 8rem); line-height: 1; }
  div { display: grid; grid-template-columns: repeat(5, 1fr); gap: .4rem; max-width: 22rem; margin: .6rem auto 0; }
  button {
    min-height: 2.4rem; padding: 0; font: inherit; color: inherit;
    background: none; border: 1px solid; border-radius: 8px;
  }
}
.digitviz-first:not(.asks) .ask, .digitviz-first.asks :is(.digit, .ring, .reason, .sure, .bars) { display: none; }
.digitviz-first.asks .said { display: flex; flex-flow: column; grid-column: 2 / -1; }
.digitviz-first .picture {
  display: grid; grid: repeat(8, 1fr) / repeat(8, 1fr); position: relative; aspect-ratio: 1;
  container-type: inline-size; forced-color-adjust: none;
  box-shadow: 0 0 0 1px; color: var(--st-text-color); background: var(--st-background-color);
  span {
    font-size: 6.5cqi; line-height: 12.5cqi; text-align: center; overflow: hidden;
    background: color-mix(in srgb, var(--st-text-color) var(--ink), transparent);
    box-shadow: inset 1px 1px color-mix(in srgb, currentColor 20%%, transparent);
  }
  .dark { color: var(--st-background-color); }
  .ring { position: absolute; inset: -1px; border: 3px solid light-dark(%s, %s); border-radius: 8px; }
  @container (width < 140px) { span { font-size: 0; } } /* too small to read */
}
.digitviz-first :is(figcaption, .some, .says) { margin-bottom: .35rem; font-weight: 600; }
.digitviz-first .digit { font-size: clamp(4.5rem, 11vw, 11rem); line-height: .9; font-weight: 700; }
.digitviz-first .reason { font-size: clamp(1.05rem, 1.5vw, 1.5rem); margin: .3rem 0 0; }
.digitviz-first { .some { white-space: nowrap; } .sure { margin: .4rem 0 0; } .said { min-height: 16.5rem; } }
.digitviz-first .bars { font-variant-numeric: tabular-nums; b { font-weight: 400; } }
.digitviz-first .bars div { display: flex; align-items: center; gap: .5rem; height: clamp(1.55rem, 3.2vh, 2.4rem); }
.digitviz-first .bars span { flex: 1; height: 40%%; background: color-mix(in srgb, currentColor 5%%, transparent); }
.digitviz-first .bars i { display: block; height: 100%%; background: currentColor; opacity: .55; min-width: 1px; }
.digitviz-first .bars .answer { b, em { font-weight: 700; } i { background: var(--st-primary-color); opacity: 1; } }
.digitviz-first.follows { display: block; min-height: 26rem; }
.digitviz-first.follows figure { width: min(100%%, 26.6rem); }
.digitviz-first.follows .said.said { min-height: 3.6rem; @media (max-width: 640px) { min-height: 6rem; } }
.digitviz-first.follows .ask { padding: 0; border: 0; }
.digitviz-first.follows .ask div { grid: auto / repeat(auto-fit, minmax(2rem, 1fr)); max-width: none; margin: 0; }
.digitviz-first.follows :is(.says, .digit, .sure, .bars) { display: none; } /* the page shows them itself */
@media (max-width: 640px) { /* the answer as large as the 64 numbers, the reason below both */
  .digitviz-first:not(.follows) {
    grid-template: auto 1fr / 64%% minmax(0, 1fr); column-gap: 1rem;
    .said { display: contents; } figure { grid-area: 1 / 1 / 3 / 2; } .digit { font-size: 8.5rem; }
    :is(.reason, .sure) { grid-column: 1 / -1; margin: 0; } .reason { min-height: 2.8em; }
    .ask { font-size: 1.1rem; b { display: none; } button { min-height: 1.6rem; }
      div { grid-template-columns: repeat(2, 1fr); gap: .2rem; margin: .2rem 0 0; } }
    &:not(.asks) .bars { display: grid; grid: repeat(5, auto) / auto-flow 1fr; column-gap: 1rem; }
  }
  .digitviz-first.follows {
    min-height: 19.5rem; figure { display: block; } :is(.some, .net) { display: none; } /* there is no room */
  }
}
@media (max-width: 1100px) {
  .digitviz-first { grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); }
  .digitviz-first .some { grid-area: 4 / 1 / 5 / 3; text-align: end; font-size: .875rem; margin: 0; } /* it is wide */
  .digitviz-first .said { min-height: 19.5rem; }
  .digitviz-first .ask div { grid-template-columns: repeat(auto-fit, minmax(2rem, 1fr)); }
  .digitviz-first .bars { grid-column: 1 / -1; }
  .digitviz-first .bars div { height: 1.35rem; }
}
"""
_component = component("first_reading", _CSS % PAIRS["orange"])


def first_reading(key: str) -> None:
    """Show what the pretrained network reads on the page's pad, and why."""
    address = f"{ADDRESS}?v={hashlib.sha256(network()).hexdigest()[:12]}"
    _component(key=key, data={"network": address, "known": reader.known_address()})


def reason(key: str, instead: str, number: int) -> None:
    """Show why the network that `reader.network_in_browser` has sent gives its answer, and the 8 x 8 digit.

    `instead`, if any, replaces the reason until the drawing is no longer that with this number.
    """
    _component(key=key, data={"network": None, "instead": instead, "number": number})


@cache
def network() -> bytes:
    """Return the pretrained network for `readerFrom` in reader.js."""
    return reader.pack(load_pretrained())
