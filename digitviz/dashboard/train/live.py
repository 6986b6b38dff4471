"""Live views of training. The page shows them once. During training, the browser extends them from the stream."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from operator import itemgetter
from typing import Any

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components import spotlight
from digitviz.dashboard.components.choice import choice, held
from digitviz.dashboard.components.happening import happening
from digitviz.dashboard.components.live import live_headline
from digitviz.dashboard.components.living import HEIGHT, living, picked
from digitviz.dashboard.components.plot import clicked, plot
from digitviz.dashboard.components.stream import curves_of
from digitviz.dashboard.components.training_slider import slider_data
from digitviz.dashboard.runtime.outside import MAX_ERROR_LENGTH, as_code
from digitviz.dashboard.runtime.turns import HEADLINE, end_was_told, fragment, on_click
from digitviz.dashboard.session import current_run, opened_neuron, run_notices, run_words, storage, training_data
from digitviz.dashboard.session.addresses import STREAM, stops_address
from digitviz.dashboard.session.current_run import has_own_run
from digitviz.dashboard.session.frame_choices import SCHOOL, UNIVERSITY, level, maths
from digitviz.dashboard.session.moment import moment as moment_at
from digitviz.dashboard.session.run_words import AS_IN_THE_NOTEBOOK
from digitviz.dashboard.session.training_data import TrainingData
from digitviz.dashboard.train import accuracy, buttons, controls, files
from digitviz.dashboard.train.happening import now
from digitviz.figures.losses import GUESSES, accuracy_in_words, loss_in_words
from digitviz.figures.picture import Plain
from digitviz.language import gettext as _, joined, language, lazy_gettext, listed, ngettext
from digitviz.lesson.batch import batch_of
from digitviz.lesson.softmax import softmax_or_nan
from digitviz.networks.losses import LOSSES
from digitviz.numbers import duration, in_percent, numeral
from digitviz.training.engines import is_ready
from digitviz.training.history import History
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.pool import Job, Progress, ProgressState
from digitviz.training.presets import PRESETS, nearest_that_learns, own_settings
from digitviz.training.run import Snapshot, TrainingRun

MAX_DIGITS = 12
"""Number of test digits that run through the living network."""
LIVING = "net-living"
"""Key of the living network."""
WHY = "asked_why"
"""Key in the session state of the test digit, from 0, that the visitor asks about."""
BEST = "best_so_far"
"""Key in the session state of the accuracies of finished runs: by their test digits, then by recipe and length."""
NEWS = "news"
"""Key in the session state of what is happening, with its fingerprint."""
SLOW = 0.8
"""Fraction of the chosen speed below which the headline gives the actual speed, too."""
LOSS_AXES = {"linear": lazy_gettext("linear loss axis"), "log": lazy_gettext("logarithmic loss axis")}
VIEWS = {"both": lazy_gettext("Both"), "network": lazy_gettext("Network"), "curves": lazy_gettext("Curves")}
STATES = {
    ProgressState.RUNNING: ("", lazy_gettext("Training: step {step} of {steps}.")),
    ProgressState.PAUSED: (lazy_gettext("paused"), lazy_gettext("Training paused at step {step} of {steps}.")),
    ProgressState.FINISHED: (lazy_gettext("finished"), lazy_gettext("Training finished after {steps} steps.")),
    ProgressState.DIVERGED: (lazy_gettext("diverged"), lazy_gettext("Training diverged at step {step} of {steps}.")),
    ProgressState.FAILED: (lazy_gettext("failed"), lazy_gettext("Training failed at step {step} of {steps}.")),
}
"""Texts for a run that is not training, and for screen readers."""
GUESS = "train_guess"
"""Key of the test accuracy that the visitor expects, with the serial number of the run, in the session state."""
LOW_HEIGHT = HEIGHT // 2
"""Height in pixels of the accuracy, and of the loss curves below it, next to the network. In a wide window, page.css
makes all three higher, so that they fill it."""


def _losses(logarithmic: bool, is_low: bool, job: Job, snapshot: Snapshot, grows: bool = False) -> Plain:
    settings, losses = job.run.hyperparameters, snapshot.history.recorded_losses
    title = "" if is_low else _("{loss},<br>summed over {digits} digits")
    title = title.format(loss=LOSSES[settings.loss].title, digits=numeral(settings.batch_size))
    begins_at, step = _begins_at(job.run, snapshot, settings.batch_size), snapshot.step
    draw, tests = figures.loss_curves.plain, snapshot.history.test_loss if is_low else None
    axes = logarithmic, title, step, settings.batches
    return draw(losses, *axes, _parent(job), begins_at, grows, tests, settings.batch_size)


def _course(is_low: bool, job: Job, snapshot: Snapshot, grows: bool = False) -> Plain:
    begins_at, draw = _begins_at(job.run, snapshot, 1), figures.progress_curves.plain
    tests, guess = len(snapshot.test), _guess(job)
    return draw(snapshot.history, snapshot.batch, _parent(job), begins_at, is_low, tests, grows, guess)


def _guess(job: Job) -> float | None:
    """Return which test accuracy the visitor expects of this run, 0 to 1. None without a guess."""
    of_run, share = st.session_state.get(GUESS, (None, None))
    return share if of_run == job.run.serial else None


def _take_guess(run: str) -> None:
    """Take a click in the empty picture of the accuracy as the visitor's guess about a run."""
    if (click := clicked("course")) is not None and (share := click.get("customdata")) in GUESSES:
        st.session_state[GUESS] = run, int(share) / 100


def _weights(layer: int, job: Job, snapshot: Snapshot, _grows: bool = False) -> Plain:
    return figures.weights_before_after.plain(job.run.initial_parameters, snapshot.network.parameters, layer)


def _begins_at(run: TrainingRun, snapshot: Snapshot, digits: int) -> float | None:
    """Return the loss of `digits` digits before the first step, scaled from the first batch."""
    if snapshot.step:
        loss = float(snapshot.history.recorded_losses[0, 0])
    else:
        batch = batch_of(run, 0)
        logits = snapshot.network.logits(batch.pixels).astype(float)
        loss = LOSSES[run.hyperparameters.loss].value(logits, softmax_or_nan(logits), batch.one_hot)
    return loss * digits / run.hyperparameters.batch_size if np.isfinite(loss) else None


def _parent(job: Job) -> History | None:
    """Return the history of the run that this one branched off, if it is still known."""
    other = job.branched_from
    return None if other is None or other.forgotten else other.run.snapshot.history


def headline(job: Job, progress: Progress) -> dict[str, object]:
    """Return the progress of a run for the browser, without computing anything.

    Returns
    -------
    dict
        "accuracy", such as "93.3%", or None if it is not known; "label", which names the step of a moving accuracy;
        "step" of "steps" and "batch" of "batches", which the browser writes; "words", a list of all other texts;
        "running"; and "spoken", a text for screen readers.
    """
    settings, judged = job.run.hyperparameters, accuracy.known(job)
    batches = progress.total_steps // settings.steps_per_batch
    batch = min(progress.step // settings.steps_per_batch + 1, batches)
    count = {"step": numeral(progress.step), "steps": numeral(progress.total_steps)}
    state, sentence = STATES[progress.state]
    spoken = sentence.format(**count)
    if progress.is_running:
        words = _of_running(job, progress)
    else:
        unbegun = progress.state == ProgressState.PAUSED and progress.step == job.reached == 0
        words = [_("not started") if unbegun else str(state)]
    label = _("Test accuracy")
    if judged is not None and (progress.is_running or judged.weights_step != progress.step):
        label = _("Test accuracy · step {step}").format(step=numeral(judged.weights_step))
    if judged is not None and (progress.is_running or judged.weights_step == progress.step):
        spoken += " " + _("{label}: {accuracy}.").format(label=label, accuracy=in_percent(judged.test_accuracy))
    return {
        "accuracy": None if judged is None else in_percent(judged.test_accuracy),
        "label": label,
        "step": progress.step,
        "steps": progress.total_steps,
        "batch": batch,
        "batches": batches,
        "steps_per_batch": settings.steps_per_batch,
        "words": words,
        "running": progress.is_running,
        "spoken": spoken,
    }


def _of_running(job: Job, progress: Progress) -> list[str]:
    """Return texts on a run in training: waiting, computing (for whom) or replaying known steps, and its speed."""
    run, rate = job.run, progress.steps_per_second
    if progress.place and not rate:
        return [_("waiting, {count} ahead of you").format(count=progress.place)]
    is_slow = job.speed is not None and 0 < rate < SLOW * job.speed
    if progress.is_known:
        since = run_words.when(run.trajectory.record.known_since, datetime.now().astimezone())
        words = [_("already trained ({time}), replayed").format(time=since)]
    elif progress.others:
        sentence = ngettext(
            "computing for you and {count} other", "computing for you and {count} others", progress.others
        )
        words = [sentence.format(count=progress.others)]
    elif rate and run.step < job.reached:
        words = [_("computing again up to step {step}").format(step=numeral(job.reached))]
    elif rate:
        words = [_("computing")]
    else:
        return [_("starting") if run.engine != "compiled" or is_ready() else _("preparing the compiled engine")]
    if rate:
        plural = ngettext("{rate} step per second", "{rate} steps per second", round(rate))
        sentence = _("{rate} of {speed} steps per second") if is_slow else plural
        words.append(sentence.format(rate=numeral(rate, ",.0f"), speed=numeral(job.speed or 0, ",.0f")))
        left = progress.seconds_left or 0
        sentence = _("{seconds} s left") if left < 99 else _("{time} left")
        words.append(sentence.format(seconds=numeral(left, ",.0f"), time=duration(left)))
    return words


def names(snapshot: Snapshot) -> dict[str, str]:
    """Return descriptions of the curves for screen readers, by the keys of their elements."""
    history = snapshot.history
    return {
        "losses": loss_in_words(history.recorded_losses, snapshot.step, history.known_from),
        "course": accuracy_in_words(history, snapshot.batch),
    }


def unsaved(token: str) -> str | None:
    """Return in plain text what is not saved of the run of the session with this token, and why.

    None if everything is saved, or if the session does not have its own run.
    """
    return storage.trouble_in_words(write=str) if has_own_run(token) else None


def waits(token: str) -> bool:
    """Return whether the run of the session with this token waits to be saved once the store works again."""
    return has_own_run(token) and not storage.is_saving()


def headline_view(was_running: bool) -> None:
    """Show the accuracy and the progress of the run, live during training.

    `was_running` says whether the run was training when the page showed its buttons. If that has changed since, for
    example because a step is done by now, the page reruns.
    """
    st.session_state[controls.POINT_IS_NEW] = False
    fragment(_headline)(was_running)


def training_view(closed: bool) -> None:
    """Show the living network and the curves, what is happening, messages, and the weights, live during training.

    Parameters
    ----------
    closed : bool
        True if the buttons are disabled.
    """
    job, progress = current_run.job(), current_run.progress()
    view = held("train_view", list(VIEWS), "both")
    is_low, is_school = view == "both", level() == SCHOOL
    has_both = is_low and not is_school  # at school, the accuracy is enough
    left, right = st.columns([2, 1] if is_low else 2) if view != "network" else (st.container(), None)
    with left:
        if view == "curves":
            fragment(_curves)(HEIGHT)
        else:
            _living(job, progress)
    if right is not None:
        with right, st.container(gap="xsmall", key="low_curves" if has_both else "low_curve" if is_low else None):
            with st.container(key="chance-band"):
                asks = partial(_take_guess, job.run.serial) if is_low and not job.run.step else None
                high = LOW_HEIGHT if is_low else HEIGHT
                _show("course", high, partial(_course, is_low), "curves", f"{view} {_guess(job)}", on_click=asks)
            if has_both:
                fragment(_curves)(LOW_HEIGHT)
    with st.container(horizontal=True, key="below"):
        _happening(job, progress, is_school)
        choice(_("Show"), VIEWS, key="train_view", label_visibility="collapsed")
    with st.container(key="messages"):
        _messages(closed)
    with maths():
        st.header(_("Before and after"))
        run = job.run
        if run.diverged:
            is_beyond = np.abs(run.snapshot.network.parameters.to_vector()).max() > np.finfo(np.float32).max
            beyond = _("They have grown beyond ±3.4 × 10³⁸, the largest number that these pictures can show.")
            st.caption(joined([_("These are the last finite weights."), beyond if is_beyond else ""]))
        for layer in range(len(run.initial_parameters.weights)):
            _show(f"weights_{layer + 1}", 400 if layer else 460, partial(_weights, layer), "weights")


def _happening(job: Job, progress: Progress, is_school: bool) -> None:
    """Show what is happening. A rerun that changes nothing does not put it into words again."""
    judged = accuracy.known(job)
    fingerprint = language(), job.run.snapshot.moment, progress.state, judged and judged.moment, job.speed
    seen, news = st.session_state.get(NEWS, (None, {}))
    if seen != fingerprint:
        st.session_state[NEWS] = fingerprint, news = fingerprint, now(job, progress)
    happening(news, is_school)


def _living(job: Job, progress: Progress) -> None:
    """Show the living network, and the opened neuron."""
    run, snapshot = job.run, job.run.snapshot
    at = snapshot.history.serial, (taken := snapshot.weights_step)
    moment = ngettext("after {steps} step", "after {steps} steps", taken).format(steps=numeral(taken))
    if not taken:
        moment = _("before training")
    live: dict[str, object] | None = {"part": "weights", "says": LIVING} if progress.is_running else None
    digits = snapshot.test[:MAX_DIGITS]
    is_blank = not (current_run.is_trained(run) or progress.is_running)
    living(LIVING, snapshot.network, run.initial_parameters, digits, at, moment, live, is_blank, _open_neuron, _ask_why)
    if (asked := st.session_state.pop(WHY, None)) is not None:
        st.switch_page("pages/why.py", query_params={"digit": f"test-{asked + 1}"})
    parameters, batch = snapshot.network.parameters, buttons.point(run)
    if batch is not None:  # the slider's point
        there = moment_at(run, batch)
        parameters, moment = there.parameters, there.words
    opened_neuron.show(parameters, moment, (at, batch))


def _open_neuron() -> None:
    count = sum(weight.shape[1] for weight in current_run.job().run.initial_parameters.weights)
    if (neuron := picked(LIVING, "neuron", count)) is not None:
        opened_neuron.open_neuron(neuron)


def _ask_why() -> None:
    st.session_state[WHY] = picked(LIVING, "why", MAX_DIGITS)


def _headline(was_running: bool) -> None:
    """Show the headline. The browser reruns this fragment when training ends or the visitor releases the slider.

    This reruns the page. The browser does not request the whole page, because that would interrupt the handling of a
    click.
    """
    job, progress = current_run.job(), current_run.progress()
    running = progress.is_running
    accuracy.provide(job, progress.is_at_work)
    moves, token = progress.is_at_work or accuracy.is_awaited(job), current_run.token()
    resumes, mine = progress.can_resume, current_run.is_mine()
    stream = STREAM.format(token=token) if moves or waits(token) or (resumes and mine) else None
    with st.container(key="test_accuracy"):
        at = buttons.point(job.run)
        slider = None if running else slider_data(job.run, stops_address(token, job.run), at=at)
        said = headline(job, progress)
        live_headline(HEADLINE, said, stream, moves, resumes, unsaved(token), slider, buttons.take_point)
    if end_was_told() or st.session_state[controls.POINT_IS_NEW] or running != was_running:
        st.rerun()  # the whole page, once, because its buttons change


def _curves(height: int) -> None:
    has_choice = height < HEIGHT or level() == UNIVERSITY  # a school has no low ones
    axis = held("loss_axis", list(LOSS_AXES), "linear") if has_choice else "linear"
    if height == HEIGHT and has_choice:
        axis = choice(_("Loss axis"), LOSS_AXES, key="loss_axis", label_visibility="collapsed")
    build = partial(_losses, axis == "log", height < HEIGHT)
    _show("losses", height, build, "curves", f"{axis} {height}", main=height == HEIGHT)


def _show(
    key: str, height: int, build: Callable[[Job, Snapshot, bool], Plain], part: str, variant: str = "", **options: Any
) -> None:
    """Show a picture of the run.

    Parameters
    ----------
    key : str
        Key of its element on the page.
    part : str
        Part of the stream that the browser needs for it during training: "curves" or "weights".
    variant : str
        Distinguishes pictures with the same key.
    **options
        Same as in `plot`.
    """
    job, running = current_run.job(), current_run.progress().is_running
    snapshot = job.run.snapshot
    live: dict[str, object] | None = {"part": part, "says": key} if running else None
    if live and part == "curves":
        live["grows"] = {"run": curves_of(snapshot.history), "step": snapshot.step}
    plot(key, (snapshot.moment, variant, running), lambda: build(job, snapshot, running), height, live=live, **options)


def _messages(closed: bool) -> None:
    """Show where the run begins, what it waits for and its errors, and suggest settings that learn or the next step."""
    files.origin()
    current, progress = current_run.job(), current_run.progress()
    chosen, learn_from = controls.asked()
    if closed and chosen is not None:
        fragment(_wait_for_training_data, run_every=0.3)(chosen, learn_from)
    _of_the_session()
    if progress.error is not None:
        _of_an_error(progress.step, progress.error)
    elif current.run.snapshot.fault is not None and not progress.is_running:  # a stuck run may move again
        _of_a_fault(str(current.run.snapshot.fault))
    elif progress.state == ProgressState.FINISHED:
        _what_next()
    if current.run.note and current.run.step > 0:
        st.caption(str(current.run.note))
    if current_run.is_mine():
        run_notices.of_a_browser_without_cookies()  # from the start, because on a phone it would move the page later


def _wait_for_training_data(chosen: Hyperparameters, learn_from: TrainingData) -> None:
    if training_data.dataset(learn_from, chosen.train_fraction) is not None:
        st.rerun()
    st.info(str(training_data.COMING), icon=":material/hourglass:")


def _of_the_session() -> None:
    """Show a message about this session's run once."""
    if st.session_state.pop("no_room", False):
        sentence = _(
            "The server has no room for such a long run right now. Choose fewer batches or fewer steps. Your last run "
            "is kept."
        )
        st.error(sentence)
    if st.session_state.pop("forgotten", False):
        st.info(_("While you were away, your run had to make room for others. Press **Train** to run it again."))


def _of_an_error(step: int, error: str) -> None:
    sentence = _("Training stopped at step {step}: {error}. Its results are kept. Press **Train** to start over.")
    words = sentence.format(step=numeral(step), error=as_code(error, limit=MAX_ERROR_LENGTH))
    st.error(words, icon=":material/error:")


def _of_a_fault(fault: str) -> None:
    run = current_run.job().run
    way_out = nearest_that_learns(run.hyperparameters)

    def take() -> None:
        controls.take_preset(way_out)
        buttons.begin(current_run.new_run)

    label = _("Try “{preset}” instead").format(preset=PRESETS[way_out].title)
    with st.container(horizontal=True, key="fault"):
        st.warning(fault, icon=":material/warning:")
        st.button(label, key="way_out", on_click=on_click(take), type="primary")


def _what_next() -> None:
    """Suggest the next step after a finished run: to beat it with one other setting."""
    is_mine, has_others, said = current_run.is_mine(), False, _("What next?")
    if is_mine and (judged := accuracy.known(current_run.job())) is not None:
        said, has_others = _challenge(judged.test_accuracy)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="what_next"):
        st.markdown(f"**{said}**", width="content")
        if is_mine:
            see = {spotlight.PARAMETER: "hp_hidden_1,hp_learning_rate,hp_batches"}
            st.page_link("pages/train.py", label=_("Change one setting"), icon=":material/tune:", query_params=see)
        with st.container(key="see_wrong", width="content"):
            st.page_link("pages/evaluate.py", label=_("See its mistakes"), icon=":material/grid_on:")
        if has_others:
            st.page_link("pages/runs.py", label=_("Compare your runs"), icon=":material/compare_arrows:")
        elif not is_mine:
            st.page_link("pages/film.py", label=_("Watch its training"), icon=":material/movie:")


def _challenge(now: float) -> tuple[str, bool]:
    """Return the challenge to beat the best run of this session on the same test digits, and if it has others."""
    run, data = current_run.job().run, current_run.learnt_from()
    same_test = data.source, data.split, run.hyperparameters.train_fraction
    finished = st.session_state.setdefault(BEST, {}).setdefault(same_test, {})
    finished[run.recipe.id, run.step] = now, run.hyperparameters, data  # a recipe has no length
    best, settings, learnt = max(finished.values(), key=itemgetter(0))
    if len(finished) == 1:
        return _("Can you beat {accuracy}?").format(accuracy=in_percent(best)), False
    said = [*own_settings(settings), run_words.data_in_words(learnt)]
    name = listed([each for each in said if each]) or str(AS_IN_THE_NOTEBOOK)
    return _("Best so far: {accuracy} ({settings}). Beat it!").format(accuracy=in_percent(best), settings=name), True
