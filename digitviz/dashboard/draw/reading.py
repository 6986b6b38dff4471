"""What is shown of a drawing that is being read."""

from __future__ import annotations

import hashlib
import time
from functools import partial

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.choice import choice
from digitviz.dashboard.components.pad import pack, pad, put
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.draw.star_map import star_map
from digitviz.dashboard.runtime.clicks import on_click
from digitviz.dashboard.runtime.shared import shared
from digitviz.dashboard.runtime.turns import turns
from digitviz.dashboard.session import current_run, saved_drawings
from digitviz.datasets import DigitDataset
from digitviz.drawing import Drawing, Prediction, read, to_digit
from digitviz.drawing.picture import canvas_from_digit, canvas_from_ink, read_picture, shrink
from digitviz.explanations.contributions import contributions, neuron_contributions
from digitviz.networks.network import Network
from digitviz.reader import load_reader

READERS = {"reader": "Reader", "yours": "Yours", "untrained": "Untrained", "all": "All three"}

ANSWER_FIRST_SECONDS = 0.03
"""Between the answer and its reasons, so that the browser has the answer on the screen before it draws the rest."""

_LOOK = """<style>
[data-testid=stMainBlockContainer] { padding-top: 3.5rem; }
.st-key-reading [data-testid=stMetricValue] { font-size: clamp(3.5rem, 7.5vw, 9rem); line-height: 1; padding: 0; }
</style>"""
"""The answer is to be read from the last row, and all that leads to it seen at once."""


def _learnt_from() -> DigitDataset:
    return current_run.shipped_digits().split()[0]


def networks() -> dict[str, Network]:
    """Return the networks that can read: the shipped reader, the session's own as it is now, and as it began."""
    run = current_run.job().run
    untrained = Network(run.initial_parameters, run.hyperparameters.activation, run.hyperparameters.input_scale)
    return {"reader": shared().get(load_reader), "yours": run.network, "untrained": untrained}


def view() -> None:
    """Show the pad and the whole way to the answer; a fragment, so that only this is run while drawing."""
    drawn, answer = st.columns([1, 2], gap="large")
    st.html(_LOOK)
    with drawn:
        canvas, done = pad("pad")
    if canvas is None:
        answer.error("The drawing did not arrive whole. Press Clear on the pad and draw again.")
        return
    drawing = to_digit(canvas)
    with answer:
        box = st.container()  # the answer first, also on a phone; who reads is chosen below it
        who = choice("Who reads?", list(READERS), format_func=READERS.__getitem__, key="who", wrap=True)
    readings = {
        name: read(drawing, network, shared().get(_learnt_from) if name != "yours" else current_run.job().run.train)
        for name, network in networks().items()
        if who in (name, "all")
    }
    main, alone = next(iter(readings)), len(readings) == 1
    with box:
        said, shown = st.columns([2, 3], vertical_alignment="center") if alone else (st.container(), st.container())
        with said, st.container(key="reading"):
            _answer(drawing, readings[main])
        if not drawing.is_empty:
            for column, (name, prediction) in zip(shown.columns(len(readings)), readings.items(), strict=True):
                with column:
                    _bars(name, prediction, alone)
    _stages(drawing, networks()[main], readings[main])
    _keep(drawing, readings[main], canvas)
    with st.container(key="details"):
        if done and not drawing.is_empty and readings[main].label is not None:
            with turns().set_aside():
                time.sleep(ANSWER_FIRST_SECONDS)
            _details(drawing, networks()[main], readings[main], main)
            _demo(canvas, networks()[main], readings[main])


def _answer(drawing: Drawing, prediction: Prediction) -> None:
    if prediction.label is None:
        st.subheader("Draw a digit" if drawing.is_empty else "No answer")
        words = "Use the mouse, a finger, a pen or the arrow keys."
        st.caption(words if drawing.is_empty else prediction.unlike_training_data or "")
        return
    doubt = prediction.unlike_training_data
    sure = f"{prediction.confidence:.0%}" if prediction.confidence < 0.995 else "More than 99%"
    row = st.container(horizontal=True, vertical_alignment="center", gap="small")
    row.metric("Not sure, perhaps" if doubt else "It reads", str(prediction.label), width="content")
    row.markdown(f"{sure} sure of it. " + (f"**But:** {doubt}" if doubt else ""), width="content")


def _bars(name: str, prediction: Prediction, alone: bool) -> None:
    if not alone:
        verdict = "no answer" if prediction.label is None else f"reads {prediction.label}"
        untrained = name == "yours" and current_run.job().run.step == 0
        st.caption(f"**{READERS[name]}** {verdict}" + (", not trained yet" if untrained else ""))
    elif name == "yours" and (steps := current_run.job().run.step) == 0:
        st.caption("Your network has not been trained yet: train it, and come back.")
    elif name == "yours":
        st.caption(f"Your network after {steps:,} steps")
    plot(
        f"bars_{name}",
        prediction.probabilities.tobytes(),
        lambda: figures.probability_bars.plain(prediction.probabilities, prediction.label),
        height=260,
    )


def _stages(drawing: Drawing, network: Network, prediction: Prediction) -> None:
    mark = hashlib.sha256(np.packbits(drawing.ink).tobytes()).hexdigest()
    way, counted, hidden = st.columns([4, 2.2, 3.4], gap="medium", vertical_alignment="center")
    with way:
        plot("stages", mark, lambda: figures.stages.plain(drawing), height=190)
        if not drawing.is_empty:
            st.caption(_what_was_done(drawing))
    with counted:
        plot(
            "digit",
            drawing.digit.tobytes(),
            lambda: figures.digit_with_numbers.plain(drawing.digit, "8 x 8"),
            height=250,
        )
    activations = network.hidden(drawing.row)
    if activations and prediction.label is not None:
        order = np.argsort(prediction.probabilities, kind="stable")
        importance = neuron_contributions(network, drawing.digit, int(order[-1]), int(order[-2]))
        with hidden:
            plot(
                "hidden",
                (mark, importance.tobytes()),
                lambda: figures.hidden_cells.plain(activations[-1][0], importance),
                height=260,
            )


def _what_was_done(drawing: Drawing) -> str:
    thick = {
        -2: "thinned twice",
        -1: "thinned once",
        0: "left as thick as it is",
        1: "thickened once",
        2: "thickened twice",
    }
    lean = "right" if drawing.slant > 0 else "left"
    down, across = drawing.scale
    upright = f"set upright (it leant {abs(drawing.slant):.2f} columns a row to the {lean})"
    return (
        f"Cut out, stretched by {down:.2f} down and {across:.2f} across, {thick[drawing.thickened]}, {upright}, "
        "then the ink of each 4 x 4 block is counted."
    )


def _keep(drawing: Drawing, prediction: Prediction, canvas: np.ndarray) -> None:
    def keep() -> None:
        label = st.session_state.get("shows")
        if label is None:  # the click came a second time, or after the page was left
            return
        kept = saved_drawings.Kept(pack(canvas), drawing.digit, int(label), prediction.probabilities)
        if saved_drawings.keep(kept):
            st.session_state["shows"] = None
            st.session_state["tray_changed"] = True
            put("pad", np.zeros_like(canvas))
        else:
            st.session_state["tray_full"] = True

    ready = prediction.label is not None
    with st.container(horizontal=True, vertical_alignment="bottom", key="keeping"):
        shows = st.pills("What did you draw?", list(range(10)), key="shows", disabled=not ready, wrap=True)
        st.button("Keep it", key="keep", disabled=not ready or shows is None, on_click=keep)
    if st.session_state.pop("tray_changed", False):
        st.rerun()  # the tray stands outside this fragment
    if st.session_state.pop("tray_full", False):
        st.error(f"The tray is full: {saved_drawings.MOST} drawings are kept. Download them, then empty it.")


def _details(drawing: Drawing, network: Network, prediction: Prediction, name: str) -> None:
    mark = (name, drawing.digit.tobytes(), prediction.probabilities.tobytes())
    why, like, where = st.columns([1, 1, 2], gap="medium")
    split = contributions(network, drawing.digit)
    with why:
        st.markdown(f"**Why {split.label} and not {split.against}?**")
        plot("arguments", mark, lambda: figures.pixel_arguments(split), height=300)
        rest = f", biases and bends {split.remainder:+.2f}" if abs(split.remainder) > 1e-9 else ""
        st.caption(f"The pixels add up to {split.pixels.sum():+.2f}{rest}: a lead of {split.lead:.2f} logits.")
    with like:
        st.markdown("**Which are nearest?**")
        digits = current_run.job().run.train if name == "yours" else shared().get(_learnt_from)
        rows = prediction.neighbours
        plot(
            "nearest",
            mark,
            lambda: figures.nearest_digits(digits.images[rows], digits.labels[rows], prediction.distances),
            height=140,
        )
        st.caption("Digits that were learnt from, with their distance in ink; a full pixel is 16.")
    with where:
        st.markdown("**Where does it land?**")
        star_map(drawing, network, mark, None if name == "reader" else current_run.job().run.history)


def _demo(canvas: np.ndarray, network: Network, prediction: Prediction) -> None:
    with st.expander("Show what demo apps do"):
        small = shrink(canvas)
        naive = network.predict_proba(small.reshape(1, 64))[0]
        ours, theirs = st.columns(2)
        with ours:
            st.markdown(f"**Ours** reads {prediction.label} ({prediction.confidence:.0%})")
            digit = to_digit(canvas).digit
            plot("ours", digit.tobytes(), lambda: figures.digit_with_numbers.plain(digit), height=260)
        with theirs:
            st.markdown(f"**The canvas shrunk to 8 x 8** reads {naive.argmax()} ({naive.max():.0%})")
            plot("naive", small.tobytes(), lambda: figures.digit_with_numbers.plain(small), height=260)
        st.caption(
            "The data set's digits fill their 8 x 8 pixels from top to bottom. A canvas that is only shrunk does not "
            "look like them, so the same network misreads most drawings, above all small or off-centre ones."
        )


def sources() -> None:
    """Show what else can be put on the pad: a digit of the data set, or a picture."""
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
        return "No ink was found in this picture: take one with a dark digit on light paper, or a bright one on dark."
    put("pad", canvas_from_ink(drawing.crop))
    return None


def show_tray() -> None:
    """Show the drawings that were kept."""
    kept = saved_drawings.drawings()
    st.subheader("Your drawings")
    if not kept:
        st.caption("Say what you drew and press Keep it: the drawing is kept here for as long as this page is open.")
        return
    right = sum(drawing.answer == drawing.label for drawing in kept)
    st.markdown(f"**{right}** read right, **{len(kept) - right}** wrong")
    plot(
        "tray",
        saved_drawings.names(),
        lambda: figures.guesses(
            np.stack([drawing.digit for drawing in kept]),
            np.array([drawing.label for drawing in kept]),
            np.stack([drawing.probabilities for drawing in kept]),
            columns=10,
        ),
        height=130 * -(-len(kept) // 10),
    )
    with st.container(horizontal=True):
        taken = tuple(kept)  # the file is made outside the session, when the button is pressed
        for title, make, name, kind in (
            ("Drawings (npz)", saved_drawings.npz, "digitviz-drawings.npz", "application/octet-stream"),
            ("Drawings (PNG)", saved_drawings.png, "digitviz-drawings.png", "image/png"),
        ):
            st.download_button(title, partial(make, taken), name, kind, on_click="ignore", key=f"download_{name}")
        st.button("Empty the tray", key="empty_tray", on_click=on_click(kept.clear))
    st.caption("To learn from them, switch on Train on my drawings too, on the Train page under More settings.")
