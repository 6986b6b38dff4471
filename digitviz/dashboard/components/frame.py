"""The frame of every page: the language of the document, a colour, and announcements. Margins are in `page.css`."""

from __future__ import annotations

from digitviz.dashboard.components.component import component
from digitviz.figures.colours import PAIRS
from digitviz.language import gettext as _

_CSS = """
/* White, Streamlit's own, has 2.5:1 on the dark theme's blue. */
.stApp button:is([kind=primary], [kind=primaryFormSubmit]):enabled, .stApp [data-tag], .stApp [data-tag] > * {
  color: light-dark(%s, %s);
}
"""
_component = component("frame", _CSS % PAIRS["paper"])
_announcement = component("speak")


def frame(language: str) -> None:
    """Put the frame round the page; to be called once in every run, in a container with the key "frame".

    Parameters
    ----------
    language : str
        Of the document, such as "zh-Hans".
    """
    data = {"language": language, "skip": _("Skip to main content")}
    _component(key="page_frame", data=data, height=1, on_lost_change=lambda: None)


def announce(key: str, words: str | None) -> None:
    """Have a screen reader say something, once for as long as it stays the same.

    Parameters
    ----------
    words : str or None
        Plain text; None if there is nothing to say.
    """
    _announcement(key=key, data={"words": words}, height=1)
