"""Technical terms that show their definition when hovered over, focused or pressed. `term.js` shows the definition.

In a message a term is a link: `its [loss](#term-loss) falls`. The page calls `sentences("loss")` once.
"""

from html import escape

import streamlit as st

from digitviz.language import gettext as _
from digitviz.lesson.glossary import GLOSSARY


def sentences(*codes: str) -> None:
    """Add the hidden definitions of the terms that the page's text links.

    Parameters
    ----------
    *codes : str
        Codes in `GLOSSARY`, each once per page.
    """
    with st.container(key="sentences"):  # takes no room, see page.css
        st.html("".join(map(_sentence, codes)))


def terms(*codes: str) -> None:
    """Show a line of terms that appear in the page's pictures but not in its text: "Words: logits · probability".

    Parameters
    ----------
    *codes : str
        Codes in `GLOSSARY`, each once per page.
    """
    links = "".join(f'<a href="#{_name(code)}">{escape(str(GLOSSARY[code].title))}</a>' for code in codes)
    begins = escape(_("Terms:"))
    st.html(f'<div class="digitviz-terms"><span>{begins}</span>{links}{"".join(map(_sentence, codes))}</div>')


def _name(code: str) -> str:
    return f"term-{code}"


def _sentence(code: str) -> str:
    sentence = escape(str(GLOSSARY[code].sentence))
    return f'<span popover="manual" role="tooltip" class="digitviz-sentence" id="{_name(code)}">{sentence}</span>'
