"""Data that a browser may send instead of a drawing, click or selection."""

from __future__ import annotations

import base64
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from unittest import mock

import numpy as np
from hypothesis import strategies as st

from digitviz import load_pretrained
from digitviz.dashboard.components import pad, plot, receipt
from digitviz.dashboard.lesson import forward, network
from digitviz.dashboard.maps import large
from digitviz.explanations.receipt import receipt as receipt_of

COUNT = 50
"Number of points in the map used for clicks and selections."
PACKED = pad.SIZE * pad.SIZE // 8

leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**400, -(10**400), 2**63, -1, 0, 1, COUNT])
    | st.floats()
    | st.text(max_size=20)
)
json_values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8), inner, max_size=5),
    max_leaves=12,
)
deep = st.integers(1, 300).map(lambda depth: _nested(depth))
anything = json_values | deep
fields = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("x", "y", "curveNumber", "customdata", "points", "bits", "done", "put"), anything),
        "points": anything | st.lists(leaves, max_size=2 * COUNT),
    },
)
numbers = st.integers() | st.floats() | st.sampled_from([10**400, 1e308, -1e308])
plausible_clicks = st.fixed_dictionaries(
    {"x": numbers, "y": numbers, "curveNumber": numbers}, optional={"customdata": anything}
)
LENGTH = 4 * -(-PACKED // 3)
"Number of base64 characters in a complete drawing."
letters = st.text(min_size=1, max_size=20).map(lambda some: (some * LENGTH)[:LENGTH])
whole = st.integers(0, 2**16).map(lambda seed: base64.b64encode(np.random.default_rng(seed).bytes(PACKED)).decode())
spoilt = st.tuples(whole, st.integers(0, LENGTH - 1), st.text(max_size=2)).map(
    lambda parts: parts[0][: parts[1]] + parts[2] + parts[0][parts[1] + len(parts[2]) :]
)
ink = whole | letters | spoilt | st.sampled_from("é=A \ud800\0").map(lambda letter: letter * LENGTH) | anything
sent_ink = st.fixed_dictionaries({"bits": ink, "put": st.just(0) | leaves, "done": leaves})
drawings = st.fixed_dictionaries({"ink": anything | sent_ink})


def _nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


def _session(module: Any, state: dict[str, Any]) -> Any:
    return mock.patch.object(module, "st", SimpleNamespace(session_state=state))


def _check_unpacking(sent: object) -> None:
    canvas = pad.unpack(sent)
    if canvas is not None:
        assert canvas.shape == (pad.SIZE, pad.SIZE)
        assert set(np.unique(canvas)) <= {0, 255}


def _check_drawing(sent: dict[str, Any]) -> None:
    state: dict[str, Any] = {"pad": sent}
    with _session(pad, state), mock.patch.object(pad, "_component"):
        canvas = pad.pad("pad").canvas
        assert canvas is None or canvas.shape == (pad.SIZE, pad.SIZE)
        pad.drawn("pad")


def _check_click(sent: object) -> None:
    with _session(plot, {"picture": {"click": sent}}):
        click = plot.clicked("picture")
    if click is not None:
        assert isinstance(click["curveNumber"], int)
        assert all(abs(click[axis]) < float("inf") for axis in "xy")
        round(click["x"]), int(click["y"])


def _check_picks(taker: Callable[[], None], module: Any, picture: str) -> Callable[[object], None]:
    def check(sent: object) -> None:
        state: dict[str, Any] = {picture: {"click": sent, "select": sent}}
        with _session(plot, state), _session(module, state):
            taker()

    return check


def _take_in_map() -> None:
    large.take_click("digits", COUNT)
    large.take_click("digits", COUNT, asked=3)
    large.take_selection("digits", COUNT)
    picked, selected = large.picked("digits", COUNT), large.selected("digits", COUNT)
    assert picked is None or 0 <= picked < COUNT
    assert ((selected >= 0) & (selected < COUNT)).all()


def _check_choice_in_a_receipt(sent: object) -> None:
    told = receipt_of(load_pretrained(), np.ones(64))
    with _session(plot, {"receipt": {"open": sent, "compare": sent}}):
        opened, digit = receipt.opened("receipt", told), receipt.compared("receipt")
    assert opened is None or (opened[0] == 0 and 0 <= opened[1] < 50)
    assert digit is None or 0 <= digit < 10


clicks = anything | fields | plausible_clicks
chosen = st.fixed_dictionaries({"layer": leaves, "neuron": leaves})
KINDS = {
    "ink": (ink, _check_unpacking),
    "drawing": (drawings, _check_drawing),
    "click": (clicks, _check_click),
    "click and selection in a map": (clicks, _check_picks(_take_in_map, large, large.PLOT)),
    "choice in a receipt": (anything | chosen, _check_choice_in_a_receipt),
    "click on the diagram": (
        clicks,
        _check_picks(lambda: [network.pick_clicked((64, 50, 10), of) for of in (3, None)], network, "diagram"),
    ),
    "click on the forward pass": (
        clicks,
        _check_picks(
            lambda: forward.pick_clicked([(None, True), ("h", True), ("h", False), ("y", True)]),
            forward, "forward",
        ),
    ),
}  # fmt: skip
