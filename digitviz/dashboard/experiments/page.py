"""A page of experiments: its form and buttons, the expected time, results as they come, and opening a training."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.plot import plot, sent
from digitviz.dashboard.components.predict_first import predict_first
from digitviz.dashboard.experiments import form
from digitviz.dashboard.experiments.form import Kind
from digitviz.dashboard.runtime.turns import fragment, on_click
from digitviz.dashboard.session import addresses, current_run, open_sweeps, storage
from digitviz.dashboard.session.asked_sweep import AskedSweep
from digitviz.dashboard.session.downloads import CSV, File, download
from digitviz.dashboard.session.lease import request, standing
from digitviz.dashboard.session.open_runs import pool
from digitviz.dashboard.session.open_sweeps import OpenSweep, Page, Work
from digitviz.dashboard.session.storage import EXAMPLES, Unavailable
from digitviz.language import gettext as _, joined, ngettext
from digitviz.numbers import duration, numeral
from digitviz.settings import CLUSTER
from digitviz.store import MAX_SWEEPS, NoRoom
from digitviz.training.background_sweep import SweepState
from digitviz.training.outcome import Outcome, compute
from digitviz.training.presets import ReadySweep
from digitviz.training.sweep import Sweep, SweepTable
from digitviz.values import Standing, Value

MIN_CELLS, EXAMPLE_SECONDS = 9, 4.0
"""If a table has at least `MIN_CELLS` cells, its first one is trained with one seed before it starts, as an example,
unless that takes longer than `EXAMPLE_SECONDS`. The page does not wait: it appears with the expected time, which is
measured in the background.
"""
PARTS = "question", "picture", "buttons", "controls"
EFFECTS_HEIGHT = 145
POLL_SECONDS = 1.0
"""Time between two checks of whether the expected time has been measured."""
PATIENCE = 0.5
"""Seconds that a page waits for the expected time, so that it appears together with the page."""
EXPECTED = "expected"
"""Name of the request for the expected time."""
STOPPED = (SweepState.PAUSED, SweepState.CANCELLED, SweepState.FAILED)


def show(kind: Kind) -> None:
    """Show a page below its title."""
    current_run.attach()
    form.take_address(kind)
    wanted = form.asked(kind)
    name = form.ready_of(kind, wanted)
    sweep, ready = form.planned(kind, wanted), None if name is None else kind.ready[name]
    opened = None if isinstance(sweep, str) else _find(kind, wanted, sweep)
    _take_click(kind, wanted, sweep, opened)
    if opened is not None:
        _keep_guess(kind, opened)
    form.write_address(name, wanted)
    with st.container(key="experiment"):
        question, picture, buttons, controls = (st.container(key=f"experiment_{part}") for part in PARTS)
    if not isinstance(sweep, str):
        with question:
            asks = _predict(kind, sweep, ready, opened)
        with buttons:
            _buttons(kind, wanted.settings.with_next_seed(sweep.seeds).seed, opened, asks)
    with controls:
        if opened is not None and has_effects(table := opened.work.table):
            st.markdown(_("**How much each setting matters:** its share of all differences"))
            plot("sweep_effects", opened.kept.id, lambda: figures.main_effects.plain(table), EFFECTS_HEIGHT)
        if not isinstance(sweep, str) and opened is None:
            is_known = _measured(wanted, sweep).finished
            fragment(_expected, run_every=None if is_known else POLL_SECONDS)(kind, wanted, sweep, is_known)
        box = st.expander(_("Other experiments and settings"), key=kind.key("settings"), on_change="rerun")
        if box.open:
            with box:
                form.choose_ready(kind, name)
                form.show(kind, wanted, sweep)
        elif isinstance(sweep, str):
            st.error(sweep)
        addresses.show_errors(kind.key("address_error"), kind.key("understood"))
    if not isinstance(sweep, str):
        with picture:
            kind.results(wanted, sweep, opened, ready)
        if opened is not None and opened.work.done:
            fragment(_downloads)(kind, opened.work)


def _find(kind: Kind, wanted: AskedSweep, sweep: Sweep) -> OpenSweep | None:
    """Return this owner's experiment, and show why it is missing if the store does not answer."""
    try:
        return open_sweeps.find(kind.page, wanted, sweep)
    except Unavailable:
        st.warning(storage.trouble_in_words() or _("Looking for your runs…"), icon=":material/hourglass:")
        return None


def _keep_guess(kind: Kind, opened: OpenSweep) -> None:
    """Keep the guess with the experiment, or take it from there when the page opens, for example after a reload."""
    name, state = f"{guess_key(kind.page, opened.work.sweep)}_committed", st.session_state
    if addresses.just_opened() and name in opened.guesses:
        state.setdefault(name, opened.guesses[name])
    if name in state:  # otherwise another tab may have guessed
        opened.guesses[name] = state[name]


def guess_key(page: Page, sweep: Sweep) -> str:
    """Return the key of the question about a sweep."""
    return f"{page}_guess_{sweep.id[:16]}"


def finding_of(finding: str, verdict: str = "") -> str:
    """Return the verdict on the guess, or without one the first sentence of the finding, large, and the rest small."""
    first, end, others = finding.partition("。" if "。" in finding else ". ")
    large, small = (verdict, finding) if verdict else (first + end.strip(), others)
    return "\n\n".join(filter(None, [large, small and f":small[{small}]"]))


def has_effects(table: SweepTable) -> bool:
    """Return whether several settings change and their effects are known."""
    return len(table.sweep.axes) > 1 and table.effects() is not None


def _buttons(kind: Kind, next_seed: int, opened: OpenSweep | None, asks: bool) -> None:
    """Show the buttons. `next_seed` is the first one that the experiment has not used. `asks` for a guess first."""
    state = None if opened is None else opened.work.state
    running, over, key = state is SweepState.RUNNING, state is SweepState.FINISHED, kind.key
    look: dict[str, Any] = {"horizontal_alignment": "center", "vertical_alignment": "center"}
    with st.container(horizontal=True, key=key("buttons"), **look):
        title = _("Continue") if state in STOPPED else _("Start")
        look = {"icon": ":material/play_arrow:", "disabled": running, "type": "secondary" if asks else "primary"}
        if over:
            title, why = _("Again: same result?"), _("From seed {number}: the same seed gives the same result.")
            why = why.format(number=next_seed)
            look |= {"icon": ":material/replay:", "help": why, "type": "secondary"}  # first watch a training
        finished = opened.work.sweep.id if opened and over else ""
        st.button(title, key=key("start"), on_click=on_click(_start), args=(kind, finished), **look)
        if state in STOPPED:
            discard = on_click(_discard)
            st.button(_("Discard"), key=key("discard"), type="tertiary", on_click=discard, args=(opened,))
        ends = (_("Pause"), "pause", open_sweeps.pause), (_("Cancel"), "cancel", open_sweeps.cancel)
        for title, name, action in ends * running:
            st.button(title, key=key(name), on_click=on_click(_act), args=(action, opened))
    if (why := st.session_state.pop(key("no_room"), None)) is not None:
        words = _("There is no room for another experiment. You have up to {count} of them; delete some in My runs.")
        full = _("The server has no room for more experiments.")
        st.warning(full if why is NoRoom.SERVER else words.format(count=MAX_SWEEPS), icon=":material/save:")


def _act(action: Callable[[OpenSweep], None], opened: OpenSweep | None) -> None:
    if opened is not None and opened.work.state is SweepState.RUNNING:
        action(opened)


def _discard(opened: OpenSweep) -> None:
    with suppress(Unavailable):  # the page says so
        open_sweeps.delete(opened.kept.id)


def _start(kind: Kind, finished: str) -> None:
    """Start the experiment on the controls at the time of the click, from other seeds if it is the one with this id."""
    sweep = form.planned(kind, wanted := form.asked(kind))
    if not isinstance(sweep, str) and sweep.id == finished:
        form.set_all(kind, replace(wanted, settings=wanted.settings.with_next_seed(sweep.seeds)))
        sweep = form.planned(kind, wanted := form.asked(kind))
    if not isinstance(sweep, str):
        with suppress(Unavailable):  # the page says so
            st.session_state[kind.key("no_room")] = open_sweeps.start(kind.page, wanted, sweep)


def _measured(wanted: AskedSweep, sweep: Sweep, asks: bool = True) -> Standing:
    """Return the state of the request for the processor time of all trainings, in seconds, and for an example, if any.

    Without `asks`, it is that of an earlier request.
    """
    digits = wanted.digits

    def measure(_report: object) -> np.ndarray:
        seconds, is_table = sweep.expected_seconds(digits), len(sweep.axes) > 1
        has_example = is_table and sweep.size >= MIN_CELLS * sweep.seeds and seconds / sweep.size < EXAMPLE_SECONDS
        return np.array([seconds, compute(*sweep.trainings[0], digits) if has_example else None], object)

    value = Value(f"seconds of {sweep.id}", measure, EXAMPLES)
    return request(EXPECTED, [value], PATIENCE)[0] if asks else standing(EXPECTED, value.id)


def _expected(kind: Kind, wanted: AskedSweep, sweep: Sweep, was_known: bool) -> None:
    """Show the number of trainings, and how long they take by a measurement on this machine."""
    measured, said = _measured(wanted, sweep), _trainings(sweep.size)
    if measured.value is not None:
        is_race, compiled = kind.page is Page.RACE, all(each.recipe.engine == "compiled" for each in sweep.trainings)
        on_cluster = bool(CLUSTER.value) and not is_race
        # The engines other than the compiled one hold Python's lock.
        at_once = min(pool().workers, sweep.size) if compiled and not on_cluster else 1
        shortest = open_sweeps.RACE_SECONDS if is_race else 0.0
        time = duration(max(float(measured.value[0]) / at_once, shortest))
        here = _("{trainings}, {time}.")
        there = _("{trainings}, {time} of one processor of this machine. A cluster shares them among its workers.")
        said = (there if on_cluster else here).format(trainings=said, time=time)
    elif not measured.finished:
        said = _("{trainings}, measuring how long they take…").format(trainings=said)
    if sweep.seeds > 1:
        said = joined([said, _("Each network {count} times.").format(count=numeral(sweep.seeds))])
    st.caption(said, text_alignment="center")
    if measured.finished and not was_known:
        st.rerun()


def _trainings(count: int) -> str:
    """Return a number of trainings as text."""
    return ngettext("{count} training", "{count} trainings", count).format(count=numeral(count))


def so_far(wanted: AskedSweep, sweep: Sweep, opened: OpenSweep | None) -> SweepTable:
    """Return the known results of a sweep, and the example if it has not trained that one."""
    outcomes: list[Outcome | None] = [None] * sweep.size if opened is None else [*opened.work.table.outcomes]
    found = _measured(wanted, sweep, asks=opened is None).value
    outcomes[0] = outcomes[0] or (None if found is None else found[1])
    return SweepTable(sweep, outcomes)


def progress(opened: OpenSweep, news: str = "", **parts: object) -> dict[str, object]:
    """Return how far an experiment is, see `open_sweeps.Shown`."""
    work, state = opened.work, opened.work.state
    words = {
        SweepState.RUNNING: _("{done} of {trainings} finished"),
        SweepState.PAUSED: _("paused: {done} of {trainings} finished"),
        SweepState.CANCELLED: _("cancelled: {done} of {trainings} finished"),
        SweepState.FAILED: _("stopped: {done} of {trainings} finished"),
        SweepState.FINISHED: _("finished: {trainings}"),
    }[state]
    trainings, done, left = _trainings(work.sweep.size), work.done, opened.pace.left(work)
    said = words.format(done=numeral(done), trainings=trainings)
    if state is SweepState.RUNNING:
        done -= done % max(1, work.sweep.size // 10)  # ten announcements are enough
        said = _("{done}, {left}").format(done=said, left=left) if left else said
    heard = words.format(done=numeral(done), trainings=trainings)
    spoken, stands = "; ".join(filter(None, (heard, news))), f"{state} {work.notices}"
    return open_sweeps.told(work, said, news=news, spoken=spoken, stands=stands, **parts)


def follow(opened: OpenSweep, state: Callable[[], dict[str, object]]) -> None:
    """Show how far an experiment is, which the browser keeps up to date, and notices about its machines."""
    work = opened.work
    for notice in work.notices:
        st.warning(notice, icon=":material/lan:")
    open_sweeps.follow("experiment_progress", work, state)


def _predict(kind: Kind, sweep: Sweep, ready: ReadySweep | None, opened: OpenSweep | None) -> bool:
    """Let the visitor guess. The answer appears once all trainings have finished. Return whether a guess is missing."""
    table = None if opened is None else opened.work.table
    is_over = table is not None and table.is_complete

    def answer(guess: str | None) -> str:
        if table is not None and is_over:
            return kind.answer(table, ready, guess)
        later = _("The answer appears here once all trainings have finished.")
        return _("Press Start to see.") if opened is None else later

    asked, key = kind.question(sweep, ready), guess_key(kind.page, sweep)
    in_picture = kind.page is Page.RACE or len(sweep.axes) > 1
    has_guessed = f"{key}_committed" in st.session_state
    if is_over and (asked is None or len(sweep.axes) > 1 or not has_guessed):  # too late to predict
        st.container(key=f"{key}_picture_box").markdown(answer(st.session_state.get(f"{key}_committed")))
    elif asked is not None:
        predict_first(key, *asked, answer, in_picture=in_picture, is_over=is_over)
    return asked is not None and not has_guessed and opened is None


def _downloads(kind: Kind, work: Work) -> None:
    title, name = _("Downloads") if kind.table is None else _("Table and downloads"), work.sweep.id[:8]
    box = st.expander(title, key="downloads_box", on_change="rerun")
    if box.open:
        with box:
            file = f"digitviz-{kind.page}-{name}.csv"
            download(_("All trainings (CSV)"), kind.key("csv"), lambda: File(work.table.to_csv(), file, CSV))
            if kind.table is not None:
                st.html(kind.table(work.table))
            st.caption(_("The address of this page holds the whole experiment: whoever opens it can run it again."))


def note_click(page: Page, key: str, sweep: Sweep) -> Callable[[], None]:
    """Return a callback that records which training was clicked in a figure."""

    def note() -> None:
        if isinstance(click := sent(key, "click"), dict) and (number := figures.training_at(sweep, click)) is not None:
            st.session_state[f"{page}_click"] = number

    return note


def _take_click(kind: Kind, wanted: AskedSweep, sweep: Sweep | str, opened: OpenSweep | None) -> None:
    """Take a click before the start as a guess. Later, open the training on Train, which ends this run of the page."""
    number: int | None = st.session_state.pop(kind.key("click"), None)
    if number is None or isinstance(sweep, str):
        return
    if opened is None and (kind.page is Page.RACE or len(sweep.axes) > 1):
        guess = number if kind.page is Page.RACE else number - number % sweep.seeds
        st.session_state[f"{guess_key(kind.page, sweep)}_committed"] = str(guess)
    if opened is None or opened.work.so_far[number] is None:
        return
    if open_sweeps.open_training(opened.work, wanted, number):
        st.switch_page("pages/train.py")
