"""URLs: those of a session's data, whether the browser has just opened a page, and the parameters of the page.

Train writes ?hidden=30-20&learning_rate=0.01.
"""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from digitviz.dashboard.runtime.outside import Wrong, WrongAddress, number
from digitviz.dashboard.runtime.turns import on_click
from digitviz.dashboard.session.training_data import FIELDS, TrainingData
from digitviz.imports.settings import RANGES, TITLES, NotAllowed, settings_from
from digitviz.language import gettext as _
from digitviz.ranges import Choice, Layers, Range, Refusal, Switch
from digitviz.training.hyperparameters import Hyperparameters, TooManySteps
from digitviz.training.run import TrainingRun

OF_THE_FRAME = ("lang", "level", "step", "embed", "run", "see")
"""Query parameters that are not a page's own settings. Pages neither read nor remove them."""
_AT, _OPENED, _TAKEN = "visit_at", "visit_opened", "visit_taken"

STREAM = "digitviz-stream/{token}"
"""Route, and with a session's token the URL, of the stream for its run or its experiment."""
FILES = "digitviz-files/{token}/{key}"
"""Route, and with a session's token the URL, of a file that the session offers."""
STOPS = f"{STREAM}/stops"
"""Route of the checkpoint weights of that run."""
EXAMPLE = "example"
"""Represents the example in place of a run's serial."""


def stops_address(token: str, run: TrainingRun, is_example: bool = False) -> str:
    """Return the URL of the weights of the session's run, or of the example, at its current step.

    The content at this URL never changes.
    """
    asked = {"run": EXAMPLE if is_example else run.serial, "step": run.step}
    return f"{STOPS.format(token=token)}?{urlencode(asked)}"


def digits_address(token: str, run: TrainingRun, id: str) -> str:
    """Return the URL of the digits with this id, which the browser classifies with a run's weights."""
    return f"{STOPS.format(token=token)}?{urlencode({'run': run.serial, 'digits': id})}"


def arrive(page: str) -> None:
    """Record which page is running. Call this once in every full run of the script.

    Parameters
    ----------
    page : str
        URL of the page.
    """
    opened = st.session_state[_OPENED] = st.session_state.get(_AT) != page
    st.session_state[_AT] = page
    if opened:
        st.session_state[_TAKEN] = set()


def open_again() -> None:
    """Make the next full run count as opening its page, so that it applies the parameters of the URL."""
    st.session_state.pop(_AT, None)


def just_opened() -> bool:
    """Return whether this run of the script opened the page: through a link, the navigation or a new tab."""
    return bool(st.session_state.get(_OPENED, True))


def is_to_be_taken(parameter: str) -> bool:
    """Return whether to apply a parameter of the URL: when the page opens, or the first time it is needed.

    For example, a step without the page's digit leaves the digit's parameter to a later step.
    """
    taken: set[str] = st.session_state.setdefault(_TAKEN, set())
    first = just_opened() or parameter not in taken
    taken.add(parameter)
    return first


def own_parameters() -> dict[str, str]:
    """Return the page's own parameters from its URL. Untrusted."""
    return {name: text for name, text in st.query_params.to_dict().items() if name not in OF_THE_FRAME}


def write(wanted: Mapping[str, str]) -> None:
    """Write a page's own parameters into its URL, and keep those of the frame."""
    if own_parameters() == wanted:
        return
    frame = {name: text for name, text in st.query_params.to_dict().items() if name in OF_THE_FRAME}
    st.query_params.from_dict({**wanted, **frame})


def show_errors(key: str, button: str) -> None:
    """Show the errors in a page's URL, which the session state holds under `key`, until the visitor confirms them."""
    if key in st.session_state:
        st.error(st.session_state[key])
        st.button(_("OK"), key=button, on_click=on_click(lambda: st.session_state.pop(key, None)))


SWITCHED = {"true": True, "false": False}
BETWEEN_LAYERS = "-"


def from_address(parameters: Mapping[str, str]) -> tuple[Hyperparameters, TrainingData]:
    """Read settings from the untrusted parameters of a URL, and ignore others. Missing settings are the notebook's.

    Raises
    ------
    WrongAddress
        If a value is not allowed. It lists all of them.
    """
    values = {name: value_in(RANGES[name], text) for name, text in parameters.items() if name in RANGES}
    try:
        chosen, data, _are_all = settings_from(values)
    except NotAllowed as error:
        raise WrongAddress([_wrong(refusal, parameters) for refusal in error.refusals]) from None
    return chosen, with_names(data)


def to_address(chosen: Hyperparameters, learn_from: TrainingData) -> dict[str, str]:
    """Return parameters for `from_address`: the settings that differ from its defaults."""
    if_missing = Hyperparameters().values | Hyperparameters.AS_BEFORE
    changed = {name: value for name, value in chosen.values.items() if value != if_missing[name]}
    return {name: text_of(value) for name, value in (changed | names_of(learn_from)).items()}


def text_of(value: Any) -> str:
    """Return the value of a setting as text for a URL."""
    if isinstance(value, list):
        return BETWEEN_LAYERS.join(map(str, value))
    return value if isinstance(value, str) else json.dumps(value)


def value_in(allowed: Range, text: str) -> Any:
    """Parse the value of a setting by its range. Return invalid text unchanged: the range will reject it."""
    match allowed:
        case Layers():
            return [number(part) for part in text.split(BETWEEN_LAYERS, int(allowed.count.high))] if text else []
        case Switch():
            return SWITCHED.get(text, text)
        case Choice():
            return text
    return number(text)


def _wrong(refusal: Refusal, parameters: Mapping[str, str]) -> Wrong:
    """Describe a refused setting as the URL writes it."""
    names = ("batches", "steps_per_batch") if isinstance(refusal, TooManySteps) else (refusal.field,)
    given = {name: parameters[name] for name in names if name in parameters}
    if isinstance(refusal, TooManySteps):
        allowed = _("at most {most}; {batches} batches × {steps} steps per batch make {all}")
        return Wrong(_("Total steps"), allowed.format(**refusal.numbers), given)
    return Wrong(str(TITLES[refusal.field]), in_words(refusal.allowed), given)


def in_words(allowed: Range | None) -> str:
    """Describe the allowed values of a parameter."""
    match allowed:
        case Layers():
            return _("{allowed}, joined by hyphens").format(allowed=allowed)
        case Switch():
            return _("{one} or {other}").format(one="true", other="false")
    return str(allowed)


def with_names(values: Mapping[str, Any]) -> TrainingData:
    """Return the training data of the settings in `DATA`."""
    return TrainingData(**{FIELDS[name]: value for name, value in values.items()})


def names_of(data: TrainingData) -> dict[str, Any]:
    """Return the settings in `DATA` that differ from the defaults. A visitor's drawings are never among them."""
    usual, wanted = TrainingData(), {name: getattr(data, field) for name, field in FIELDS.items()}
    return {name: value for name, value in wanted.items() if value != getattr(usual, FIELDS[name])}
