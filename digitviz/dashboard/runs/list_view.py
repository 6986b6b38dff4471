"""The list of an owner's runs, with their names, states and actions."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from functools import partial
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from digitviz import figures
from digitviz.dashboard.runs import actions, windows
from digitviz.dashboard.runtime.clicks import on_click
from digitviz.dashboard.runtime.outside import as_code
from digitviz.dashboard.session import current_run
from digitviz.dashboard.session import run_words as words
from digitviz.dashboard.session.open_runs import open_runs
from digitviz.language import gettext as _
from digitviz.language import lazy_gettext, ngettext
from digitviz.numbers import numeral

if TYPE_CHECKING:
    from digitviz.store import KeptRun

AT_ONCE = 20
"""Number of runs listed at first, and added by "Show more"."""
MAX_COMPARED = 6
_SHOWN = "runs_shown"
_SELECTED = "run_selected_{id}"
ACTIONS = {
    "rename": lazy_gettext("Rename"),
    "pin": lazy_gettext("Pin"),
    "unpin": lazy_gettext("Unpin"),
    "link": lazy_gettext("Link and QR code"),
    "delete": lazy_gettext("Delete"),
}


def forget() -> None:
    """Show only the first runs again."""
    st.session_state.pop(_SHOWN, None)


def show_examples(examples: Sequence[KeptRun]) -> None:
    """Show rows as they will look, without actions; see `show`."""
    with st.container(gap="xsmall", key="run_examples"):
        for run in examples:
            st.html(_html(run))


def show(runs: Sequence[KeptRun]) -> None:
    """Show the runs in the given order, one per row."""
    for number, deletion in reversed(list(enumerate(actions.deletions()))[1:]):
        _deleted(number, deletion)
    shown = runs[: st.session_state.get(_SHOWN, AT_ONCE)]
    with st.container(gap="xsmall", key="stays_in_sight"):
        if runs:
            _bar([run for run in shown if st.session_state.get(_SELECTED.format(id=run.id))])
        for deletion in actions.deletions()[:1]:
            _deleted(0, deletion)
    if shown:
        with st.container(gap="xxsmall", key="run_list"):
            for run in shown:
                _row(run)
    if left := len(runs) - len(shown):
        title = ngettext("Show more ({count} run)", "Show more ({count} runs)", left).format(count=numeral(left))
        st.button(title, key="more_runs", on_click=on_click(_show_more), args=(len(shown),))


def _show_more(shown: int) -> None:
    st.session_state[_SHOWN] = shown + AT_ONCE


def _deleted(number: int, deletion: actions.Deletion) -> None:
    """Show a deletion with its undo button; the latest has number 0."""
    count = len(deletion.ids)
    said = (
        _("Deleted: {run}.").format(run=as_code(deletion.name, limit=words.MAX_CHARACTERS))
        if deletion.name
        else ngettext("Deleted: {count} run.", "Deleted: {count} runs.", count).format(count=numeral(count))
    )
    if deletion.was_open:
        said = " ".join([said, _("It was open here, so Train now starts a new run.")])
    with st.container(horizontal=True, vertical_alignment="center", key=f"deletion_{number}"):
        st.markdown(said, width="content")
        undo, key = on_click(actions.undo), f"undo_run_{number}"
        st.button(_("Undo"), key=key, icon=":material/undo:", on_click=undo, args=(deletion,))


def _bar(selected: Sequence[KeptRun]) -> None:
    """Show the actions for the selected runs."""
    count, ids = len(selected), tuple(run.id for run in selected)
    comparable = 2 <= count <= MAX_COMPARED
    with st.container(horizontal=True, vertical_alignment="center", key="selected_runs"):
        icon, show = ":material/compare_arrows:", on_click(windows.open_window)
        given = "compare", ids
        st.button(_("Compare"), key="compare_runs", icon=icon, disabled=not comparable, on_click=show, args=given)
        icon, delete = ":material/delete:", on_click(actions.delete)
        st.button(_("Delete"), key="delete_runs", icon=icon, disabled=not ids, on_click=delete, args=(ids,))
        said = _("Select 2 to {most} runs to compare them.").format(most=MAX_COMPARED)
        if count:
            told = ngettext("{count} run selected.", "{count} runs selected.", count).format(count=count)
            said = told if comparable else f"{told} {said}"
        st.caption(said, width="content")


def _row(run: KeptRun) -> None:
    called = as_code(words.name(run), limit=words.MAX_CHARACTERS)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"run_{run.id}"):
        label, key = _("Select {run}").format(run=called), _SELECTED.format(id=run.id)
        st.checkbox(label, key=key, label_visibility="collapsed", width="content")
        st.html(_html(run))
        with st.container(horizontal=True, width="content", gap="xsmall"):
            if st.button(_("Open"), key=f"open_{run.id}"):
                open_on_train(run.id)
            act = on_click(partial(_act, run.id))
            options = ["rename", "unpin" if run.pinned else "pin", "link", "delete"]
            titles = {action: str(ACTIONS[action]) for action in options}
            st.menu_button(_("More"), options, key=f"act_{run.id}", format_func=titles.__getitem__, on_click=act)


def open_on_train(id: str) -> None:
    """Go to Train with a run; ends this run of the page."""
    st.switch_page("pages/train.py", query_params={"run": id})


def _act(id: str) -> None:
    match st.session_state.get(f"act_{id}"):  # the browser's value is untrusted
        case "pin" | "unpin" as action:
            actions.pin(id, action == "pin")
        case "delete":
            actions.delete((id,))
        case "rename" | "link" as window:
            windows.open_window(window, (id,))


def _html(run: KeptRun) -> str:
    """Return the HTML of a row. The title is untrusted text."""
    called, otherwise = words.name(run), words.settings_in_words(run)
    notes = [
        _("pinned") if run.pinned else "",
        _("open in this tab") if is_open_here(run) else "",
        otherwise if otherwise != called else "",
        words.state(run, is_moving(run)),
        words.when(run.changed),
    ]
    about = " · ".join(escape(note) for note in notes if note)
    curve = b64encode(figures.run_sketch(run.sketch).encode()).decode()
    said, loss = escape(figures.sketch_in_words(run.sketch)), escape(_("loss"))
    image = f'<img src="data:image/svg+xml;base64,{curve}" alt="{said}" title="{said}" width=120 height=40>'
    judged = escape(words.accuracy_in_words(run))
    judged = f"<small>{judged}</small>" if words.accuracy(run) is None else judged
    return (
        f'<div class="digitviz-run"><figure>{image}<figcaption>{loss}</figcaption></figure>'
        f'<div class="digitviz-run-words"><strong><bdi>{escape(called)}</bdi></strong><div>{about}</div></div>'
        f'<div class="digitviz-run-accuracy">{judged}</div></div>'
    )


def is_open_here(run: KeptRun) -> bool:
    """Return whether this session has the run open."""
    opened = current_run.opened()
    return opened is not None and opened.id == run.id


def is_moving(run: KeptRun) -> bool:
    """Return whether a run is training: it wants steps, and is open in a tab."""
    opened = open_runs().find(run.id)
    return opened is not None and opened.job.wants_steps and bool(opened.tabs)
