"""Values that an ignorant or malicious visitor sends to the widgets of a page.

Values that make Streamlit itself fail before our code runs are excluded, because they only break the sender's own
page: component state that is not a JSON object, more options than a field accepts, infinity as an integer.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable
from typing import Any

from streamlit.proto.Element_pb2 import Element
from streamlit.proto.NumberInput_pb2 import NumberInput
from streamlit.proto.WidgetStates_pb2 import WidgetState

ODD_NUMBERS = (
    math.nan, math.inf, -math.inf, 0.0, -0.0, -1.0, 0.5, 1e308, 5e-324, 2.0**31, 2.0**53, -(2.0**63), 1e19,
)  # fmt: skip
ODD_WORDS = (
    "", "no such option", "0", "-1", "1e999", "None", "\x00", "a" * 10_000, "\u202e\U0001f600", "<img src=x>",
    "../../x", "$\\frac{",
)  # fmt: skip
ODD_VALUES: tuple[Any, ...] = (
    None, True, [], {}, "", "0", -1, 1e308, 10**30, math.nan, [[[]]], ["points"],
    {"points": None},
    {"points": [None, "1", -1, 10**9, 0.5]},
    {"points": list(range(5_000))},
    {"customdata": []}, {"customdata": None}, {"customdata": [10**9]}, {"customdata": ["x"]}, {"customdata": [[0]]},
    {"customdata": {"0": 0}},
    {"x": "1", "y": None, "curveNumber": 0},
    {"x": 1e308, "y": -1e308, "curveNumber": 99, "pointNumber": -5, "customdata": [-1]},
    {"x": math.inf, "y": 0, "curveNumber": 0},
    {"x": 0, "y": 0, "curveNumber": 1e300, "pointNumber": "0"},
    {"x": True, "y": False, "curveNumber": 0.5, "customdata": [math.nan]},
    {"put": 0, "bits": "A" * 13_068, "done": True},
    {"put": 0, "bits": "/" * 13_067 + "=", "done": "no"},
    {"put": None, "bits": 7},
    {"put": [0], "bits": ["A"], "done": None},
    {"put": 0, "bits": "A" * 1_000_000},
)  # fmt: skip
"""Events of components, whose scripts can send anything."""
EVENTS = ("click", "select", "ended", "lost", "ink", "none", "__class__")
ODD_QUERIES = (
    "", "batches=-1", "batches=nan&steps_per_batch=1e99", "activation=none&engine=%00", "seed=999999999999999999999",
    "learning_rate=inf", "hidden=0&batch_size=0", "map_dimensions=7&map_method=x", "batches=5&batches=6",
    "%ff=%fe&a[]=1",
)  # fmt: skip
"""Query strings."""

Press = tuple[WidgetState, bool]
"""New state of a widget, and True if it only holds for one run, as for a button."""


def press(element: Element, chance: random.Random, odd: bool) -> Press | None:
    """Return an action on an element, or None if there is none.

    Parameters
    ----------
    element : Element
    chance : random.Random
    odd : bool
        True for a value that the page itself would never send.
    """
    kind = element.WhichOneof("type")
    if kind not in _HANDS:
        return None
    widget = getattr(element, kind)
    if getattr(widget, "disabled", False) and not odd:
        return None
    state = WidgetState(id=widget.id)
    once = _HANDS[kind](state, widget, chance, odd)
    return state, once


def _press(state: WidgetState, widget: Any, chance: random.Random, odd: bool) -> bool:
    state.trigger_value = True
    return True


def _tick(state: WidgetState, widget: Any, chance: random.Random, odd: bool) -> bool:
    state.bool_value = chance.random() < 0.5
    return False


def _names(widget: Any) -> list[str]:
    return [option if isinstance(option, str) else option.content for option in widget.options]


def _slide(state: WidgetState, widget: Any, chance: random.Random, odd: bool) -> bool:
    if widget.options:
        _choose_some(state, widget, chance, odd, len(widget.default))
    elif odd:
        count = chance.randrange(4)
        state.double_array_value.data[:] = [chance.choice(ODD_NUMBERS) for _ in range(count)]
    else:
        steps = round((widget.max - widget.min) / widget.step)
        chosen = sorted(widget.min + widget.step * chance.randint(0, steps) for _ in widget.default)
        state.double_array_value.data[:] = chosen
    return False


def _choose_some(state: WidgetState, widget: Any, chance: random.Random, odd: bool, count: int = 1) -> bool:
    names = _names(widget)
    if odd:
        state.string_array_value.data[:] = [chance.choice((*ODD_WORDS, *names)) for _ in range(chance.randrange(4))]
    else:
        state.string_array_value.data[:] = sorted(chance.sample(names, min(count, len(names))), key=names.index)
    return False


def _choose_several(state: WidgetState, widget: Any, chance: random.Random, odd: bool) -> bool:
    most = min(len(widget.options), widget.max_selections or math.inf)
    return _choose_some(state, widget, chance, False, chance.randint(0, most))


def _choose_one(state: WidgetState, widget: Any, chance: random.Random, odd: bool) -> bool:
    state.string_value = chance.choice(ODD_WORDS if odd else _names(widget))
    return False


def _count(state: WidgetState, widget: Any, chance: random.Random, odd: bool) -> bool:
    low = widget.min if widget.has_min else -10.0
    high = widget.max if widget.has_max else 1000.0
    if odd:
        is_whole = widget.data_type == NumberInput.INT
        state.double_value = chance.choice([number for number in ODD_NUMBERS if math.isfinite(number) or not is_whole])
    else:
        state.double_value = low + widget.step * chance.randint(0, min(int((high - low) / widget.step), 2**31))
    return False


def _use_component(state: WidgetState, widget: Any, chance: random.Random, odd: bool) -> bool:
    """Send an event or state, as a component's script might."""
    place = {axis: chance.uniform(-10, 10) for axis in "xy"}
    click = {**place, "curveNumber": 0, "pointNumber": 0, "customdata": [chance.randrange(1797)]}
    value = chance.choice(ODD_VALUES if odd else (click, {"points": chance.sample(range(1797), 20)}))
    event = chance.choice(EVENTS if odd else EVENTS[:2])
    if odd and chance.random() < 0.5:
        state.json_value = json.dumps({event: value})
        return False
    state.id = f"$$STREAMLIT_INTERNAL_KEY_{state.id}__events"
    state.json_trigger_value = json.dumps([{"event": event, "value": value}] if chance.random() < 0.9 else value)
    return True


_HANDS: dict[str, Callable[[WidgetState, Any, random.Random, bool], bool]] = {
    "button": _press,
    "checkbox": _tick,
    "slider": _slide,
    "button_group": _choose_some,
    "multiselect": _choose_several,
    "selectbox": _choose_one,
    "number_input": _count,
    "bidi_component": _use_component,
}
