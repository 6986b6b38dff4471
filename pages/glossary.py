"""Glossary: the words of the field, in both languages."""

import streamlit as st

from digitviz.dashboard.lesson import glossary
from digitviz.language import gettext as _

st.title(_("What does this word mean?"))
st.caption(_("Forty terms of the field with a sentence each, in English and in Chinese."))
glossary.view()
