"""Glossary: the terms of the field, in two languages."""

import streamlit as st

from digitviz.dashboard.lesson import glossary
from digitviz.language import gettext as _

st.title(_("What does this word mean?"))
glossary.view()
