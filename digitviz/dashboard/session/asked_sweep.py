"""The experiment that a visitor asks for: its settings, as texts in a form and in a URL.

The page on sweeps writes ?by1=learning_rate:0.001,0.01&by2=hidden:10,50&seeds=3, and the other settings as Train does.
"""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from digitviz.dashboard.runtime.outside import Wrong, WrongAddress, number
from digitviz.dashboard.session import training_data
from digitviz.dashboard.session.addresses import from_address, in_words, text_of, to_address, value_in
from digitviz.dashboard.session.training_data import TrainingData
from digitviz.datasets import DigitDataset
from digitviz.imports.settings import RANGES
from digitviz.language import gettext as _, joined, listed
from digitviz.numbers import numeral
from digitviz.ranges import Choice, Switch
from digitviz.training.engines import choose_engine
from digitviz.training.hyperparameters import Hyperparameters, InvalidHyperparameters
from digitviz.training.presets import ReadySweep
from digitviz.training.sweep import MAX_AXES, MAX_TRAININGS, SEEDS, Axis, Sweep

TOGETHER, OR = "/", ","
"""Separators of settings that change together, and of values: "batch_size/batches", "10/1600,32/500"."""
MARKS = ("by1", "seeds", "ready")
"""The URL of an experiment has one of these parameters. Otherwise the browser sent the parameters of another page."""
MAX_CHARACTERS = 2_000
"""Maximum length of the text with the values of an axis."""
SETTINGS = tuple(name for name in Hyperparameters.RANGES if name != "seed")
"""Settings that an experiment can change."""


@dataclass(frozen=True)
class AskedSweep:
    """An experiment as a visitor requested it. It may be impossible.

    Parameters
    ----------
    settings : Hyperparameters
        The settings that do not change. The engine may be "auto".
    data : TrainingData
    axes : tuple of (str, str)
        The names of the settings that change, and their values, as texts.
    seeds : int
    same_weights : bool
        Same as in `Sweep`.
    """

    settings: Hyperparameters
    data: TrainingData
    axes: tuple[tuple[str, str], ...] = ()
    seeds: int = 1
    same_weights: bool = False

    @property
    def digits(self) -> DigitDataset:
        """The digits to train on.

        Raises
        ------
        ValueError
            If they include drawings or distorted copies, which are made for single runs.
        """
        if self.data.distorted or self.data.drawings:
            raise ValueError(_("Experiments train on digits without distorted copies and without drawings."))
        return training_data.practice(self.data)

    @property
    def trainings(self) -> int:
        """Number of trainings, if the sweep is possible."""
        return math.prod((values.count(OR) + 1 for _names, values in self.axes), start=self.seeds)

    def planned(self) -> Sweep:
        """Return the sweep.

        Raises
        ------
        ValueError
            If it is not possible. The message is a sentence for the visitor, without any text of the visitor's.
        """
        axes = {names_in(names): _values(names_in(names), text) for names, text in self.axes}
        used = [name for names in axes for name in names]
        if len(axes) < len(self.axes) or len(set(used)) < len(used):
            raise ValueError(_("Each setting can change only once."))
        try:
            return Sweep.of(axes, self.seeds, self.digits, self.settings, True, self.same_weights)
        except InvalidHyperparameters as error:  # each value is allowed, but together they make too many steps
            words = _("{title}: {allowed}.")
            raise ValueError(words.format(title=_("Total steps"), allowed=error.refusals[0].allowed)) from None


def names_in(text: str) -> tuple[str, ...]:
    """Return the names of the settings that change together.

    Raises
    ------
    ValueError
        If one of them is not a setting that can change.
    """
    names = tuple(text[:MAX_CHARACTERS].split(TOGETHER))
    if not set(names) <= set(SETTINGS):
        raise ValueError(_("Choose a setting that can change."))
    return names


def title_of(names: str) -> str:
    """Return the titles of the settings in an axis of an `AskedSweep`."""
    return listed(str(Hyperparameters.TITLES[name]) for name in names_in(names))


def _values(names: tuple[str, ...], text: str) -> list[tuple[Any, ...]]:
    if len(text) > MAX_CHARACTERS or text.count(OR) >= MAX_TRAININGS:
        raise ValueError(_("At most {limit} trainings: there are too many values.").format(limit=MAX_TRAININGS))
    rows = [row.split(TOGETHER) if len(names) > 1 else [row] for row in text.split(OR)]
    if any(len(row) != len(names) for row in rows):
        raise ValueError(
            _("These settings change together, so each value needs {count} parts.").format(count=len(names))
        )
    return [tuple(map(_value, names, row, (place,) * len(row))) for place, row in enumerate(rows, 1)]


def _value(name: str, text: str, place: int) -> Any:
    allowed, text = Hyperparameters.RANGES[name], text.strip()
    try:
        return allowed.read(parsed(name, text))
    except ValueError:
        words = _("{title}, value {number}: {allowed}.")
        said = words.format(title=Hyperparameters.TITLES[name], number=numeral(place), allowed=in_words(allowed))
        raise ValueError(joined([said, _("Separate the values with commas.") if " " in text else ""])) from None


def parsed(name: str, text: str) -> Any:
    """Return the value of a setting from its text. The setting's range refuses invalid text."""
    value = value_in(Hyperparameters.RANGES[name], text)
    if (name, value) == ("engine", "auto"):
        return choose_engine(Hyperparameters(), wait_for_compiled=True)[0]
    return tuple(value) if isinstance(value, list) else value


def axis_of(names: Sequence[str], values: Sequence[Sequence[Any]]) -> tuple[str, str]:
    """Return an axis of an `AskedSweep`.

    Parameters
    ----------
    names : sequence of str
    values : sequence of sequences
        For each position, one value per name.
    """

    def text(one: Any) -> str:
        if isinstance(one, float):
            return f"{Decimal(repr(one)):f}"  # 0.0000001, as the figures write it, not 1e-07
        return text_of(list(one) if isinstance(one, tuple) else one)

    rows = (TOGETHER.join(map(text, row)) for row in values)
    return TOGETHER.join(names), OR.join(rows)


def suggested(names: str, settings: Hyperparameters) -> str:
    """Return initial values for an axis: all options, or three values around the current ones."""
    (name, *_others) = names_in(names)
    allowed, now = Hyperparameters.RANGES[name], getattr(settings, name)
    if isinstance(allowed, Choice | Switch):
        options = allowed.options if isinstance(allowed, Choice) else (False, True)
        return axis_of([name], [(option,) for option in options if option != "auto"])[1]
    if name == "hidden":
        return "10,20,50"
    around = [now / 10, now, now * 10] if allowed.logarithmic and now else [now, now + (allowed.high - now) / 2]
    kept = {min(max(each, allowed.low), allowed.high) for each in around}
    return axis_of([name], [(int(each) if allowed.integer else float(f"{each:.6g}"),) for each in sorted(kept)])[1]


def of_ready(ready: ReadySweep) -> AskedSweep:
    """Return a ready-made experiment."""
    axes = [Axis.of(names, values) for names, values in ready.values.items()]
    data = TrainingData(split=ready.split, wrong_labels=ready.wrong_labels)
    asked = tuple(axis_of(axis.names, axis.values) for axis in axes)
    return AskedSweep(Hyperparameters(**ready.settings), data, asked, ready.seeds, ready.same_weights)


def of_runs(runs: Sequence[tuple[Hyperparameters | None, TrainingData | None]]) -> AskedSweep:
    """Return a race of some runs from the same seed: the settings in which they differ change together.

    Raises
    ------
    ValueError
        If they cannot be read, have learnt from different digits, or do not differ.
    """
    data, read = runs[0][1], [settings for settings, _data in runs if settings is not None]
    if len(read) < len(runs) or data is None:
        raise ValueError(_("The settings of a run cannot be read."))
    if any(other != data for _settings, other in runs):
        raise ValueError(_("These runs learned from different digits, so they cannot race."))
    values = [settings.values for settings in read]
    names = [name for name in SETTINGS if any(each[name] != values[0][name] for each in values)]
    if not names:
        raise ValueError(_("These runs have the same settings, so they cannot race."))
    return AskedSweep(read[0], data, (axis_of(names, [[each[name] for name in names] for each in values]),))


def of_definition(definition: Mapping[str, Any], data: TrainingData) -> AskedSweep:
    """Return the experiment that `Sweep.to_dict` described.

    Raises
    ------
    ValueError
        If it is damaged.
    """
    try:
        axes = tuple(axis_of(axis["names"], axis["values"]) for axis in definition["axes"])
        settings, seeds = Hyperparameters.from_dict(definition["base"]), SEEDS.read(definition["seeds"])
        [names_in(names) for names, _values in axes]
        automatic = replace(settings, engine="auto")
        if choose_engine(automatic, wait_for_compiled=True)[0] == settings.engine:
            settings = automatic  # as the visitor asked for it
        return AskedSweep(settings, data, axes, int(seeds), bool(definition.get("same_weights")))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("the definition of this experiment is damaged") from error


def read(parameters: Mapping[str, str], usual: AskedSweep) -> AskedSweep:
    """Read an experiment from the parameters of a URL.

    Parameters
    ----------
    parameters : mapping of str to str
        Untrusted.
    usual : AskedSweep
        Returned if there are no parameters of an experiment.

    Raises
    ------
    WrongAddress
        If a name or a value is not allowed. It lists all of them. The values of axes are read by `AskedSweep.planned`.
    """
    if not any(name in MARKS or name in RANGES for name in parameters):
        return usual
    rest, wrong, axes = dict(parameters), list[Wrong](), []
    for place in itertools.takewhile(lambda place: f"by{place}" in rest, range(1, MAX_AXES + 1)):
        names, _colon, values = (text := rest.pop(f"by{place}")).partition(":")
        try:
            names_in(names)
            axes.append((names, values[:MAX_CHARACTERS]))
        except ValueError as error:
            wrong.append(Wrong(_("Setting {number}").format(number=place), str(error), {f"by{place}": text}))
    seeds, same = rest.pop("seeds", "1"), rest.pop("weights", "") == "same"
    try:
        count = int(SEEDS.read(number(seeds)))
    except ValueError:
        wrong, count = [*wrong, Wrong(_("Seeds"), str(SEEDS), {"seeds": seeds})], 1
    try:
        settings, data = from_address(rest)
    except WrongAddress as error:
        raise WrongAddress([*wrong, *error.wrong]) from None
    if wrong:
        raise WrongAddress(wrong)
    return AskedSweep(settings, data, tuple(axes), count, same)


def write(asked: AskedSweep) -> dict[str, str]:
    """Return parameters for `read`."""
    axes = {f"by{place}": f"{names}:{values}" for place, (names, values) in enumerate(asked.axes, 1)}
    same = {"weights": "same"} if asked.same_weights else {}
    data = replace(asked.data, drawings=())
    return to_address(asked.settings, data) | axes | {"seeds": str(asked.seeds)} | same
