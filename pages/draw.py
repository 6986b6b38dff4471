"""Draw: a digit is read while it is drawn."""

import streamlit as st

from digitviz.dashboard.draw import answer, readers, saved, sources
from digitviz.dashboard.runtime.turns import fragment
from digitviz.language import gettext as _

st.title(_("Can it read what you draw?"))
with st.sidebar:
    readers.control()
    sources.show()
fragment(answer.view)()
saved.show()
