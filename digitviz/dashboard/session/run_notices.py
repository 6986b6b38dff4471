"""What there is to say of the run that is shown, on every page: whose it is, why it is not there, what is not saved."""

from __future__ import annotations

import streamlit as st

from digitviz.dashboard.components.upload import tell_refusal
from digitviz.dashboard.runtime.clicks import on_click
from digitviz.dashboard.runtime.turns import fragment
from digitviz.dashboard.session import current_run, room, run_address, run_standing, storage, training_data
from digitviz.dashboard.session.owner import is_remembered
from digitviz.dashboard.session.run_address import Problem
from digitviz.language import gettext as _
from digitviz.language import lazy_gettext
from digitviz.store.room import MOST_RUNS, NoRoom

PROBLEMS = {
    Problem.UNKNOWN: lazy_gettext(
        "There is no run under this address: it was deleted, or the address is not complete. Your own runs are under "
        "My runs."
    ),
    Problem.UNREADABLE: lazy_gettext(
        "This run cannot be opened: what was saved of it is damaged, or comes from a later version of this dashboard."
    ),
    Problem.UNAVAILABLE: lazy_gettext("This run cannot be opened now. {reason} This page keeps trying."),
}
NOT_KEPT = {
    NoRoom.OWNER: lazy_gettext(
        "This training is not saved: you have {count} runs, as many as this server keeps for one person. Delete some "
        "under My runs, then pause and resume this training, or train again."
    ),
    NoRoom.BYTES: lazy_gettext(
        "This training is not saved: your runs take up as much space as this server keeps for one person. Delete some "
        "under My runs, then pause and resume this training, or train again. A deleted run counts by half as long as "
        "it can be restored."
    ),
    NoRoom.SERVER: lazy_gettext(
        "This training is not saved: there is no room for more runs on this server. Your other runs are still saved. "
        "Download what you want to keep before you close the page."
    ),
}
POLL_SECONDS = 1.0


def show(says_saving: bool = False) -> None:
    """Show the notices; nothing if there is nothing to say. To be called on every page, above what it shows.

    Parameters
    ----------
    says_saving : bool, optional
        Whether the page has a place of its own for what is not saved.
    """
    with st.container(key="notices"):  # always there: what comes and goes would make the browser begin the page anew
        _show(says_saving)


def _show(says_saving: bool) -> None:
    run_standing.show()
    tell_refusal()
    problem = run_address.problem()
    if problem is Problem.UNMADE or problem is Problem.UNAVAILABLE:
        fragment(_wait, run_every=POLL_SECONDS)(problem)
    elif problem is not None:
        st.error(str(PROBLEMS[problem]), icon=":material/link_off:")
        st.button(_("Understood"), key="run_problem_understood", on_click=on_click(run_address.forget_problem))
    elif not current_run.is_owners():
        _of_a_viewer()
    elif current_run.opened() is not None and not says_saving:
        _of_an_owner()
    elif (why := room.why_not_kept()) is not None:
        st.warning(str(NOT_KEPT[why]).format(count=MOST_RUNS), icon=":material/save:")


def _wait(problem: Problem) -> None:
    if run_address.try_again():
        st.rerun()
    if problem is Problem.UNMADE:
        st.info(training_data.how_it_stands(), icon=":material/hourglass:")
    else:
        reason = storage.trouble_in_words() or ""
        st.warning(str(PROBLEMS[problem]).format(reason=reason), icon=":material/hourglass:")


def _of_a_viewer() -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="viewer"):
        st.info(
            _("You are watching somebody else's run. Make a copy to go on with it yourself."),
            icon=":material/visibility:",
        )
        st.button(
            _("Make a copy"), key="copy_run", icon=":material/content_copy:", on_click=on_click(_copy),
        )  # fmt: skip


def _copy() -> None:
    current_run.copy()


def _of_an_owner() -> None:
    if (words := storage.trouble_in_words()) is not None:
        st.warning(words, icon=":material/save:")
    else:
        of_a_browser_without_cookies()


def of_a_browser_without_cookies() -> None:
    """Say what will become of the run in a browser that keeps no cookies; nothing if it keeps them."""
    if not is_remembered():
        st.caption(
            _(
                "This browser keeps no cookies, so it will not know this run as its own after a reload: then you can "
                "look at it by its address, and make a copy."
            )
        )
