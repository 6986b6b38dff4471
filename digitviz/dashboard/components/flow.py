"""A digit, the neurons of a network and its edges with numbers, in stages. The browser moves between the stages."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from digitviz.dashboard.components.component import component
from digitviz.figures.colours import NEGATIVE_COLOUR, OUTLINE, PAIRS, POSITIVE_COLOUR

_COLOURS = (
    f".digitviz-flow {{ --mark: light-dark({', '.join(PAIRS['orange'])}); "
    f"--outline: light-dark({', '.join(OUTLINE.values())}); "
    f"--fall: light-dark({', '.join(PAIRS['purple'])}); --rise: light-dark({', '.join(PAIRS['green'])}); "
    f"--more: {POSITIVE_COLOUR}; --red: {POSITIVE_COLOUR}; --less: {NEGATIVE_COLOUR}; --blue: {NEGATIVE_COLOUR}; }}"
)
_CSS = """
[data-testid=stMain]:has(.digitviz-flow.fresh) { --next: transparent; --on-next: currentColor; }
.digitviz-flow {
  position: relative;
  &.blames { --more: var(--fall); --less: var(--rise); }
  font-variant-numeric: tabular-nums; line-height: 1.4;
  .stages { display: flex; flex-wrap: wrap; gap: .3rem; align-items: center; margin-block: .6rem; }
  display: flex; flex-direction: column; &:not(.blames) .stages { order: -1; }
  button { padding: .25rem .7rem; min-height: 2.5rem; } i { margin-left: .8em; white-space: nowrap; }
  .play { color: var(--st-primary-color); font-weight: 600; padding-inline: 1.4rem; margin-right: .5rem; }
  &.fresh:not(.asks) .play { color: var(--st-background-color); background: var(--st-primary-color); }
  svg { display: block; width: 100%; overflow: visible; }
  text { fill: currentColor; font-size: 17px; text-anchor: middle; dominant-baseline: central; }
  [aria-pressed] { border: 0; padding: 0 .4rem 0 0; min-width: 5.5rem; display: flex; flex-direction: column; }
  [aria-pressed=true] { color: var(--st-primary-color); font-weight: 600; }
  [aria-pressed]::before {
    content: ""; align-self: stretch; height: 5px; margin-bottom: .25rem; border-radius: 3px;
    background: linear-gradient(var(--st-primary-color) 0 0) no-repeat 0 / 100%, var(--st-border-color);
  }
  [aria-pressed=true] ~ [aria-pressed]::before { background-size: 0; }
  .halo { stroke: var(--st-background-color); stroke-width: 5px; paint-order: stroke; stroke-linejoin: round; }
  .from-left { text-anchor: start; } .to-left { text-anchor: end; }
  path { fill: none; stroke: var(--more); stroke-linecap: round; }
  path.negative { stroke: var(--less); } path.grey, .faint-line { stroke: currentColor; } .faint-line { opacity: .25; }
  .ink, .small { font-size: 14px; &.on-dark { fill: var(--st-background-color); } }
  .faint .neuron ~ * { opacity: .6; } .pixel.shown { stroke: var(--mark); stroke-width: 2px; }
  .unknown, .mark { font-size: 24px; } .label { font-size: 26px; } .answers, .words, .invites { font-size: 20px; }
  &.blames .invites { font-size: 24px; }
  .letter { font-size: 44px; } [role=button] { cursor: pointer; } .invites { fill: var(--st-primary-color); }
  --wrong: currentColor; --right: color-mix(in srgb, currentColor 25%, var(--st-background-color));
  path.votes { stroke: var(--wrong); &.negative { stroke: var(--right); } + .arrow { stroke: var(--mark); } }
  &.blames.asks .sentence { opacity: 0; } /* its picture says the same */
  [role=button] .neuron, .mine .neuron { stroke: var(--st-primary-color); stroke-width: 2.5px; }
  [role=button] .track { fill: color-mix(in srgb, var(--st-primary-color) 14%, transparent); }
  [role=button]:hover :is(.neuron, .track) {
    fill: color-mix(in srgb, var(--st-primary-color) 35%, var(--st-background-color));
  }
  [role=button]:focus-visible { outline: 3px solid var(--st-primary-color); outline-offset: 2px; border-radius: 1rem; }
  .lit + text, .now text, text.now, .blamed, .invites, .answers, .label, .letter { font-weight: 700; }
  .neuron { fill: var(--st-secondary-background-color); stroke: var(--outline); stroke-width: 1.5px; }
  .followed .neuron { stroke: var(--mark); stroke-width: 3px; } .port { fill: var(--mark); }
  .neuron.picked { stroke: currentColor; stroke-width: 4px; }
  .wire { stroke: var(--mark); stroke-width: 2px; }
  .level { fill: color-mix(in srgb, currentColor 45%, transparent); }
  .level.more { fill: var(--more); } .level.less { fill: var(--less); }
  .level.answer { fill: var(--st-primary-color); } .level.wrong { fill: var(--mark); }
  .missing { fill: color-mix(in srgb, var(--less) 35%, transparent); stroke: var(--less); stroke-width: 2px; }
  .neuron:is(.more, .less) { --glow: var(--more); stroke: var(--glow); stroke-width: 4px; }
  .neuron.less { --glow: var(--less); } .neuron:is(.more, .less) { filter: drop-shadow(0 0 7px var(--glow)); }
  .frame { fill: none; stroke: currentColor; stroke-width: 2px; }
  path.others { fill: currentColor; stroke: none; opacity: .06; }
  path.under { stroke: var(--st-background-color); stroke-width: 5px; }
  path.ink-line { stroke: currentColor; stroke-width: 2.5px; }
  p { margin: .5rem 0 0; min-height: 2.8em; font-size: 1.0625rem; }
  .list { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .track { fill: color-mix(in srgb, currentColor 6%, transparent); }
  @media (max-width: 640px) {
    text { font-size: 13px; }
    :is(.label, .unknown, .mark, .words) { font-size: 17px; } .invites { font-size: 16px; } .letter { font-size: 32px; }
    &.blames .invites { font-size: 18px; } .answers, .note { font-size: 15px; }
    [aria-pressed=false] .name { position: absolute; width: 1px; overflow: hidden; clip-path: inset(50%); }
    .stages { flex-wrap: nowrap; align-items: start; column-gap: .25rem; .play { flex: none; padding-inline: 1rem; } }
    &.blames .stages { min-height: 3.2rem; margin-block: .8rem 0; ~ p { margin: 0; } } /* for a name of two lines */
    [aria-pressed] { min-width: 1.5rem; padding: 0; line-height: 1.2; }
  }
}
@media (prefers-reduced-motion: no-preference) {
  .digitviz-flow path.grows { stroke-dasharray: 1; animation: digitviz-grow 1.2s backwards; }
  .digitviz-flow .votes + .arrow { animation: digitviz-start 3s ease-out 3; }
  @keyframes digitviz-start { from { offset-distance: 5%; } }
  @keyframes digitviz-grow { from { stroke-dashoffset: 1; } }
  .digitviz-flow path.lit:not(.arrow) { stroke-dasharray: 7 5; animation: digitviz-flow 1s linear 3; }
  .digitviz-flow.playing .arrow { animation: digitviz-run 1.4s linear infinite; }
  @keyframes digitviz-run { from { offset-distance: 0%; } to { offset-distance: 100%; } }
  .digitviz-flow.playing [aria-pressed=true]::before { animation: digitviz-fill var(--pause) linear; }
  @keyframes digitviz-fill { from { background-size: 0; } }
  @keyframes digitviz-flow { from { stroke-dashoffset: 12; } }
}
"""
_component = component("flow", _COLOURS + _CSS)


@dataclass(frozen=True)
class Value:
    """A number of a neuron, shown until a later stage shows another. Before the first one, the neuron is empty.

    Parameters
    ----------
    since : int
        First stage that shows it.
    text : str
    level : float
        Size as a fraction of the largest one of the layer, -1 to 1, drawn as a bar.
    tone : str
        Colour of the bar: grey if empty, "signed" by its sign, "more", "answer" or "wrong".
    missing : float
        Length of an outlined piece after the bar, 0 to 1.
    """

    since: int
    text: str
    level: float = 0.0
    tone: str = ""
    missing: float = 0.0


@dataclass(frozen=True)
class Node:
    """A neuron, or all neurons of a layer that are not shown.

    Parameters
    ----------
    name : str
        Number of the neuron, or the digit of an output. For neurons that are not shown, their short caption.
    values : sequence of Value
        Empty for neurons that are not shown.
    caption : str
        Caption of neurons that are not shown, or of one whose numbers the stages explain. Otherwise empty.
    looks_for : sequence of float, length 64
        Weights of its pixels, -1 to 1, drawn as a picture. Empty beyond the first hidden layer.
    """

    name: str
    values: Sequence[Value] = ()
    caption: str = ""
    looks_for: Sequence[float] = ()


@dataclass(frozen=True)
class Edge:
    """An edge. Each end is a column (0 for the pixels, then the layers) and an index in it.

    Parameters
    ----------
    source, target : (int, int)
        In the direction of the flow.
    strength : float
        Sign and width, -1 to 1.
    stage : int, optional
        Stage that shows the number. None for an edge in the background.
    says : str
        Number on the edge: "16 × 0.5".
    brief : str
        Shorter text, for narrow screens.
    since : int
        First stage in which an edge in the background stands out. Until then, one that points backwards is grey.
    is_followed : bool
        True if it then stands out. Otherwise, it only gets its colour.
    """

    source: tuple[int, int]
    target: tuple[int, int]
    strength: float
    stage: int | None = None
    says: str = ""
    brief: str = ""
    since: int = 0
    is_followed: bool = False


@dataclass(frozen=True)
class Stage:
    """A stage: its button, a sentence, and the same in letters (empty to show none)."""

    name: str
    sentence: str
    letters: str = ""


@dataclass(frozen=True)
class Flow:
    """A picture in stages.

    Parameters
    ----------
    ink : list of float, length 64
        Darkness of each pixel, 0 to 1.
    pixels : str
        Text below the digit, the end of edges from "all other pixels" (index 64).
    titles : list of (str, str)
        Titles of the columns, and shorter ones for narrow screens: the digit, then the layers.
    columns : list of list of Node
        Neurons of each layer. The last column has the outputs.
    edges : list of Edge
    stages : list of Stage
    legend : list of str
        Meanings of the colours of weights above and below 0.
    guess : dict, optional
        Texts if a click on an output is a guess until the answer is shown: "here" invites, "neuron" is beside the one
        neuron of the first stage, "ask" names an output, "mine" is beside the answer. "answer" is the name of the
        output to guess, "right" and "wrong" are the last sentence with a verdict on the guess.
    crowd : dict, optional
        Some neurons of the first layer in the first stage: "levels", how excited each is, -1 to 1; "place", the index
        of the one that is drawn large; and the words "title", "key", "legend", and "more", which is empty if the
        outputs are the next layer. No levels without a hidden layer.
    suspects : dict, optional
        The guess which neuron of the last hidden layer is most to blame: "answer" is its place in the column, "here"
        invites, "ask" names a neuron, "verdicts" has a sentence for each guess,
        "legend" names both kinds of lines, "key" the signs of the blame. "weights" are the lines to each output of
        `at_first`, above 0 if they push it the wrong way, "letters", "blame" and "says" names, sizes and numbers.
    blamed : sequence of dict
        Outputs with ▲ or ▼: "index", "strength" from -1 to 1, and the "words" at its bar in the first stage.
    inks : sequence of str
        Number of each pixel, which wide screens show.
    at_first : dict of int to str
        The only two outputs of the first stage, as large bars with these words. All if empty.
    """

    ink: list[float]
    pixels: str
    titles: list[tuple[str, str]]
    columns: list[list[Node]]
    edges: list[Edge]
    stages: list[Stage]
    legend: list[str]
    guess: dict[str, str] | None = None
    crowd: dict[str, Any] | None = None
    suspects: dict[str, Any] | None = None
    blamed: Sequence[dict[str, object]] = ()
    inks: Sequence[str] = ()
    at_first: dict[int, str] = field(default_factory=dict)


def strengths(weights: np.ndarray) -> list[float]:
    """Return signs and widths of edges: weights divided by the largest absolute value. inf and nan count as 0."""
    finite = np.nan_to_num(weights, nan=0.0, posinf=0.0, neginf=0.0).astype(float)
    return list((finite / (np.abs(finite).max(initial=0) or 1)).round(3).tolist())


def flow(key: str, picture: Flow) -> None:
    """Show a picture in stages, as the page's main picture."""
    _component(key=key, data=asdict(picture))
