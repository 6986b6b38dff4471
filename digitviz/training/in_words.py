"""Settings as text for the interface."""

from __future__ import annotations

from typing import Any

from digitviz.language import gettext as _
from digitviz.numbers import plain_number
from digitviz.ranges import Choice
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.presets import PRESETS

TITLES = Hyperparameters.TITLES


def value_in_words(name: str, value: Any) -> str:
    """Return the value of a setting as text: "0.001", "on", "30-20".

    Parameters
    ----------
    name : str
        A name in `Hyperparameters.RANGES`.
    value : object
        A value from `Hyperparameters.to_dict`.
    """
    allowed = Hyperparameters.RANGES[name]
    if isinstance(value, bool):
        return _("on") if value else _("off")
    if isinstance(value, list):
        return "-".join(map(str, value)) or _("none")
    return str(allowed.title(value)) if isinstance(allowed, Choice) else plain_number(value)


def differences(run: Hyperparameters, chosen: Hyperparameters) -> list[str]:
    """Describe the settings that differ from those of a run: "Learning rate 0.000001 → 0.001"."""
    before, after = run.values, chosen.values
    return [
        _("{setting} {before} → {after}").format(
            setting=TITLES[name], before=value_in_words(name, before[name]), after=value_in_words(name, after[name])
        )
        for name in TITLES
        if before[name] != after[name]
    ]


def own_settings(chosen: Hyperparameters) -> list[str]:
    """Describe the settings that differ from the notebook's: "Learning rate 0.001".

    If they are those of a preset, except for the seed, name the preset.
    """
    usual, values, said = Hyperparameters().values, chosen.values, list[str]()
    for preset in PRESETS.values():
        presets = preset.hyperparameters.values
        if presets != usual and presets | {"seed": chosen.seed} == values:
            usual, said = presets, [str(preset.title)]
    return said + [setting_in_words(name, values[name]) for name in TITLES if values[name] != usual[name]]


def setting_in_words(name: str, value: Any) -> str:
    """Return a setting with its value as text: "Learning rate 0.001"."""
    return _("{setting} {value}").format(setting=TITLES[name], value=value_in_words(name, value))
