"""Streamlit's widgets as seen by a browser: their type and state."""

from __future__ import annotations

from collections.abc import Callable

from streamlit.proto.Element_pb2 import Element
from streamlit.proto.WidgetStates_pb2 import WidgetState


def widget_of(element: Element):
    """Return the proto message inside an element."""
    return getattr(element, element.WhichOneof("type"))


def id_of(element: Element) -> str:
    """Return the id of a widget, or "" for other elements."""
    return getattr(widget_of(element), "id", "")


def key_of(widget_id: str) -> str:
    """Return the key in an id such as "$$ID-ba4bb0ef9934cca7437ce590fa63e43d-train"."""
    return widget_id.split("-", 2)[-1]


def _read_options(state: WidgetState, widget) -> None:
    given = widget.raw_value if widget.DESCRIPTOR.name == "Slider" else widget.raw_values
    names = [option if isinstance(option, str) else option.content for option in widget.options]
    state.string_array_value.data[:] = [*given] if widget.set_value else [names[int(i)] for i in widget.default]


def _read_slider(state: WidgetState, widget) -> None:
    if widget.options:
        _read_options(state, widget)
    else:
        state.double_array_value.data[:] = widget.value if widget.set_value else widget.default


def _read_number(state: WidgetState, widget) -> None:
    state.double_value = widget.value if widget.set_value else widget.default


def _read_selectbox(state: WidgetState, widget) -> None:
    state.string_value = widget.raw_value if widget.set_value else widget.options[widget.default]


def _read_checkbox(state: WidgetState, widget) -> None:
    state.bool_value = widget.value if widget.set_value else widget.default


READERS: dict[str, Callable[[WidgetState, object], None]] = {
    "slider": _read_slider,
    "button_group": _read_options,
    "number_input": _read_number,
    "selectbox": _read_selectbox,
    "checkbox": _read_checkbox,
}


def saved_state(element: Element, known: bool) -> WidgetState | None:
    """Return a widget's state when it appears or when the server sets it.

    Parameters
    ----------
    element : Element
    known : bool
        True if the widget already has a state, which only the server may then change.
    """
    kind, widget = element.WhichOneof("type"), widget_of(element)
    if kind not in READERS or (known and not widget.set_value):
        return None
    state = WidgetState(id=widget.id)
    READERS[kind](state, widget)
    return state
