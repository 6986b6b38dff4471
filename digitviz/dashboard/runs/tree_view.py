"""All runs of an owner in one picture: what branched off what, and how well each reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.plot import clicked, plot
from digitviz.dashboard.runs.list_view import is_moving, open_on_train
from digitviz.dashboard.session import current_run
from digitviz.dashboard.session import run_words as words
from digitviz.language import gettext as _

if TYPE_CHECKING:
    from digitviz.store import KeptRun

KEY = "run_tree"
HEIGHT = 400
_CLICKED = "run_clicked"


def follow_click(runs: Sequence[KeptRun]) -> None:
    """Go to Train with the run that was clicked, if there is one; to be called before anything is shown."""
    clicked_id = st.session_state.pop(_CLICKED, None)
    if clicked_id in {run.id for run in runs}:  # what a browser sends is untrusted
        open_on_train(clicked_id)


def show(runs: Sequence[KeptRun]) -> None:
    """Show the tree of all runs."""
    opened = current_run.opened()
    open_id = None if opened is None else opened.id
    shown = tuple((run.id, run.changed, run.title, run.pinned, run.id == open_id) for run in runs)
    plot(
        KEY,
        shown,
        lambda: figures.run_tree.plain([_node(run, run.id == open_id) for run in runs]),
        height=HEIGHT,
        on_click=_note_click,
        main=True,
    )


def _note_click() -> None:
    id = (clicked(KEY) or {}).get("customdata")
    if isinstance(id, str):
        st.session_state[_CLICKED] = id


def _node(run: KeptRun, is_open: bool) -> figures.RunNode:
    about = [words.accuracy_in_words(run), words.state(run, is_moving(run)), words.when(run.changed)]
    if run.parent is not None and run.left_at is not None:
        about.append(_("branched off after batch {batch}").format(batch=f"{run.left_at:,}"))
    if is_open:
        about.append(_("open here"))
    return figures.RunNode(
        run.id, words.name(run), " · ".join(filter(None, about)), run.created, words.accuracy(run), run.parent, is_open,
        words.accuracy_interval(run),
    )  # fmt: skip
