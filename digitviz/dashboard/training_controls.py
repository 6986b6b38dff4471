"""The buttons that drive a training, and what is said when it goes wrong."""

from __future__ import annotations

import streamlit as st

from digitviz.dashboard import controls, material, session
from digitviz.dashboard.material import Material
from digitviz.dashboard.turns import fragment
from digitviz.hyperparameters import Hyperparameters
from digitviz.presets import PRESETS, nearest_that_learns

SPEEDS: list[float | None] = [1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000, 16_000, 30_000, 100_000, None]
"""Steps a second; at 16,000 the notebook's 100,000 steps take about 6 seconds, so that a class sees it happen."""
DEFAULT_SPEED = 16_000


def _speed_text(speed: float | None) -> str:
    return "as fast as it goes" if speed is None else f"{speed:,} step{'s' if speed > 1 else ''} a second"


def buttons(chosen: Hyperparameters | None, learn_from: Material) -> None:
    """Show the buttons and the speed; all answer while training runs.

    They carry no help: a button with a tooltip is put on the page twice, for mouse and finger.

    Parameters
    ----------
    chosen : Hyperparameters or None
        What the controls are set to; None, when that is not allowed, closes the buttons that begin anew.
    learn_from : Material
        The digits that are chosen.
    """
    speed = st.session_state.setdefault("speed", DEFAULT_SPEED)
    run = session.job().run
    making = chosen is not None and material.dataset(learn_from, chosen.train_fraction) is None
    shown = (run.hyperparameters, session.learnt_from())
    if not making and chosen is not None and run.step == 0 and shown != (chosen, learn_from):
        session.new_run(chosen, speed, learn_from)
        run = session.job().run
    progress = session.progress()
    running = progress.state == "running"
    over = progress.state in {"finished", "diverged", "failed"}
    idle = not running and (run.step == 0 or over)
    closed = chosen is None or making

    with st.container(horizontal=True, vertical_alignment="bottom", key="buttons"):
        st.button(
            "Train", key="train", type="primary", icon=":material/play_arrow:", disabled=closed,
            on_click=session.on_click(session.train), args=(chosen, speed, learn_from),
        )  # fmt: skip
        st.button(
            "Pause" if running or idle else "Resume", key="pause", icon=":material/pause:" if running else None,
            disabled=idle, on_click=session.on_click(session.pause_or_resume),
        )  # fmt: skip
        st.button("Step", key="step", disabled=over, on_click=session.on_click(session.step))
        st.button(
            "Next batch",
            key="next_batch",
            disabled=over,
            on_click=session.on_click(session.next_batch),
        )
        st.button(
            "Reset", key="reset", disabled=closed,
            on_click=session.on_click(session.new_run), args=(chosen, speed, learn_from),
        )  # fmt: skip
        st.button(
            "New weights", key="new_weights", disabled=closed, on_click=session.on_click(_new_weights),
            args=(chosen, speed, learn_from),
        )  # fmt: skip
        st.select_slider(
            "Speed", SPEEDS, key="speed", format_func=_speed_text, persist_state="session", width=220,
            on_change=lambda: session.set_speed(st.session_state["speed"]),
        )  # fmt: skip


def _wait_for_material(chosen: Hyperparameters, learn_from: Material) -> None:
    if material.dataset(learn_from, chosen.train_fraction) is not None:
        st.rerun()
    st.info("Drawing distorted copies of the digits. This takes some seconds, once.", icon=":material/hourglass:")


def _new_weights(chosen: Hyperparameters, speed: float | None, learn_from: Material) -> None:
    controls.set_all(chosen.with_next_seed())
    session.new_run(chosen.with_next_seed(), speed, learn_from)


def messages(chosen: Hyperparameters | None, learn_from: Material) -> None:
    """Say what waits for Train, and what went wrong with the training; offer a way out."""
    current, progress = session.job(), session.progress()
    settings = current.run.hyperparameters
    if chosen is not None and material.dataset(learn_from, chosen.train_fraction) is None:
        fragment(_wait_for_material, run_every=0.3)(chosen, learn_from)
    changed = controls.differences(settings, chosen) if chosen is not None else ""
    if session.learnt_from() != learn_from:
        changed = f"{changed}, other digits to learn from".removeprefix(", ")
    if current.run.step > 0 and changed:
        st.info(f"Changed: {changed}. Press **Train** to start over with it.", icon=":material/tune:")
    if st.session_state.pop("no_room", False):
        st.error(
            "There is no room on this server for a training that long beside those of the others: "
            "choose fewer batches or fewer steps. Your last training is kept."
        )
    if st.session_state.pop("forgotten", False):
        st.info("You were away, and your training made way for those of others. Press **Train** to run it again.")
    if progress.error is not None:
        st.error(
            f"The training stopped at step {progress.step:,}: {progress.error}. What it recorded is kept below. "
            "Press **Reset** to begin again.",
            icon=":material/error:",
        )
    if current.run.note and current.run.step > 0:
        st.caption(current.run.note)
    fault = current.run.snapshot.fault
    if fault is None:
        return
    st.warning(str(fault), icon=":material/warning:")
    if current.run.diverged:
        st.caption("The weights below are the last good ones.")
    way_out = nearest_that_learns(current.run.hyperparameters)

    def take() -> None:
        controls.take_preset(way_out)
        session.new_run(PRESETS[way_out].hyperparameters, st.session_state["speed"])

    st.button(f"Try “{PRESETS[way_out].title}” instead", key="way_out", on_click=session.on_click(take))
