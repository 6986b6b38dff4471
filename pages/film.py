"""The animation: the map of a layer while the network learns."""

import streamlit as st

from digitviz.dashboard.components.term import terms
from digitviz.dashboard.maps import film
from digitviz.dashboard.session import current_run, example
from digitviz.language import gettext as _

current_run.attach()
example.title(_("How does the network separate the digits?"))
film.film()
with st.sidebar:
    terms("hidden_layer", "activation", "dimensionality_reduction")
