"""The page on sweeps: results as they come, what matters most, and a table."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.experiments import page
from digitviz.dashboard.experiments.form import Kind
from digitviz.dashboard.session.open_sweeps import OpenSweep, Page
from digitviz.figures.sweep import axis_labels, axis_title
from digitviz.language import gettext as _
from digitviz.language import lazy_gettext
from digitviz.numbers import in_percent, numeral
from digitviz.training.ready_sweeps import READY_SWEEPS, ReadySweep
from digitviz.training.sweep import MAX_AXES, Sweep, SweepTable

FIGURE = "sweep_results"
"""Key of the figure."""
HEIGHT, LOW = 380, 230
MAX_ROWS = 20


def show() -> None:
    """Show the page below its title."""
    page.show(SWEEPS)


def _question(_sweep: Sweep, ready: ReadySweep | None) -> tuple[str, Mapping[str, object]] | None:
    return None if ready is None else (str(ready.question), ready.answers)


def _results(sweep: Sweep, opened: OpenSweep | None, _digits: int, _ready: ReadySweep | None) -> None:
    """Show a curve or heatmaps of the results so far, and what matters most once all are known."""
    table = SweepTable(sweep, [None] * sweep.size) if opened is None else opened.work.table
    draw = figures.sweep_curve if len(sweep.axes) < 2 else figures.sweep_heatmap
    shown, click = (sweep.id, table.known), page.note_click(Page.SWEEP, FIGURE, sweep)
    said = page.plot_and_say(FIGURE, shown, lambda: draw.plain(table), HEIGHT, on_click=click, main=True)
    if opened is None:
        return
    page.progress(opened.work)
    st.caption(said)
    st.caption(_("Select a point or a cell to open its training on Train; a mean or a cell opens its first seed."))
    if len(sweep.axes) > 1 and table.is_complete:
        st.caption(page.plot_and_say("sweep_effects", shown, lambda: figures.main_effects.plain(table), LOW))


def table_html(table: SweepTable) -> str:
    """Return the HTML of a table with one row per point of the grid, the best first."""
    axes, found = table.sweep.axes, table.interval()
    mean, low, high = (np.reshape(each, -1) for each in found)
    diverged = table.grid("diverged").sum(axis=-1).ravel()
    known = np.isfinite(table.grid("seconds")).sum(axis=-1).ravel()
    places = np.argsort(-np.nan_to_num(mean, nan=-1.0), kind="stable")
    labels = [axis_labels(axis) for axis in axes]
    head = [*map(axis_title, axes), _("test accuracy"), _("95% interval"), _("trainings"), _("diverged")]
    rows = []
    for place in [place for place in places.tolist() if known[place]][:MAX_ROWS]:
        at = np.unravel_index(place, table.sweep.shape) if axes else ()
        values = [of_axis[index] for of_axis, index in zip(labels, at, strict=True)]
        ends = [in_percent(end[place]) for end in (low, high) if np.isfinite(end[place])]
        interval = _("{low} to {high}").format(low=ends[0], high=ends[1]) if len(ends) == 2 else _("none")
        accuracy = in_percent(mean[place]) if np.isfinite(mean[place]) else _("diverged")
        rows.append([*values, accuracy, interval, numeral(int(known[place])), numeral(int(diverged[place]))])
    return page.html_table(head, rows, _("Results, the best first"))


SWEEPS = Kind(
    Page.SWEEP,
    READY_SWEEPS,
    lazy_gettext("Your own sweep"),
    axes=MAX_AXES,
    has_seeds=True,
    check=lambda sweep: None,
    question=_question,
    answer=lambda _table, ready: "" if ready is None else str(ready.finding),
    results=_results,
    poll_seconds=1.0,
    table=table_html,
)
