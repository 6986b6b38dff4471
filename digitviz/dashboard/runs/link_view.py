"""A run's address, to be copied or read by a phone: that of the run itself, and that of its settings alone."""

from __future__ import annotations

from base64 import b64encode
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit, urlunsplit

import streamlit as st

from digitviz.dashboard.components.choice import choice
from digitviz.dashboard.components.invitation import EVERYWHERE, address_on_network, qr_code
from digitviz.dashboard.session import run_words as words
from digitviz.dashboard.session import saved_drawings
from digitviz.dashboard.session.settings_address import to_address
from digitviz.language import gettext as _

if TYPE_CHECKING:
    from digitviz.store import KeptRun

ONLY_HERE = {"localhost", "127.0.0.1", "::1", "0.0.0.0"}
"""Names that every machine has for itself."""
QR_WIDTH = 260
MOST_BYTES = 1_500
"""Of an address whose code is drawn: a finer one no phone reads off a screen."""


def show(run: KeptRun) -> None:
    """Show both addresses of a run, one at a time."""
    base, reach = base_address()
    settings = settings_address(run)
    titles = {"run": _("This run"), "settings": _("Its settings alone")}
    options = ["run"] if settings is None else list(titles)
    kind = choice(
        _("Link to"), options, key="link_kind", format_func=titles.__getitem__, label_visibility="collapsed"
    )  # fmt: skip
    query = {"run": run.id} if kind == "run" or settings is None else settings
    address = f"{base}/train" + (f"?{urlencode(query)}" if query else "")
    st.code(address, language=None, wrap_lines=True)
    if len(address) <= MOST_BYTES:
        picture, words_for_it = b64encode(qr_code(address)).decode(), escape(_("QR code of this address"))
        st.html(f'<img src="data:image/png;base64,{picture}" alt="{words_for_it}" width="{QR_WIDTH}">')
    st.caption(_meaning(run, kind))
    if kind == "run" and run.drawings and saved_drawings.are_mine(run.drawings):
        _share_drawings(run)
    if reach is not None:
        st.caption(reach)


def _share_drawings(run: KeptRun) -> None:
    """Ask whether others get the drawings that the run learned from; they do not unless its owner says so."""
    key = f"share_drawings_{run.id}"

    def share() -> None:
        saved_drawings.share(run, bool(st.session_state[key]))

    st.toggle(
        _("Share my drawings with its code"), value=run.training_data.get(saved_drawings.SHARES) is True, key=key,
        on_change=share,
        help=_(
            "The run learned from your drawings. Others who download its code get them only if you turn this on; "
            "otherwise the code leaves them out."
        ),
    )  # fmt: skip


def _meaning(run: KeptRun, kind: str) -> str:
    if kind == "run":
        return _("Whoever has this address can watch the run, and make a copy of it. Only you can move it.")
    said = [_("Whoever opens this address can train a network of their own with these settings.")]
    if words.changes(run):
        said.append(_("It has the settings with which the run ends; what was changed on the way is in no address."))
    if run.drawings:
        said.append(_("Your drawings are in no address."))
    return " ".join(said)


def settings_address(run: KeptRun) -> dict[str, str] | None:
    """Return the parameters of Train's address for a run's settings; None if these cannot be read."""
    chosen, learn_from = words.settings(run), words.learnt_from(run)
    return None if chosen is None or learn_from is None else to_address(chosen, learn_from)


def base_address() -> tuple[str, str | None]:
    """Return the address under which the dashboard is reached, and what is to be said of who can reach it there.

    To a class that is invited, this machine's name for itself is of no use: then it is its address on the network.
    """
    url: object = st.context.url
    parts = urlsplit(url) if isinstance(url, str) else urlsplit(f"http://localhost:{st.get_option('server.port')}")
    path = parts.path.rstrip("/").removesuffix("/runs")
    place, reach = parts.netloc, None
    if parts.hostname in ONLY_HERE:
        if st.get_option("server.address") == EVERYWHERE:
            port = "" if parts.port is None else f":{parts.port}"
            place, reach = f"{address_on_network()}{port}", _("It works for everybody on this network.")
        else:
            reach = _("It works on this computer only: for others, start the dashboard for a class.")
    return urlunsplit((parts.scheme, place, path, "", "")), reach
