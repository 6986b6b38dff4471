"""The settings of a run, and the buttons that control its training."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from digitviz.dashboard.runtime.turns import fragment, on_click
from digitviz.dashboard.session import addresses, current_run, training_data
from digitviz.dashboard.session.training_data import TrainingData
from digitviz.dashboard.train import branching, controls
from digitviz.language import gettext as _
from digitviz.language import listed, ngettext, pgettext
from digitviz.numbers import plain_number
from digitviz.training.hyperparameters import Hyperparameters, differences
from digitviz.training.pool import ProgressState
from digitviz.training.run import TrainingRun

SPEEDS: list[float | None] = [1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000, 16_000, 30_000, 100_000, None]
"""Speeds in steps per second. At 16,000 the notebook's 100,000 steps take about 6 s, slow enough for a class to see."""
DEFAULT_SPEED = 16_000
MAX_CHANGES = 2
"""Limit for the changed settings that are named, so that they fit in three lines. A preset may change ten."""


def _speed_text(speed: float | None) -> str:
    if speed is None:
        return _("full speed")
    return ngettext("{count} step per second", "{count} steps per second", speed).format(count=plain_number(speed))


def settings() -> None:
    """Show the controls in a fragment. The rest of the page reruns only if it must follow them."""
    fragment(_settings, key=controls.PARTS[0])(controls.asked(), controls.shown())


def _settings(seen: controls.Asked, shown: tuple[object, ...]) -> None:
    """Show the controls. The page last ran for the settings `seen` and the set of controls `shown`."""
    run, progress = current_run.job().run, current_run.progress()
    with st.container(gap="xsmall", key="settings"):
        controls.show_main()
        chosen, learn_from = asked = controls.asked()
        with st.container(key="changes"):  # has a fixed height, so that the content below does not move
            if chosen is None:
                st.error(controls.what_is_wrong())
            elif run.step > 0 and (changed := _changed(run, chosen, learn_from)):
                words = _("Press **Train** to start over: {settings}.")
                if not current_run.is_owners():
                    words = _("Press **Make a copy**, then **Train** to start over: {settings}.")
                st.info(words.format(settings=changed))
            else:  # always one element, see `controls.shown`
                is_new = not (run.step or progress.is_running) and run.hyperparameters == Hyperparameters()
                words = _("Keep these settings at first and press **Train**. Then change one and compare.")
                st.caption(words if is_new and current_run.is_mine() else "")
        branching.apply_button(run, progress.is_over, asked)
        controls.show_more()
    if chosen is not None:
        addresses.write(addresses.to_address(chosen, learn_from))
    is_unbegun = not (run.step or progress.is_running)  # the page then shows its network
    must_follow = is_unbegun or learn_from != seen[1] or _closed(chosen, learn_from) or _closed(*seen)
    if controls.shown() != shown or (must_follow and asked != seen):
        st.rerun()


def _changed(run: TrainingRun, chosen: Hyperparameters, learn_from: TrainingData) -> str:
    """Return the differences from the settings of the run as text. Empty if there are none."""
    changed = differences(run.hyperparameters, chosen)
    if current_run.learnt_from() != learn_from:
        changed.append(_("training data"))
    shown, more = changed[:MAX_CHANGES], len(changed) - MAX_CHANGES
    if more > 0:
        shown.append(ngettext("{count} more", "{count} more", more).format(count=more))
    return listed(shown)


def _closed(chosen: Hyperparameters | None, learn_from: TrainingData) -> bool:
    """Return whether no run can start: the settings are not allowed, or their training data is still being made."""
    return chosen is None or training_data.dataset(learn_from, chosen.train_fraction) is None


def _take_settings() -> controls.Asked:
    """Replace the run by one with the settings on the controls if it has not started. Return these settings."""
    chosen, learn_from = asked = controls.asked()
    run = current_run.job().run
    differs = (run.hyperparameters, current_run.learnt_from()) != (chosen, learn_from)
    unbegun = run.step == 0 and not current_run.progress().is_running and current_run.is_mine()
    if unbegun and differs and chosen is not None and not _closed(chosen, learn_from):
        current_run.new_run(chosen, st.session_state["speed"], learn_from)
    return asked


def buttons() -> bool:
    """Show the buttons and the speed, which all work during training.

    They have no help texts: Streamlit adds a button with a tooltip to the page twice, for mouse and touch.

    Returns
    -------
    bool
        True if the buttons that start a run are disabled: the settings are not allowed, or the data is not ready.
    """
    shown = st.session_state.setdefault("speed", DEFAULT_SPEED)  # written again, it would undo a choice under way
    if current_run.opened() is not None and (speed := current_run.job().speed) in SPEEDS and speed != shown:
        st.session_state["speed"] = speed  # of a run that was opened, or that another visitor trains
    closed = _closed(*_take_settings())
    mine = current_run.is_mine()
    shut = closed or not mine
    run, progress = current_run.job().run, current_run.progress()
    running, over = progress.is_running, progress.is_over
    idle = not running and (run.step == 0 or over)

    def button(label: str, key: str, action: Callable[..., None], *arguments: object, **look: Any) -> None:
        st.button(label, key=key, on_click=on_click(action), args=arguments, **look)

    # The action matches the label: "Pause" must not start a run that has finished since the button was shown.
    title, icon = (_("Resume"), ":material/resume:") if progress.can_resume else (_("Pause"), ":material/pause:")
    current_run.attached_here().resumes = progress.can_resume  # until the stream renames it
    stuck = over or not mine or (closed and run.step == 0)
    first = "" if over else "train" if idle else "pause"  # the button needed next; after a training, a link is
    with st.container(horizontal=True, vertical_alignment="center", width="content", key="buttons"):
        look = {key: "primary" if key == first else "secondary" for key in ("train", "pause")}
        start = _("Train again") if over else _("Train")
        sign = f":material/{'replay' if over else 'play_arrow'}:"  # unlike that of the slider's Play
        button(start, "train", begin, current_run.train, disabled=shut, icon=sign, type=look["train"])
        button(title, "pause", current_run.pause_or_resume, disabled=idle or not mine, icon=icon, type=look["pause"])
        button(pgettext("on a button", "Step"), "step", _go_on, current_run.step, disabled=stuck, type="tertiary")
        button(_("Next batch"), "next_batch", _go_on, current_run.next_batch, disabled=stuck, type="tertiary")
        if progress.state == ProgressState.FINISHED and run.snapshot.fault is None:
            with st.container(key="draw_it", width="content"):
                label, yours = _("Draw a digit for it to read"), {"who": "yours"}
                st.page_link("pages/draw.py", label=label, icon=":material/draw:", query_params=yours)
        with st.popover(_("Speed, reset"), icon=":material/tune:", type="tertiary", key="tools"):
            layout: dict[str, Any] = {"persist_state": "session"}
            layout["on_change"] = lambda: current_run.set_speed(st.session_state["speed"])
            st.select_slider(_("Speed"), SPEEDS, key="speed", format_func=_speed_text, disabled=not mine, **layout)
            button(_("Reset"), "reset", begin, current_run.new_run, disabled=shut, width="stretch")
            button(_("New weights"), "new_weights", begin, _new_weights, disabled=shut, width="stretch")
    return closed


def begin(action: Callable[[Hyperparameters, float | None, TrainingData], object]) -> None:
    """Start with the settings at the time of the click, if that is still possible."""
    chosen, learn_from = controls.asked()
    if chosen is not None and not _closed(chosen, learn_from):
        action(chosen, st.session_state["speed"], learn_from)


def _go_on(action: Callable[[], None]) -> None:
    """Continue the run. If it has not taken any steps, use the settings at the time of the click."""
    _take_settings()
    action()


def _new_weights(chosen: Hyperparameters, speed: float | None, learn_from: TrainingData) -> None:
    if current_run.new_run_from(None, chosen.with_next_seed(), speed, learn_from):
        controls.set_all(chosen.with_next_seed())
