"""Race: a few trainings side by side."""

import streamlit as st

from digitviz.dashboard.experiments import race
from digitviz.language import gettext as _

st.title(_("Which one learns better?"))
race.show()
