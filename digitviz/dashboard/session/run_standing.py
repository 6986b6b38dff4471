"""What keeps an owner from moving the run that is shown, and what can be done about it."""

from __future__ import annotations

import streamlit as st

from digitviz.dashboard.runtime.clicks import on_click
from digitviz.dashboard.runtime.turns import fragment
from digitviz.dashboard.session import current_run
from digitviz.dashboard.session.open_runs import OpenRun
from digitviz.dashboard.session.server_wide import go_on, open_runs, take
from digitviz.dashboard.session.storage import store
from digitviz.language import gettext as _
from digitviz.language import ngettext
from digitviz.store.records import Standing
from digitviz.training.engines import ENGINE_VERSIONS

POLL_SECONDS = 1.0
SECONDS_OF_A_DAY = 86_400


def show() -> None:
    """Say what has become of the run; nothing if it is as it was."""
    run = current_run.opened()
    if run is None:
        return
    if not run.is_away:
        _gap(run)
        _versions(run)
        if current_run.is_owners():
            fragment(_reconnect, run_every=SECONDS_OF_A_DAY)()
    elif current_run.is_owners():
        _away(run)


def _reconnect() -> None:
    """Show nothing: a browser that was disconnected has a page run anew if something in it is to be, however rarely.

    So a run that wants to go on does, also on a page that does not ask for it.
    """


def _gap(run: OpenRun) -> None:
    """Say that the first batches are lost, and how many are there again."""
    lost = run.job.run.history.known_from
    if not lost:
        return
    if current_run.is_owners() and not (run.mending is not None and run.mending.is_futile):
        fragment(_mending, run_every=POLL_SECONDS)(run)
        return
    said = ngettext(
        "What was recorded of the first {count} batch of this run is lost, so its curves begin later.",
        "What was recorded of the first {count} batches of this run is lost, so its curves begin later.",
        lost,
    ).format(count=f"{lost:,}")
    if not current_run.is_owners():
        said = " ".join([said, _("It is computed again when the owner of the run has it open.")])
    st.caption(said)


def _versions(run: OpenRun) -> None:
    """Say that a run was begun with an earlier version of the engine, whose numbers differ."""
    recipe = run.job.run.recipe
    if recipe.engine_version != ENGINE_VERSIONS[recipe.engine]:
        st.caption(
            _(
                "This run was begun with an earlier version of the engine. Steps taken now may differ in the last "
                "digits."
            )
        )


def _mending(run: OpenRun) -> None:
    lost = run.job.run.history.known_from
    if not lost or (run.mending is not None and run.mending.is_futile):
        st.rerun()
    computed = 0 if run.mending is None else run.mending.computed
    said = ngettext(
        "The first {count} batch is computed again: it was lost.",
        "The first {count} batches are computed again: they were lost.",
        lost,
    )
    st.progress(computed / max(lost, computed), said.format(count=f"{lost:,}"))


def _away(run: OpenRun) -> None:
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
        go_on(run.job)
