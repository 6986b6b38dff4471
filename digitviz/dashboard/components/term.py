"""Words of the field that say what they mean when they are pointed at, focused or pressed; `term.js` shows it.

In a message a word is a link, `its [loss](#term-loss) falls`; the page calls `sentences("loss")` once.
"""

from __future__ import annotations

from html import escape

import streamlit as st

from digitviz.language import gettext as _
from digitviz.lesson.glossary import GLOSSARY


def sentences(*codes: str) -> None:
    """Give a page the sentences of the words that its text links; each is hidden until its word is asked for.

    Parameters
    ----------
    *codes : str
        In `GLOSSARY`; each once on a page.
    """
    with st.container(key="sentences"):  # takes no room, see page.css
        st.html("".join(map(_sentence, codes)))


def terms(*codes: str) -> None:
    """Show a line of words that the page's pictures use and its text does not: "Words: logits · probability".

    Parameters
    ----------
    *codes : str
        In `GLOSSARY`; each once on a page.
    """
    links = "".join(f'<a href="#{_name(code)}">{escape(str(GLOSSARY[code].title))}</a>' for code in codes)
    begins = escape(_("Terms:"))
    st.html(f'<div class="digitviz-terms"><span>{begins}</span>{links}{"".join(map(_sentence, codes))}</div>')


def _name(code: str) -> str:
    return f"term-{code}"


def _sentence(code: str) -> str:
    sentence = escape(str(GLOSSARY[code].sentence))
    return f'<span popover="manual" role="tooltip" class="digitviz-sentence" id="{_name(code)}">{sentence}</span>'
