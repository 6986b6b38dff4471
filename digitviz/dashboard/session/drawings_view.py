"""The saved drawings: all of them in one picture, with what can be done with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.plot import clicked, plot
from digitviz.dashboard.runtime.clicks import on_click
from digitviz.dashboard.runtime.outside import as_code
from digitviz.dashboard.session import run_words, saved_drawings
from digitviz.dashboard.session.downloads import File, download
from digitviz.dashboard.session.owner import owner
from digitviz.dashboard.session.saved_drawings import SavedDrawing
from digitviz.dashboard.session.storage import Unavailable, store
from digitviz.language import gettext as _
from digitviz.language import ngettext

COLUMNS = 8
ROW_HEIGHT = 130
MOST_RUNS = 3
"""Runs that are named when a drawing is deleted from which they learnt."""
_MARKED = "marked_drawings"


def show() -> None:
    """Show the saved drawings, if there are any, and what was deleted last."""
    kept = saved_drawings.drawings()
    marked = {drawing.id for drawing in kept} & st.session_state.get(_MARKED, set())
    _deleted()
    if not kept:
        return
    st.header(_("Your drawings"))
    correct = sum(drawing.answer == drawing.label for drawing in kept)
    st.markdown(
        _("**{correct}** correct, **{wrong}** misclassified").format(correct=correct, wrong=len(kept) - correct)
    )
    framed = [number for number, drawing in enumerate(kept) if drawing.id in marked]
    plot(
        "tray",
        (saved_drawings.names(), tuple(framed)),
        lambda: figures.guesses.plain(
            np.stack([drawing.digit for drawing in kept]),
            np.array([drawing.label for drawing in kept]),
            np.stack([drawing.probabilities for drawing in kept]),
            COLUMNS,
            framed,
        ),
        height=ROW_HEIGHT * -(-len(kept) // COLUMNS),
        on_click=_mark,
    )
    with st.container(horizontal=True):
        taken = tuple(kept)  # the file is made outside the session, when the button is pressed
        for title, make, name, kind in (
            (_("Drawings (npz)"), saved_drawings.npz, "digitviz-drawings.npz", "application/octet-stream"),
            (_("Drawings (PNG)"), saved_drawings.png, "digitviz-drawings.png", "image/png"),
        ):
            download(title, f"download_{name}", partial(_file, make, taken, name, kind))
        _delete_buttons(tuple(drawing.id for drawing in kept if drawing.id in marked))
    st.caption(
        " ".join(
            (
                _("Select the drawings that you want to download or delete."),
                _("To train on them, switch on “Train on my drawings too” under More settings on the Train page."),
            )
        )
    )


def _file(make: Callable[[Sequence[SavedDrawing]], bytes], kept: Sequence[SavedDrawing], name: str, kind: str) -> File:
    return File(make(kept), name, kind)


def _delete_buttons(marked: tuple[str, ...]) -> None:
    title = _("Delete selected ({count})").format(count=len(marked))
    st.button(title, key="delete_drawings", disabled=not marked, on_click=on_click(_delete), args=(marked,))
    st.button(_("Delete all"), key="empty_tray", on_click=on_click(_delete), args=(saved_drawings.names(),))


def _mark() -> None:
    """Select the drawing that was clicked, or let go of it; what a browser sends is untrusted."""
    number, kept = (clicked("tray") or {}).get("customdata"), saved_drawings.drawings()
    if isinstance(number, (int, float)) and number in range(len(kept)):
        st.session_state[_MARKED] = st.session_state.get(_MARKED, set()) ^ {kept[int(number)].id}


def _delete(ids: tuple[str, ...]) -> None:
    saved_drawings.delete(ids)
    st.session_state.pop(_MARKED, None)


def _deleted() -> None:
    """Say what was deleted last and which runs learnt from it, and offer to bring it back."""
    gone = saved_drawings.deleted()
    if not gone:
        return
    said = ngettext("{count} drawing deleted.", "{count} drawings deleted.", len(gone)).format(count=len(gone))
    with st.container(horizontal=True, vertical_alignment="center", key="deleted_drawings"):
        st.markdown(" ".join([said, *_who_learnt(tuple(drawing.id for drawing in gone))]), width="content")
        st.button(
            _("Undo"), key="undo_delete", icon=":material/undo:", on_click=on_click(saved_drawings.undo_delete)
        )  # fmt: skip


def _who_learnt(ids: tuple[str, ...]) -> list[str]:
    """Name the runs of this owner that learnt from some drawings, in a sentence; none if there is none."""
    try:
        runs = [run for run in store().learnt_from(list(ids)) if run.owner == owner()]
    except Unavailable:
        return []
    if not runs:
        return []
    names = [as_code(run_words.name(run), most=run_words.MOST_CHARACTERS) for run in runs[:MOST_RUNS]]
    if (more := len(runs) - MOST_RUNS) > 0:
        names.append(ngettext("{count} more", "{count} more", more).format(count=more))
    sentence = ngettext(
        "{count} run learnt from them and keeps them for itself: {names}.",
        "{count} runs learnt from them and keep them for themselves: {names}.",
        len(runs),
    )
    return [sentence.format(count=len(runs), names=", ".join(names))]
