"""Glossary: the terms of the field, in both languages."""

import streamlit as st

from digitviz.dashboard.lesson import glossary
from digitviz.language import gettext as _

st.title(_("What does this word mean?"))
st.caption(_("Forty terms from the field, each explained in one sentence, in English and Chinese."))
glossary.view()
