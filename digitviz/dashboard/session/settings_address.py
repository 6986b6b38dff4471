"""The settings of a training as the address of Train has them: ?hidden=30-20&learning_rate=0.01."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from digitviz.dashboard.runtime.outside import Wrong, WrongAddress, number
from digitviz.dashboard.session import training_data
from digitviz.dashboard.session.training_data import TrainingData
from digitviz.language import gettext as _
from digitviz.numbers import plain_number
from digitviz.ranges import Choice, Layers, Range, Refusal, Switch
from digitviz.training.hyperparameters import MAX_STEPS, Hyperparameters, InvalidHyperparameters, TooManySteps

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
        learn_from = training_data.from_address(rest)
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
    return {
        name: _text(value) for name, value in chosen.values.items() if value != if_missing[name]
    } | training_data.to_address(learn_from)


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
    """Tell a refusal in the words of the address."""
    names = ("batches", "steps_per_batch") if isinstance(refusal, TooManySteps) else (refusal.field,)
    given = {name: parameters[name] for name in names if name in parameters}
    if isinstance(refusal, TooManySteps):
        batches, steps = refusal.value
        allowed = _("at most {most}; {batches} batches × {steps} steps per batch make {all}").format(
            most=plain_number(MAX_STEPS), batches=plain_number(batches), steps=plain_number(steps),
            all=plain_number(batches * steps),
        )  # fmt: skip
        return Wrong(_("Steps in all"), allowed, given)
    match refusal.allowed:
        case None:
            return Wrong("", "", given)
        case Layers():
            allowed = _("{allowed}, joined by hyphens").format(allowed=refusal.allowed)
        case Switch():
            allowed = _("{one} or {other}").format(one="true", other="false")
        case _:
            allowed = str(refusal.allowed)
    return Wrong(str(Hyperparameters.TITLES[refusal.field]), allowed, given)
