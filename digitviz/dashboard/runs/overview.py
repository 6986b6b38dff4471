"""My runs: all runs in one list, the tree of their branches, the experiments, and the dialogs."""

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from html import escape

import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.plot import clicked, plot
from digitviz.dashboard.runs import actions, list_view, windows
from digitviz.dashboard.runtime.outside import as_code
from digitviz.dashboard.runtime.turns import fragment, on_click
from digitviz.dashboard.session import (
    addresses,
    asked_sweep,
    current_run,
    drawings_view,
    example,
    open_sweeps,
    run_words as words,
    storage,
)
from digitviz.dashboard.session.asked_sweep import AskedSweep
from digitviz.dashboard.session.lease import owner
from digitviz.dashboard.session.storage import Unavailable, store
from digitviz.language import gettext as _
from digitviz.numbers import numeral
from digitviz.store import KeptRun, KeptSweep
from digitviz.training.background_sweep import SweepState

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
        st.title(str(list_view.UNRANKED))
        fragment(_wait, run_every=POLL_SECONDS)()
        return
    if (id := st.session_state.pop(_CLICKED, None)) in [run.id for run in runs]:  # the browser's value is untrusted
        list_view.open_on_train(id)
    known = [(run.recipe, run.step) for run in runs]  # something else to compare a single run with
    examples = [each for each in example.as_runs() if (each.recipe, each.step) not in known] if len(runs) < 2 else []
    ranking = list_view.ranked(runs, examples)
    st.title(list_view.question(runs, ranking))
    if storage.is_saving() and current_run.opened() is None and (missing := storage.trouble_in_words()):
        st.warning(missing, icon=":material/save:")  # if a run is open, every page shows this warning
    if not runs:
        _introduce(examples)
    list_view.show(runs, examples, ranking)
    if {run.parent for run in runs} & {run.id for run in runs}:
        _tree(runs)
    windows.show([*runs, *examples, *_experiments()])
    drawings_view.show()


def _wait() -> None:
    """Show why the page is empty, until the store answers."""
    with suppress(Unavailable):
        actions.mine()
        st.rerun()
    said = storage.trouble_in_words() or _("Looking for your runs…")
    st.warning(said, icon=":material/hourglass:")


def _introduce(examples: Sequence[KeptRun]) -> None:
    if examples:
        st.markdown(_("That is how many new digits the example reads. Every network that you train is saved here."))
    elif example.is_coming():
        example.announce()
    else:
        st.markdown(_("Every network that you train is saved here."))


def _tree(runs: Sequence[KeptRun]) -> None:
    """Show which run branched off which, and their accuracies. A click on a run opens it."""
    shown = tuple((run.id, run.changed, run.accuracy, words.name(run), list_view.is_open_here(run)) for run in runs)
    with st.expander(_("Which run branched off which?"), key="run_branches_more"):
        plot(TREE, shown, lambda: figures.runs.run_tree.plain([*map(_node, runs)]), HEIGHT, _note_click)


def _note_click() -> None:
    id = (clicked(TREE) or {}).get("customdata")
    if isinstance(id, str):
        st.session_state[_CLICKED] = id


def _node(run: KeptRun) -> figures.runs.RunNode:
    is_open, accuracy = list_view.is_open_here(run), words.accuracy(run)
    about = [words.accuracy_in_words(run), words.state(run, list_view.is_moving(run)), words.when(run.changed)]
    if run.parent is not None and run.left_at is not None:
        about.append(_("branched off after batch {batch}").format(batch=numeral(run.left_at)))
    if is_open:
        about.append(_("open in this tab"))
    said, interval = " · ".join(filter(None, about)), words.accuracy_interval(run)
    return figures.runs.RunNode(run.id, words.name(run), said, run.created, accuracy, run.parent, is_open, interval)


def _experiments() -> list[KeptSweep]:
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
        called = words.clean(deletion.only.title) or open_sweeps.read(deletion.only)[-1]
        said = _("Deleted: {run}.").format(run=as_code(called, limit=words.MAX_CHARACTERS))
        list_view.offer_undo(said, "deleted_experiment", "undo_sweep", deletion, "sweep")
    for sweep in kept:
        _experiment(sweep, counts.get(sweep.id, 0))
    return kept


def _experiment(kept: KeptSweep, count: int) -> None:
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
            act = on_click(partial(_act_on, kept))
            st.menu_button(_("More"), titles, key=f"act_{kept.id}", format_func=titles.__getitem__, on_click=act)


def _html(kept: KeptSweep, name: str, asked: AskedSweep, count: int) -> str:
    opened, size = open_sweeps.open_sweeps().find(kept.id), asked.trainings
    done = count if opened is None else opened.work.done
    state = SweepState.PAUSED if opened is None else opened.work.state
    state_words = {SweepState.RUNNING: _("running"), SweepState.CANCELLED: _("cancelled")}.get(state, _("paused"))
    if opened is None and kept.wants_to_go_on:  # since a restart of the server
        state_words = _("continues when you open it")
    said = _("finished") if done >= size else state_words
    progress = _("{done} of {count} trainings").format(done=numeral(done), count=numeral(size))
    first, last = asked.settings.seed, asked.settings.with_next_seed(asked.seeds - 1).seed
    seeds = (_("seed {number}") if first == last else _("seeds {number} to {last}")).format(number=first, last=last)
    title = words.clean(kept.title)
    about = " · ".join([*[name] * bool(title), said, progress, seeds, words.when(kept.changed)])
    return (
        '<div class="digitviz-run"><div class="digitviz-run-words">'
        f"<strong><bdi>{escape(title or name)}</bdi></strong><div>{escape(about)}</div></div></div>"
    )


def _act_on(kept: KeptSweep) -> None:
    match st.session_state.get(f"act_{kept.id}"):  # the browser's value is untrusted
        case "rename":
            windows.open_window("rename", (kept.id,))
        case "delete":
            with suppress(Unavailable):  # the page says so
                open_sweeps.delete(kept.id)
                actions.remember(actions.Deletion((kept.id,), kept), "sweep")
