"""digitviz: watch a small neural network learn to read handwritten digits."""

import streamlit as st

from digitviz.dashboard.server import ASSETS, lifespan, routes, serve_navigation_only

app = st.App(__file__, routes=routes(), lifespan=lifespan)

if __name__ == "__main__":  # a visitor's run; the server imports this file for `app`
    st.set_page_config(page_title="digitviz", page_icon=str(ASSETS / "icon.png"), layout="wide")
    page = st.navigation(
        {
            "": [st.Page("pages/start.py", title="Start", icon=":material/home:", default=True)],
            "Train": [st.Page("pages/train.py", title="Train", icon=":material/play_arrow:")],
            "Maps": [
                st.Page("pages/weights.py", title="Before and after", icon=":material/grid_on:"),
                st.Page("pages/projections.py", title="Gallery", icon=":material/scatter_plot:"),
                st.Page("pages/film.py", title="Film", icon=":material/movie:"),
            ],
        },
        expanded=True,
    )
    page.run()
else:
    serve_navigation_only()
