"""Texts for a run's name, state, settings, accuracy and time."""

import contextlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from digitviz.dashboard.session import training_data
from digitviz.dashboard.session.training_data import SOURCES, TrainingData
from digitviz.explanations.evaluation import wilson_interval
from digitviz.language import LANGUAGES, gettext as _, language, lazy_gettext, listed, ngettext
from digitviz.numbers import in_percent, numeral
from digitviz.store import KeptRun
from digitviz.training.hyperparameters import Hyperparameters, setting_in_words
from digitviz.training.presets import PRESETS, own_settings
from digitviz.training.recipe import CHANGEABLE
from digitviz.training.run import RunState

MAX_CHARACTERS = 80
"""Maximum length of a title, in characters."""
MAX_NAMED = 3
"""Maximum number of settings in the name of a run without a title."""
AS_IN_THE_NOTEBOOK = lazy_gettext("The notebook's settings")
"""Name of a run without any difference from the notebook."""
_JOINER = "\u200d"
"""Joins several emoji into one. `clean` removes all other invisible characters from a title."""
_DAMAGED = ValueError, TypeError, KeyError, ArithmeticError
"""Errors of a row that a disk has changed, or of a later version."""


def clean(title: str) -> str:
    """Return a title on one line, without invisible characters and changes of direction."""
    seen = "".join(map(_seen, title[: 10 * MAX_CHARACTERS]))
    return re.sub(r"\s+", " ", seen).strip()[:MAX_CHARACTERS].strip()


def _seen(character: str) -> str:
    kind = unicodedata.category(character)
    if kind == "Cc":
        return " "
    return "" if kind[0] == "C" and character != _JOINER else character


def name(run: KeptRun, counts: Counter[str] | None = None) -> str:
    """Return a run's name: its title, or its differences from the notebook. Untrusted text."""
    return clean(run.title) or settings_in_words(run, counts)


def names(runs: Sequence[KeptRun]) -> list[str]:
    """Return numbered names that tell runs apart. Settings that few of the runs have come first.

    Untrusted text.
    """
    counts = Counter(said for run in runs for said in _otherwise(run))
    return [f"{number}. {name(run, counts)}" for number, run in enumerate(runs, start=1)]


def settings_in_words(run: KeptRun, counts: Counter[str] | None = None) -> str:
    """Return a run's differences from the notebook in short. Those with the lowest counts come first."""
    said = sorted(_otherwise(run), key=(counts or Counter()).__getitem__)
    if (more := len(said) - MAX_NAMED) > 1:  # a single further one takes no more room than "1 more"
        said[MAX_NAMED:] = [ngettext("{count} more", "{count} more", more).format(count=more)]
    return listed(said) or str(AS_IN_THE_NOTEBOOK)


def settings(run: KeptRun) -> Hyperparameters | None:
    """Return a run's final settings. None if they cannot be read, such as those of a later version."""
    try:
        return Hyperparameters.from_dict(run.settings)
    except ValueError:
        return None


def changes(run: KeptRun) -> list[tuple[int, dict[str, Any]]]:
    """Return the changes during a run: the number of batches before each, and the new values by name."""
    made: list[dict[str, Any]] = run.recipe.get("changes", [])
    try:
        return [(int(each["batch"]), {name: each[name] for name in CHANGEABLE if name in each}) for each in made]
    except _DAMAGED:
        return []


def learnt_from(run: KeptRun) -> TrainingData | None:
    """Return the training data of a run. None if it cannot be read, such as that of a later version."""
    try:
        return training_data.from_kept(run.training_data, run.drawings)
    except ValueError:
        return None


def data_in_words(data: TrainingData | None) -> str:
    """Describe training data. Empty for the notebook's digits, and for data that cannot be read."""
    said, data = [], data or TrainingData()
    if data.source != "digits":
        said.append(SOURCES.title(data.source))
    if data.split is not None:
        said.append(_("random split {seed}").format(seed=data.split))
    if data.wrong_labels:
        said.append(_("{share} wrong labels").format(share=in_percent(data.wrong_labels)))
    if data.distorted:
        said.append(_("with distorted copies"))
    if count := len(data.drawings):
        said.append(ngettext("with {count} drawing", "with {count} drawings", count).format(count=count))
    return listed(said)


def _otherwise(run: KeptRun) -> list[str]:
    try:
        return [*_differences(run)]
    except _DAMAGED:
        return [_("unreadable settings")]


def _differences(run: KeptRun) -> Iterator[str]:
    """Yield a run's differences from the notebook. A branch's changes come first, then its data and its start."""
    for batch, values in changes(run):
        told = listed(setting_in_words(name, value) for name, value in values.items())
        yield _("after batch {batch}: {settings}").format(batch=numeral(batch), settings=told)
    chosen, changed = settings(run), {name for _batch, values in changes(run) for name in values}
    first = run.recipe["hyperparameters"] if changed else {}  # `run.settings` are the final ones
    said, data = [_("unreadable settings")], learnt_from(run)
    if chosen is not None:
        said = own_settings(_before(chosen, first, changed))
    if data is not None and any(each.distorted and said[:1] == [str(each.title)] for each in PRESETS.values()):
        data = replace(data, distorted=False)  # the name of the preset says so
    yield from filter(None, [data_in_words(data), _("imported weights") if run.recipe.get("start") is not None else ""])
    yield from said


def _before(chosen: Hyperparameters, first: dict[str, Any], changed: set[str]) -> Hyperparameters:
    """Return the settings before any changes during the run."""
    try:
        return Hyperparameters.from_dict(chosen.to_dict() | {name: first[name] for name in changed if name in first})
    except ValueError:
        return chosen


def state(run: KeptRun, moves: bool) -> str:
    """Describe a run's state.

    Parameters
    ----------
    run : KeptRun
    moves : bool
        True while the run is training.
    """
    step, steps = numeral(run.step), numeral(run.total_steps)
    if run.state == RunState.DIVERGED:
        return _("diverged after {step} steps").format(step=step)
    if run.state == RunState.STUCK:
        return _("stuck; {step} of {steps} steps taken").format(step=step, steps=steps)
    if run.step == 0:
        return _("not started")
    if run.step >= run.total_steps:
        return _("trained for {steps} steps").format(steps=steps)
    if moves:
        return _("training, at step {step} of {steps}").format(step=step, steps=steps)
    return _("paused at step {step} of {steps}").format(step=step, steps=steps)


def accuracy(run: KeptRun) -> float | None:
    """Return the test accuracy of a run to compare with others. None if it diverged: it says little then."""
    return None if run.state == RunState.DIVERGED else run.accuracy


def test_part(run: KeptRun) -> tuple[str, int | None, float] | None:
    """Return what determines a run's test digits: source, split and training fraction. None if unknown."""
    chosen, data = settings(run), learnt_from(run)
    return None if chosen is None or data is None else (data.source, data.split, chosen.train_fraction)


def tested(run: KeptRun) -> int | None:
    """Return the number of a run's test digits. None if unknown."""
    if (part := test_part(run)) is None:
        return None
    source, _split, train_fraction = part
    digits = len(training_data.pixels(source))
    return digits - int(digits * train_fraction)


def accuracy_interval(run: KeptRun) -> tuple[float, float] | None:
    """Return Wilson's interval for the test accuracy of a run. None without an accuracy or known test digits."""
    judged, count = accuracy(run), tested(run)
    return None if judged is None or count is None else wilson_interval(round(judged * count), count)


def accuracy_in_words(run: KeptRun) -> str:
    """Return the test accuracy of a run as text with one decimal, as on Train. Includes diverged runs."""
    return _("no accuracy") if run.accuracy is None else in_percent(run.accuracy)


def when(seconds: float, now: datetime | None = None) -> str:
    """Return a time as text in the visitor's time zone: "today 14:05".

    Parameters
    ----------
    seconds : float
        Time in seconds since 1970.
    now : datetime, optional
        Current time in the visitor's time zone.
    """
    from babel.dates import format_skeleton, format_time

    now = datetime.now(_reader_zone()) if now is None else now
    locale = LANGUAGES[language()].locale
    try:
        then = datetime.fromtimestamp(seconds, now.tzinfo)
    except (ValueError, OverflowError, OSError):  # not a valid time
        return ""
    time = format_time(then, "HH:mm", locale=locale)
    if then.date() == now.date():
        return _("today {time}").format(time=time)
    if then.date() == now.date() - timedelta(days=1):
        return _("yesterday {time}").format(time=time)
    date = format_skeleton("MMMd" if then.year == now.year else "yMMMd", then, locale=locale)
    return _("{date}, {time}").format(date=date, time=time)


def _reader_zone() -> tzinfo:
    zone: object = st.context.timezone  # from the browser, so possibly any text or None
    with contextlib.suppress(ZoneInfoNotFoundError, ValueError, OSError):
        if isinstance(zone, str):
            return ZoneInfo(zone)
    return datetime.now().astimezone().tzinfo or UTC
