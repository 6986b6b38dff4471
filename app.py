"""digitviz: watch a small neural network learn to read handwritten digits."""

import streamlit as st

from digitviz.dashboard.ask import answer
from digitviz.dashboard.components import spotlight
from digitviz.dashboard.components.frame import frame
from digitviz.dashboard.questions.computed import stop_the_rest
from digitviz.dashboard.runtime import streamlit_internals
from digitviz.dashboard.runtime.turns import delivered, turns
from digitviz.dashboard.server.assets import ASSETS
from digitviz.dashboard.server.navigation import sections
from digitviz.dashboard.server.routes import lifespan, middleware, routes
from digitviz.dashboard.session import addresses, current_run, frame_choices, run_notices
from digitviz.dashboard.session.frame_choices import LANGUAGE, LEVEL
from digitviz.dashboard.session.lease import share
from digitviz.dashboard.session.open_sweeps import Page

WITH_SETTINGS = {"train"}
"""Pages with settings in the sidebar. On a phone, the sidebar of the others has only the menu."""

app = st.App(__file__, routes=routes(), lifespan=lifespan, middleware=middleware())

if __name__ == "__main__":  # a visitor's run, while the server imports this file for `app`
    with turns().take(share()):
        st.set_page_config(page_title="digitviz", page_icon=str(ASSETS / "icon.png"), layout="wide")
        frame_choices.speak_chosen()
        LEVEL.begin()
        menu = sections()
        page = st.navigation(
            menu,
            position="top",
            expanded=True,  # on a phone, where it is in the drawer
        )
        current_run.open_asked(own_only=page.url_path in [*Page])  # an experiment is shared alone
        st.set_page_config(page_title=f"{page.title} · digitviz")
        addresses.arrive(page.url_path)
        # Always present: it contains a phone's menu, and on pages with settings it shifts the page at once.
        st.sidebar.container(key="settings_place" if page.url_path in WITH_SETTINGS else "no_settings").empty()
        with st.container(key="frame"):
            here = [page.url_path in {one.url_path for one in pages} for pages in menu.values()].index(True)
            asked = frame(page.title, answer.address(), here, page.url_path)
            with st.container(key="frame_choices", horizontal=True, gap="xsmall", width="content"):
                LEVEL.control()
                LANGUAGE.control()
        answer.follow(asked)
        spotlight.take()
        answer.show()
        run_notices.show(says_saving=page.url_path == "train")
        page.run()
        spotlight.show()
        stop_the_rest()
        delivered()
else:
    streamlit_internals.serve_navigation_only()
    streamlit_internals.answer_before_the_next()  # for every click, not only those that close a dialog
    streamlit_internals.run_no_part_of_a_page_that_was_left()
    streamlit_internals.keep_what_is_unsent()
    streamlit_internals.read_the_theme_once()
