"""A picture of all saved drawings, with buttons to download and delete them."""

from functools import partial

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.plot import clicked, plot
from digitviz.dashboard.runtime.outside import as_code
from digitviz.dashboard.runtime.turns import on_click
from digitviz.dashboard.session import run_words, saved_drawings
from digitviz.dashboard.session.downloads import File, download
from digitviz.dashboard.session.lease import owner
from digitviz.dashboard.session.storage import Unavailable, store
from digitviz.language import gettext as _, joined, listed, ngettext

COLUMNS = 8
ROW_HEIGHT = 130
MAX_RUNS = 3
"""Maximum number of runs that the message about deleted drawings names."""
_MARKED = "marked_drawings"


def show() -> None:
    """Show the saved drawings, if any, and the drawings deleted last."""
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
    digits = np.reshape([drawing.digit for drawing in kept], (-1, 8, 8))
    labels, probabilities = (np.array([getattr(each, name) for each in kept]) for name in ("label", "probabilities"))
    picture = partial(figures.guesses.plain, digits, labels, probabilities, COLUMNS, framed)
    height = ROW_HEIGHT * -(-len(kept) // COLUMNS)
    plot("tray", (saved_drawings.names(), tuple(framed)), picture, height=height, on_click=_mark)
    with st.container(horizontal=True):
        taken, delete = tuple(kept), on_click(_delete)  # the files are made outside the session, after a click
        npz, png = "digitviz-drawings.npz", "digitviz-drawings.png"
        binary = "application/octet-stream"
        download(_("Drawings (npz)"), f"download_{npz}", lambda: File(saved_drawings.npz(taken), npz, binary))
        download(_("Drawings (PNG)"), f"download_{png}", lambda: File(saved_drawings.png(taken), png, "image/png"))
        chosen = tuple(drawing.id for drawing in kept if drawing.id in marked)
        title = _("Delete selected ({count})").format(count=len(chosen))
        st.button(title, key="delete_drawings", disabled=not chosen, on_click=delete, args=(chosen,))
        st.button(_("Delete all"), key="empty_tray", on_click=delete, args=(saved_drawings.names(),))
    how = _("Select the drawings that you want to delete. Each download has all of them.")
    train = _("To train on them, turn on “Train on my drawings too” under Settings › More settings on the Train page.")
    st.caption(joined([how, train]))


def _mark() -> None:
    """Select or deselect the clicked drawing. Data from a browser is untrusted."""
    number, kept = (clicked("tray") or {}).get("customdata"), saved_drawings.drawings()
    if isinstance(number, (int, float)) and number in range(len(kept)):
        st.session_state[_MARKED] = st.session_state.get(_MARKED, set()) ^ {kept[int(number)].id}


def _delete(ids: tuple[str, ...]) -> None:
    saved_drawings.delete(ids)
    st.session_state.pop(_MARKED, None)


def _deleted() -> None:
    """Show which drawings were deleted last and which runs learnt from them, with a button to undo that."""
    gone = saved_drawings.deleted()
    if not gone:
        return
    said = ngettext("{count} drawing deleted.", "{count} drawings deleted.", len(gone)).format(count=len(gone))
    with st.container(horizontal=True, vertical_alignment="center", key="deleted_drawings"):
        st.markdown(joined([said, *_who_learnt(tuple(drawing.id for drawing in gone))]), width="content")
        undo = on_click(saved_drawings.undo_delete)
        st.button(_("Undo"), key="undo_delete", icon=":material/undo:", on_click=undo)


def _who_learnt(ids: tuple[str, ...]) -> list[str]:
    """Return a sentence that names this owner's runs that learnt from some drawings. Empty without such runs."""
    try:
        runs = [run for run in store().learnt_from(list(ids)) if run.owner == owner()]
    except Unavailable:
        return []
    if not runs:
        return []
    names = [as_code(run_words.name(run), limit=run_words.MAX_CHARACTERS) for run in runs[:MAX_RUNS]]
    if (more := len(runs) - MAX_RUNS) > 0:
        names.append(ngettext("{count} more", "{count} more", more).format(count=more))
    sentence = ngettext(
        "{count} run was trained on them and keeps its own copies: {names}.",
        "{count} runs were trained on them and keep their own copies: {names}.",
        len(runs),
    )
    return [sentence.format(count=len(runs), names=listed(names))]
