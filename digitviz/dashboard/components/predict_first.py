"""A box in which the visitor commits to a guess before seeing the answer."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import streamlit as st

from digitviz.language import gettext as _
from digitviz.numbers import numeral


def predict_first(
    key: str,
    question: str,
    choices: Mapping[str, object] | tuple[float, float, float],
    reveal: Callable[[Any], str],
    in_picture: bool = False,
    is_over: bool = False,
) -> bool:
    """Show a box in which visitors commit to a guess before they see the answer. They may then guess again.

    Parameters
    ----------
    choices : mapping of str to text, or (low, high, step) of float
        Codes to choose from with their texts, or the range of a slider.
    reveal : callable
        Called with the guess, a code or a number. Returns the text to show.
    in_picture : bool
        True if a click in a picture is the guess. The box offers the choices in a list as well, which is only visible
        while it has the focus.
    is_over : bool
        True if the result is on the page, so that there is nothing left to predict.

    Returns
    -------
    bool
        True if the visitor has committed to a guess.
    """
    committed = f"{key}_committed"
    done = committed in st.session_state
    with st.container(border=not in_picture, key=f"{key}_picture_box" if in_picture else f"{key}_box"):
        asked = f":small[{question}]" if is_over else question
        if not (is_over or in_picture):
            asked = _("**Predict first.** {question}").format(question=question)
        if done:
            guess = st.session_state[committed]
            said = str(choices[guess]) if isinstance(choices, Mapping) else numeral(guess, ",g")
            said = _("You said {guess}. {answer}").format(guess=said, answer=reveal(guess))
            asked = said if in_picture else f"{asked}\n\n{said}"  # the picture stays where it is
        with st.container(horizontal=True, vertical_alignment="bottom", gap="xxsmall"):
            st.markdown(asked, width="stretch")
            forget: Callable[[], None] = partial(st.session_state.pop, committed, None)
            look: dict[str, Any] = {"icon": ":material/replay:", "type": "tertiary"}
            if done and not (is_over or in_picture):
                st.button(_("Guess again"), key=f"{key}_again", on_click=forget, **look)
        if not done or (in_picture and not is_over):
            _ask(key, question, choices, in_picture)
    return done


def _ask(key: str, question: str, choices: Any, in_picture: bool) -> None:
    """Show the options, or the slider and its button. The choice becomes the guess."""
    question = question.translate(dict.fromkeys(map(ord, "$`*_{}")))  # for screen readers

    def commit() -> None:
        if (chosen := st.session_state.get(key)) is not None:  # missing if the visitor left the page before the click
            st.session_state[f"{key}_committed"] = chosen

    if isinstance(choices, Mapping):
        titles = {code: str(words) for code, words in choices.items()}
        look: dict[str, Any] = {"label_visibility": "collapsed", "format_func": titles.__getitem__}
        if in_picture:
            with st.container(key=f"{key}_unseen"):
                st.selectbox(question, list(titles), index=None, key=key, on_change=commit, **look)
        else:
            st.pills(question, list(titles), required=True, key=key, on_change=commit, **look)
        return
    low, high, step = (float(end) for end in choices)
    if (held := st.session_state.get(key)) is not None and not low <= held <= high:  # the range has changed
        st.session_state[key] = min(max(held, low), high)
    with st.container(horizontal=True, vertical_alignment="center"):
        hidden: dict[str, Any] = {"label_visibility": "collapsed", "persist_state": "session"}
        st.slider(question, low, high, step=step, format="%g", key=key, **hidden)
        st.button(_("Submit my guess"), key=f"{key}_commit", on_click=commit)
