"""Widgets for every hyperparameter, built from the ranges that the hyperparameters themselves carry."""

from __future__ import annotations

from typing import Any

import streamlit as st

from digitviz.dashboard.runtime.outside import WrongAddress, explain
from digitviz.dashboard.session import training_data
from digitviz.dashboard.session.training_data import TrainingData
from digitviz.dashboard.train.settings_address import from_address, to_address
from digitviz.ranges import Choice, Interval, Refusal, Switch
from digitviz.training.hyperparameters import MAX_STEPS, Hyperparameters, InvalidHyperparameters, TooManySteps
from digitviz.training.presets import PRESETS

MAIN = ("learning_rate", "batch_size", "batches", "steps_per_batch")
DEFAULTS = Hyperparameters()
TITLES = Hyperparameters.TITLES
OWN = "own"
MOST_LAYERS = int(Hyperparameters.RANGES["hidden"].count.high)


def read_address() -> None:
    """Take the settings from the page's address, once a session; what is wrong there is said and changes nothing.

    To be called before the settings are asked for.
    """
    if "hp_layers" in st.session_state:
        return
    set_all(DEFAULTS)
    try:
        chosen, learn_from = from_address(st.query_params.to_dict())
    except WrongAddress as error:
        st.session_state["address_error"] = explain(error, "It uses the notebook's settings.")
    else:
        set_all(chosen)
        training_data.choose(learn_from)


def asked() -> tuple[Hyperparameters | None, TrainingData]:
    """Return what the controls are set to, and the training data; None for settings that are not allowed."""
    try:
        return Hyperparameters.from_dict(_values()), training_data.chosen()
    except ValueError:
        return None, training_data.chosen()


def shown() -> tuple[object, ...]:
    """Tell which controls are shown.

    When others are, the whole page has to be run: a live picture's refresh that follows a fragment closely keeps the
    browser from taking away what that fragment no longer shows (Streamlit 1.67).
    """
    state = st.session_state
    return state["hp_layers"], bool(state.get("more_settings")), "address_error" in state


def show_main() -> None:
    """Show the controls that are used most."""
    if "address_error" in st.session_state:
        st.error(st.session_state["address_error"])
        st.button("Understood", on_click=lambda: st.session_state.pop("address_error", None))
    _presets()
    _hidden_layers()
    for name in MAIN:
        _widget(name)


def show_more() -> None:
    """Show the other controls, once they are asked for: each costs the page some time."""
    more = st.expander("More settings", key="more_settings", on_change="rerun")
    if not more.open:
        return
    with more:
        st.slider(
            "Hidden layers", 0, MOST_LAYERS, key="hp_layers", persist_state="session",
            help="How many layers of hidden neurons there are between the pixels and the ten outputs.",
        )  # fmt: skip
        training_data.controls()
        for name in TITLES:
            if name not in MAIN and name != "hidden":
                _widget(name)


def what_is_wrong() -> str:
    """Say why the settings are not allowed; nothing if they are."""
    try:
        Hyperparameters.from_dict(_values())
    except InvalidHyperparameters as error:
        return f"{' '.join(map(_sentence, error.refusals))} Nothing was changed."
    return ""


def _sentence(refusal: Refusal) -> str:
    if isinstance(refusal, TooManySteps):
        batches, steps = refusal.value
        return (
            f"{batches:,} batches × {steps:,} steps per batch = {batches * steps:,} steps is more than {MAX_STEPS:,}: "
            "choose fewer batches or fewer steps per batch."
        )
    return f"{TITLES[refusal.field]}: {refusal.allowed}."


def write_address(chosen: Hyperparameters, learn_from: TrainingData) -> None:
    """Keep the settings that differ from the notebook's in the page's address, so that it can be shared."""
    wanted = to_address(chosen, learn_from)
    if st.query_params.to_dict() != wanted:
        st.query_params.from_dict(wanted)


def set_all(chosen: Hyperparameters) -> None:
    """Set every control to a value; to be called before they are shown, or from a callback."""
    values = chosen.to_dict()
    hidden = values.pop("hidden")
    st.session_state["hp_layers"] = len(hidden)
    for number in range(1, MOST_LAYERS + 1):
        if number <= len(hidden) or f"hp_hidden_{number}" not in st.session_state:
            st.session_state[f"hp_hidden_{number}"] = (
                hidden[number - 1] if number <= len(hidden) else DEFAULTS.hidden[0]
            )
    for name, value in values.items():
        st.session_state[f"hp_{name}"] = value


def take_preset(name: str) -> None:
    """Set every control to what a preset says; to be called before they are shown, or from a callback."""
    set_all(PRESETS[name].hyperparameters)
    st.session_state["material_distorted"] = PRESETS[name].distorted


def differences(run: Hyperparameters, chosen: Hyperparameters) -> str:
    """Say which settings differ from those of a run: "Learning rate 1e-06 → 0.001"."""
    before, after = run.to_dict(), chosen.to_dict()
    return ", ".join(
        f"{TITLES[name]} {_text(name, before[name])} → {_text(name, after[name])}"
        for name in TITLES
        if before[name] != after[name]
    )


def _text(name: str, value: Any) -> str:
    allowed = Hyperparameters.RANGES[name]
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list):
        return "-".join(map(str, value)) or "none"
    return allowed.title(value) if isinstance(allowed, Choice) else f"{value:,g}"


def _presets() -> None:
    """Show the presets; selected is the one that matches the controls, if any."""

    def choose() -> None:
        if st.session_state["preset"] in PRESETS:
            take_preset(st.session_state["preset"])

    values = (_values(), bool(st.session_state.get("material_distorted")))
    matching = (
        name for name, preset in PRESETS.items() if values == (preset.hyperparameters.to_dict(), preset.distorted)
    )
    st.session_state["preset"] = next(matching, OWN)
    st.selectbox(
        "Preset", [*PRESETS, OWN], key="preset", on_change=choose,
        help="Settings worth trying, first those of the classic NumPy notebook this dashboard grew from. "
        "Choose one, then press Train.",
        format_func=lambda name: PRESETS[name].title if name in PRESETS else "Your own settings",
    )  # fmt: skip
    sentence = st.empty()  # always there: see `shown`
    if st.session_state["preset"] in PRESETS:
        sentence.caption(PRESETS[st.session_state["preset"]].sentence)


def _values() -> dict[str, Any]:
    """Read what the controls are set to."""
    state = st.session_state
    hidden = [state[f"hp_hidden_{number}"] for number in range(1, state["hp_layers"] + 1)]
    return {"hidden": hidden, **{name: state[f"hp_{name}"] for name in TITLES if name != "hidden"}}


def _hidden_layers() -> None:
    layers = st.session_state["hp_layers"]
    allowed = Hyperparameters.RANGES["hidden"].neurons
    if layers == 0:
        st.caption("No hidden layer: the pixels vote for the digits directly.")
    for number in range(1, layers + 1):
        key = f"hp_hidden_{number}"
        st.select_slider(
            TITLES["hidden"] if layers == 1 else f"Neurons in hidden layer {number}",
            _steps_of(allowed, st.session_state[key]), key=key, persist_state="session",
            help=Hyperparameters.MEANINGS["hidden"],
        )  # fmt: skip


def _widget(name: str) -> None:
    """Show the widget that fits the range of a hyperparameter."""
    allowed, title, key = Hyperparameters.RANGES[name], TITLES[name], f"hp_{name}"
    common: dict[str, Any] = {"key": key, "help": Hyperparameters.MEANINGS[name], "persist_state": "session"}
    if isinstance(allowed, Switch):
        st.toggle(title, **common)
    elif isinstance(allowed, Choice):
        st.selectbox(title, allowed.options, format_func=allowed.title, **common)
    elif allowed.logarithmic:
        options = _steps_of(allowed, st.session_state[key])
        st.select_slider(title, options, format_func=lambda value: f"{value:,g}", **common)
    elif allowed.integer:
        st.number_input(title, int(allowed.low), int(allowed.high), step=1, **common)
    else:
        st.number_input(title, allowed.low, allowed.high, step=0.01, format="%.4g", **common)


def _steps_of(allowed: Interval, current: float) -> list[float]:
    """List 1, 2, 5, 10, 20, ... within a range, with its ends and the current value."""
    steps = {float(f"{digit}e{exponent}") for exponent in range(-12, 8) for digit in (1, 2, 5)}
    values = {step for step in steps if allowed.low <= step <= allowed.high} | {allowed.low, allowed.high, current}
    return sorted({int(value) for value in values} if allowed.integer else values)
