"""The list of an owner's sweeps and races in My runs."""

from contextlib import suppress
from functools import partial
from html import escape

import streamlit as st

from digitviz.dashboard.runs import actions, list_view, windows
from digitviz.dashboard.runtime.clicks import on_click
from digitviz.dashboard.runtime.outside import as_code
from digitviz.dashboard.session import asked_sweep, open_sweeps, run_words
from digitviz.dashboard.session.asked_sweep import AskedSweep
from digitviz.dashboard.session.lease import owner
from digitviz.dashboard.session.storage import Unavailable, store
from digitviz.language import gettext as _
from digitviz.numbers import numeral
from digitviz.store import KeptSweep
from digitviz.training.background_sweep import SweepState


def show() -> list[KeptSweep]:
    """Show the saved experiments, if any, and a button for the last one that this session deleted. Return them."""
    try:
        kept, counts = open_sweeps.mine(), store().outcome_counts(owner())
    except Unavailable:
        return []
    gone = actions.deletions("sweep")
    if not kept and not gone:
        return []
    st.header(_("Your experiments"))
    for deletion in gone[:1]:
        called = run_words.clean(deletion.only.title) or open_sweeps.read(deletion.only)[-1]
        said = _("Deleted: {run}.").format(run=as_code(called, limit=run_words.MAX_CHARACTERS))
        list_view.offer_undo(said, "deleted_experiment", "undo_sweep", deletion, "sweep")
    for sweep in kept:
        _row(sweep, counts.get(sweep.id, 0))
    return kept


def _row(kept: KeptSweep, count: int) -> None:
    """Show an experiment, unless its definition is damaged or from a later version."""
    try:
        page, asked, name = open_sweeps.read(kept)
    except ValueError:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"experiment_{kept.id}"):
        st.html(_html(kept, name, asked, count))
        with st.container(horizontal=True, width="content", gap="xsmall"):
            if st.button(_("Open"), key=f"open_sweep_{kept.id}"):
                st.switch_page(f"pages/{page}.py", query_params=asked_sweep.write(asked))
            titles = {action: str(list_view.ACTIONS[action]) for action in ("rename", "delete")}
            act = on_click(partial(_act, kept))
            st.menu_button(_("More"), titles, key=f"act_{kept.id}", format_func=titles.__getitem__, on_click=act)


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
    title = run_words.clean(kept.title)
    about = " · ".join([*[name] * bool(title), said, progress, seeds, run_words.when(kept.changed)])
    return (
        '<div class="digitviz-run"><div class="digitviz-run-words">'
        f"<strong><bdi>{escape(title or name)}</bdi></strong><div>{escape(about)}</div></div></div>"
    )


def _act(kept: KeptSweep) -> None:
    match st.session_state.get(f"act_{kept.id}"):  # the browser's value is untrusted
        case "rename":
            windows.open_window("rename", (kept.id,))
        case "delete":
            with suppress(Unavailable):  # the page says so
                open_sweeps.delete(kept.id)
                actions.remember(actions.Deletion((kept.id,), kept), "sweep")
