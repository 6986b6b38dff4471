"""Actions on an owner's saved runs. Each action checks the owner, because a page may be out of date."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import streamlit as st

from digitviz.dashboard.session import current_run
from digitviz.dashboard.session import run_words as words
from digitviz.dashboard.session.lease import owner
from digitviz.dashboard.session.open_runs import open_runs
from digitviz.dashboard.session.storage import Unavailable, store

if TYPE_CHECKING:
    from digitviz.store import KeptRun

MAX_DELETIONS = 20
"""Number of deletions that a session can undo, the latest."""
_DELETED = "deleted_runs"


@dataclass(frozen=True)
class Deletion:
    """Runs that were deleted together.

    Parameters
    ----------
    ids : tuple of str
    only : KeptRun or None
        The run; None if several were deleted.
    was_open : bool
        True if one of them was open in this session, which now has a fresh run.
    """

    ids: tuple[str, ...]
    only: KeptRun | None
    was_open: bool


def mine() -> list[KeptRun]:
    """Return this owner's runs: pinned ones first, then by last change. Open runs may be up to a second out of date.

    Raises
    ------
    Unavailable
        If the store cannot answer now.
    """
    return store().runs_of(owner())


def own(ids: Collection[str]) -> list[KeptRun]:
    """Return the given runs that belong to this owner, or an empty list if the store cannot answer."""
    try:
        found = [store().run(id) for id in ids]
    except Unavailable:
        return []
    return [run for run in found if run is not None and run.owner == owner()]


def rename(id: str, title: str) -> None:
    """Give a run a title. With an empty title, its settings name it again."""
    for run in own([id]):
        store().rename(run.id, words.clean(title))


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
    deletions: list[Deletion] = st.session_state.setdefault(_DELETED, [])
    deletions.append(Deletion(tuple(run.id for run in going), going[0] if len(going) == 1 else None, was_open))
    del deletions[:-MAX_DELETIONS]
    store().delete([run.id for run in going])
    for run in going:
        open_runs().delete(run.id)


def deletions() -> list[Deletion]:
    """Return the deletions of this session that can be undone, the latest first.

    Without the runs that were restored elsewhere, or that the store has purged.
    """
    if kept := st.session_state.get(_DELETED):
        with suppress(Unavailable):
            gone = {run.id for run in store().runs_of(owner(), deleted=True)}
            left = [replace(each, ids=tuple(id for id in each.ids if id in gone)) for each in kept]
            st.session_state[_DELETED] = [each for each in left if each.ids]
    return list(reversed(st.session_state.get(_DELETED, [])))


def undo(deletion: Deletion) -> None:
    """Restore the runs of a deletion."""
    kept: list[Deletion] = st.session_state.get(_DELETED, [])
    if deletion in kept:
        kept.remove(deletion)
        store().restore(list(deletion.ids))
        for id in deletion.ids:
            open_runs().restore(id)
