"""Whether there is room to keep a training that begins."""

from __future__ import annotations

import streamlit as st

from digitviz.dashboard.session.owner import owner
from digitviz.dashboard.session.storage import store
from digitviz.store.room import NoRoom

_WHY = "no_room_to_keep"


def is_left() -> bool:
    """Whether another run of this visitor may be kept; if not, `why_not_kept` says why from now on."""
    why = st.session_state[_WHY] = store().no_room(owner(), "run")
    return why is None


def why_not_kept() -> NoRoom | None:
    """Tell why the training that began last is not kept; None if it is."""
    why: NoRoom | None = st.session_state.get(_WHY)
    return why


def forget() -> None:
    """Forget why: another training is there."""
    st.session_state[_WHY] = None
