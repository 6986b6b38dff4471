"""What a run is called, how it stands and when it was, in words."""

from __future__ import annotations

import contextlib
import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from digitviz.dashboard.session import training_data
from digitviz.dashboard.session.training_data import SOURCES, TrainingData
from digitviz.explanations.evaluation import wilson_interval
from digitviz.language import LANGUAGES, language, ngettext
from digitviz.language import gettext as _
from digitviz.numbers import in_percent, numeral
from digitviz.store import KeptRun
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.in_words import own_settings, setting_in_words
from digitviz.training.recipe import CHANGEABLE
from digitviz.training.run import RunState

MAX_CHARACTERS = 80
"""Of a title."""
MAX_NAMED = 3
"""Settings by which a run without a title is called; it may differ from the notebook's in ten."""
_JOINER = "\u200d"
"""Makes one picture of several emoji; all else that cannot be seen is taken out of a title."""


def clean(title: str) -> str:
    """Return a title in one line, without what cannot be seen or turns it round."""
    seen = "".join(map(_seen, title[: 10 * MAX_CHARACTERS]))
    return re.sub(r"\s+", " ", seen).strip()[:MAX_CHARACTERS].strip()


def _seen(character: str) -> str:
    kind = unicodedata.category(character)
    if kind == "Cc":
        return " "
    return "" if kind[0] == "C" and character != _JOINER else character


def name(run: KeptRun) -> str:
    """Return what a run is called: its title, else what it does otherwise than the notebook. Untrusted text."""
    return clean(run.title) or settings_in_words(run)


def settings_in_words(run: KeptRun, limit: int = MAX_NAMED) -> str:
    """Say in a few words what a run does otherwise than the notebook."""
    said = list(_otherwise(run))
    shown, more = said[:limit], len(said) - limit
    if more > 0:
        shown.append(ngettext("{count} more", "{count} more", more).format(count=more))
    return ", ".join(shown) or _("The notebook's settings")


def settings(run: KeptRun) -> Hyperparameters | None:
    """Return the settings that a run ends with; None if they cannot be read, as those of a later version."""
    try:
        return Hyperparameters.from_dict(run.settings)
    except ValueError:
        return None


def changes(run: KeptRun) -> list[tuple[int, dict[str, Any]]]:
    """Return what was changed on the way of a run: after how many batches, and the new values by name."""
    kept = run.recipe.get("changes")
    found = []
    for change in kept if isinstance(kept, list) else []:
        if isinstance(change, dict) and isinstance(change.get("batch"), int):
            found.append((change["batch"], {name: change[name] for name in CHANGEABLE if name in change}))
    return found


def learnt_from(run: KeptRun) -> TrainingData | None:
    """Return the training data of a run; None if they cannot be read, as those of a later version."""
    try:
        return training_data.from_kept(run.training_data, run.drawings)
    except ValueError:
        return None


def data_in_words(run: KeptRun) -> str:
    """Say what a run learns from, if that is not the notebook's digits."""
    said, data = [], learnt_from(run) or TrainingData()
    if data.source != "digits":
        said.append(str(SOURCES[data.source]))
    if data.split is not None:
        said.append(_("random split {seed}").format(seed=data.split))
    if data.distorted:
        said.append(_("with distorted copies"))
    if count := len(run.drawings):
        said.append(ngettext("with {count} drawing", "with {count} drawings", count).format(count=count))
    return ", ".join(said)


def _otherwise(run: KeptRun) -> Iterator[str]:
    """Yield what a run does otherwise than the notebook, first what tells a branch from its parent."""
    for batch, values in changes(run):
        try:
            told = ", ".join(setting_in_words(name, value) for name, value in values.items())
        except (ValueError, TypeError, KeyError, ArithmeticError):  # damaged
            continue
        yield _("after batch {batch}: {settings}").format(batch=numeral(batch), settings=told)
    chosen, changed = settings(run), {name for _batch, values in changes(run) for name in values}
    if chosen is None:
        yield _("unreadable settings")
    else:
        first = run.recipe.get("hyperparameters") if changed else None  # a run's settings are those it ends with
        yield from own_settings(_before(chosen, first if isinstance(first, dict) else {}, changed))
    if run.recipe.get("start") is not None:
        yield _("imported weights")
    if data := data_in_words(run):
        yield data


def _before(chosen: Hyperparameters, first: dict[str, Any], changed: set[str]) -> Hyperparameters:
    """Return settings as they were before any was changed on the way."""
    try:
        return Hyperparameters.from_dict(chosen.to_dict() | {name: first[name] for name in changed if name in first})
    except ValueError:
        return chosen


def state(run: KeptRun, moves: bool) -> str:
    """Say how a run stands.

    Parameters
    ----------
    run : KeptRun
    moves : bool
        Whether it is being trained at this moment.
    """
    step, steps = numeral(run.step), numeral(run.total_steps)
    if run.state == RunState.DIVERGED:
        return _("diverged after {step} steps").format(step=step)
    if run.state == RunState.STUCK:
        return _("stuck at step {step} of {steps}").format(step=step, steps=steps)
    if run.step == 0:
        return _("not started")
    if run.step >= run.total_steps:
        return _("trained for {steps} steps").format(steps=steps)
    if moves:
        return _("training, at step {step} of {steps}").format(step=step, steps=steps)
    return _("paused at step {step} of {steps}").format(step=step, steps=steps)


def accuracy(run: KeptRun) -> float | None:
    """Return the test accuracy of a run if it means anything: after a divergence none does."""
    return None if run.state == RunState.DIVERGED else run.accuracy


def test_part(run: KeptRun) -> tuple[str, int | None, float] | None:
    """Return what tells the test digits of a run from others: source, split, and share to train on; None if unknown."""
    chosen, data = settings(run), learnt_from(run)
    return None if chosen is None or data is None else (data.source, data.split, chosen.train_fraction)


def accuracy_interval(run: KeptRun) -> tuple[float, float] | None:
    """Return Wilson's interval of the test accuracy of a run; None if there is none, or its test digits are unknown."""
    judged, part = accuracy(run), test_part(run)
    if judged is None or part is None:
        return None
    source, _split, train_fraction = part
    digits = len(training_data.pixels(source))
    tested = digits - int(digits * train_fraction)
    return wilson_interval(round(judged * tested), tested)


def accuracy_in_words(run: KeptRun) -> str:
    """Write the test accuracy of a run with one decimal."""
    known = accuracy(run)
    return _("no accuracy") if known is None else in_percent(known)


def when(seconds: float, now: datetime | None = None) -> str:
    """Say when something was, by the reader's clock: "today 14:05".

    Parameters
    ----------
    seconds : float
        Since 1970.
    now : datetime, optional
        With its time zone, which is the reader's.
    """
    from babel.dates import format_skeleton, format_time

    now = datetime.now(_reader_zone()) if now is None else now
    locale = LANGUAGES[language()].locale
    try:
        then = datetime.fromtimestamp(seconds, now.tzinfo)
    except (ValueError, OverflowError, OSError):  # no time at all
        return ""
    time = format_time(then, "HH:mm", locale=locale)
    if then.date() == now.date():
        return _("today {time}").format(time=time)
    if then.date() == now.date() - timedelta(days=1):
        return _("yesterday {time}").format(time=time)
    date = format_skeleton("MMMd" if then.year == now.year else "yMMMd", then, locale=locale)
    return _("{date}, {time}").format(date=date, time=time)


def _reader_zone() -> tzinfo:
    zone: object = st.context.timezone  # as the browser says: any text, or nothing
    with contextlib.suppress(ZoneInfoNotFoundError, ValueError, OSError):
        if isinstance(zone, str):
            return ZoneInfo(zone)
    return datetime.now().astimezone().tzinfo or UTC
