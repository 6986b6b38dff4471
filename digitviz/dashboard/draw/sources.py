"""Other inputs: a digit of the data set or a picture for the pad, and drawings from a file."""

import numpy as np
import streamlit as st

from digitviz.dashboard.components.files import upload, with_limit
from digitviz.dashboard.components.frame import announce
from digitviz.dashboard.components.pad import SIZE, put
from digitviz.dashboard.draw import readers
from digitviz.dashboard.runtime import streamlit_internals
from digitviz.dashboard.runtime.turns import on_click
from digitviz.dashboard.session import current_run, saved_drawings
from digitviz.drawing import to_digit
from digitviz.drawing.canvas import LARGEST_SIDE
from digitviz.drawing.picture import LARGEST_JPEG, MAX_BYTES, canvas_from_digit, canvas_from_ink, read_picture
from digitviz.imports import Drawings, Unreadable, read_file
from digitviz.language import gettext as _, lazy_gettext
from digitviz.numbers import a_digit, numeral

_COPIED = "digit_copied"
"""Key of the number of the digit that was put on the pad last."""


def show() -> None:
    """Show the fields for a digit's number and for files. Call this before the pad is shown."""
    with st.expander(_("Use a digit of the data set, a photo, or saved drawings")):
        digit, picture, drawings = st.columns(3, gap="large")
    with digit:
        _digit()
    with picture:
        _picture()
    with drawings:
        upload(_("Drawings (npz) downloaded from this dashboard"), "bring_drawings", _bring_in)


def _digit() -> None:
    label, about = _("Digit from the data set"), _("Its position among scikit-learn's digits, starting at 1.")
    count = len(current_run.shipped_digits())
    st.number_input(label, 1, count, key="digit_number", persist_state="session", help=about)
    st.button(_("Copy to the drawing pad"), key="load_digit", on_click=on_click(_load_digit))
    said, number = None, st.session_state.get(_COPIED)
    if number is not None:
        a_label = a_digit(int(current_run.shipped_digits().labels[number - 1]))
        said = _("Number {number} is {a_label}.").format(number=numeral(number), a_label=a_label)
        st.caption(said)
    announce("digit_spoken", said, is_answer=True)


def _picture() -> None:
    most, kinds = MAX_BYTES // 1_000_000, ["png", "jpg", "jpeg", "webp", "bmp"]
    label = with_limit(_("A photo or picture of one digit (PNG, JPEG, WebP, BMP)"), most)
    side, photo = numeral(LARGEST_SIDE), numeral(LARGEST_JPEG)
    side = _("At most {most} pixels per side, {photo} in most JPEGs.").format(most=side, photo=photo)
    file = st.file_uploader(label, type=kinds, key="upload", max_upload_size=most, help=side)
    if file is None:
        return
    if st.session_state.get("uploaded") != file.file_id:
        st.session_state["uploaded"] = file.file_id
        st.session_state["upload_error"] = _load_picture(file.getvalue())
        streamlit_internals.forget_content(file)
    if error := st.session_state.get("upload_error"):
        st.error(error)


def _load_digit() -> None:
    if (number := st.session_state.get("digit_number")) is not None:  # the field may be empty
        st.session_state[_COPIED] = int(number)
        put("pad", canvas_from_digit(current_run.shipped_digits().images[int(number) - 1]))


def _bring_in(_name: str, data: bytes) -> object:
    drawings = read_file(data)
    if not isinstance(drawings, Drawings):
        raise Unreadable(lazy_gettext("This is not a file of drawings. Drawings come as an npz file."))
    return saved_drawings.bring_in(drawings, readers.networks()[readers.main()])


def _load_picture(file: bytes) -> str | None:
    """Put a picture on the pad. Return an error message, or None."""
    try:
        drawing = to_digit(read_picture(file))
    except ValueError as error:
        return str(error)
    if drawing.is_empty:
        put("pad", np.zeros((SIZE, SIZE), np.uint8))  # the page then shows the prediction for an empty pad
        return _(
            "No ink found in this picture. Use a dark digit on a light background, or a light digit on a dark "
            "background."
        )
    put("pad", canvas_from_ink(drawing.crop))
    return None
