"""The list of an owner's runs, with their names, states and actions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.runs import actions, windows
from digitviz.dashboard.runtime.clicks import on_click
from digitviz.dashboard.runtime.outside import as_code
from digitviz.dashboard.session import current_run
from digitviz.dashboard.session import run_words as words
from digitviz.dashboard.session.open_runs import open_runs
from digitviz.language import gettext as _
from digitviz.language import joined, lazy_gettext, ngettext
from digitviz.numbers import in_percent, numeral

if TYPE_CHECKING:
    from digitviz.store import KeptRun

Axes = tuple[float, str | None, tuple[float, tuple[float, float], bool] | None]
"""The start of the axis of accuracies, the run that explains its bar, and accuracy and interval of the best row, and
whether another one overlaps it.

The last is None unless there are several rows with the same test digits.
"""
AT_ONCE = 20
"""Number of runs listed at first, and added by "Show more"."""
MAX_COMPARED = 6
COMPARE = ":material/compare_arrows:"
_SHOWN = "runs_shown"
_SELECTED = "run_selected_{id}"
ACTIONS = {
    "rename": lazy_gettext("Rename"),
    "pin": lazy_gettext("Pin"),
    "unpin": lazy_gettext("Unpin"),
    "link": lazy_gettext("Link"),
    "delete": lazy_gettext("Delete"),
}


def forget() -> None:
    """Show only the first runs again."""
    st.session_state.pop(_SHOWN, None)


def show(runs: Sequence[KeptRun], examples: Sequence[KeptRun]) -> None:
    """Show the runs in the given order, one per row, or a place for the first one. Examples without actions follow."""
    deletions = actions.deletions()
    for number, deletion in reversed(list(enumerate(deletions))[1:]):
        _deleted(number, deletion)
    shown = runs[: st.session_state.get(_SHOWN, AT_ONCE)]
    with st.container(gap="xsmall", key="stays_in_sight"):
        if len(runs) > 1:
            _bar([run for run in shown if st.session_state.get(_SELECTED.format(id=run.id))])
        elif runs:
            _next(runs[0], examples)
        for deletion in deletions[:1]:
            _deleted(0, deletion)
    all_rows = [*runs, *examples]
    known = [(words.accuracy_interval(run), words.accuracy(run)) for run in all_rows]
    is_fair = len(set(map(words.test_part, all_rows))) == 1 < len(all_rows)
    explained = next((run.id for run, (interval, _accuracy) in zip(all_rows, known, strict=True) if interval), None)
    judged = [(accuracy, interval or (accuracy,) * 2) for interval, accuracy in known if accuracy is not None]
    lowest = figures.lowest_accuracy([interval[0] for _accuracy, interval in judged])
    has_rivals = sum(high >= max(judged)[1][0] for _accuracy, (_low, high) in judged) > 1
    axes = lowest, explained, (*max(judged), has_rivals) if len(judged) > 1 and is_fair else None
    others = [_html(each, axes, False, is_example=True) for each in examples]
    others += [escape(_("The examples are the notebook's network, at other points in its training."))] * bool(others)
    with st.container(key="run_tree"):
        if shown:
            with st.container(gap="xxsmall", key="run_list"):
                for place, run in enumerate(shown):
                    _row(run, _html(run, axes, place == 0), others, len(runs) > 1)
        if not runs:
            _place_for_the_first(axes, words.accuracy(examples[0]) if examples else None)
            with st.container(gap="xsmall", key="run_examples"):
                for place, run in enumerate(examples):
                    st.html(_html(run, axes, place == 0, is_example=True))
    if left := len(runs) - len(shown):
        title = ngettext("Show more ({count} run)", "Show more ({count} runs)", left).format(count=numeral(left))
        st.button(title, key="more_runs", on_click=on_click(_show_more), args=(len(shown),))


def _place_for_the_first(axes: Axes, to_beat: float | None) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="no_runs"):
        if st.button(_("Train your own"), key="first_run", type="primary", icon=":material/play_arrow:"):
            st.switch_page("pages/train.py")
        said = escape(_("Your first run will be here."))
        if to_beat is not None:
            beat = _("Can you beat {accuracy}?").format(accuracy=in_percent(to_beat))
            said = f"<strong>{escape(beat)}</strong><div>{said}</div>"
        st.html(
            f'<div class="digitviz-run" data-main-picture="true"><div class="digitviz-run-words">{said}</div>'
            f'{_axis(axes, True)}<div class="digitviz-run-accuracy">?</div></div>'
        )


def _show_more(shown: int) -> None:
    st.session_state[_SHOWN] = shown + AT_ONCE


def _deleted(number: int, deletion: actions.Deletion) -> None:
    """Show a deletion with its undo button; the latest has number 0."""
    count = len(deletion.ids)
    said = (
        _("Deleted: {run}.").format(run=as_code(words.name(deletion.only), limit=words.MAX_CHARACTERS))
        if deletion.only
        else ngettext("Deleted: {count} run.", "Deleted: {count} runs.", count).format(count=numeral(count))
    )
    if deletion.was_open and current_run.opened() is None:
        one = _("It was open here, so Train now starts a new run.")
        said = joined([said, one if count == 1 else _("One of them was open here, so Train now starts a new run.")])
    offer_undo(said, f"deletion_{number}", f"undo_run_{number}", deletion)


def offer_undo(said: str, key: str, button: str, *undone: object) -> None:
    """Show a text about a deletion, and a button that calls `actions.undo` with these arguments."""
    with st.container(horizontal=True, vertical_alignment="center", key=key):
        st.markdown(said, width="content")
        st.button(_("Undo"), key=button, icon=":material/undo:", on_click=on_click(actions.undo), args=undone)


def _bar(selected: Sequence[KeptRun]) -> None:
    """Show the actions for the selected runs."""
    count, ids = len(selected), tuple(run.id for run in selected)
    comparable = 2 <= count <= MAX_COMPARED
    with st.container(horizontal=True, vertical_alignment="center", key="selected_runs"):
        look: dict[str, Any] = {"icon": COMPARE, "on_click": on_click(windows.open_window), "args": ("compare", ids)}
        st.button(_("Compare"), key="compare_runs", disabled=not comparable, **look)
        look = {"icon": ":material/delete:", "on_click": on_click(actions.delete), "args": (ids,)}
        st.button(_("Delete"), key="delete_runs", disabled=not ids, **look)
        told = ngettext("{count} run selected.", "{count} runs selected.", count).format(count=count) if count else ""
        select = "" if comparable else _("Select 2 to {most} runs to compare them.").format(most=MAX_COMPARED)
        st.caption(joined([told, select]), width="content")


def _next(run: KeptRun, examples: Sequence[KeptRun]) -> None:
    """Show what to do with a single run."""
    with st.container(horizontal=True, vertical_alignment="center", key="next_run"):
        if st.button(_("Train another"), key="train_another", type="primary", icon=":material/play_arrow:"):
            st.switch_page("pages/train.py")
        if examples:
            show, given = on_click(windows.open_window), ("compare", (run.id, examples[0].id))
            look: dict[str, Any] = {"icon": COMPARE, "on_click": show, "args": given}
            st.button(_("Compare with the example"), key="compare_with_example", **look)


def _row(run: KeptRun, content: str, examples: Sequence[str], can_select: bool) -> None:
    """Show a run with its actions, and below its content that of examples, which share its axis."""
    called = as_code(words.name(run), limit=words.MAX_CHARACTERS)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"run_{run.id}"):
        if can_select:
            label, key = _("Select {run}").format(run=called), _SELECTED.format(id=run.id)
            st.checkbox(label, key=key, label_visibility="collapsed", width="content")
        st.html(content + "".join(f'<div class="digitviz-run-example">{each}</div>' for each in examples))
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


def _axis(axes: Axes, has_ticks: bool, mark: str = "") -> str:
    """Return the HTML of a part of the common axis, from the lowest accuracy to 1. The first row has the ticks."""
    lowest, _explained, leader = axes
    low, high = ((each - lowest) / (1 - lowest) for each in (leader[1] if leader else (1, 1)))
    band = f"--low: {low:.2%}; --high: {high:.2%}"
    ticks = "".join(f"<span>{in_percent(each, 0)}</span>" for each in np.linspace(lowest, 1, 3))
    title = escape(_("read correctly"))
    ticks = f"{ticks}<em>{title}</em>" if has_ticks else ""
    return f'<div class="digitviz-run-axis" style="{band}"><div class="digitviz-run-ticks">{ticks}</div>{mark}</div>'


def _interval(run: KeptRun, lowest: float, explains: bool) -> str:
    """Return the HTML of the accuracy of a run with its interval, for `_axis`. One of them says what the bar is."""
    known, interval = words.accuracy(run), words.accuracy_interval(run)
    if known is None:
        return ""
    low, high = interval or (known, known)
    said = _("Test accuracy {accuracy}, by chance between {low} and {high}")
    said = said.format(accuracy=in_percent(known), low=in_percent(low), high=in_percent(high))
    at, left, right = (max(0.0, (each - lowest) / (1 - lowest)) for each in (known, low, high))
    name = escape(_("this much may be luck"))
    luck = f'<span style="--at:{(left + right) / 2:.0%}">{name}</span>' if explains else ""
    return (
        f'<div role="img" aria-label="{said}" title="{said}">'
        f'<i style="left:{left:.2%};width:{right - left:.2%}">{luck}</i>'
        f'<b {"data-open" if is_open_here(run) else ""} style="left:{at:.2%}"></b></div>'
    )


def _html(run: KeptRun, axes: Axes, is_first: bool, is_example: bool = False) -> str:
    """Return the HTML of a row, which has a verdict if it is one of several. The title is untrusted text."""
    lowest, explained, leader = axes
    called, otherwise = words.name(run), words.settings_in_words(run)
    branched = run.parent is not None and run.left_at is not None
    notes = (
        [_("after {step} steps").format(step=numeral(run.step))]
        if is_example
        else [
            _("pinned") if run.pinned else "",
            _("open here") if is_open_here(run) else "",
            otherwise if otherwise != called else "",
            words.state(run, is_moving(run)),
            _("branched off after batch {batch}").format(batch=numeral(run.left_at or 0)) if branched else "",
            words.when(run.changed).replace(" ", "\u00a0"),
        ]
    )
    about = " · ".join(escape(note) for note in notes if note)
    judged, accuracy = escape(words.accuracy_in_words(run)), words.accuracy(run)
    if accuracy is None:
        judged = f"<small>{judged}</small>"
    elif leader and (interval := words.accuracy_interval(run)):
        behind = _("may be a tie") if interval[1] >= leader[1][0] else _("clearly worse")
        verdict = behind if accuracy < leader[0] else _("{star} lead may be luck") if leader[2] else _("{star} ahead")
        judged += f"<div>{escape(verdict).format(star='<em>★</em>')}</div>"
    has_ticks = is_first and not is_example
    main = 'data-main-picture="true"' if has_ticks else ""
    return (
        f'<div class="digitviz-run" {main}><div class="digitviz-run-words">'
        f"<strong><bdi>{escape(called)}</bdi></strong><div>{about}</div></div>"
        f"{_axis(axes, has_ticks, _interval(run, lowest, run.id == explained))}"
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
