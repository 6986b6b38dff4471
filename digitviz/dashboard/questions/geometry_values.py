"""What the landscape and the straight line have computed off the page's thread, with progress and a way to stop it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from digitviz.dashboard.runtime.clicks import on_click
from digitviz.dashboard.runtime.turns import fragment, turns
from digitviz.dashboard.session.lease import Kind, lease
from digitviz.dashboard.session.shared_values import LANDSCAPES, values
from digitviz.language import gettext as _
from digitviz.values import Value

PATIENCE = 0.5
"""Seconds that a page waits, so that what takes milliseconds is there with the page and not a moment later."""
POLL_SECONDS = 0.2
Asker = tuple[str, str, str]


def _withdraw(askers: set[Asker]) -> None:
    for asker in askers:
        values().withdraw(asker)


REQUESTS = Kind[set[Asker]](_withdraw)


def computed(key: str, wanted: Value, words: Callable[[], str]) -> Any | None:
    """Return a value once it is there; until then show how far it is, and how to stop it.

    Parameters
    ----------
    key : str
        Of the place on the page; what was asked for there before and is something else is dropped.
    wanted : Value
        Reports (done, of all).
    words : callable
        Says what is being computed.

    Raises
    ------
    Exception
        What its computation raised.
    """
    stopped = f"{key}_stopped"
    if st.session_state.get(stopped) == wanted.id:
        st.button(
            _("Compute it"), key=f"{key}_compute", icon=":material/play_arrow:",
            on_click=on_click(lambda: st.session_state.pop(stopped, None)),
        )  # fmt: skip
        return None
    asker = _asker(key)
    values().ask(asker, [wanted])
    with turns().set_aside():
        values().wait(asker, [wanted.id], PATIENCE)
    standing = values().standing(asker, wanted.id)
    if standing.error is not None:
        raise standing.error
    if standing.finished:
        return standing.value

    def stop() -> None:
        st.session_state[stopped] = wanted.id
        values().withdraw(asker)

    with st.container(border=True, key=f"{key}_waits"):
        fragment(_progress, run_every=POLL_SECONDS)(asker, wanted.id, words())
        st.button(_("Cancel"), key=f"{key}_cancel", icon=":material/close:", on_click=on_click(stop))
    return None


def _asker(key: str) -> Asker:
    """Return the name under which this place of the session's page asks."""
    askers = lease().held(REQUESTS)
    if askers is None:
        askers = lease().hold(REQUESTS, set())
    asker = (LANDSCAPES, key, lease().token)
    askers.add(asker)
    return asker


def _progress(asker: Asker, id: str, words: str) -> None:
    """Show how far it is, and the page once it is there."""
    standing = values().standing(asker, id)
    if standing.finished:
        st.rerun()
    done, of = standing.progress or (0, 1)
    st.progress(done / max(of, 1), words)
