"""Addresses: where a browser asks for what belongs to its session, and settings as the address of a page has them.

Train writes ?hidden=30-20&learning_rate=0.01.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from digitviz.dashboard.runtime.outside import Wrong, WrongAddress, number
from digitviz.dashboard.session.training_data import SOURCES, SPLITS, TrainingData
from digitviz.language import Lazy, language, lazy_gettext
from digitviz.language import gettext as _
from digitviz.numbers import plain_number
from digitviz.ranges import Choice, Layers, Range, Refusal, Switch
from digitviz.training.hyperparameters import MAX_STEPS, Hyperparameters, InvalidHyperparameters, TooManySteps
from digitviz.training.run import TrainingRun

OF_THE_FRAME = ("lang", "step", "embed", "run")
"""Parameters that are not a page's own settings: it neither reads nor loses them."""


FEED = "digitviz-feed/{token}"
"""Where the training with this token is asked for, as a route has it."""


def feed_address(token: str) -> str:
    """Return where the browser asks for the training with this token, in the language that is spoken."""
    return f"{FEED.format(token=token)}?lang={language()}"


FILES = "digitviz-files/{token}/{key}"
"""Where a file that the session with this token offers is asked for, as a route has it."""


def file_address(token: str, key: str) -> str:
    """Return where the browser asks for a file of the session with this token."""
    return FILES.format(token=token, key=key)


STOPS = f"{FEED}/stops"
"""Where the weights of that training are asked for."""


def stops_address(token: str, run: TrainingRun) -> str:
    """Return where the browser asks for the weights of a run as it stands; they are always the same there."""
    return f"{STOPS.format(token=token)}?{urlencode({'run': run.serial, 'step': run.step})}"


def digits_address(token: str, run: TrainingRun, id: str) -> str:
    """Return where the browser asks for the digits with this id, to read them with the weights of a run."""
    return f"{STOPS.format(token=token)}?{urlencode({'run': run.serial, 'digits': id})}"


def own_parameters() -> dict[str, str]:
    """Return the parameters in the page's address that are its own. Untrusted."""
    return {name: text for name, text in st.query_params.to_dict().items() if name not in OF_THE_FRAME}


def write(wanted: Mapping[str, str]) -> None:
    """Write a page's own parameters into its address; those of the frame stay."""
    if own_parameters() == wanted:
        return
    frame = {name: text for name, text in st.query_params.to_dict().items() if name in OF_THE_FRAME}
    st.query_params.from_dict({**wanted, **frame})


SWITCHED = {"true": True, "false": False}
BETWEEN_LAYERS = "-"


def from_address(parameters: Mapping[str, str]) -> tuple[Hyperparameters, TrainingData]:
    """Read the settings that an address names; all others are the notebook's.

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
        If a name is no setting, or a value is not allowed; it says so of every one.
    """
    rest = dict(parameters)
    learn_from, wrong = TrainingData(), list[Wrong]()
    try:
        learn_from = _data_from(rest)
    except WrongAddress as error:
        wrong += error.wrong
    values = {name: _value(Hyperparameters.RANGES.get(name), text) for name, text in rest.items()}
    try:
        chosen = Hyperparameters.from_dict(values)
    except InvalidHyperparameters as error:
        wrong += [_wrong(refusal, rest) for refusal in error.refusals]
    if wrong:
        raise WrongAddress(wrong)
    return chosen, learn_from


def to_address(chosen: Hyperparameters, learn_from: TrainingData) -> dict[str, str]:
    """Return what `from_address` takes: the settings that differ from what an address without them means."""
    if_missing = Hyperparameters().values | Hyperparameters.AS_BEFORE
    return {name: _text(value) for name, value in chosen.values.items() if value != if_missing[name]} | _data_to(
        learn_from
    )


def _text(value: Any) -> str:
    if isinstance(value, list):
        return BETWEEN_LAYERS.join(map(str, value))
    return value if isinstance(value, str) else json.dumps(value)


def _value(allowed: Range | None, text: str) -> Any:
    """Read a value in the form of its range; what has another form stays text, which no such range accepts."""
    match allowed:
        case Layers():
            return [number(part) for part in text.split(BETWEEN_LAYERS, int(allowed.count.high))] if text else []
        case Switch():
            return SWITCHED.get(text, text)
        case Choice() | None:
            return text
    return number(text)


def _wrong(refusal: Refusal, parameters: Mapping[str, str]) -> Wrong:
    """Say what is wrong with a setting in the words of the address."""
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
    """Say what an address may have in the place of a value."""
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
}
"""The parameters that choose training data: the field of each, its title, and what it may be."""


def _data_from(parameters: dict[str, str]) -> TrainingData:
    """Take the training data out of a page's address; what else is there stays.

    Raises
    ------
    WrongAddress
        If there are no such data.
    """
    given = {name: parameters.pop(name) for name in DATA if name in parameters}
    read, wrong = dict[str, Any](), list[Wrong]()
    for name, text in given.items():
        field, title, allowed = DATA[name]
        try:
            read[field] = allowed.read(_value(allowed, text))
        except ValueError:
            wrong.append(Wrong(str(title), _in_words(allowed), {name: text}))
    if wrong:
        raise WrongAddress(wrong)
    return TrainingData(**read)


def _data_to(data: TrainingData) -> dict[str, str]:
    """Return what `_data_from` reads; a session's own drawings are in no address."""
    usual = TrainingData()
    wanted = {name: (getattr(data, field), getattr(usual, field)) for name, (field, *_rest) in DATA.items()}
    return {name: _text(value) for name, (value, if_missing) in wanted.items() if value != if_missing}
