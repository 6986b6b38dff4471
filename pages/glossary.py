"""Glossary: the terms of the field, in two languages."""

import streamlit as st

from digitviz.dashboard.lesson import glossary
from digitviz.dashboard.runtime.turns import fragment
from digitviz.language import gettext as _

st.title(_("What does this word mean?"))
fragment(glossary.view)()
