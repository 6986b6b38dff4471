"""What an owner does with kept runs. Each action looks whose they are: a page may be older than what it shows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from digitviz.dashboard.session import current_run
from digitviz.dashboard.session import run_words as words
from digitviz.dashboard.session.lease import owner
from digitviz.dashboard.session.open_runs import open_runs
from digitviz.dashboard.session.storage import Unavailable, store

if TYPE_CHECKING:
    from digitviz.store import KeptRun

_DELETED = "deleted_runs"


@dataclass(frozen=True)
class Deletion:
    """Runs that were deleted together.

    Parameters
    ----------
    ids : tuple of str
    name : str
        Of one alone; empty for several.
    was_open : bool
        Whether one of them was open in this session, so that it now has a fresh one.
    """

    ids: tuple[str, ...]
    name: str
    was_open: bool


def mine() -> list[KeptRun]:
    """Return this owner's runs, those pinned first and then those changed last; what is open is as it was a second ago.

    Raises
    ------
    Unavailable
        If the store has no answer now.
    """
    return store().runs_of(owner())


def own(ids: Collection[str]) -> list[KeptRun]:
    """Return those of the runs that are this owner's; none while the store has no answer."""
    try:
        found = [store().run(id) for id in ids]
    except Unavailable:
        return []
    return [run for run in found if run is not None and run.owner == owner()]


def rename(id: str, title: str) -> None:
    """Give a run a title; an empty one lets it be called by its settings again."""
    for run in own([id]):
        store().rename(run.id, words.clean(title))


def pin(id: str, pinned: bool) -> None:
    """Have a run listed before the others, or no longer."""
    for run in own([id]):
        store().pin(run.id, pinned)


def delete(ids: Sequence[str]) -> None:
    """Delete runs; `undo` brings them back. If one of them is open here, a fresh one takes its place."""
    going = own(ids)
    if not going:
        return
    current = current_run.opened()
    was_open = current is not None and current.id in {run.id for run in going}
    if was_open:
        current_run.let_go()
    name = words.name(going[0]) if len(going) == 1 else ""
    deletions: list[Deletion] = st.session_state.setdefault(_DELETED, [])
    deletions.append(Deletion(tuple(run.id for run in going), name, was_open))
    store().delete([run.id for run in going])
    for run in going:
        open_runs().delete(run.id)


def deletions() -> list[Deletion]:
    """Return what was deleted since the page was opened, the last first."""
    return list(reversed(st.session_state.get(_DELETED, [])))


def undo(deletion: Deletion) -> None:
    """Bring back what was deleted."""
    kept: list[Deletion] = st.session_state.get(_DELETED, [])
    if deletion in kept:
        kept.remove(deletion)
        store().restore(list(deletion.ids))
        for id in deletion.ids:
            open_runs().restore(id)


def forget_deletions() -> None:
    """Offer to undo nothing any more."""
    st.session_state.pop(_DELETED, None)
