"""My runs: all runs in one list, the tree of their branches, and the dialogs."""

import contextlib
from collections.abc import Sequence

import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.plot import clicked, plot
from digitviz.dashboard.components.term import sentences
from digitviz.dashboard.runs import actions, list_view, sweeps_view, windows
from digitviz.dashboard.runs.curves import steps_per_batch
from digitviz.dashboard.runtime.turns import fragment
from digitviz.dashboard.session import addresses, current_run, drawings_view, example, storage
from digitviz.dashboard.session import run_words as words
from digitviz.dashboard.session.storage import Unavailable
from digitviz.language import gettext as _
from digitviz.numbers import numeral
from digitviz.store import KeptRun

POLL_SECONDS = 1.0
TREE = "run_branches"
"""Key of the figure."""
HEIGHT = 310
_CLICKED = "run_clicked"


def show() -> None:
    """Show all of this owner's saved runs and drawings."""
    if addresses.just_opened():
        list_view.forget()
        windows.close()
    try:
        runs = actions.mine()
    except Unavailable:
        fragment(_wait, run_every=POLL_SECONDS)()
        return
    if (id := st.session_state.pop(_CLICKED, None)) in {run.id for run in runs}:  # the browser's value is untrusted
        list_view.open_on_train(id)
    if storage.is_saving() and current_run.opened() is None and (missing := storage.trouble_in_words()):
        st.warning(missing, icon=":material/save:")  # if a run is open, every page shows this warning
    known = [(run.recipe, run.step) for run in runs]  # something else to compare a single run with
    examples = [each for each in example.as_runs() if (each.recipe, each.step) not in known] if len(runs) < 2 else []
    if not runs:
        _introduce(examples)
    list_view.show(runs, examples)
    if {run.parent for run in runs} & {run.id for run in runs}:
        _tree(runs)
    windows.show([*runs, *examples, *sweeps_view.show()])
    drawings_view.show()


def _wait() -> None:
    """Show why the page is empty, until the store answers."""
    with contextlib.suppress(Unavailable):
        actions.mine()
        st.rerun()
    said = storage.trouble_in_words() or _("Looking for your runs…")
    st.warning(said, icon=":material/hourglass:")


def _introduce(examples: Sequence[KeptRun]) -> None:
    if not examples:
        st.markdown(_("You have no runs yet. Every run you start is saved here."))
        if example.is_coming():
            example.announce()
        return
    sentences("batch", "step")
    said = _(
        "Your networks will be saved here. Until then, you see an example at three points in its training: {count} "
        "[steps](#term-step) on each [batch](#term-batch). **Further right is better.**"
    )
    st.markdown(said.format(count=numeral(steps_per_batch(examples[0]))))


def _tree(runs: Sequence[KeptRun]) -> None:
    """Show which run branched off which, and their accuracies. A click on a run opens it."""
    shown = tuple((run.id, run.changed, run.accuracy, words.name(run), list_view.is_open_here(run)) for run in runs)
    with st.expander(_("Which run branched off which?"), key="run_branches_more"):
        plot(TREE, shown, lambda: figures.run_tree.plain([*map(_node, runs)]), HEIGHT, _note_click)


def _note_click() -> None:
    id = (clicked(TREE) or {}).get("customdata")
    if isinstance(id, str):
        st.session_state[_CLICKED] = id


def _node(run: KeptRun) -> figures.RunNode:
    is_open, accuracy = list_view.is_open_here(run), words.accuracy(run)
    about = [words.accuracy_in_words(run), words.state(run, list_view.is_moving(run)), words.when(run.changed)]
    if run.parent is not None and run.left_at is not None:
        about.append(_("branched off after batch {batch}").format(batch=numeral(run.left_at)))
    if is_open:
        about.append(_("open in this tab"))
    said, interval = " · ".join(filter(None, about)), words.accuracy_interval(run)
    return figures.RunNode(run.id, words.name(run), said, run.created, accuracy, run.parent, is_open, interval)
