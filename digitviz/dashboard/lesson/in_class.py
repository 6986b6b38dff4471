"""A plan for a lesson of 45 minutes, on the first page."""

import streamlit as st

from digitviz.dashboard.session.frame_choices import SCHOOL, level
from digitviz.language import gettext as _
from digitviz.numbers import numeral


def plan() -> None:
    """Show the plan in a closed expander: for each part a page, its minutes, and a task for the class."""
    with st.expander(_("For teachers: a plan for 45 minutes in class"), key="plan"), st.container(key="plan_steps"):
        for page, query, minutes, task in (
            ("draw", {}, 5, _("Three of you draw digits. Guess first: what will the network read?")),
            ("neuron", {"step": "3"}, 10, _("Move the sliders until the neuron knows AND. Who can do it with XOR?")),
            ("forward", {"step": "1"}, 5, _("Follow one digit through the network, from its pixels to the answer.")),
            ("train", {}, 10, _("Everybody trains a network, then changes one setting. Whose reads best, and why?")),
            ("evaluate", {}, 10, _("Which digits does yours confuse? Would you have read them correctly?")),
            ("break", {"step": "1"}, 5, _("Fool it: how few pixels does it take to change its answer?")),
        ):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.page_link(f"pages/{page}.py", icon=":material/arrow_forward:", query_params=query, width=140)
                has_step = query and level() != SCHOOL  # School counts fewer steps
                words = _("{minutes} min, step {step}: {task}") if has_step else _("{minutes} min: {task}")
                st.markdown(words.format(minutes=numeral(minutes), task=task, **query), width="content")
