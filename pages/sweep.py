"""Sweep: many trainings over a grid of settings."""

import streamlit as st

from digitviz.dashboard.experiments import sweep
from digitviz.language import gettext as _

st.title(_("What matters most?"))
sweep.show()
