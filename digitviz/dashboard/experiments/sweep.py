"""The page on sweeps: results as they come, what matters most, and a table."""

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Any

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.components.table import html_table
from digitviz.dashboard.experiments import page
from digitviz.dashboard.experiments.form import Kind
from digitviz.dashboard.session import open_sweeps
from digitviz.dashboard.session.asked_sweep import AskedSweep
from digitviz.dashboard.session.open_sweeps import OpenSweep, Page
from digitviz.figures.sweep import axis_labels, axis_title, best_cells, cell_names, sweep_in_words
from digitviz.language import gettext as _, joined, language, lazy_gettext
from digitviz.numbers import in_percent, numeral
from digitviz.training.outcome import OutcomeRun
from digitviz.training.presets import READY_SWEEPS, ReadySweep
from digitviz.training.sweep import MAX_AXES, Sweep, SweepTable

FIGURE = "sweep_results"
"""Key of the figure."""
CURVES_ON_TAPE = [3, 5]
"""Columns of a tape for `outcome_curves`: accuracy on test digits and on training digits."""
HEIGHT = 420
MAX_ROWS = 20


def _question(sweep: Sweep, ready: ReadySweep | None) -> tuple[str, Mapping[str, object]] | None:
    """Return the question of a ready-made sweep with its answers. For a table, the page asks for one of its cells."""
    if len(sweep.axes) < 2:
        return None if ready is None else (str(ready.question), ready.answers)
    asked = joined(["" if ready is None else str(ready.question), _("Tap your winner.")])
    return asked, {str(place * sweep.seeds): cell for place, cell in enumerate(cell_names(sweep.axes))}


def _answer(table: SweepTable, ready: ReadySweep | None, guess: str | None) -> str:
    mean, words, is_grid = table.interval().mean.ravel(), "", len(table.sweep.axes) > 1
    if guess is not None and is_grid and np.isfinite(mean).any():
        place = int(guess) // table.sweep.seeds
        is_best, is_near = (bool(each.ravel()[place]) for each in best_cells(table))
        words = _("Your pick reads {yours} of 100 digits, the best {most}.")
        if is_best:
            words = _("Right! Your pick reads {yours} of 100 digits, and none reads more.")
        elif is_near:
            words = _("Close! Your pick reads {yours} of 100 digits, the best {most}, maybe by luck.")
        elif np.isnan(mean[place]):
            words = _("Your pick diverged. The best reads {most} of 100 digits.")
        words = words.format(yours=numeral(100 * mean[place], ".0f"), most=numeral(100 * np.nanmax(mean), ".0f"))
    effects = [figures.main_effects.plain(table)["layout"]["meta"]["says"]] if page.has_effects(table) else []
    told = joined([*effects, sweep_in_words(table)])
    return page.finding_of(told if ready is None else str(ready.finding), words)


def _results(wanted: AskedSweep, sweep: Sweep, opened: OpenSweep | None, ready: ReadySweep | None) -> None:
    """Show a curve or heatmaps of the results so far, and what matters most once all are known."""
    table = page.so_far(wanted, sweep, opened)
    guess = st.session_state.get(f"{page.guess_key(Page.SWEEP, sweep)}_committed")
    number = int(guess) if guess is not None and len(sweep.axes) > 1 else None
    draw, is_grid = partial(figures.sweep_curve.plain, table), len(sweep.axes) > 1
    moves = {"kind": "first", "count": sweep.seeds, "values": CURVES_ON_TAPE} if sweep.is_over_time else {}
    state, live = None, None
    if opened is not None:
        state, live = opened.work.state, open_sweeps.live(FIGURE, opened.work, **moves)
    if is_grid:
        draw = partial(figures.sweep_heatmap.plain, table, guess=number, examples=opened is None)
    elif sweep.is_over_time:
        draw = partial(_first_training, wanted, sweep, opened)
    shown, over = (sweep.id, table.known, number, state), table.is_complete
    if opened is not None and not over:
        page.follow(opened, _state(opened, table))
    elif over:
        st.markdown(_("**Pick a cell to see it learn.**") if is_grid else _("**Pick a point to watch it learn.**"))
    on_click = page.note_click(Page.SWEEP, FIGURE, sweep)
    plot(FIGURE, shown, draw, HEIGHT, on_click=on_click, main=True, live=live)
    if is_grid and opened is not None:
        words = _("Each cell is the average of {count} networks.")
        words = _("Each cell is one network.") if sweep.seeds == 1 else words
        marks = [_("★: the best.") * bool(best_cells(table)[0].any()), _("Framed: your pick.") * (number is not None)]
        words = words.format(count=numeral(sweep.seeds))
        st.markdown(joined([*marks, words, _("Pure guessing gets about 10 right.")]))
    elif not is_grid and sweep.seeds > 1:
        first = _("This is the first of {count} networks.").format(count=numeral(sweep.seeds))
        dots = _("Small dot: one network. Bar: where the average of many more would probably lie.")
        st.markdown(first if sweep.is_over_time else dots)
    if opened is not None and over:
        page.follow(opened, partial(page.progress, opened))


def _first_training(wanted: AskedSweep, sweep: Sweep, opened: OpenSweep | None) -> dict[str, Any]:
    """Return the picture of how the first training has learned so far."""
    outcome = None if opened is None else opened.work.so_far[0]
    outcome = outcome or OutcomeRun(*sweep.trainings[0], wanted.digits).so_far
    return figures.outcome_curves.plain(outcome, sweep.base.steps_per_batch)


def _state(opened: OpenSweep, begun: SweepTable) -> Callable[[], dict[str, object]]:
    """Return a function for the state of a sweep. The words for its picture change only with the known results."""

    @lru_cache(1)
    def words(_done: int, _language: str) -> str:
        known = [now or before for now, before in zip(opened.work.table.outcomes, begun.outcomes, strict=True)]
        return sweep_in_words(SweepTable(begun.sweep, known))

    return lambda: page.progress(opened, names={FIGURE: words(opened.work.done, language())})


def table_html(table: SweepTable) -> str:
    """Return the HTML of a table with one row per point of the grid, the best first."""
    axes, found = table.sweep.axes, table.interval()
    mean, low, high = (np.reshape(each, -1) for each in found)
    diverged = table.grid("diverged").sum(axis=-1).ravel()
    known = np.isfinite(table.grid("seconds")).sum(axis=-1).ravel()
    places = np.argsort(-np.nan_to_num(mean, nan=-1.0), kind="stable")
    labels = [axis_labels(axis) for axis in axes]
    head = [*map(axis_title, axes), _("test accuracy"), _("allowing for chance"), _("trainings"), _("diverged")]
    rows = []
    ranked = [place for place in places.tolist() if known[place]]
    for place in ranked[:MAX_ROWS]:
        at = np.unravel_index(place, table.sweep.shape) if axes else ()
        values = [of_axis[index] for of_axis, index in zip(labels, at, strict=True)]
        ends = [in_percent(end[place]) for end in (low, high) if np.isfinite(end[place])]
        interval = _("{low} to {high}").format(low=ends[0], high=ends[1]) if len(ends) == 2 else _("none")
        accuracy = in_percent(mean[place]) if np.isfinite(mean[place]) else _("diverged")
        rows.append([*values, accuracy, interval, numeral(int(known[place])), numeral(int(diverged[place]))])
    some = _("The best {shown} of {count} points.") if len(ranked) > MAX_ROWS else ""
    some = some.format(shown=numeral(MAX_ROWS), count=numeral(len(ranked)))
    about = _(
        "Allowing for chance: the average of many more seeds would probably lie in this range. Other test digits would "
        "give other numbers."
    )
    said = joined([some, about, _("In the picture, a click opens the training with the first seed.")])
    return html_table(head, rows, _("Results, the best first")) + f"<small>{said}</small>"


SWEEPS = Kind(
    Page.SWEEP,
    READY_SWEEPS,
    lazy_gettext("Your own sweep"),
    axes=MAX_AXES,
    has_seeds=True,
    check=lambda sweep: None,
    question=_question,
    answer=_answer,
    results=_results,
    table=table_html,
)
