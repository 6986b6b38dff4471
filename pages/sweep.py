"""Sweep: many trainings over a grid of settings."""

import streamlit as st

from digitviz.dashboard.experiments.page import show
from digitviz.dashboard.experiments.sweep import SWEEPS
from digitviz.language import gettext as _

st.title(_("Which network reads best?"))
show(SWEEPS)
