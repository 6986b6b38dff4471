"""Draw: a digit is read while it is drawn."""

import streamlit as st

from digitviz.dashboard.draw import answer, readers, sources
from digitviz.dashboard.runtime.turns import fragment
from digitviz.dashboard.session import current_run, drawings_view
from digitviz.language import gettext as _

current_run.attach()
with st.container(horizontal=True, vertical_alignment="center", gap="medium", key="page_top"):
    st.title(_("Can it read what you draw?"), width="content")
    readers.control()
drawn, others = st.container(key="drawn"), st.container()  # the others may put a picture on the pad
drawn.empty()  # else a container without content would not keep its room
with others:
    sources.show()
with drawn:
    fragment(answer.view)()
drawings_view.show()
