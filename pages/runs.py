"""My runs: all runs of the visitor, and the saved drawings."""

import streamlit as st

from digitviz.dashboard.runs import overview
from digitviz.language import gettext as _

st.title(_("Which of your runs reads best?"))
overview.show()
