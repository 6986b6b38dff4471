"""What keeps an owner from moving the run that is shown, and what can be done about it."""

from __future__ import annotations

import streamlit as st

from digitviz.dashboard.runtime.clicks import on_click
from digitviz.dashboard.session import current_run
from digitviz.dashboard.session.server_wide import open_runs, pool, take
from digitviz.dashboard.session.storage import store
from digitviz.language import gettext as _
from digitviz.store.records import Standing


def show() -> None:
    """Say what has become of the owner's run; nothing if it is as it was."""
    run = current_run.opened()
    if run is None or not current_run.is_owners() or not run.is_away:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="run_standing"):
        if run.standing is Standing.TAKEN:
            st.info(
                _("This run goes on in another window, so it stands still in this one."),
                icon=":material/open_in_new:",
            )
            st.button(
                _("Go on here"), key="go_on_here", icon=":material/play_arrow:", on_click=on_click(go_on_here),
            )  # fmt: skip
        else:
            st.warning(_("This run was deleted, so it stands still."), icon=":material/delete:")
            st.button(_("Undo"), key="undo_deletion", icon=":material/undo:", on_click=on_click(undo_deletion))
            st.button(
                _("Start a new one"), key="start_new_run", icon=":material/add:",
                on_click=on_click(current_run.let_go),
            )  # fmt: skip


def go_on_here() -> None:
    """Take back a run that another server goes on with, where that has brought it."""
    run = current_run.opened()
    if run is not None and current_run.is_owners() and run.standing is Standing.TAKEN:
        take(run)
        st.session_state["controls_follow"] = True


def undo_deletion() -> None:
    """Bring a run back that was deleted while it was open here; it goes on if it did."""
    run = current_run.opened()
    if run is not None and current_run.is_owners():
        store().restore([run.id])
        restored(run.id)


def restored(id: str) -> None:
    """Let a run go on whose deletion was undone, if somebody has it open."""
    run = open_runs().restore(id)
    if run is not None and run.tabs:
        pool().submit(run.job)
