"""Notices about the run at the top of every page: it is not shown, cannot be trained here, or is not saved."""

from typing import Any

import streamlit as st

from digitviz.dashboard.components.files import tell_refusal
from digitviz.dashboard.runtime.turns import fragment, on_click
from digitviz.dashboard.session import current_run, open_sweeps, storage, training_data
from digitviz.dashboard.session.current_run import Problem
from digitviz.dashboard.session.kept_runs import OpenRun
from digitviz.dashboard.session.lease import is_remembered
from digitviz.dashboard.session.open_runs import open_runs
from digitviz.language import gettext as _, joined, lazy_gettext, ngettext
from digitviz.numbers import numeral
from digitviz.store import MAX_RUNS, NoRoom, Standing
from digitviz.training.gap import has_todays_engine

PROBLEMS = {
    Problem.UNKNOWN: lazy_gettext(
        "There is no run at this link: it was deleted, or the link is incomplete. Your own runs are in My runs."
    ),
    Problem.UNREADABLE: lazy_gettext(
        "This run cannot be opened: its saved data is damaged, or comes from a later version of this dashboard."
    ),
    Problem.UNAVAILABLE: lazy_gettext("This run cannot be opened right now. {reason} This page keeps trying."),
}
NOT_KEPT = {
    NoRoom.OWNER: lazy_gettext(
        "This run is not being saved: you have {count} runs, the most this server keeps for one person. Delete some in "
        "My runs, then pause and resume this run, or train again."
    ),
    NoRoom.BYTES: lazy_gettext(
        "This run is not being saved: your runs take up all the space this server keeps for one person. Delete some in "
        "My runs, then pause and resume this run, or train again. A deleted run counts half while it can be restored."
    ),
    NoRoom.SERVER: lazy_gettext(
        "This run is not being saved: the server has no room for more runs. Your other runs are still saved. Download "
        "what you want to keep before you close this page."
    ),
}
POLL_SECONDS = 1.0
SECONDS_OF_A_DAY = 86_400


def show(says_saving: bool = False) -> None:
    """Show the notices, if any. Call this on every page, above its content.

    Parameters
    ----------
    says_saving : bool, optional
        True if the page reports unsaved data itself.
    """
    with st.container(key="notices"):  # always present: otherwise the browser would rebuild the rest of the page
        run, is_owners = current_run.opened(), current_run.is_owners()
        if run is not None:
            _standing(run, is_owners)
        tell_refusal()
        if (difference := open_sweeps.difference()) is not None:
            st.info(difference, icon=":material/memory:")
        problem = current_run.problem()
        if problem is Problem.UNMADE or problem is Problem.UNAVAILABLE:
            fragment(_wait, run_every=POLL_SECONDS)(problem)
        elif problem is not None:
            st.error(str(PROBLEMS[problem]), icon=":material/link_off:")
            st.button(_("OK"), key="run_problem_understood", on_click=on_click(current_run.forget_problem))
        elif not is_owners:
            with _row("viewer"):
                words = _("You are watching someone else's run. Make a copy to continue it yourself.")
                st.info(words, icon=":material/visibility:")
                copy = on_click(current_run.copy)
                st.button(_("Make a copy"), key="copy_run", icon=":material/content_copy:", on_click=copy)
        elif run is not None and not says_saving:
            if (trouble := storage.trouble_in_words()) is not None:
                st.warning(trouble, icon=":material/save:")
            else:
                of_a_browser_without_cookies()
        elif (why := current_run.why_not_kept()) is not None:
            st.warning(str(NOT_KEPT[why]).format(count=MAX_RUNS), icon=":material/save:")


def of_a_browser_without_cookies() -> None:
    """Explain the consequences for the run if the browser does not keep cookies."""
    if not is_remembered():
        st.caption(
            _(
                "This browser blocks cookies, so after a reload it will not know that this run is yours. You can still "
                "open it by its link and make a copy."
            )
        )


def _row(key: str) -> Any:
    return st.container(horizontal=True, vertical_alignment="center", key=key)


def _wait(problem: Problem) -> None:
    if current_run.try_again():
        st.rerun()
    if problem is Problem.UNMADE:
        st.info(str(training_data.COMING), icon=":material/hourglass:")
    else:
        reason = storage.trouble_in_words() or ""
        st.warning(str(PROBLEMS[problem]).format(reason=reason), icon=":material/hourglass:")


def _standing(run: OpenRun, is_owners: bool) -> None:
    """Say whether the run is deleted or on another server, and show the owner's options."""
    if not run.is_away:
        _gap(run, is_owners)
        training, reached = run.job.run, run.job.reached
        if training.step < reached and not run.tabs:
            said = _(
                "You see this run at step {step}. Its owner had reached step {reached}; the steps between are computed "
                "again when the owner opens the run."
            )
            st.caption(said.format(step=numeral(training.step), reached=numeral(reached)))
        if not has_todays_engine(training.recipe):
            st.caption(
                _(
                    "This run was started with an earlier version of the engine. New steps may differ in the last "
                    "digits."
                )
            )
        if is_owners:
            fragment(_reconnect, run_every=SECONDS_OF_A_DAY)()
    elif run.standing is Standing.DELETED:
        with _row("run_standing"):
            st.warning(_("This run was deleted, so it has stopped."), icon=":material/delete:")
            if is_owners:
                st.button(_("Undo"), key="undo_deletion", icon=":material/undo:", on_click=on_click(undo_deletion))
                new = on_click(current_run.let_go)
                st.button(_("Start a new run"), key="start_new_run", icon=":material/add:", on_click=new)
    elif is_owners:
        with _row("run_standing"):
            st.info(_("This run is active in another window, so it is paused here."), icon=":material/open_in_new:")
            here = on_click(go_on_here)
            st.button(_("Continue here"), key="go_on_here", icon=":material/play_arrow:", on_click=here)


def _reconnect() -> None:
    """Show nothing, so that every page has a part that repeats, however rarely.

    After a disconnection, a browser reruns only such pages, and a page must rerun for its run to continue.
    """


def _gap(run: OpenRun, is_owners: bool) -> None:
    """Show how many of the first batches are lost, and how many have been recomputed."""
    lost = run.job.run.history.known_from
    if not lost:
        return
    if is_owners and not run.gap_stays:
        fragment(_mending, run_every=POLL_SECONDS)(run)
        return
    said = ngettext(
        "The records of the first {count} batch of this run are lost, so its curves start later.",
        "The records of the first {count} batches of this run are lost, so its curves start later.",
        lost,
    ).format(count=numeral(lost))
    if not run.gap_stays:
        said = joined([said, _("They are computed again when the owner opens the run.")])
    st.caption(said)


def _mending(run: OpenRun) -> None:
    lost = run.job.run.history.known_from
    if not lost or run.gap_stays:
        st.rerun()
    computed = 0 if run.mending is None else run.mending.computed
    said = ngettext(
        "The records of the first {count} batch were lost and are being computed again.",
        "The records of the first {count} batches were lost and are being computed again.",
        lost,
    )
    st.progress(computed / max(lost, computed), said.format(count=numeral(lost)))


def go_on_here() -> None:
    """Train a run on this server again, from the step that another server has reached."""
    run = current_run.opened()
    if run is not None and current_run.is_owners() and run.standing is Standing.TAKEN:
        open_runs().take(run)
        st.session_state["controls_follow"] = True


def undo_deletion() -> None:
    """Restore a run that was deleted while it was open here. It continues if it was training."""
    run = current_run.opened()
    if run is not None and current_run.is_owners():
        storage.store().restore([run.id])
        open_runs().restore(run.id)
