"""digitviz: watch a small neural network learn to read handwritten digits."""

import streamlit as st

from digitviz.dashboard.lesson.order import LESSON, file_of
from digitviz.dashboard.runtime.streamlit_internals import serve_navigation_only
from digitviz.dashboard.runtime.turns import delivered, turns
from digitviz.dashboard.server.routes import ASSETS, lifespan, middleware, routes

app = st.App(__file__, routes=routes(), lifespan=lifespan, middleware=middleware())

NARROW_MARGINS = """<style>
@media (min-width: 640px) and (max-width: 1320px) {
  [data-testid=stMainBlockContainer] { padding-left: 2.5rem; padding-right: 2.5rem; }
}
</style>"""
"""A projector's or a tablet's width is for the pictures."""

if __name__ == "__main__":  # a visitor's run; the server imports this file for `app`
    with turns().take():
        st.set_page_config(page_title="digitviz", page_icon=str(ASSETS / "icon.png"), layout="wide")
        st.html(NARROW_MARGINS)
        page = st.navigation(
            {
                "": [st.Page("pages/start.py", title="Start", icon=":material/home:", default=True)],
                "Learn": [
                    st.Page(file_of(name), title=one.title, icon=f":material/{one.icon}:")
                    for name, one in LESSON.items()
                ],
                "Train": [st.Page("pages/train.py", title="Train", icon=":material/play_arrow:")],
                "Maps": [
                    st.Page("pages/weights.py", title="Before and after", icon=":material/compare:"),
                    st.Page("pages/projections.py", title="Gallery", icon=":material/bubble_chart:"),
                    st.Page("pages/map.py", title="One map", icon=":material/travel_explore:"),
                    st.Page("pages/film.py", title="Film", icon=":material/movie:"),
                ],
                "Draw": [st.Page("pages/draw.py", title="Draw", icon=":material/draw:")],
            },
            expanded=True,
        )
        page.run()
    delivered()
else:
    serve_navigation_only()
