"""One large map: single points, their neighbours, and maps with other seeds and methods."""

import streamlit as st

from digitviz.dashboard.maps import controls, large
from digitviz.dashboard.session import addresses, current_run
from digitviz.language import gettext as _
from digitviz.projections.spaces import DIGITS, LABELS, W1_ROWS, kind_of_points

current_run.attach()
with st.container(horizontal=True, vertical_alignment="center", key="title"):
    st.title(_("Which digits are neighbours?"))
    settings = st.popover(_("Change the map"), icon=":material/tune:")
first_line = st.empty()
mapped = controls.mapped_snapshot()
with settings:
    wanted, again, more = controls.controls(mapped)
addresses.show_errors("map_address_error", "map_understood")  # a popover shows only what is open
each = {
    DIGITS: _("Each dot is one handwritten digit."),
    W1_ROWS: _("Each dot is one pixel."),
    LABELS: _("Each dot is one label."),
}
first_line.markdown(each[kind_of_points(wanted[0].of.name)])
large.view(wanted, mapped, again, more)
