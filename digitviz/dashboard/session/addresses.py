"""URLs: where a browser requests the data of its session, and the settings in a page's URL.

Train writes ?hidden=30-20&learning_rate=0.01.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from digitviz.dashboard.runtime.outside import Wrong, WrongAddress, number
from digitviz.dashboard.session.training_data import SOURCES, SPLITS, WRONG_LABELS, TrainingData
from digitviz.language import Lazy, lazy_gettext
from digitviz.language import gettext as _
from digitviz.numbers import plain_number
from digitviz.ranges import Choice, Layers, Range, Refusal, Switch
from digitviz.training.hyperparameters import MAX_STEPS, Hyperparameters, InvalidHyperparameters, TooManySteps
from digitviz.training.run import TrainingRun

OF_THE_FRAME = ("lang", "level", "step", "embed", "run", "see")
"""Query parameters that are not a page's own settings. Pages neither read nor remove them."""


STREAM = "digitviz-stream/{token}"
"""Path of the stream for the run with this token, as in a route."""


def stream_address(token: str) -> str:
    """Return the URL of the stream for the run with this token."""
    return STREAM.format(token=token)


FILES = "digitviz-files/{token}/{key}"
"""Path of a file that the session with this token offers, as in a route."""


def file_address(token: str, key: str) -> str:
    """Return the URL of a file of the session with this token."""
    return FILES.format(token=token, key=key)


STOPS = f"{STREAM}/stops"
"""Path of the checkpoint weights of that run."""
EXAMPLE = "example"
"""Stands for the example in place of a run's serial."""


def stops_address(token: str, run: TrainingRun, is_example: bool = False) -> str:
    """Return the URL of the weights of the session's run, or of the example, at its current step.

    The content at this URL never changes.
    """
    asked = {"run": EXAMPLE if is_example else run.serial, "step": run.step}
    return f"{STOPS.format(token=token)}?{urlencode(asked)}"


def digits_address(token: str, run: TrainingRun, id: str) -> str:
    """Return the URL of the digits with this id, which the browser classifies with a run's weights."""
    return f"{STOPS.format(token=token)}?{urlencode({'run': run.serial, 'digits': id})}"


def own_parameters() -> dict[str, str]:
    """Return the page's own parameters from its URL. Untrusted."""
    return {name: text for name, text in st.query_params.to_dict().items() if name not in OF_THE_FRAME}


def write(wanted: Mapping[str, str]) -> None:
    """Write a page's own parameters into its URL. Keep the parameters of the frame."""
    if own_parameters() == wanted:
        return
    frame = {name: text for name, text in st.query_params.to_dict().items() if name in OF_THE_FRAME}
    st.query_params.from_dict({**wanted, **frame})


SWITCHED = {"true": True, "false": False}
BETWEEN_LAYERS = "-"


def from_address(parameters: Mapping[str, str]) -> tuple[Hyperparameters, TrainingData]:
    """Read settings from the parameters of a URL. All other settings are the notebook's.

    Parameters
    ----------
    parameters : mapping of str to str
        Untrusted.

    Returns
    -------
    (Hyperparameters, TrainingData)

    Raises
    ------
    WrongAddress
        If a name is not a setting, or a value is not allowed. It lists all of them.
    """
    rest = dict(parameters)
    learn_from, wrong = TrainingData(), list[Wrong]()
    try:
        learn_from = _data_from(rest)
    except WrongAddress as error:
        wrong += error.wrong
    values = {name: value_in(Hyperparameters.RANGES.get(name), text) for name, text in rest.items()}
    try:
        chosen = Hyperparameters.from_dict(values)
    except InvalidHyperparameters as error:
        wrong += [_wrong(refusal, rest) for refusal in error.refusals]
    if wrong:
        raise WrongAddress(wrong)
    return chosen, learn_from


def to_address(chosen: Hyperparameters, learn_from: TrainingData) -> dict[str, str]:
    """Return parameters for `from_address`: the settings that differ from its defaults."""
    if_missing = Hyperparameters().values | Hyperparameters.AS_BEFORE
    return {name: text_of(value) for name, value in chosen.values.items() if value != if_missing[name]} | _data_to(
        learn_from
    )


def text_of(value: Any) -> str:
    """Return the value of a setting as text for a URL."""
    if isinstance(value, list):
        return BETWEEN_LAYERS.join(map(str, value))
    return value if isinstance(value, str) else json.dumps(value)


def value_in(allowed: Range | None, text: str) -> Any:
    """Parse the value of a setting by its range. Texts of another form stay, and the range rejects them."""
    match allowed:
        case Layers():
            return [number(part) for part in text.split(BETWEEN_LAYERS, int(allowed.count.high))] if text else []
        case Switch():
            return SWITCHED.get(text, text)
        case Choice() | None:
            return text
    return number(text)


def _wrong(refusal: Refusal, parameters: Mapping[str, str]) -> Wrong:
    """Describe a refused setting in the form of the URL."""
    names = ("batches", "steps_per_batch") if isinstance(refusal, TooManySteps) else (refusal.field,)
    given = {name: parameters[name] for name in names if name in parameters}
    if isinstance(refusal, TooManySteps):
        batches, steps = refusal.value
        numbers = {"most": MAX_STEPS, "batches": batches, "steps": steps, "all": batches * steps}
        words = {name: plain_number(number) for name, number in numbers.items()}
        allowed = _("at most {most}; {batches} batches × {steps} steps per batch make {all}").format(**words)
        return Wrong(_("Total steps"), allowed, given)
    if refusal.allowed is None:
        return Wrong("", "", given)
    return Wrong(str(Hyperparameters.TITLES[refusal.field]), _in_words(refusal.allowed), given)


def _in_words(allowed: Range) -> str:
    """Describe the allowed values of a parameter."""
    match allowed:
        case Layers():
            return _("{allowed}, joined by hyphens").format(allowed=allowed)
        case Switch():
            return _("{one} or {other}").format(one="true", other="false")
    return str(allowed)


DATA: dict[str, tuple[str, Lazy, Range]] = {
    "digits": ("source", lazy_gettext("Training data"), Choice(tuple(SOURCES))),
    "distorted": ("distorted", lazy_gettext("Train on distorted copies"), Switch()),
    "split": ("split", lazy_gettext("Seed of the split"), SPLITS),
    "wrong_labels": ("wrong_labels", lazy_gettext("Wrong labels"), WRONG_LABELS),
}
"""Parameters that choose the training data, with the field, title and range of each."""


def _data_from(parameters: dict[str, str]) -> TrainingData:
    """Remove the training data's parameters from the others and read them.

    Raises
    ------
    WrongAddress
        If a value is not allowed.
    """
    given = {name: parameters.pop(name) for name in DATA if name in parameters}
    read, wrong = dict[str, Any](), list[Wrong]()
    for name, text in given.items():
        field, title, allowed = DATA[name]
        try:
            read[field] = allowed.read(value_in(allowed, text))
        except ValueError:
            wrong.append(Wrong(str(title), _in_words(allowed), {name: text}))
    if wrong:
        raise WrongAddress(wrong)
    return TrainingData(**read)


def _data_to(data: TrainingData) -> dict[str, str]:
    """Return parameters for `_data_from`. A visitor's own drawings never appear in a URL."""
    usual = TrainingData()
    wanted = {name: (getattr(data, field), getattr(usual, field)) for name, (field, *_rest) in DATA.items()}
    return {name: text_of(value) for name, (value, if_missing) in wanted.items() if value != if_missing}
