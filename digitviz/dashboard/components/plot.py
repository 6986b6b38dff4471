"""The component that shows every picture."""

import json
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from typing import Any

import streamlit as st

from digitviz.dashboard.components.component import component, packed_once
from digitviz.dashboard.runtime.shared import shared
from digitviz.figures.picture import Plain, to_json
from digitviz.language import language

_component = component("plot")
MAX_SHARED = 50
"""Maximum number of packed figures that all visitors share. A map of the gallery takes .1 to .5 MB."""
LARGEST_NUMBER = 1e15
"""Maximum coordinate of a click. It also excludes nan, infinity and integers that are too large for a float."""


def frame(
    figure: Plain,
    name: str,
    height: int,
    clickable: bool = False,
    live: dict[str, object] | None = None,
    main: bool = False,
) -> bytes:
    """Pack a figure for the browser, which applies the light or dark theme.

    Parameters
    ----------
    figure : Plain
        Its layout loses the template.
    name : str
        File name for a saved picture.
    height : int
        In pixels.
    clickable : bool
        True if the browser sends clicks on points.
    live : dict, optional
        Data with which the browser requests the next frames, see `digitviz.dashboard.train.live`. None for a still.
    main : bool
        True for the page's main picture.
    """
    figure["layout"].pop("template", None)
    head = {"name": name, "height": height, "clickable": clickable, "main": main, "language": language(), "live": live}
    return f'{json.dumps(head)[:-1]},"figure":{to_json(figure)}}}'.encode()


def _shared_frames() -> OrderedDict[Hashable, bytes]:
    return OrderedDict()


def drawn_once(content: Hashable, draw: Callable[[], bytes]) -> bytes:
    """Return the packed figure with this content, which all visitors share. The oldest ones are dropped first.

    Visitors do not wait for each other, so two may draw the same figure.
    """
    frames = shared().get(_shared_frames)
    if (drawn := frames.get(content)) is None:
        drawn = frames[content] = draw()
        if len(frames) > MAX_SHARED:
            frames.popitem(last=False)
    return drawn


def plot(
    key: str,
    fingerprint: Hashable,
    build: Callable[[], Plain],
    height: int,
    on_click: Callable[[], None] | None = None,
    on_select: Callable[[], None] | None = None,
    live: dict[str, object] | None = None,
    main: bool = False,
    content: Hashable | None = None,
) -> Any:
    """Show a figure. Draw it again only if its fingerprint has changed.

    Parameters
    ----------
    key : str
        Key of the element. The zoom lasts as long as the element.
    fingerprint : hashable
        Identifies the content. `build` is called when it changes.
    build : callable
        Returns the figure as plain data. Plotly's validation would take ten times as long as the rest.
    height : int
        In pixels.
    on_click : callable, optional
        Called when a point is clicked. The returned value has the click as `click`.
    on_select : callable, optional
        Called when a box or lasso is drawn in a figure with `meta["map"]`. The returned value has the indices of the
        selected points as `select`, under "points".
    live : dict, optional
        Same as in `frame`.
    main : bool
        True for the page's main picture, which gets the attribute `data-main-picture`.
    content : hashable, optional
        Everything that `build` reads, as ids that mean the same for every visitor. The server then draws the figure
        once for all visitors. Never pass anything of a visitor's own.
    """

    def draw() -> bytes:
        return frame(build(), key, height, on_click is not None, live, main)

    def draw_once() -> bytes:
        return drawn_once((language(), key, height, on_click is not None, main, content), draw)

    data = packed_once(key, (language(), fingerprint), draw if content is None else draw_once)
    changes = {"on_click_change": on_click or (lambda: None), "on_select_change": on_select or (lambda: None)}
    return _component(key=key, data=data, height=height, **changes)


def sent(key: str, name: str) -> Any:
    """Return the data that a browser sent for a picture, untrusted. None without data, or after leaving the page."""
    state = st.session_state.get(key)
    return state.get(name) if isinstance(state, Mapping) else None


def clicked(key: str) -> dict[str, Any] | None:
    """Return the click in a picture if it is valid, because a browser may send anything.

    Returns
    -------
    dict or None
        The finite numbers "x" and "y", the trace's "curveNumber", and the remaining data unchecked.
    """
    click = sent(key, "click")
    if not isinstance(click, dict):
        return None
    numbers = [click.get(name) for name in ("x", "y", "curveNumber")]
    if not all(isinstance(number, (int, float)) and abs(number) <= LARGEST_NUMBER for number in numbers):
        return None
    return {**click, "curveNumber": int(click["curveNumber"])}
