"""Reader for settings in JSON files."""

from __future__ import annotations

import json
from collections.abc import Callable

from digitviz.imports.unreadable import Unreadable, check_size
from digitviz.language import joined
from digitviz.language import lazy_gettext as _
from digitviz.ranges import Refusal, in_short
from digitviz.training.hyperparameters import MAX_UNKNOWN, Hyperparameters, InvalidHyperparameters, TooManySteps

MAX_CHARACTERS = 100_000
"""Maximum length of the text. Ours has about 500 characters."""
NO_SETTINGS = _("This is not a settings file. A settings file is JSON, with a name and a value for each setting.")


class NotAllowed(Unreadable):
    """A file of settings, some of which are not allowed."""

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
    return str(_("{setting}: {allowed}. The file says {given}.")).format(
        setting=Hyperparameters.TITLES[refusal.field], allowed=refusal.allowed, given=quote(given)
    )


def read_settings(data: bytes) -> Hyperparameters:
    """Read the settings of a run. Missing settings get the notebook's values.

    Parameters
    ----------
    data : bytes
        JSON of the dict that `Hyperparameters.to_dict` returns; untrusted.

    Raises
    ------
    Unreadable
        If it is not such a file, or a setting is not allowed.
    """
    check_size(data)
    try:
        return settings_of(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise Unreadable(NO_SETTINGS) from None


def settings_of(text: str) -> Hyperparameters:
    """Read settings from a text, as `read_settings` does."""
    try:
        values = json.loads(text) if len(text) <= MAX_CHARACTERS else None
    except (ValueError, RecursionError):  # not JSON, or nested too deeply
        values = None
    if not isinstance(values, dict):
        raise Unreadable(NO_SETTINGS)
    try:
        return Hyperparameters.from_dict(values)
    except InvalidHyperparameters as error:
        raise NotAllowed(error.refusals) from None
