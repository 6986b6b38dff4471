"""The page on races: two to six trainings side by side, with live curves and a table."""

from __future__ import annotations

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
from digitviz.dashboard.runtime.clicks import on_click
from digitviz.dashboard.session import asked_sweep, run_words
from digitviz.dashboard.session.asked_sweep import AskedSweep
from digitviz.dashboard.session.lease import owner
from digitviz.dashboard.session.open_sweeps import OpenSweep, Page
from digitviz.dashboard.session.storage import Unavailable, store
from digitviz.explanations.evaluation import wilson_interval
from digitviz.figures.runs import AGAINST, CHANCE, MAX_NAME, with_places
from digitviz.language import gettext as _
from digitviz.language import joined, lazy_gettext, listed
from digitviz.numbers import in_percent, numeral, short
from digitviz.store import KeptRun
from digitviz.training.background_sweep import SweepState
from digitviz.training.hyperparameters import setting_in_words, value_in_words
from digitviz.training.outcome import Outcome, moments_of
from digitviz.training.presets import READY_RACES, ReadySweep
from digitviz.training.setup import batch_rows
from digitviz.training.sweep import Sweep, SweepTable, Training

FIGURE = "race_curves"
"""Key of the figure."""
HEIGHT = 400
MIN_TRAININGS, MAX_TRAININGS = 2, 6
GOAL = 0.9
"""Test accuracy that a training tries to reach first."""
TRACK = "track"
VIEWS = {TRACK: lazy_gettext("on the track")} | AGAINST
"""What the curves are drawn against, or the runners on their lanes."""
MAX_RUNS = 50
"""Limit for the runs offered for a race."""


def show() -> None:
    """Show the page below its title."""
    page.show(RACES)


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
    return named if sweep.seeds == 1 else [listed((name, seed)) for name in named for seed in seeds]


def what_is_the_same(sweep: Sweep, digits: int) -> str:
    """Return whether the trainings share weights and first batches, with so many training and test digits."""
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
    return _("Which one is the first to read 90% of the test digits?"), names


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


def _results(wanted: AskedSweep, sweep: Sweep, opened: OpenSweep | None, ready: ReadySweep | None) -> None:
    """Show the trainings at the start, or the curves so far in one picture and below it a table."""
    outcomes, digits = [None] * sweep.size if opened is None else opened.work.so_far, len(wanted.digits)
    runs = opened is not None and opened.work.state is SweepState.RUNNING
    against, same = held("race_against", [*VIEWS], TRACK), what_is_the_same(sweep, digits)
    guess = st.session_state.get(f"{page.guess_key(Page.RACE, sweep)}_committed")
    names = names_of(sweep)
    differ: list[str] = []  # the settings with a column of their own in the table
    if any(len(name) > MAX_NAME for name in names):  # in the picture, their beginnings may be the same
        names = [f"{letter}: {name}" for letter, name in zip(ascii_uppercase, names, strict=False)]  # not a place
        differ = [name for axis in sweep.axes for name in axis.names]
    curves = [_curve(*each, against) for each in zip(outcomes, names, sweep.trainings, strict=True)]
    goals = [goal and goal[0] for goal in map(goal_of, outcomes, sweep.trainings)]  # in steps
    is_over = opened is not None and opened.work.state is SweepState.FINISHED
    finish = min((steps for steps in goals if steps is not None), default=None) if is_over else None

    def moment() -> str:
        """Return in words what the track shows: after the end, the first training at the finish."""
        if is_over:
            return _("at the end") if finish is None else _("after {step} steps").format(step=numeral(finish))
        last = (int(each.moments[np.isfinite(each.clock)].max(initial=0)) for each in outcomes if each is not None)
        batch, batches = max(last, default=0), max(each.batches for each in sweep.trainings)
        return _("batch {batch} of {batches}").format(batch=numeral(batch), batches=numeral(batches))

    def places(step: float) -> list[float]:
        return [float([CHANCE, *each.accuracy[each.steps <= step]][-1]) for each in curves]

    def build() -> dict[str, Any]:
        if opened is None or against == TRACK:
            kinds = [values[0] for axis in sweep.axes if axis.names == ("optimizer",) for values in axis.values]
            said, never = _("{count} steps"), _("not reached") if is_over else ""
            words = [] if opened is None else [never if n is None else said.format(count=numeral(n)) for n in goals]
            about = [] if ready is None else [*map(str, ready.runners)]
            runners, lit = with_places(names_of(sweep), goals), guess and int(guess)
            start = max(CHANCE, figures.lowest_accuracy([min(places(finish)) - 0.02])) if finish else CHANCE
            cost = np.array([np.inf if steps is None else steps for steps in goals])
            rows = np.argsort(np.lexsort([-np.nan_to_num(places(np.inf)), cost])).tolist() if is_over else None
            draw = partial(figures.start_of_race.plain, runners, words, GOAL, kinds, rows=rows, about=about)
            figure = draw(None, lit) if opened is None else draw(places(finish or np.inf), lit, moment(), start)
            if is_over and (stops := np.unique(np.concatenate([each.steps for each in curves])).tolist()):
                labels = [_("after {step} steps").format(step=numeral(stop)) for stop in stops]
                stills = [draw(places(stop), lit, "", start) for stop in stops]
                figures.add_replay(figure, labels, stills, stops.index(finish) if finish else len(stops) - 1)
        else:
            figure = figures.compared_curves.plain(curves, False, against, GOAL)
        if against == "steps" and opened is not None:
            steps = max(each.recipe.hyperparameters.total_steps for each in sweep.trainings)
            figure["layout"]["xaxis"]["range"] = [0, steps]
        if runs:
            figures.add_clock(figure, moment())
        return figure

    shown = sweep.id, opened is None, runs, is_over, against, guess, tuple(len(each.steps) for each in curves)
    if opened is None:
        plot(FIGURE, shown, build, HEIGHT, on_click=page.note_click(Page.RACE, FIGURE, sweep), main=True)
        st.caption(same)
        return
    page.progress(opened.work, _first(outcomes, sweep))
    plot(FIGURE, shown, build, HEIGHT, main=True)
    choice(_("View"), VIEWS, key="race_against", default=TRACK, label_visibility="collapsed")
    tests = [digits - int(digits * each.recipe.hyperparameters.train_fraction) for each in sweep.trainings]
    rows = []
    for name, training, cells in zip(names, sweep.trainings, map(_row, outcomes, sweep.trainings, tests), strict=True):
        settings = training.recipe.hyperparameters.to_dict()
        values = [value_in_words(each, settings[each]) for each in differ]
        rows.append([name.partition(":")[0] if differ else name, *values, *cells])
    head = [_("test accuracy"), _("allowing for chance"), _("steps to 90%"), _("processor time to 90%")]
    st.html(html_table([_("Training"), *map(asked_sweep.title_of, differ), *head], rows, _("The trainings")))
    st.caption(same)
    st.caption(
        _(
            "Every training is measured {count} times, so the steps to 90% are rounded up. The race is slowed down so "
            "that you can watch it; processor time counts only the work. Allowing for chance: with only {digits} test "
            "digits, luck may move an accuracy that far (in 95% of all cases)."
        ).format(count=len(moments_of(sweep.trainings[0].batches)), digits=numeral(tests[0]))
    )


def _curve(outcome: Outcome | None, name: str, training: Training, against: str) -> figures.ComparedRun:
    if outcome is None:
        return figures.ComparedRun(name, np.zeros(0), np.zeros(0), np.zeros(0))
    accuracy, length = outcome.curves["test_accuracy"], training.recipe.hyperparameters.steps_per_batch
    known, costs = np.isfinite(accuracy), outcome.clock if against == "seconds" else outcome.moments * length
    return figures.ComparedRun(name, costs[known], accuracy[known], np.full(int(known.sum()), np.nan))


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
        "They start from the seed of the first one, without imported weights. A run that changed on its way starts "
        "with its last settings."
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
    poll_seconds=0.5,
    more=_of_runs,
)
