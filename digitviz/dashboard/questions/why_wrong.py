"""The way to the next digit of the set that the network misclassifies."""

from __future__ import annotations

import numpy as np
import streamlit as st

from digitviz.dashboard.questions.computed import computed
from digitviz.dashboard.questions.evaluate_values import answers
from digitviz.dashboard.session.asked_digit import NUMBER, SET, AskedDigit, choose, digit_sets
from digitviz.dashboard.session.subject import Subject
from digitviz.language import gettext as _

_AFTER = "why_wrong_after"
"""In the session's state: the set, and the place in it from 0, after which one is looked for."""


def look_for(digit: AskedDigit) -> None:
    """Look for one after this digit. To be called from a callback."""
    st.session_state[_AFTER] = (digit.set, digit.index)


def go_there(asked: Subject) -> bool:
    """Ask about the one that is looked for once it is known; until then show how far the set is read.

    To be called before `asked_digit`. Returns whether there is none.
    """
    state = st.session_state
    name, index = state.get(_AFTER, (None, 0))
    digits = digit_sets(asked).get(name)
    if digits is None or (state.get(SET), state.get(NUMBER)) != (name, index + 1):  # another was chosen meanwhile
        state.pop(_AFTER, None)
        return False
    with st.sidebar:
        found = computed("wrong", [answers(asked, digits)], _("The network reads the digits: {share}"))
    if found is None:
        return False
    del state[_AFTER]
    wrong = np.flatnonzero(found[0].predictions != digits.labels)
    later = wrong[wrong > index]
    if len(wrong):
        choose(name, int((later if len(later) else wrong)[0]))
    return not len(wrong)
