"""The component that shows every picture."""

import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from typing import Any

import streamlit as st

from digitviz.dashboard.components.component import component
from digitviz.dashboard.runtime.shared import shared
from digitviz.figures.picture import Plain, to_json
from digitviz.language import language

_component = component("plot")
MAX_SHARED_BYTES = 20_000_000
"""Maximum size of the packed figures that all visitors share, in bytes."""
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


class SharedFrames:
    """Packed figures that all visitors share. The least recently used are dropped first.

    Parameters
    ----------
    limit : int
        Limit in bytes for all figures together.
    """

    def __init__(self, limit: int = MAX_SHARED_BYTES) -> None:
        self._limit, self._bytes = limit, 0
        self._frames = OrderedDict[Hashable, bytes]()
        self._lock = threading.Lock()

    def get(self, content: Hashable, draw: Callable[[], bytes]) -> bytes:
        """Return the figure with this content; draw it if it is not cached.

        Parameters
        ----------
        content : hashable
            Everything that the figure depends on.
        draw : callable
            Returns the packed figure. Visitors do not wait for each other, so two may draw the same one.
        """
        with self._lock:
            if content in self._frames:
                self._frames.move_to_end(content)
                return self._frames[content]
        drawn = draw()
        with self._lock:
            self._bytes += len(drawn) - len(self._frames.pop(content, b""))
            self._frames[content] = drawn
            while self._bytes > self._limit:
                self._bytes -= len(self._frames.popitem(last=False)[1])
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
    frames = st.session_state.setdefault("frames", {})
    shown = (language(), fingerprint)

    def draw() -> bytes:
        return frame(build(), key, height, on_click is not None, live, main)

    if key not in frames or frames[key][0] != shown:
        of_all = (language(), key, height, on_click is not None, main, content)
        frames[key] = (shown, draw() if content is None else shared().get(SharedFrames).get(of_all, draw))
    changes = {"on_click_change": on_click or (lambda: None), "on_select_change": on_select or (lambda: None)}
    return _component(key=key, data=frames[key][1], height=height, **changes)


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
