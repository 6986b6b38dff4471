"""The living network: a test digit runs through the network, while it trains and at any other point."""

from collections.abc import Callable

from digitviz.dashboard.components.component import component, packed, packed_once
from digitviz.dashboard.components.plot import sent
from digitviz.dashboard.components.stream import MAX_WEIGHTS, network_block, weights_block
from digitviz.datasets import DigitDataset
from digitviz.drawing import prediction
from digitviz.figures.colours import GRID, NEGATIVE_COLOUR, PAIRS, POSITIVE_COLOUR, SCALES
from digitviz.language import language
from digitviz.networks.network import Network
from digitviz.networks.parameters import Parameters

HEIGHT = 300
"""Height in pixels."""

_CSS = f"""
.digitviz-living {{
  display: flex; flex: 1 1 {HEIGHT}px; min-height: 0; flex-direction: column; container-type: inline-size;
  position: relative;
  overflow: clip; overflow-clip-margin: 6px; /* a tip at the border adds no scroll bars to the column */
}}
.digitviz-living .frame {{ position: relative; flex: 1; min-height: 0; }}
.digitviz-living .frame > canvas {{ position: absolute; inset: 0; width: 100%; height: 100%; }}
.digitviz-living canvas:focus {{ outline: none; }}
.digitviz-living .ghost {{ pointer-events: none; }}
.digitviz-living .frame:has(canvas:focus-visible)::after {{
  content: ""; position: absolute; inset: -3px; pointer-events: none; border-radius: 4px;
  border: 3px solid var(--st-primary-color);
}}
.digitviz-living .tip {{
  position: absolute; z-index: 8; pointer-events: none; border-radius: 4px; border: 3px solid var(--st-orange-color);
}}
.digitviz-living .tip[hidden] {{ display: none; }}
.digitviz-living .tip span {{
  position: absolute; top: calc(100% + 6px); width: max-content; max-width: 15rem; padding: .3rem .5rem;
  line-height: 1.35; border-radius: 4px; border: 1px solid currentColor; background: var(--st-background-color);
}}
.digitviz-living :is(.asks, .rare) {{ display: flex; gap: 0 1.25rem; }}
.digitviz-living .asks {{ position: absolute; left: 0; top: var(--asks); }}
.digitviz-living button {{
  padding: 0; min-width: 2rem; height: 2rem; border: 0; white-space: nowrap; text-align: left; color: var(--accent);
}}
.digitviz-living .rare button {{ color: inherit; }}
.digitviz-living.untrained :is(.why, .table) {{ display: none; }}
@container (width < 500px) {{ /* one below the other */
  .digitviz-living .asks {{ flex-direction: column; .rare {{ gap: 0 .25rem; }} }}
  .digitviz-living .words:not(.known) ~ .asks .rare {{ display: none; }} /* no room */
}}
.digitviz-living .words {{
  display: flex; align-items: center; margin: 0; min-height: 40px; line-height: 1.25;
  font-variant-numeric: tabular-nums;
}}
@media (height < 680px) {{
  .digitviz-living button {{ height: 1.75rem; }}
  .digitviz-living .words {{ min-height: 32px; max-height: 2.5em; overflow: auto; }}
}}
@media (hover: hover) {{ .digitviz-living:not(:hover, :focus-within) .rare {{ opacity: 0; }} }} /* few need them */
.digitviz-living .known {{ opacity: 0; }}
@media (max-width: 640px) {{ .digitviz-living .known {{ display: none; }} }}
@media (pointer: coarse) {{ .digitviz-living button {{ min-width: 2.5rem; height: 2.75rem; }} }}
"""
_component = component("living", _CSS)


def living(
    key: str,
    network: Network,
    initial: Parameters,
    digits: DigitDataset,
    at: tuple[str, int],
    moment: str,
    live: dict[str, object] | None,
    is_blank: bool,
    on_neuron: Callable[[], None],
    on_why: Callable[[], None],
) -> None:
    """Show the network while one of some test digits runs through it.

    Parameters
    ----------
    key : str
        Key of the element. `picked` returns what the visitor chose in it.
    network : Network
        With the weights to show while no other point in training is shown.
    initial : Parameters
        Weights before training.
    digits : DigitDataset
        A few test digits, the same as the stream sends.
    at : tuple of str and int
        Serial of the run, and the step of its weights.
    moment : str
        The point in training as text.
    live : dict or None
        Data with which the browser requests further weights, as in `plot.frame`. None if the run does not move.
    is_blank : bool
        True before the training, to show only what is worth a look by then.
    on_neuron, on_why : callable
        Called when the visitor opens a neuron, and when they ask why the network gave its answer.
    """

    def pack() -> bytes:
        blocks = [network_block(network, initial, digits, at[0])]
        if at[1] or initial.size > MAX_WEIGHTS:
            blocks.append(weights_block(network, digits, *at))
        head: dict[str, object] = {"blocks": [len(block) for block in blocks], "live": live, "words": moment}
        head |= {"scales": _scales(), "language": language(), "alike": prediction.ALIKE, "isBlank": is_blank}
        return packed(head, *blocks)

    data = packed_once(key, (language(), at, moment, live is not None, is_blank), pack)
    _component(key=key, data=data, height=HEIGHT, on_neuron_change=on_neuron, on_why_change=on_why)


def picked(key: str, name: str, count: int) -> int | None:
    """Return the index that the browser sent for "neuron" or "why", from 0. None unless it is below `count`."""
    number = sent(key, name)
    return number if type(number) is int and 0 <= number < count else None


def _scales() -> dict[str, object]:
    """Return the colours of both themes, and those of edges."""
    pairs = {"good": "blue", "bad": "orange", "others": "grey", "paper": "paper"}
    scales = {
        theme: {**SCALES[theme], **{name: PAIRS[pair][dark] for name, pair in pairs.items()}, "track": GRID[theme]}
        for dark, theme in enumerate(SCALES)
    }
    return {**scales, "positive": POSITIVE_COLOUR, "negative": NEGATIVE_COLOUR}
