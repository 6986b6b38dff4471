"""The page on races: two to six trainings side by side, with live curves and a table."""

import itertools
from collections.abc import Mapping, Sequence
from functools import partial
from string import ascii_uppercase
from typing import Any

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.choice import choice, held
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.components.table import html_table
from digitviz.dashboard.experiments import form, page
from digitviz.dashboard.experiments.form import Kind
from digitviz.dashboard.runtime.turns import on_click
from digitviz.dashboard.session import asked_sweep, open_sweeps, run_words
from digitviz.dashboard.session.asked_sweep import AskedSweep
from digitviz.dashboard.session.lease import owner
from digitviz.dashboard.session.open_sweeps import OpenSweep, Page
from digitviz.dashboard.session.storage import Unavailable, store
from digitviz.explanations.evaluation import wilson_interval
from digitviz.figures.runs import AGAINST, MAX_NAME, below_lanes, race_in_words, with_places
from digitviz.language import gettext as _, joined, lazy_gettext, listed, ngettext
from digitviz.numbers import in_percent, numeral, short
from digitviz.store import KeptRun
from digitviz.training.background_sweep import SweepState
from digitviz.training.hyperparameters import setting_in_words, value_in_words
from digitviz.training.outcome import Outcome, moments_of
from digitviz.training.presets import READY_RACES, ReadySweep
from digitviz.training.setup import batch_rows
from digitviz.training.sweep import GUESSING, Sweep, SweepTable, Training

FIGURE = "race_curves"
"""Key of the figure."""
HEIGHT = 400
MIN_TRAININGS, MAX_TRAININGS = 2, 6
GOAL = 0.9
"""Test accuracy that a training tries to reach first."""
TRACK = "track"
VIEWS = {TRACK: lazy_gettext("on the track"), **AGAINST, "seconds": lazy_gettext("processor time")}
"""Views: curves against a quantity, or runners on their lanes."""
COSTS = {"steps": 1, "samples": 1, "seconds": 2}
"""Columns of a tape, by what the curves are drawn against. Digits seen are steps times the size of a batch."""
MAX_RUNS = 50
"""Limit for the runs offered for a race."""


def names_of(sweep: Sweep) -> list[str]:
    """Return a name for each training: what differs from the others."""
    words = _("order {number}") if sweep.same_weights else _("seed {number}")
    first = 1 if sweep.same_weights else sweep.base.seed
    seeds = [words.format(number=first + place) for place in range(sweep.seeds)]
    if not sweep.axes:
        return seeds
    (axis,) = sweep.axes
    rows = [[list(value) if isinstance(value, tuple) else value for value in values] for values in axis.values]
    is_plain = len(axis.names) == 1 and not isinstance(rows[0][0], bool)  # "on" alone would not say what is on
    say = value_in_words if is_plain else setting_in_words
    named = [listed(map(say, axis.names, row)) for row in rows]
    if axis.names == ("batch_size",):  # a number alone could be a place
        sizes = [each.recipe.hyperparameters.batch_size for each in sweep.trainings[:: sweep.seeds]]
        named = [ngettext("{count} digit", "{count} digits", size).format(count=numeral(size)) for size in sizes]
    return named if sweep.seeds == 1 else [listed((name, seed)) for name in named for seed in seeds]


def what_is_the_same(sweep: Sweep, digits: int) -> str:
    """Return a sentence on whether the trainings share weights and batches, for a data set of `digits` digits."""
    recipes = [each.recipe for each in sweep.trainings]
    starts = [[each.tolist() for each in recipe.initial_parameters().weights] for recipe in recipes]
    settings = [(each.hyperparameters, int(digits * each.hyperparameters.train_fraction)) for each in recipes]
    drawn = [[batch_rows(*each, number).tolist() for number in (0, 1)] for each in settings]
    weights, batches = (all(each == every[0] for each in every) for every in (starts, drawn))
    return {
        (True, True): _("All of them begin with the same weights and train on the same batches."),
        (True, False): _("All of them begin with the same weights, but their batches differ."),
        (False, True): _("All of them train on the same batches, but begin with different weights."),
        (False, False): _("Both the initial weights and the batches differ."),
    }[weights, batches]


def _check(sweep: Sweep) -> None:
    if not MIN_TRAININGS <= sweep.size <= MAX_TRAININGS:
        raise ValueError(_("A race has two to six trainings, but this one has {count}.").format(count=sweep.size))


def _question(sweep: Sweep, _ready: ReadySweep | None) -> tuple[str, Mapping[str, object]]:
    names = {str(number): name for number, name in enumerate(names_of(sweep))}
    return _("Tap your winner: the first to read 90%."), names


def _answer(table: SweepTable, ready: ReadySweep | None, guess: str | None = None) -> str:
    """Return sentences on the guess, and on the first trainings at the goal, by steps and by processor time."""
    goals = map(goal_of, table.outcomes, table.sweep.trainings)
    reached = {name: goal for name, goal in zip(names_of(table.sweep), goals, strict=True) if goal is not None}
    found = "" if ready is None else page.finding_of(str(ready.finding))
    if not reached:
        return joined([_("None of them reached 90%."), found])
    fewest, by_seconds = min(reached.values())[0], min(reached, key=lambda name: reached[name][1])
    by_steps = [name for name, (steps, _seconds) in reached.items() if steps == fewest]
    right = {by_seconds} if len(by_steps) == len(table) > 1 else {by_seconds, *by_steps}  # equal steps decide nothing
    verdict = "" if guess is None else _("Right!") if names_of(table.sweep)[int(guess)] in right else _("Not quite.")
    is_new = by_seconds not in by_steps or len(by_steps) == len(table)
    said = _("First by processor time: **{name}**.").format(name=by_seconds) if is_new else ""
    return joined([verdict, said, found])


def _first(outcomes: Sequence[Outcome | None], sweep: Sweep) -> str:
    """Return a sentence on the trainings that have reached the goal with the fewest steps so far, if any has."""
    goals = [*zip(map(goal_of, outcomes, sweep.trainings), names_of(sweep), strict=True)]
    steps = min((goal[0] for goal, _name in goals if goal is not None), default=None)
    first = [name for goal, name in goals if goal is not None and goal[0] == steps]
    if len(first) == len(goals):
        return _("All reach 90% after {steps} steps.").format(steps=numeral(steps or 0))
    said = _("First at 90%: {name}, after {steps} steps.")
    return said.format(name=listed(first), steps=numeral(steps or 0)) if first else ""


def goal_of(outcome: Outcome | None, training: Training) -> tuple[int, float] | None:
    """Return the steps and the processor time in seconds until the goal, or None if it was not reached.

    They are those of the first moment at which the test accuracy was at least `GOAL`.
    """
    moment = None if outcome is None else outcome.first_at(GOAL)
    if outcome is None or moment is None:
        return None
    steps = int(outcome.moments[moment]) * training.recipe.hyperparameters.steps_per_batch
    return steps, float(outcome.clock[moment])


class RaceNow:
    """A race at the moment.

    Parameters
    ----------
    sweep : Sweep
    opened : OpenSweep or None
        None before the start.
    """

    def __init__(self, sweep: Sweep, opened: OpenSweep | None) -> None:
        self.sweep, self.names = sweep, names_of(sweep)
        self.outcomes = [None] * sweep.size if opened is None else opened.work.so_far
        self.is_over = opened is not None and opened.work.state is SweepState.FINISHED
        self.goals = [goal and goal[0] for goal in map(goal_of, self.outcomes, sweep.trainings)]  # in steps
        reached = min((steps for steps in self.goals if steps is not None), default=None)
        self.finish = reached if self.is_over else None
        """Steps after which the first one was at the finish, once all have ended."""

    @property
    def words(self) -> str:
        """What the track shows, in words: after the end, the first training at the finish."""
        if self.is_over:
            return _("at the end") if self.finish is None else _("after {step} steps").format(step=numeral(self.finish))
        known = [each for each in self.outcomes if each is not None]
        last = max((int(each.moments[np.isfinite(each.clock)].max(initial=0)) for each in known), default=0)
        batches = max(each.batches for each in self.sweep.trainings)
        return _("batch {batch} of {batches}").format(batch=numeral(last), batches=numeral(batches))

    def places(self, step: float = np.inf) -> list[float]:
        """Return the accuracy of each training after so many steps."""
        curves = (_curve(*each, "", "steps") for each in zip(self.outcomes, self.sweep.trainings, strict=True))
        return [float([GUESSING, *each.accuracy[each.steps <= step]][-1]) for each in curves]

    def texts(self, about: Sequence[str]) -> tuple[list[str], list[str]]:
        """Return the names of the runners with their places, and what is below each: its result, or what it is like."""
        said, never = _("{accuracy} after {count} steps"), _("not reached") if self.is_over else ""
        goal = in_percent(GOAL, 0)
        results = [never if n is None else said.format(accuracy=goal, count=numeral(n)) for n in self.goals]
        below = [result or text for result, text in itertools.zip_longest(results, about, fillvalue="")]
        return with_places(self.names, self.goals), below


def _results(wanted: AskedSweep, sweep: Sweep, opened: OpenSweep | None, ready: ReadySweep | None) -> None:
    """Show the trainings at the start, or the curves so far in one picture and below it a table."""
    race, against, digits = RaceNow(sweep, opened), held("race_against", [*VIEWS], TRACK), len(wanted.digits)
    guess = st.session_state.get(f"{page.guess_key(Page.RACE, sweep)}_committed")
    about = [] if ready is None else [*map(str, ready.runners)]
    on_track, names, differ = opened is None or against == TRACK, race.names, list[str]()
    if any(len(name) > MAX_NAME for name in names):  # in the picture, their beginnings may be the same
        names = [f"{letter}: {name}" for letter, name in zip(ascii_uppercase, names, strict=False)]  # not a place
        differ = [name for axis in sweep.axes for name in axis.names]  # have a column of their own in the table

    def build() -> dict[str, Any]:
        if on_track:
            return _track(race, opened is None, about, guess and int(guess))
        curves = [_curve(*each, against) for each in zip(race.outcomes, sweep.trainings, names, strict=True)]
        figure = figures.runs.compared_curves.plain(curves, False, against, GOAL)
        if against == "steps":
            steps = max(each.recipe.hyperparameters.total_steps for each in sweep.trainings)
            figure["layout"]["xaxis"]["range"] = [0, steps]
        if not race.is_over:
            figures.runs.add_clock(figure, race.words)
        return figure

    known = tuple(0 if each is None else int(np.isfinite(each.clock).sum()) for each in race.outcomes)
    shown = sweep.id, opened is None or opened.work.state, against, guess, known
    if opened is None:
        plot(FIGURE, shown, build, HEIGHT, on_click=page.note_click(Page.RACE, FIGURE, sweep), main=True)
        return
    tests = [digits - int(digits * each.recipe.hyperparameters.train_fraction) for each in sweep.trainings]

    def rows(outcomes: Sequence[Outcome | None]) -> list[list[str]]:
        settings = [each.recipe.hyperparameters.to_dict() for each in sweep.trainings]
        values = [[value_in_words(name, each[name]) for name in differ] for each in settings]
        short_names = [name.partition(":")[0] if differ else name for name in names]
        cells = map(_row, outcomes, sweep.trainings, tests)
        return [[name, *each, *rest] for name, each, rest in zip(short_names, values, cells, strict=True)]

    def state() -> dict[str, object]:
        now = RaceNow(sweep, opened)
        notes = dict(enumerate(below_lanes(*now.texts(about))) if on_track else ()) | {-1: now.words}
        said = {FIGURE: race_in_words(now.names, now.places(), GOAL, now.words)}
        cells = [cell for _name, *row in rows(now.outcomes) for cell in row]
        return page.progress(opened, _first(now.outcomes, sweep), notes=notes, names=said, cells=cells)

    page.follow(opened, state)
    scales = [_scale(each, against) for each in sweep.trainings]
    look = {"cost": COSTS.get(against), "value": 3, "count": sweep.size, "scales": scales}
    moves = {} if on_track else {"kind": "lines", **look}
    plot(FIGURE, shown, build, HEIGHT, main=True, live=open_sweeps.live(FIGURE, opened.work, **moves))
    choice(_("View"), VIEWS, key="race_against", default=TRACK, label_visibility="collapsed")
    head = [_("test accuracy"), _("allowing for chance"), _("steps to 90%"), _("processor time to 90%")]
    head = [_("Training"), *map(asked_sweep.title_of, differ), *head]
    with st.container(key="experiment_table"):
        st.html(html_table(head, rows(race.outcomes), _("The trainings")))
    st.caption(what_is_the_same(sweep, digits))
    st.caption(
        _(
            "Every training is measured {count} times, so the steps to 90% are rounded up. The race is slowed down so "
            "that you can watch it; processor time counts only the work. Allowing for chance: with only {digits} test "
            "digits, luck may move an accuracy that far (in 95% of all cases)."
        ).format(count=len(moments_of(sweep.trainings[0].batches)), digits=numeral(tests[0]))
    )


def _track(race: RaceNow, at_start: bool, about: Sequence[str], guess: int | None) -> dict[str, Any]:
    """Return the picture of the track, after the end with all moments."""
    kinds = [values[0] for axis in race.sweep.axes if axis.names == ("optimizer",) for values in axis.values]
    (runners, below), finish = race.texts(about), race.finish
    start = max(GUESSING, figures.runs.lowest_accuracy([min(race.places(finish)) - 0.02])) if finish else GUESSING
    cost = np.array([np.inf if steps is None else steps for steps in race.goals])
    rows = np.argsort(np.lexsort([-np.array(race.places()), cost])).tolist() if race.is_over else None
    draw = partial(figures.runs.start_of_race.plain, runners, GOAL, kinds, guess=guess, rows=rows, below=below)
    if at_start:
        return draw()
    figure = draw(race.places(finish or np.inf), moment=race.words, start=start)
    curves = [_curve(*each, "", "steps").steps for each in zip(race.outcomes, race.sweep.trainings, strict=True)]
    stops = np.unique(np.concatenate(curves)).tolist() if race.is_over else []
    if stops:
        labels = [_("after {step} steps").format(step=numeral(stop)) for stop in stops]
        shown = stops.index(finish) if finish else len(stops) - 1
        figures.runs.add_replay(figure, labels, [*map(race.places, stops)], shown)
    else:
        figures.runs.add_clock(figure, race.words)
    return figure


def _curve(outcome: Outcome | None, training: Training, name: str, against: str) -> figures.runs.ComparedRun:
    if outcome is None:
        return figures.runs.ComparedRun(name, np.zeros(0), np.zeros(0), np.zeros(0))
    accuracy, length = outcome.curves["test_accuracy"], training.recipe.hyperparameters.steps_per_batch
    steps = outcome.moments * length * _scale(training, against)
    known, costs = np.isfinite(accuracy), outcome.clock if against == "seconds" else steps
    return figures.runs.ComparedRun(name, costs[known], accuracy[known], np.full(int(known.sum()), np.nan))


def _scale(training: Training, against: str) -> int:
    return training.recipe.hyperparameters.batch_size if against == "samples" else 1


def _row(outcome: Outcome | None, training: Training, tested: int) -> list[str]:
    """Return the cells of a training: its accuracy so far with its interval, and its costs."""
    none = [_("none")] * 4
    if outcome is None or outcome.diverged_at is not None:
        return none if outcome is None else [_("diverged"), *none[1:]]
    known = outcome.curves["test_accuracy"][np.isfinite(outcome.clock)]
    if not len(known):
        return none
    low, high = map(in_percent, wilson_interval(round(float(known[-1]) * tested), tested))
    goal = goal_of(outcome, training)
    at = none[:2] if goal is None else [numeral(goal[0]), _("{seconds} s").format(seconds=short(goal[1]))]
    return [in_percent(known[-1]), _("{low} to {high}").format(low=low, high=high), *at]


def _of_runs() -> None:
    """Let the visitor race several runs of theirs, from the same seed."""
    try:
        runs = {run.id: run for run in store().runs_of(owner())[:MAX_RUNS]}
    except Unavailable:
        return
    if len(runs) < MIN_TRAININGS:
        return
    titles = dict(zip(runs, run_words.names([*runs.values()]), strict=True))
    help = _(
        "They start from the seed of the first one, without imported weights. A run whose settings changed starts "
        "with its last ones."
    )
    look: dict[str, Any] = {"format_func": titles.__getitem__, "max_selections": MAX_TRAININGS, "help": help}
    chosen = st.multiselect(_("Or several of your runs"), list(runs), key="race_runs", **look)
    look = {"on_click": on_click(_take_runs), "args": ([runs[id] for id in chosen],)}
    st.button(_("Race these runs"), key="race_take_runs", disabled=len(chosen) < MIN_TRAININGS, **look)
    if (error := st.session_state.pop("race_runs_error", None)) is not None:
        st.error(error)


def _take_runs(runs: Sequence[KeptRun]) -> None:
    read = [(run_words.settings(run), run_words.learnt_from(run)) for run in runs]
    try:
        form.set_all(RACES, asked_sweep.of_runs(read))
    except ValueError as error:
        st.session_state["race_runs_error"] = str(error)


RACES = Kind(
    Page.RACE,
    READY_RACES,
    lazy_gettext("Your own race"),
    axes=1,
    has_seeds=False,
    check=_check,
    question=_question,
    answer=_answer,
    results=_results,
    more=_of_runs,
)
