"""Race: a few trainings side by side."""

import streamlit as st

from digitviz.dashboard.experiments.page import show
from digitviz.dashboard.experiments.race import RACES
from digitviz.language import gettext as _

st.title(_("Which one learns better?"))
show(RACES)
