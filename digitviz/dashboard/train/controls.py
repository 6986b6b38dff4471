"""Widgets for every hyperparameter, built from the ranges in `Hyperparameters`."""

from contextlib import suppress
from dataclasses import replace
from typing import Any

import streamlit as st
from streamlit.errors import StreamlitAPIException

from digitviz.dashboard.runtime.outside import Wrong, WrongAddress, explain
from digitviz.dashboard.session import addresses, current_run, training_data
from digitviz.dashboard.session.addresses import from_address
from digitviz.dashboard.session.frame_choices import is_plain
from digitviz.dashboard.session.training_data import TrainingData
from digitviz.language import gettext as _, joined
from digitviz.numbers import plain_number
from digitviz.ranges import Choice, Interval, Refusal, Switch
from digitviz.training.hyperparameters import Hyperparameters, InvalidHyperparameters, TooManySteps
from digitviz.training.presets import PRESETS
from digitviz.training.run import TrainingRun

MAIN, NEXT = ("learning_rate", "batches"), ("batch_size", "steps_per_batch")
"""Settings below the number of neurons, and those that come first in the fold below them."""
DEFAULTS = Hyperparameters()
TITLES = Hyperparameters.TITLES
Asked = tuple[Hyperparameters | None, TrainingData]
"""Settings on the controls, and the training data. None for settings that are not allowed."""
OWN = "own"
BUTTONS = ("train", "pause", "step", "next_batch", "reset", "new_weights")
"""Keys of the buttons that control training."""
_SEEN = "controls_seen"
PARTS = ("settings_part", "what_if_part")
"""Keys of the fragments that show the settings, and what a branch with them would be."""
POINT_IS_NEW = "point_is_new"
"""Key of whether the visitor has released the slider at the top since the page last ran."""
STEPS = tuple(float(f"{digit}e{exponent}") for exponent in range(-12, 8) for digit in (1, 2, 5))
"""Values of a slider: 1, 2, 5, 10, 20, ..."""
MAX_LAYERS = int(Hyperparameters.RANGES["hidden"].count.high)


def read_address(run: TrainingRun) -> None:
    """Take the settings from the page's URL, once per session. Invalid ones show an error and are left out.

    Call this before `asked`. A run from the URL takes precedence over the settings in the URL.

    Parameters
    ----------
    run : TrainingRun
        Run of the session.
    """
    if st.session_state.pop("controls_follow", False):
        set_all(run.hyperparameters)
        training_data.follow(current_run.learnt_from(), run.dataset)
        return
    given, wrong = addresses.own_parameters(), list[Wrong]()
    while "hp_layers" not in st.session_state:  # without a refused setting, the run may be too long
        try:
            chosen, learn_from = from_address(given)
            set_all(chosen)
            training_data.choose(learn_from)
        except WrongAddress as error:
            wrong += error.wrong
            refused = {name for each in wrong for name in each.given} & given.keys() or given.keys()  # so that it ends
            given = {name: text for name, text in given.items() if name not in refused}
    if wrong:
        st.session_state["address_error"] = explain(WrongAddress(wrong), _("For these, it uses the notebook's."))


def asked() -> Asked:
    """Return the settings on the controls, and the training data. None for settings that are not allowed."""
    try:
        return Hyperparameters.from_dict(_values()), training_data.chosen()
    except ValueError:
        return None, training_data.chosen()


def shown() -> tuple[object, ...]:
    """Return a value that identifies the shown controls.

    When it changes, the whole page must rerun. If a live picture refreshes right after a fragment, the browser does not
    remove the elements that the fragment no longer shows (Streamlit 1.67).
    """
    state = st.session_state
    return state["hp_layers"], bool(state.get("more_settings")), bool(state.get("material_split"))


def _follow() -> None:
    """Rerun only what depends on the settings of a run that stands. The page is three times as slow.

    If the slider has just been released, rerun the page. Otherwise Streamlit would drop the headline's rerun, which is
    still waiting, and the page would keep the old point.
    """
    if st.session_state.get(POINT_IS_NEW):
        st.rerun()
    if current_run.job().run.step and not current_run.progress().is_running:
        with suppress(StreamlitAPIException):  # the page's first run has not reached them, so the page reruns
            st.rerun(scope=PARTS)


def show_main() -> None:
    """Show the most important controls."""
    _presets()
    _hidden_layers()
    for name in MAIN:
        _widget(name)


def show_more() -> None:
    """Show the other controls in a fold, most of them only when it is open, because each takes the page some time."""
    more = st.expander(_("More settings"), key="more_settings", on_change="rerun")
    with more:
        for name in NEXT:
            _widget(name)
        if not more.open:
            return
        help = _("The number of hidden layers between the pixels and the ten outputs.")
        st.slider(_("Hidden layers"), 0, MAX_LAYERS, key="hp_layers", persist_state="session", help=help)
        training_data.controls()
        for name in TITLES:
            if name not in (*MAIN, *NEXT, "hidden"):
                _widget(name)


def what_is_wrong() -> str:
    """Return why the settings are not allowed. Empty if they are."""
    try:
        Hyperparameters.from_dict(_values())
    except InvalidHyperparameters as error:
        return joined([*map(_sentence, error.refusals), _("Nothing was changed.")])
    return ""


def _sentence(refusal: Refusal) -> str:
    if isinstance(refusal, TooManySteps):
        return _(
            "{batches} batches × {steps} steps per batch = {all} steps, which is more than the limit of {most}. Choose "
            "fewer batches or fewer steps per batch."
        ).format(**refusal.numbers)
    return _("{setting}: {allowed}.").format(setting=TITLES[refusal.field], allowed=refusal.allowed)


def set_all(chosen: Hyperparameters) -> None:
    """Set every control to a value. Call this before they are shown, or from a callback."""
    st.session_state.pop("address_error", None)  # it says which settings are used
    values = chosen.values
    hidden = values.pop("hidden")
    st.session_state["hp_layers"] = len(hidden)
    for number in range(MAX_LAYERS):
        st.session_state.setdefault(f"hp_hidden_{number + 1}", DEFAULTS.hidden[0])
    values |= {f"hidden_{number}": neurons for number, neurons in enumerate(hidden, 1)}
    for name, value in values.items():
        st.session_state[f"hp_{name}"] = value


def take_preset(name: str) -> None:
    """Set every control to the value of a preset. Call this before they are shown, or from a callback."""
    set_all(PRESETS[name].hyperparameters)
    training_data.choose(TrainingData(distorted=PRESETS[name].distorted))


def _presets() -> None:
    """Show the presets. The one that matches the controls is selected, if any."""

    def choose() -> None:
        if st.session_state["preset"] in PRESETS and not _is_stale():
            take_preset(st.session_state["preset"])
        _follow()

    values, digits = st.session_state[_SEEN] = _controls()
    matching = (
        name
        for name, preset in PRESETS.items()
        if digits == TrainingData(distorted=preset.distorted) and values == preset.hyperparameters.values
    )
    st.session_state["preset"] = next(matching, OWN)
    titles = {name: str(preset.title) for name, preset in PRESETS.items()} | {OWN: _("Custom settings")}
    help = _("Settings worth trying, starting with the notebook's. Choose one, then press Train.")
    st.selectbox(_("Preset"), list(titles), key="preset", on_change=choose, help=help, format_func=titles.__getitem__)
    with st.container(key="preset_sentence"):  # has a fixed height, so that the settings below do not move
        run = current_run.job().run
        if st.session_state["preset"] in PRESETS and run.recipe.changes and run.hyperparameters == asked()[0]:
            is_over = current_run.progress().is_over and current_run.is_mine()
            then = _("**Train** starts over with them.") if is_over else ""
            st.caption(joined([_("This run changed to these settings partway."), then]))
        elif st.session_state["preset"] in PRESETS:
            st.caption(str(PRESETS[st.session_state["preset"]].sentence))
        else:
            st.empty()  # always one element, see `shown`


def _is_stale() -> bool:
    """Return whether the preset from the browser is outdated, because the settings no longer match it.

    A browser sends all controls with every message. A message with a new choice has no other changes.
    """
    pressed = any(st.session_state.get(key) is True for key in BUTTONS)
    return pressed or _controls() != st.session_state.get(_SEEN, _controls())


def _controls() -> tuple[dict[str, Any], TrainingData]:
    return _values(), replace(training_data.chosen(), drawings=())


def _values() -> dict[str, Any]:
    """Return the values of the controls."""
    state = st.session_state
    hidden = [state[f"hp_hidden_{number}"] for number in range(1, state["hp_layers"] + 1)]
    return {"hidden": hidden, **{name: state[f"hp_{name}"] for name in TITLES if name != "hidden"}}


def _hidden_layers() -> None:
    layers = st.session_state["hp_layers"]
    allowed = Hyperparameters.RANGES["hidden"].neurons
    if layers == 0:
        st.caption(_("No hidden layer: the pixels vote for the digits directly."))
    common: dict[str, Any] = {"persist_state": "session", "help": str(Hyperparameters.MEANINGS["hidden"])}
    common["on_change"] = _follow
    for number in range(1, layers + 1):
        key, title = f"hp_hidden_{number}", _("Neurons in hidden layer {number}").format(number=number)
        options = _steps_of(allowed, st.session_state[key])
        st.select_slider(str(TITLES["hidden"]) if layers == 1 else title, options, key=key, **common)


def _widget(name: str) -> None:
    """Show the widget that suits the range of a hyperparameter."""
    allowed, title, key = Hyperparameters.RANGES[name], str(TITLES[name]), f"hp_{name}"
    common: dict[str, Any] = {"key": key, "help": str(Hyperparameters.MEANINGS[name]), "persist_state": "session"}
    common["on_change"] = _follow
    if isinstance(allowed, Switch):
        st.toggle(title, **common)
    elif isinstance(allowed, Choice):
        st.selectbox(title, allowed.options, format_func=lambda option: str(allowed.title(option)), **common)
    elif allowed.logarithmic:
        options = _steps_of(allowed, st.session_state[key])
        if plain := name == "learning_rate" and is_plain():
            title = _("Step size")
        st.select_slider(title, options, format_func=_times_usual if plain else plain_number, **common)
    elif allowed.integer:
        st.number_input(title, int(allowed.low), int(allowed.high), step=1, **common)
    else:
        st.number_input(title, allowed.low, allowed.high, step=0.01, format="%.4g", **common)


def _times_usual(rate: float) -> str:
    """Return a learning rate as a multiple of the notebook's."""
    times = rate / DEFAULTS.learning_rate
    return _("usual") if times == 1 else _("{times} × usual").format(times=plain_number(float(f"{times:.12g}")))


def _steps_of(allowed: Interval, current: float) -> list[float]:
    """Return 1, 2, 5, 10, 20, ... within a range, with its ends and the current value.

    If the range begins with 0, the steps after it begin at a millionth of its end.
    """
    first = allowed.low or allowed.high / 1e6
    values = {step for step in STEPS if first <= step <= allowed.high} | {allowed.low, allowed.high, current}
    return sorted({int(value) for value in values} if allowed.integer else values)
