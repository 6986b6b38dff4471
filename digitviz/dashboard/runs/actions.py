"""Actions on an owner's saved runs, and the deletions of runs and experiments that can be undone.

Each action checks the owner, because a page may be out of date.
"""

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Literal

import streamlit as st

from digitviz.dashboard.session import current_run, run_words as words
from digitviz.dashboard.session.lease import owner
from digitviz.dashboard.session.open_runs import open_runs
from digitviz.dashboard.session.open_sweeps import open_sweeps
from digitviz.dashboard.session.storage import Unavailable, store
from digitviz.store import KeptRun

MAX_DELETIONS = 20
"""Number of deletions that a session can undo, the latest."""
What = Literal["run", "sweep"]
_DELETED = {"run": "deleted_runs", "sweep": "deleted_sweeps"}


@dataclass(frozen=True)
class Deletion:
    """Runs that were deleted together, or an experiment.

    Parameters
    ----------
    ids : tuple of str
    only : KeptRun, KeptSweep or None
        The deleted run or experiment; None if several runs were deleted.
    was_open : bool
        True if one of them was open in this session, which now has a fresh run.
    """

    ids: tuple[str, ...]
    only: Any
    was_open: bool = False


def mine() -> list[KeptRun]:
    """Return this owner's runs: pinned ones first, then by last change. Open runs may be up to a second out of date.

    Raises
    ------
    Unavailable
        If the store cannot answer now.
    """
    return store().runs_of(owner())


def own(ids: Collection[str], what: What = "run") -> list[Any]:
    """Return the given runs or experiments that belong to this owner. Empty if the store cannot answer."""
    find: Callable[[str], Any] = store().run if what == "run" else store().sweep
    try:
        found = [find(id) for id in ids]
    except Unavailable:
        return []
    return [kept for kept in found if kept is not None and kept.owner == owner()]


def rename(id: str, title: str, what: What = "run") -> None:
    """Give a run or an experiment a title. With an empty title, its settings name it again."""
    for kept in own([id], what):
        store().rename(kept.id, words.clean(title), what)
        if (opened := open_sweeps().find(kept.id)) is not None:  # another database gets it
            opened.kept = replace(opened.kept, title=words.clean(title))


def pin(id: str, pinned: bool) -> None:
    """Pin or unpin a run; pinned runs are listed first."""
    for run in own([id]):
        store().pin(run.id, pinned)


def delete(ids: Sequence[str]) -> None:
    """Delete runs; `undo` restores them. If one of them is open here, a fresh run replaces it."""
    going = own(ids)
    if not going:
        return
    current = current_run.opened()
    was_open = current is not None and current.id in {run.id for run in going}
    if was_open:
        current_run.let_go()
    remember(Deletion(tuple(run.id for run in going), going[0] if len(going) == 1 else None, was_open))
    store().delete([run.id for run in going])
    for run in going:
        open_runs().delete(run.id)


def remember(deletion: Deletion, what: What = "run") -> None:
    """Note a deletion, so that `undo` can restore it."""
    kept: list[Deletion] = st.session_state.setdefault(_DELETED[what], [])
    kept.append(deletion)
    del kept[:-MAX_DELETIONS]


def deletions(what: What = "run") -> list[Deletion]:
    """Return the deletions of this session that can be undone, the latest first.

    It leaves out what was restored elsewhere or purged from the store.
    """
    if kept := st.session_state.get(key := _DELETED[what]):
        with suppress(Unavailable):
            found = store().runs_of if what == "run" else store().sweeps_of
            gone = {each.id for each in found(owner(), deleted=True)}
            left = [replace(each, ids=tuple(id for id in each.ids if id in gone)) for each in kept]
            st.session_state[key] = [each for each in left if each.ids]
    return list(reversed(st.session_state.get(key, [])))


def undo(deletion: Deletion, what: What = "run") -> None:
    """Restore what was deleted."""
    kept: list[Deletion] = st.session_state.get(_DELETED[what], [])
    if deletion in kept:
        kept.remove(deletion)
        store().restore(deletion.ids, what)
        for id in deletion.ids:
            open_runs().restore(id)
