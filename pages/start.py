"""Start: a short introduction with links to the other pages."""

import streamlit as st

from digitviz.dashboard.components.demonstration import demonstration
from digitviz.dashboard.components.invitation import invitation
from digitviz.dashboard.session import current_run
from digitviz.dashboard.train import accuracy
from digitviz.language import gettext as _
from digitviz.numbers import in_percent

invitation()
words, picture = st.columns([5, 6], gap="large")
with words:
    st.title(_("How does a machine learn to read?"))
    st.markdown(
        _(
            "Watch a small neural network learn to read handwritten digits, look inside it, and let it read your own. "
            "You choose how it learns, and it trains before your eyes."
        )
    )
    begun = current_run.begun()
    known = None if begun is None else accuracy.known(begun)
    if begun is None:
        label = _("Train a network")
    elif known is None:
        label = _("Continue your run")
    else:
        label = _("Continue your run: test accuracy {accuracy}").format(accuracy=in_percent(known.test_accuracy))
    if st.button(label, key="go", type="primary", icon=":material/play_arrow:"):
        st.switch_page("pages/train.py")
    st.caption(
        _(
            "This dashboard grew from a classic notebook: a network of 64 pixels, 50 hidden neurons and 10 outputs, "
            "written by hand in NumPy, learns scikit-learn's 8 × 8 digits, and then torch does the same. Here we call "
            "it “the notebook”, and Train starts with its settings."
        )
    )
with picture:
    demonstration()
doors = [
    ("pages/neuron.py", _("Learn how it works"), _("From one neuron to gradient descent, step by step."), "school"),
    (
        "pages/train.py",
        _("Train one yourself"),
        _("Choose how it learns, press Train, and watch."),
        "play_arrow",
    ),
    ("pages/draw.py", _("Draw a digit"), _("Draw one, see what a network reads, and why."), "draw"),
]
with st.container(key="doors"):
    for place, (page, title, sentence, icon) in zip(st.columns(len(doors)), doors, strict=True):
        with place, st.container(border=True, gap="xxsmall"):
            st.page_link(page, label=title, icon=f":material/{icon}:")
            st.caption(sentence)
