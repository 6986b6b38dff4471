"""The navigation: all pages of the dashboard, in sections."""

import copy

import streamlit as st

from digitviz.dashboard.lesson.order import LESSON
from digitviz.dashboard.questions.order import QUESTIONS
from digitviz.dashboard.runtime.shared import shared
from digitviz.language import gettext as _, language


def sections() -> dict[str, list[st.Page]]:
    """Return the pages by the title of their section, in the current language, for `st.navigation`.

    Streamlit looks for the file of each page when the page is made, so the server makes them once for each language. It
    also writes into the page that it runs, so every run gets copies.
    """
    return {title: [copy.copy(page) for page in pages] for title, pages in shared().get(_made, language()).items()}


def _made(_language: str) -> dict[str, list[st.Page]]:
    return {
        "": [
            st.Page("pages/start.py", title=_("Home"), icon=":material/home:", default=True),
            st.Page("pages/train.py", title=_("Train"), icon=":material/play_arrow:"),
            st.Page("pages/draw.py", title=_("Draw"), icon=":material/draw:"),
            st.Page("pages/runs.py", title=_("My runs"), icon=":material/history:"),
        ],
        _("Learn"): [
            st.Page(f"pages/{name}.py", title=str(one.title), icon=f":material/{one.icon}:")
            for name, one in LESSON.items()
        ]
        + [st.Page("pages/glossary.py", title=_("Glossary"), icon=":material/dictionary:")],
        _("Look inside"): [st.Page("pages/weights.py", title=_("Before and after"), icon=":material/compare:")]
        + [
            st.Page(f"pages/{name}.py", title=str(one.title), icon=f":material/{one.icon}:")
            for name, one in QUESTIONS.items()
        ],
        _("Experiments"): [
            st.Page("pages/race.py", title=_("Race"), icon=":material/sprint:"),
            st.Page("pages/sweep.py", title=_("Sweep"), icon=":material/grid_on:"),
        ],
        _("Maps"): [
            st.Page("pages/projections.py", title=_("Gallery"), icon=":material/bubble_chart:"),
            st.Page("pages/map.py", title=_("One map"), icon=":material/travel_explore:"),
            st.Page("pages/film.py", title=_("Animation"), icon=":material/movie:"),
        ],
    }
