"""Reader for settings in JSON files."""

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from digitviz.imports.unreadable import Unreadable, check_size, require
from digitviz.language import Lazy, joined, lazy_gettext as _
from digitviz.ranges import Choice, Interval, Range, Refusal, Switch, in_short
from digitviz.training.hyperparameters import MAX_UNKNOWN, Hyperparameters, InvalidHyperparameters, TooManySteps

MAX_CHARACTERS = 100_000
"""Maximum length of the text. Ours has about 500 characters."""
NO_SETTINGS = _("This is not a settings file. A settings file is JSON, with a name and a value for each setting.")

_SOURCES = (_("scikit-learn's 1,797 digits"), _("6,000 MNIST digits"), _("both"))
DATA: dict[str, tuple[Lazy, Any]] = {
    "digits": (_("Training data"), Choice(("digits", "handwriting", "both"), _SOURCES)),
    "distorted": (_("Train on distorted copies"), Switch()),
    "split": (_("Seed of the split"), Hyperparameters.RANGES["seed"]),
    "wrong_labels": (_("Wrong labels"), Interval(0.0, 1.0)),
}
"""Title and range of each setting of the training data, by its name in files and addresses."""
RANGES: dict[str, Range] = Hyperparameters.RANGES | {name: allowed for name, (_title, allowed) in DATA.items()}
TITLES = Hyperparameters.TITLES | {name: title for name, (title, _allowed) in DATA.items()}


class Settings(NamedTuple):
    """Hyperparameters, the settings in `DATA` that the file contains, and whether it contains all settings."""

    hyperparameters: Hyperparameters
    data: dict[str, Any]
    are_all: bool


class NotAllowed(Unreadable):
    """Raised if some settings in a file are not allowed."""

    def __init__(self, refusals: tuple[Refusal, ...]) -> None:
        super().__init__(NO_SETTINGS)
        self.refusals = refusals

    def told(self, quote: Callable[[str], str]) -> str:
        """Return a sentence about each setting that is not allowed, and about some that do not exist."""
        known = [refusal for refusal in self.refusals if refusal.allowed is not None]
        unknown = [refusal for refusal in self.refusals if refusal.allowed is None]
        return joined(_sentence(refusal, quote) for refusal in [*known, *unknown[:MAX_UNKNOWN]])


def _sentence(refusal: Refusal, quote: Callable[[str], str]) -> str:
    if isinstance(refusal, TooManySteps):
        return f"{refusal}."
    if refusal.allowed is None:
        return str(_("There is no setting called {name}.")).format(name=quote(refusal.field))
    given = refusal.value if isinstance(refusal.value, str) else in_short(refusal.value)
    words = str(_("{setting}: {allowed}. The file says {given}."))
    return words.format(setting=TITLES[refusal.field], allowed=refusal.allowed, given=quote(given))


def read_settings(data: bytes) -> Settings:
    """Read the settings of a run. Missing settings get the notebook's values.

    Parameters
    ----------
    data : bytes
        JSON of the dict that `Hyperparameters.to_dict` returns, which may also name settings in `DATA`; untrusted.

    Raises
    ------
    Unreadable
        If it is not such a file, or a setting is not allowed.
    """
    check_size(data)
    values = _values(data)
    require(bool(values), _("This file contains no settings."))
    return settings_from(values)


def settings_of(text: str) -> Hyperparameters:
    """Read hyperparameters from a text, as `read_settings` does."""
    return settings_from(_values(text)).hyperparameters


def _values(text: str | bytes) -> dict[str, Any]:
    try:
        values = json.loads(text) if len(text) <= MAX_CHARACTERS else None  # bytes also in UTF-16
    except (ValueError, RecursionError):  # not JSON, or nested too deeply
        values = None
    if not isinstance(values, dict):
        raise Unreadable(NO_SETTINGS)
    return values


def settings_from(values: Mapping[str, Any]) -> Settings:
    """Check settings by name; raise NotAllowed with a refusal for each invalid one."""
    data, refusals = {name: values[name] for name in DATA if name in values}, list[Refusal]()
    for name, value in data.items():
        try:
            data[name] = RANGES[name].read(value)
        except ValueError:
            refusals.append(Refusal(name, value, RANGES[name]))
    try:
        chosen = Hyperparameters.from_dict({name: value for name, value in values.items() if name not in DATA})
    except InvalidHyperparameters as error:
        raise NotAllowed((*refusals, *error.refusals)) from None
    if refusals:
        raise NotAllowed(tuple(refusals))
    return Settings(chosen, data, values.keys() >= Hyperparameters.RANGES.keys() - Hyperparameters.AS_BEFORE.keys())
