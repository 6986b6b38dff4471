"""The list of an owner's sweeps and races in My runs."""

from __future__ import annotations

from html import escape

import streamlit as st

from digitviz.dashboard.runtime.clicks import on_click
from digitviz.dashboard.session import asked_sweep, open_sweeps, run_words, training_data, visit
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
_DELETED = "deleted_sweeps"


def show() -> None:
    """Show the saved experiments, if any, and those deleted since the page was opened."""
    if visit.just_opened():
        st.session_state.pop(_DELETED, None)
    try:
        kept, counts = open_sweeps.mine(), store().outcome_counts(owner())
    except Unavailable:
        return
    deleted: list[str] = st.session_state.get(_DELETED, [])
    if not kept and not deleted:
        return
    st.header(_("Your experiments"))
    if deleted:
        icon, undo = ":material/undo:", on_click(_undo)
        st.button(_("Undo the deletion"), key="undo_sweep", icon=icon, on_click=undo, args=(deleted[-1],))
    for sweep in kept:
        _row(sweep, counts.get(sweep.id, 0))


def _row(kept: KeptSweep, count: int) -> None:
    """Show an experiment, unless its definition is damaged or from a later version."""
    try:
        page = Page(str(kept.training_data.get("page")))
        asked = asked_sweep.of_definition(kept.definition, training_data.from_kept(kept.training_data, ()))
    except ValueError:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"experiment_{kept.id}"):
        st.html(_html(kept, page, asked, count))
        with st.container(horizontal=True, width="content", gap="xsmall"):
            if st.button(_("Open"), key=f"open_sweep_{kept.id}"):
                st.switch_page(f"pages/{page}.py", query_params=asked_sweep.write(asked))
            delete = on_click(_delete)
            st.button(_("Delete"), key=f"delete_sweep_{kept.id}", on_click=delete, args=(kept.id,))


def _html(kept: KeptSweep, page: Page, asked: AskedSweep, count: int) -> str:
    opened, size = open_sweeps.open_sweeps().find(kept.id), asked.trainings
    done = count if opened is None else opened.work.done
    state = SweepState.PAUSED if opened is None else opened.work.state
    words = {SweepState.RUNNING: _("running"), SweepState.CANCELLED: _("cancelled")}.get(state, _("paused"))
    said = _("finished") if done >= size else words
    settings = " × ".join(asked_sweep.title_of(names) for names, _values in asked.axes) or _("seeds alone")
    progress = _("{done} of {count} trainings").format(done=numeral(done), count=numeral(size))
    about = " · ".join([said, progress, run_words.when(kept.changed)])
    name = str(KINDS[page]).format(settings=settings)
    return (
        f'<div class="digitviz-run"><div class="digitviz-run-words"><strong>{escape(name)}</strong>'
        f"<div>{escape(about)}</div></div></div>"
    )


def _delete(id: str) -> None:
    open_sweeps.delete(id)
    st.session_state.setdefault(_DELETED, []).append(id)


def _undo(id: str) -> None:
    deleted: list[str] = st.session_state.get(_DELETED, [])
    if id in deleted:
        deleted.remove(id)
        open_sweeps.restore(id)
