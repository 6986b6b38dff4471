"""The buttons that control a training, and what is said when it goes wrong."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from digitviz.dashboard.runtime.clicks import on_click
from digitviz.dashboard.runtime.outside import MOST_OF_AN_ERROR, as_code
from digitviz.dashboard.runtime.turns import fragment
from digitviz.dashboard.session import current_run, training_data
from digitviz.dashboard.session.training_data import TrainingData
from digitviz.dashboard.train import controls
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.presets import PRESETS, nearest_that_learns

SPEEDS: list[float | None] = [1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000, 16_000, 30_000, 100_000, None]
"""Steps per second; at 16,000 the notebook's 100,000 steps take about 6 seconds, so that a class sees it happen."""
DEFAULT_SPEED = 16_000


def _speed_text(speed: float | None) -> str:
    return "as fast as it goes" if speed is None else f"{speed:,} step{'s' if speed > 1 else ''} per second"


def settings() -> None:
    """Show the controls. Moving one runs them alone, and the rest of the page only where it has to follow."""
    fragment(_settings)(controls.asked(), controls.shown())


def _settings(seen: tuple[Hyperparameters | None, TrainingData], shown: tuple[object, ...]) -> None:
    """Show the controls; the page was last run for what was `seen` on them, and `shown` of them."""
    controls.show_main()
    chosen, learn_from = controls.asked()
    run = current_run.job().run
    with st.container(key="changes"):
        message = st.empty()  # always there: see `controls.shown`
        if chosen is None:
            message.error(controls.what_is_wrong())
        elif run.step > 0:
            changed = controls.differences(run.hyperparameters, chosen)
            if current_run.learnt_from() != learn_from:
                changed = f"{changed}, other training data".removeprefix(", ")
            if changed:
                message.info(f"Changed: {changed}. Press **Train** to start over with this.", icon=":material/tune:")
    controls.show_more()
    if chosen is not None:
        controls.write_address(chosen, learn_from)
    must_follow = run.step == 0 or _closed(chosen, learn_from) or _closed(*seen)
    if controls.shown() != shown or (must_follow and (chosen, learn_from) != seen):
        st.rerun()


def _closed(chosen: Hyperparameters | None, learn_from: TrainingData) -> bool:
    """Whether no training can start: the settings are not allowed, or their training data are still being made."""
    return chosen is None or training_data.dataset(learn_from, chosen.train_fraction) is None


def _take_settings() -> None:
    """Replace the run by one with the settings of the controls, as long as it has taken no step."""
    chosen, learn_from = controls.asked()
    run = current_run.job().run
    differs = (run.hyperparameters, current_run.learnt_from()) != (chosen, learn_from)
    if run.step == 0 and differs and chosen is not None and not _closed(chosen, learn_from):
        current_run.new_run(chosen, st.session_state["speed"], learn_from)


def buttons() -> bool:
    """Show the buttons and the speed; all answer while training runs.

    They carry no help: a button with a tooltip is put on the page twice, for mouse and finger.

    Returns
    -------
    bool
        Whether those that start a training are disabled: the settings are not allowed, or their data are being made.
    """
    st.session_state.setdefault("speed", DEFAULT_SPEED)
    _take_settings()
    closed = _closed(*controls.asked())
    run = current_run.job().run
    progress = current_run.progress()
    running, over = progress.is_running, progress.is_over
    idle = not running and (run.step == 0 or over)

    with st.container(horizontal=True, vertical_alignment="bottom", key="buttons"):
        st.button(
            "Train", key="train", type="primary", icon=":material/play_arrow:", disabled=closed,
            on_click=on_click(_begin), args=(current_run.train,),
        )  # fmt: skip
        # It does what it says: a training may have come to its goal since it was shown, and must not go on by "Pause".
        title, action = ("Pause", current_run.pause) if running or idle else ("Resume", current_run.resume)
        st.button(
            title, key="pause", icon=":material/pause:" if running else None, disabled=idle, on_click=on_click(action)
        )
        for title, key, action in (
            ("Step", "step", current_run.step),
            ("Next batch", "next_batch", current_run.next_batch),
        ):
            st.button(
                title, key=key, disabled=over or (closed and run.step == 0), on_click=on_click(_go_on),
                args=(action,),
            )  # fmt: skip
        st.button(
            "Reset", key="reset", disabled=closed,
            on_click=on_click(_begin), args=(current_run.new_run,),
        )  # fmt: skip
        st.button(
            "New weights", key="new_weights", disabled=closed,
            on_click=on_click(_begin), args=(_new_weights,),
        )  # fmt: skip
        st.select_slider(
            "Speed", SPEEDS, key="speed", format_func=_speed_text, persist_state="session", width=220,
            on_change=lambda: current_run.set_speed(st.session_state["speed"]),
        )  # fmt: skip
    return closed


def _wait_for_training_data(chosen: Hyperparameters, learn_from: TrainingData) -> None:
    if training_data.dataset(learn_from, chosen.train_fraction) is not None:
        st.rerun()
    st.info(training_data.how_it_stands(), icon=":material/hourglass:")


def _begin(action: Callable[[Hyperparameters, float | None, TrainingData], object]) -> None:
    """Start with the settings at the click, unless that has become impossible by then."""
    chosen, learn_from = controls.asked()
    if chosen is not None and not _closed(chosen, learn_from):
        action(chosen, st.session_state["speed"], learn_from)


def _go_on(action: Callable[[], None]) -> None:
    """Move the run on; if it has taken no step, with the settings at the click."""
    _take_settings()
    action()


def _new_weights(chosen: Hyperparameters, speed: float | None, learn_from: TrainingData) -> None:
    if current_run.new_run(chosen.with_next_seed(), speed, learn_from):
        controls.set_all(chosen.with_next_seed())


def messages(closed: bool) -> None:
    """Say what the training waits for, and what went wrong with it; suggest settings that learn.

    Parameters
    ----------
    closed : bool
        Whether the buttons were shown disabled.
    """
    current, progress = current_run.job(), current_run.progress()
    chosen, learn_from = controls.asked()
    if closed and chosen is not None:
        fragment(_wait_for_training_data, run_every=0.3)(chosen, learn_from)
    if st.session_state.pop("no_room", False):
        st.error(
            "This server has no room for so long a training beside those of the others: "
            "choose fewer batches or fewer steps. Your last training is kept."
        )
    if st.session_state.pop("forgotten", False):
        st.info("While you were away, your training had to make room for others. Press **Train** to run it again.")
    if progress.error is not None:
        st.error(
            f"The training stopped at step {progress.step:,}: {as_code(progress.error, most=MOST_OF_AN_ERROR)}. "
            "What it recorded is kept below. Press **Reset** to start over.",
            icon=":material/error:",
        )
    if current.run.note and current.run.step > 0:
        st.caption(current.run.note)
    fault = current.run.snapshot.fault
    if fault is None:
        return
    st.warning(str(fault), icon=":material/warning:")
    if current.run.diverged:
        st.caption("The weights below are the last finite ones.")
    way_out = nearest_that_learns(current.run.hyperparameters)

    def take() -> None:
        controls.take_preset(way_out)
        _begin(current_run.new_run)

    st.button(f"Try “{PRESETS[way_out].title}” instead", key="way_out", on_click=on_click(take))
