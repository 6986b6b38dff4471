"""What else can be put on the pad: a digit of the data set, or a picture."""

from __future__ import annotations

import streamlit as st

from digitviz.dashboard.components.pad import put
from digitviz.dashboard.runtime.clicks import on_click
from digitviz.dashboard.session import current_run
from digitviz.drawing import to_digit
from digitviz.drawing.picture import canvas_from_digit, canvas_from_ink, read_picture


def show() -> None:
    """Show the fields for a digit's number and for a file, folded away."""
    with st.expander("Start from a digit of the data set, or from a picture"):
        from_data, from_file = st.columns(2, gap="large")
        with from_data:
            st.number_input(
                "Digit number", 0, len(current_run.shipped_digits()) - 1, key="digit_number", persist_state="session"
            )
            st.button("Put it on the pad", key="load_digit", on_click=on_click(_load_digit))
        with from_file:
            file = st.file_uploader(
                "A photo or picture of one digit", type=["png", "jpg", "jpeg", "webp", "bmp"], key="upload"
            )
            if file is not None and st.session_state.get("uploaded") != file.file_id:
                st.session_state["uploaded"] = file.file_id
                st.session_state["upload_error"] = _load_picture(file.getvalue())
                if st.session_state["upload_error"] is None:
                    st.rerun()  # the pad stands above
            if file is not None and st.session_state.get("upload_error"):
                st.error(st.session_state["upload_error"])


def _load_digit() -> None:
    put("pad", canvas_from_digit(current_run.shipped_digits().images[int(st.session_state.get("digit_number", 0))]))


def _load_picture(file: bytes) -> str | None:
    """Put a picture on the pad; return what is wrong with it, if anything."""
    try:
        drawing = to_digit(read_picture(file))
    except ValueError as error:
        return str(error)
    if drawing.is_empty:
        return "No ink was found in this picture. Use one with a dark digit on light paper, or a bright digit on dark."
    put("pad", canvas_from_ink(drawing.crop))
    return None
