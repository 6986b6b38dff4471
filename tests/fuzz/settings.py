"""Settings of every kind: accepted, or refused with a short list of all errors."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from streamlit.proto.WidgetStates_pb2 import WidgetState

from digitviz import Hyperparameters
from digitviz.dashboard.session.addresses import from_address, to_address
from digitviz.dashboard.session.training_data import SOURCES, TrainingData
from digitviz.dashboard.train.controls import OWN
from digitviz.ranges import Choice, Interval, Layers, Range, Switch
from digitviz.training.hyperparameters import MAX_STEPS, InvalidHyperparameters
from digitviz.training.presets import PRESETS
from tests.fuzz import hostile
from tests.fuzz.pages import check_page, open_page

LONGEST_TEXT = 2_500
"""Maximum length of an error that names all fields, at about 130 characters each."""


def allowed(accepted: Range) -> st.SearchStrategy[Any]:
    """Values that a range accepts, including its ends."""
    match accepted:
        case Interval(integer=True):
            return st.integers(int(accepted.low), int(accepted.high))
        case Interval():
            return st.floats(accepted.low, accepted.high)
        case Choice():
            return st.sampled_from(accepted.options)
        case Layers():
            return st.lists(allowed(accepted.neurons), max_size=int(accepted.count.high))
    return st.booleans()


def valid_settings() -> st.SearchStrategy[Hyperparameters]:
    """Settings that can be used for training."""
    fields = {name: allowed(accepted) for name, accepted in Hyperparameters.RANGES.items()}
    short = st.fixed_dictionaries({}, optional=fields).filter(
        lambda chosen: chosen.get("batches", 200) * chosen.get("steps_per_batch", 500) <= MAX_STEPS
    )
    return short.map(lambda chosen: Hyperparameters(**chosen))


def _any_settings() -> st.SearchStrategy[dict[str, Any]]:
    fields = {name: hostile.values() | allowed(accepted) for name, accepted in Hyperparameters.RANGES.items()}
    return st.fixed_dictionaries({}, optional=fields)


def check_constructor(chosen: dict[str, Any]) -> None:
    """Settings are accepted, or refused with the names of exactly those fields that are invalid on their own."""
    settings, error = _made(lambda: Hyperparameters(**chosen))
    if isinstance(settings, Hyperparameters):
        check_round_trips((settings, TrainingData()))
    assert error is None or len(repr(error)) < 10 * LONGEST_TEXT
    refusals = error.refusals if isinstance(error, InvalidHyperparameters) else ()
    refused = {refusal.field for refusal in refusals} - {"total_steps"}
    assert refused == {name for name, value in chosen.items() if not _is_taken(name, value)}
    assert all(name in str(error) for name in refused)


def _made(make: Callable[[], object]) -> tuple[object, ValueError | None]:
    """Return the created object, or the error, whose text must be short."""
    try:
        return make(), None
    except ValueError as error:
        told = error
    assert len(str(told)) <= LONGEST_TEXT
    return None, told


def _is_taken(name: str, value: object) -> bool:
    try:
        Hyperparameters.RANGES[name].read(value)
    except (ValueError, TypeError):
        return False
    return True


def check_mapping(values: Any) -> None:
    """Anything read as settings gives settings or a short ValueError."""
    settings, error = _made(lambda: Hyperparameters.from_dict(values))
    assert isinstance(settings, Hyperparameters) or error is not None


def check_round_trips(chosen: tuple[Hyperparameters, TrainingData]) -> None:
    """Settings survive a round trip through JSON and a URL."""
    settings, learn_from = chosen
    assert Hyperparameters.from_dict(json.loads(json.dumps(settings.to_dict()))) == settings
    assert from_address(to_address(settings, learn_from)) == (settings, learn_from)


_training_data = st.builds(
    TrainingData,
    st.sampled_from(SOURCES.options),
    st.booleans(),
    split=st.none() | st.integers(0, 2**32 - 1),
    wrong_labels=st.floats(0.0, 1.0),
)
_mappings = st.dictionaries(
    hostile.texts() | st.sampled_from(list(Hyperparameters.RANGES)) | st.none(), hostile.values()
)

KINDS = {
    "settings": (_any_settings(), check_constructor),
    "settings from a mapping": (_mappings | hostile.values(), check_mapping),
    "settings there and back": (st.tuples(valid_settings(), _training_data), check_round_trips),
}


def _sent_by_a_browser() -> st.SearchStrategy[dict[str, Any]]:
    """Widget states of Train that a browser, or an attacker, may send: any widgets, each with its own type of value."""
    words = hostile.texts().filter(lambda text: not re.search("[\ud800-\udfff]", text))
    numbers = st.floats(allow_nan=False) | st.integers(-2, 513).map(float)
    fields = {
        "preset": words | st.sampled_from([*PRESETS, OWN]),
        "material_source": words,
        "material_distorted": st.booleans(),
        "material_split": st.booleans(),
        "material_wrong_labels": st.lists(words | st.sampled_from(["0%", "20%"]), max_size=3),
    }
    for name, accepted in Hyperparameters.RANGES.items():
        match accepted:
            case Interval(logarithmic=True):
                options = allowed(accepted).map(lambda value: f"{value:,g}")
                fields[f"hp_{name}"] = st.lists(options | words, max_size=3)
            case Interval():
                fields[f"hp_{name}"] = allowed(accepted).map(float) | numbers
            case Choice():
                fields[f"hp_{name}"] = words | st.sampled_from(accepted.options)
            case Layers():
                fields["hp_layers"] = st.lists(numbers, max_size=2)
                fields |= {f"hp_hidden_{number}": st.lists(words, max_size=2) for number in range(1, 5)}
            case Switch():
                fields[f"hp_{name}"] = st.booleans()
    return st.fixed_dictionaries({}, optional=fields)


def check_controls(sent: dict[str, Any]) -> None:
    """Train works with any widget states, and only trains with allowed settings."""
    page = open_page("train", more_settings=True)
    states = page._tree.get_widget_states()
    ids = {element.key: element.proto.id for element in page._tree if getattr(element, "key", None)}
    for key, value in sent.items():
        for state in states.widgets:
            if state.id == ids.get(key):
                _put(state, value)
    page._run(states)
    check_page(page)
    page.run()
    check_page(page)
    assert isinstance(page.session_state["job"].run.hyperparameters, Hyperparameters)


def _put(state: WidgetState, value: Any) -> None:
    """Write a value into a widget's state, keeping its form."""
    form = state.WhichOneof("value")
    if form in {"string_array_value", "double_array_value"}:
        array = getattr(state, form)
        del array.data[:]
        array.data.extend(value)
    else:
        setattr(state, form, value)


PAGES = {"the controls of Train": (_sent_by_a_browser(), check_controls)}
"""Like `KINDS`, but each value opens a page, which takes half a second."""
