"""The frame of every page: document language, colours and announcements. `page.css` sets the margins."""

from digitviz.dashboard.components.component import component
from digitviz.figures.colours import PAIRS

_CSS = """
/* Streamlit's white has a contrast of 2.5:1 on the blue of the dark theme. */
.stApp button:is([kind=primary], [kind=primaryFormSubmit]):enabled, .stApp [data-tag], .stApp [data-tag] > * {
  color: light-dark(%s, %s);
}
"""
_component = component("frame", _CSS % PAIRS["paper"])
_announcement = component("speak")


def frame(title: str, questions: str, section: int, page: str) -> object:
    """Add the frame to the page. Call this once in every run, in a container with the key "frame".

    Parameters
    ----------
    title : str
        Title of the page in the navigation.
    questions : str
        URL of the questions that the key / offers.
    section : int
        Number of the page's section in the navigation; 0 for the pages without one.
    page : str
        Path of the page in its URL. When it changes, the browser scrolls to the top.

    Returns
    -------
    object
        Id of the question that the visitor has just chosen, untrusted. None if there is none.
    """
    data = {"title": title, "questions": questions, "section": section, "page": page}
    callbacks = {"on_lost_change": lambda: None, "on_asked_change": lambda: None}
    return _component(key="page_frame", data=data, height=1, **callbacks).asked


def announce(key: str, words: str | None, is_answer: bool = False) -> None:
    """Announce a text to screen readers, once for as long as it stays the same.

    Parameters
    ----------
    words : str or None
        Plain text, or None for no announcement.
    is_answer : bool, default False
        True for the answer to a click, which is said at once. Another text may be replaced by a later one.
    """
    _announcement(key=key, data={"words": words, "isAnswer": is_answer}, height=1)
