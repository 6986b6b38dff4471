"""Draw: a digit is read while it is drawn."""

import streamlit as st

from digitviz.dashboard.draw import answer, readers, saved, sources
from digitviz.dashboard.runtime.turns import fragment
from digitviz.dashboard.session import current_run
from digitviz.language import gettext as _

current_run.attach()
st.title(_("Can it read what you draw?"))
with st.sidebar:
    readers.control()
    sources.show()
fragment(answer.view)()
saved.show()
