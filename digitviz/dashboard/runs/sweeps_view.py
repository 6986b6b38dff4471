"""The list of an owner's sweeps and races in My runs."""

from __future__ import annotations

from html import escape

import streamlit as st

from digitviz.dashboard.runs import actions, list_view
from digitviz.dashboard.runtime.clicks import on_click
from digitviz.dashboard.runtime.outside import as_code
from digitviz.dashboard.session import asked_sweep, open_sweeps, run_words, training_data
from digitviz.dashboard.session.asked_sweep import AskedSweep
from digitviz.dashboard.session.lease import owner
from digitviz.dashboard.session.open_sweeps import Page
from digitviz.dashboard.session.storage import Unavailable, store
from digitviz.language import gettext as _
from digitviz.language import lazy_gettext
from digitviz.numbers import numeral
from digitviz.store import KeptSweep
from digitviz.training.background_sweep import SweepState

KINDS = {Page.SWEEP: lazy_gettext("Sweep: {settings}"), Page.RACE: lazy_gettext("Race: {settings}")}


def show() -> None:
    """Show the saved experiments, if any, and a button for the last one that this session deleted."""
    try:
        kept, counts = open_sweeps.mine(), store().outcome_counts(owner())
    except Unavailable:
        return
    gone = actions.deletions("sweep")
    if not kept and not gone:
        return
    st.header(_("Your experiments"))
    for deletion in gone[:1]:
        called = as_code(_read(deletion.only)[-1], limit=run_words.MAX_CHARACTERS)
        said = _("Deleted: {run}.").format(run=called)
        list_view.offer_undo(said, "deleted_experiment", "undo_sweep", deletion, "sweep")
    for sweep in kept:
        _row(sweep, counts.get(sweep.id, 0))


def _row(kept: KeptSweep, count: int) -> None:
    """Show an experiment, unless its definition is damaged or from a later version."""
    try:
        page, asked, name = _read(kept)
    except ValueError:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"experiment_{kept.id}"):
        st.html(_html(kept, name, asked, count))
        with st.container(horizontal=True, width="content", gap="xsmall"):
            if st.button(_("Open"), key=f"open_sweep_{kept.id}"):
                st.switch_page(f"pages/{page}.py", query_params=asked_sweep.write(asked))
            st.button(_("Delete"), key=f"delete_sweep_{kept.id}", on_click=on_click(_delete), args=(kept,))


def _read(kept: KeptSweep) -> tuple[Page, AskedSweep, str]:
    """Return what an experiment is, and its name. ValueError if it is damaged or from a later version."""
    page = Page(str(kept.training_data.get("page")))
    asked = asked_sweep.of_definition(kept.definition, training_data.from_kept(kept.training_data, ()))
    settings = " × ".join(asked_sweep.title_of(names) for names, _values in asked.axes) or _("seeds alone")
    return page, asked, str(KINDS[page]).format(settings=settings)


def _html(kept: KeptSweep, name: str, asked: AskedSweep, count: int) -> str:
    opened, size = open_sweeps.open_sweeps().find(kept.id), asked.trainings
    done = count if opened is None else opened.work.done
    state = SweepState.PAUSED if opened is None else opened.work.state
    words = {SweepState.RUNNING: _("running"), SweepState.CANCELLED: _("cancelled")}.get(state, _("paused"))
    if opened is None and kept.wants_to_go_on:  # since a restart of the server
        words = _("continues when you open it")
    said = _("finished") if done >= size else words
    progress = _("{done} of {count} trainings").format(done=numeral(done), count=numeral(size))
    first, last = asked.settings.seed, asked.settings.with_next_seed(asked.seeds - 1).seed
    seeds = (_("seed {number}") if first == last else _("seeds {number} to {last}")).format(number=first, last=last)
    about = " · ".join([said, progress, seeds, run_words.when(kept.changed)])
    return (
        f'<div class="digitviz-run"><div class="digitviz-run-words"><strong>{escape(name)}</strong>'
        f"<div>{escape(about)}</div></div></div>"
    )


def _delete(kept: KeptSweep) -> None:
    open_sweeps.delete(kept.id)
    actions.remember(actions.Deletion((kept.id,), kept), "sweep")
