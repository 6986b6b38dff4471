"""The questions as data for the browser, and the way from a question to its answer."""

import hashlib
import json
from functools import cache

import streamlit as st

from digitviz.dashboard.ask.questions import QUESTIONS
from digitviz.dashboard.components import spotlight
from digitviz.dashboard.runtime.turns import on_click
from digitviz.dashboard.session import addresses, current_run, training_data
from digitviz.dashboard.train import controls
from digitviz.language import gettext as _, language, speaking
from digitviz.lesson.glossary import GLOSSARY

ADDRESS = "digitviz-assets/questions-{language}.json"
"""Route of the questions in a language."""
WORD = "word_"
"""Prefix of the ids of questions about glossary terms; the term's code follows."""
ASKED = {"neuron", "activation_function", "loss", "gradient", "batch"}
"""Terms that one of `QUESTIONS` explains with a picture."""
TERMS = {name: term for name, term in GLOSSARY.items() if name not in ASKED}
_CHOSEN, _ANSWERED = "ask_chosen", "ask_answered"

_CSS = """
.digitviz-ask-box {
  display: flex; gap: .6rem; align-items: center; width: 100%; max-width: 36rem; min-height: 2.4rem; cursor: text;
  padding: .2rem .9rem; font: inherit; text-align: start; color: inherit; background: transparent;
  border: 1px solid color-mix(in srgb, currentColor 60%, transparent); border-radius: 1.4rem;
}
.digitviz-ask-box:hover { border-color: var(--accent); }
.digitviz-ask-box:focus-visible { outline: 3px solid var(--accent); }
.digitviz-ask-box span { flex: 1; opacity: .85; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.digitviz-ask-box kbd { padding: 0 .45rem; border: 1px solid; border-radius: .25rem; font: inherit; }
@media (hover: none) { .digitviz-ask-box kbd { display: none; } } /* a phone has no such key */
"""


def box() -> None:
    """Show a box that opens the dialog with the questions. `frame.js` hears its click."""
    words = _("Ask about networks or this dashboard")
    with st.container(key="ask_box"):
        st.html(f"<style>{_CSS}</style><button class=digitviz-ask-box><span>{words}</span><kbd>/</kbd></button>")


def address() -> str:
    """Return the URL of the questions in the current language. The content at this URL never changes."""
    version = hashlib.sha256(table(language())).hexdigest()[:12]
    return f"{ADDRESS.format(language=language())}?v={version}"


@cache
def table(code: str) -> bytes:
    """Return the questions in a language as JSON."""
    with speaking(code):
        asked = [{"id": id, "text": str(one.text), "words": str(one.words)} for id, one in QUESTIONS.items()]
        told, words = _("What is “{term}”?"), _("mean meaning means define definition explain")
        for name, term in TERMS.items():
            asked.append({"id": WORD + name, "text": told.format(term=term.title), "words": words})
        little = _(  # words of questions that say little about what is asked; in Chinese, pairs of characters
            "a an and are as at be by can could did do does for from get has have how i if in is it its me mean means "
            "my not of on or so than that the there they thing think this to was we what when which who why "
            "will with you your"
        )
    table = {"questions": asked, "little": little.split()}
    return json.dumps(table, ensure_ascii=False, separators=(",", ":")).encode()


def follow(id: object) -> None:
    """Open the page that answers a question, with everything set. Call this before the page runs.

    Parameters
    ----------
    id : object
        Id of the question, from the browser and untrusted. None or an unknown one does nothing.
    """
    if not isinstance(id, str):
        return
    question, term = QUESTIONS.get(id), TERMS.get(id.removeprefix(WORD)) if id.startswith(WORD) else None
    if term is not None:
        st.session_state["glossary_search"] = str(term.title)
        question = QUESTIONS["words"]
    elif question is None:
        return
    place, address = question.place, dict(question.place.address)
    run = current_run.begun()
    has_learned = run is not None and run.run.snapshot.history.finished_batches > 0
    keys = place.keys[:-1] if has_learned and place.keys[-1] == "train" else place.keys
    if place.page == "train" and address:
        settings, learn_from = addresses.from_address(address)
        controls.set_all(settings)
        training_data.choose(learn_from)
        st.session_state.pop("controls_follow", None)  # else the controls would take the settings of the run
        address = {}
    st.session_state[_CHOSEN] = id
    addresses.open_again()
    address[spotlight.PARAMETER] = spotlight.BETWEEN.join(keys)
    st.switch_page(f"pages/{place.page}.py", query_params=address)


def show() -> None:
    """Show the question that led to this page, with its answer, until the visitor closes it or leaves the page."""
    state = st.session_state
    if addresses.just_opened():
        state[_ANSWERED] = state.pop(_CHOSEN, None)
    question = QUESTIONS.get(state.get(_ANSWERED) or "")
    with st.container(key="ask_answer", horizontal=True):  # always present, as in `run_notices`
        if question is not None:
            st.info(f"**{question.text}** {question.answer}", icon=":material/help:")
            close = on_click(lambda: state.update({_ANSWERED: None}))
            st.button(_("Close"), key="ask_close", icon=":material/close:", type="tertiary", on_click=close)
