"""The settings of a run, the buttons that control its training, and changes from a batch on."""

import dataclasses
from collections.abc import Callable
from typing import Any

import streamlit as st

from digitviz.dashboard.components.training_slider import released
from digitviz.dashboard.runtime.turns import HEADLINE, fragment, on_click
from digitviz.dashboard.session import addresses, current_run, training_data
from digitviz.dashboard.session.frame_choices import is_plain
from digitviz.dashboard.session.moment import words_at
from digitviz.dashboard.session.training_data import TrainingData
from digitviz.dashboard.train import controls
from digitviz.language import gettext as _, listed, ngettext, pgettext
from digitviz.numbers import plain_number
from digitviz.training.hyperparameters import Hyperparameters, differences, setting_in_words
from digitviz.training.pool import ProgressState
from digitviz.training.recipe import CHANGEABLE
from digitviz.training.run import TrainingRun

SPEEDS: list[float | None] = [1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000, 16_000, 30_000, 100_000, None]
"""Speeds in steps per second. At 16,000 the notebook's 100,000 steps take about 6 s, slow enough for a class to see."""
DEFAULT_SPEED = 16_000
MAX_CHANGES = 2
"""Limit for the changed settings that are named, so that they fit in three lines. A preset may change ten."""
MAY_CHANGE = {*CHANGEABLE, "batches"}
"""Settings that may change during a run. Any other change makes a new run."""


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
        apply_button(run, progress.is_over, asked)
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


def point(run: TrainingRun) -> int | None:
    """Return the batch at which the visitor released the slider at the top. None for the run's current step."""
    serial, step, batch = st.session_state.get("branch_moment", (None, None, None))
    return batch if (serial, step) == (run.serial, run.step) else None


def take_point() -> None:
    """Record the point at which the visitor released the slider at the top."""
    run = current_run.job().run
    batch = released(HEADLINE, run)
    st.session_state["branch_moment"] = (run.serial, run.step, None if batch == "now" else batch)
    st.session_state[controls.POINT_IS_NEW] = True


def changes_from(run: TrainingRun, batch: int, asked: controls.Asked) -> tuple[dict[str, Any], list[str]]:
    """Compare the settings on the controls with those of a run at a batch. Both are empty if they are not allowed.

    Returns
    -------
    changes : dict
        Settings that differ, with their new values. Empty if one differs that cannot change during a run.
    fixed : list of str
        The run's settings that cannot change but differ, as text.
    """
    chosen, learn_from = asked
    if chosen is None:
        return {}, []
    now, at_batch, wanted = run.hyperparameters.values, run.recipe.settings_at(batch), chosen.values
    differing = [name for name in now if name not in MAY_CHANGE and wanted[name] != now[name]]
    fixed = [setting_in_words(name, now[name]) for name in differing]
    fixed += [_("training data")] if learn_from != current_run.learnt_from() else []
    changes = {name: wanted[name] for name in CHANGEABLE if wanted[name] != getattr(at_batch, name) and not fixed}
    return changes | ({"batches": wanted["batches"]} if changes else {}), fixed


def apply_button(run: TrainingRun, is_over: bool, asked: controls.Asked) -> None:
    """Show the button that applies changes from the next batch on, if there is one. Call this in a fragment."""
    changes = changes_from(run, run.batch, asked)[0] if run.step and not is_over else {}
    is_late = bool(changes) and current_run.next_batch_of(run) >= changes["batches"]
    look: dict[str, Any] = {"icon": ":material/alt_route:", "width": "stretch"}
    if st.button(_("Apply from the next batch"), key="apply_next", disabled=not changes or is_late, **look):
        current_run.branch(None, changes)
        st.rerun()


def branch_view() -> None:
    """Show the controls that branch from the slider's point."""
    st.header(_("What if?"))
    fragment(_branch, key=controls.PARTS[1])()


def _branch() -> None:
    run = current_run.job().run
    words = _(
        "Go back to any point with the slider at the top, change the learning rate in the settings (» opens them if "
        "they are hidden), and branch. Training continues from there, and the original curves stay visible."
    )
    if not is_plain():
        words = _(
            "Go back to any point with the slider at the top, change the learning rate, optimizer, weight decay, loss "
            "or gradient in the settings (» opens them if they are hidden), and branch. Training continues from there, "
            "and the original curves stay visible."
        )
    st.caption(words)
    if current_run.progress().is_running:
        if current_run.job().branched_from is not None:
            st.caption(_("Your branch is training: watch its curves above."))
        st.caption(_("You can go back once training is paused or finished."))
        return
    if not run.batch:
        st.caption(_("You can go back once the first batch is finished."))
        return
    chosen = point(run)
    batch = run.history.checkpoint_batches()[-1] if chosen is None else chosen
    asked = controls.asked()
    changes, fixed = changes_from(run, batch, asked)
    at_the_end = bool(changes) and batch >= changes["batches"]
    if st.button(_("Branch from here"), key="branch", disabled=not changes or at_the_end, icon=":material/alt_route:"):
        current_run.branch(batch, changes)
        st.rerun()
    if at_the_end:
        st.caption(_("The run ends here. Drag the slider at the top to an earlier point first."))
    elif changes:
        settings = run.recipe.settings_at(batch)
        told = differences(settings, dataclasses.replace(settings, **changes))
        sentence = _("Branch {moment}: {settings}.")
        st.caption(sentence.format(moment=words_at(batch), settings=listed(told)))
    elif fixed:
        sentence = _("To branch, first set this back, because it cannot change during a run: {settings}.")
        st.caption(sentence.format(settings=listed(fixed)))
    else:
        st.caption(_("To branch, first change one of these settings."))
