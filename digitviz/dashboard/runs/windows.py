"""Dialogs of the page of runs, one at a time: rename a run or an experiment, link to a run, or compare several."""

from base64 import b64encode
from collections.abc import Callable, Sequence
from html import escape
from typing import Any, Literal
from urllib.parse import urlencode, urlsplit, urlunsplit

import streamlit as st

from digitviz.dashboard.components.choice import choice
from digitviz.dashboard.components.invitation import EVERYWHERE, address_on_network, qr_code
from digitviz.dashboard.runs import actions, compare_view
from digitviz.dashboard.session import open_sweeps, run_words as words, saved_drawings
from digitviz.dashboard.session.addresses import to_address
from digitviz.dashboard.session.frame_choices import LEVEL, SCHOOL, level
from digitviz.language import Lazy, gettext as _, joined, lazy_gettext
from digitviz.store import KeptRun, KeptSweep

ONLY_HERE = {"localhost", "127.0.0.1", "::1", "0.0.0.0"}
"""Host names that every machine uses for itself."""
QR_WIDTH = 260
MAX_BYTES = 1_500
"""Length of the longest link that gets a QR code; phones cannot read finer codes from a screen."""
_OPEN = "runs_window"


def open_window(kind: str, ids: tuple[str, ...]) -> None:
    """Open one of `WINDOWS` for some runs, or "rename" for an experiment."""
    st.session_state[_OPEN] = kind, ids


def close() -> None:
    """Close the dialog."""
    st.session_state.pop(_OPEN, None)


def show(every: Sequence[KeptRun | KeptSweep]) -> None:
    """Show the open dialog, if any, on some of this owner's runs or experiments."""
    kind, ids = st.session_state.get(_OPEN, ("", ()))
    known: dict[str, Any] = {each.id: each for each in every}
    chosen = [known[id] for id in ids if id in known]
    if not chosen or len(chosen) < len(ids):  # another tab has deleted one
        close()
        return
    width: Literal["small", "large"] = "large" if kind == "compare" else "small"
    title, view = WINDOWS[kind]
    st.dialog(str(title), width=width, on_dismiss=close)(view)(chosen)


def _rename(chosen: Sequence[KeptRun | KeptSweep]) -> None:
    kept = chosen[0]
    if isinstance(kept, KeptRun):
        otherwise = words.settings_in_words(kept)
        about = _("A run without a title is named after the settings in which it differs from the notebook.")
    else:
        otherwise = open_sweeps.read(kept)[-1]
        about = _("An experiment without a title is named after the settings that change.")
    options: dict[str, Any] = {"max_chars": words.MAX_CHARACTERS, "placeholder": otherwise, "help": about}
    with st.form("rename_run", border=False):
        title = st.text_input(_("Title"), words.clean(kept.title), key=f"title_{kept.id}", **options)
        if st.form_submit_button(_("Save"), type="primary", key="save_title"):
            actions.rename(kept.id, title, "sweep" if isinstance(kept, KeptSweep) else "run")
            close()
            st.rerun()


def _link(runs: Sequence[KeptRun]) -> None:
    """Show the link to the run or to its settings."""
    run = runs[0]
    base, reach = base_address()
    settings = settings_address(run)
    titles = {"run": _("This run")} | ({} if settings is None else {"settings": _("Only its settings")})
    kind = choice(_("Link to"), titles, key="link_kind", label_visibility="collapsed")
    query = {"run": run.id} if kind == "run" or settings is None else settings
    query |= {LEVEL.key: SCHOOL} if level() == SCHOOL else {}
    address = f"{base}/train" + (f"?{urlencode(query)}" if query else "")
    st.code(address, language=None, wrap_lines=True)
    if reach is not None:
        st.caption(reach)
    if len(address) <= MAX_BYTES and urlsplit(base).hostname not in ONLY_HERE:  # no phone can open those
        picture, words_for_it = b64encode(qr_code(address)).decode(), escape(_("QR code for this link"))
        st.html(f'<img src="data:image/png;base64,{picture}" alt="{words_for_it}" width="{QR_WIDTH}">')
    st.caption(_meaning(run, kind))
    if kind == "run" and run.drawings and saved_drawings.are_mine(run.drawings):
        _share_drawings(run)


def _share_drawings(run: KeptRun) -> None:
    """Ask the owner whether to share the drawings in the run's training data; by default they stay private."""
    key = f"share_drawings_{run.id}"

    def share() -> None:
        saved_drawings.share(run, bool(st.session_state[key]))

    about = _(
        "The run was trained on your drawings. Others who download its code get them only if you turn this on; "
        "otherwise the code leaves them out."
    )
    shared = run.training_data.get(saved_drawings.SHARES) is True
    st.toggle(_("Share my drawings with its code"), value=shared, key=key, on_change=share, help=about)


def _meaning(run: KeptRun, kind: str) -> str:
    if kind == "run":
        return _("Anyone with this link can watch the run and copy it. Only you can train it further.")
    said = [_("Anyone who opens this link can train their own network with these settings.")]
    if words.changes(run):
        said.append(_("It contains the run's final settings; changes made during training are not part of any link."))
    if run.drawings:
        said.append(_("Your drawings are not part of any link."))
    return joined(said)


def settings_address(run: KeptRun) -> dict[str, str] | None:
    """Return the parameters of a link to Train with a run's settings; None if these cannot be read."""
    chosen, learn_from = words.settings(run), words.learnt_from(run)
    return None if chosen is None or learn_from is None else to_address(chosen, learn_from)


def base_address() -> tuple[str, str | None]:
    """Return the address of the dashboard, and a sentence on who can reach it.

    In a class, it is the machine's address on the network instead of localhost.
    """
    url: object = st.context.url
    parts = urlsplit(url) if isinstance(url, str) else urlsplit(f"http://localhost:{st.get_option('server.port')}")
    path = parts.path.rstrip("/").removesuffix("/runs")
    place, reach = parts.netloc, None
    if parts.hostname in ONLY_HERE:
        if st.get_option("server.address") == EVERYWHERE:
            port = "" if parts.port is None else f":{parts.port}"
            place, reach = f"{address_on_network()}{port}", _("It works for everyone on this network.")
        else:
            reach = _("It works only on this computer. To share it, start the dashboard with `make class`.")
    return urlunsplit((parts.scheme, place, path, "", "")), reach


WINDOWS: dict[str, tuple[Lazy, Callable[[Sequence[KeptRun]], None]]] = {
    "rename": (lazy_gettext("Rename"), _rename),
    "link": (lazy_gettext("Link"), _link),
    "compare": (lazy_gettext("What made the difference?"), compare_view.show),
}
"""Title and view of each dialog."""
