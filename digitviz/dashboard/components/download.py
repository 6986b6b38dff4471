"""A button that takes a file home, and says below itself what became of that if it did not arrive."""

from __future__ import annotations

from typing import Literal

from digitviz.dashboard.components.component import component
from digitviz.language import gettext as _

_CSS = """
.digitviz-download { color: var(--st-text-color); font-family: var(--st-font); }
.digitviz-download button {
  display: flex; align-items: center; justify-content: center; gap: .5rem; width: 100%; min-height: 2.5rem;
  padding: .25rem .75rem; font: inherit; font-size: .875rem; line-height: 1.6; color: inherit; cursor: pointer;
  background: color-mix(in srgb, var(--st-background-color) 98%, white); /* as Streamlit's: lighter where it is dark */
  border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius);
}
.digitviz-download button:hover:enabled { border-color: var(--st-primary-color); color: var(--st-primary-color); }
.digitviz-download button:focus-visible { outline: 3px solid var(--st-primary-color); outline-offset: 2px; }
.digitviz-download button:disabled { opacity: .4; cursor: not-allowed; }
.digitviz-download button[aria-busy=true] { cursor: progress; }
.digitviz-download svg { flex: none; width: 1.25rem; height: 1.25rem; fill: currentColor; }
.digitviz-download .said button { width: auto; min-height: 2rem; margin-top: .5rem; }
"""
_component = component("download", _CSS)


def download_button(
    key: str,
    label: str,
    address: str | None,
    with_icon: bool = False,
    width: Literal["content", "stretch"] = "content",
) -> None:
    """Show the button. The browser asks for the file when it is pressed, whatever the page is run for meanwhile.

    Parameters
    ----------
    key : str
        Of the element.
    label : str
    address : str or None
        Where the file is asked for; without one the button is disabled.
    with_icon : bool
    width : {"content", "stretch"}
    """
    data = {"label": label, "address": address, "icon": with_icon, "said": _said()}
    _component(key=key, data=data, width=width)


def _said() -> dict[str, str]:
    """Return what the browser itself says."""
    return {
        "making": _("The file is being made…"),
        "busy": _("The server is making other files. Yours is next as soon as it can be."),
        "silence": _("The server does not answer. Press the button again in a moment."),
        "failure": _("This file could not be made."),
        "loss": _("The server no longer knows this page: it was restarted, or the page was away for too long."),
        "reload": _("Reload the page"),
    }
