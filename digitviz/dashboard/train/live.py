"""Live views of training. The page shows them once. During training, the browser requests the ones that are due."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.choice import choice
from digitviz.dashboard.components.live import live_headline
from digitviz.dashboard.components.plot import clicked, plot
from digitviz.dashboard.components.training_slider import slider_data
from digitviz.dashboard.runtime import clicks
from digitviz.dashboard.runtime.turns import fragment
from digitviz.dashboard.session import current_run, opened_neuron, storage, visit
from digitviz.dashboard.session.addresses import feed_address, stops_address
from digitviz.dashboard.session.current_run import has_own_run
from digitviz.dashboard.train import accuracy, branching
from digitviz.explanations.neurons import votes
from digitviz.figures import following
from digitviz.figures.picture import Plain
from digitviz.language import gettext as _
from digitviz.language import lazy_gettext, ngettext
from digitviz.lesson.batch import batch_of
from digitviz.lesson.softmax import softmax_or_nan
from digitviz.networks.losses import LOSSES
from digitviz.numbers import in_percent, numeral
from digitviz.training.engines import is_ready
from digitviz.training.pool import Job, Progress, ProgressState
from digitviz.training.run import Snapshot, TrainingRun

CURVES_SECONDS = 0.08
ACCURACY_SECONDS = 0.25
GUESSES_SECONDS = 0.5
WEIGHTS_SECONDS = 0.5
"""Time between two drawings of each picture during training. It grows with the number of active runs, see `pace`."""
MAX_GUESSES = 12
"""Number of test digits whose predictions are shown."""
OPENED_GUESS = "opened_guess"
"""Key in the session state of the opened test digit, from 0."""
LAG_SECONDS = 2.0
"""Limit for the age of an accuracy. An older one is shown with its step."""
LOSS_AXES = {"linear": lazy_gettext("linear loss axis"), "log": lazy_gettext("logarithmic loss axis")}
WAYS_TO_SHOW_WEIGHTS = {"matrices": lazy_gettext("Weights"), "neurons": lazy_gettext("What each neuron looks for")}
STATES = {
    ProgressState.PAUSED: lazy_gettext("paused"),
    ProgressState.FINISHED: lazy_gettext("finished"),
    ProgressState.DIVERGED: lazy_gettext("diverged"),
    ProgressState.FAILED: lazy_gettext("failed"),
}
"""Texts for a run that is not training."""
SPOKEN = {
    ProgressState.RUNNING: lazy_gettext("Training: step {step} of {steps}."),
    ProgressState.PAUSED: lazy_gettext("Training paused at step {step} of {steps}."),
    ProgressState.FINISHED: lazy_gettext("Training finished after {steps} steps."),
    ProgressState.DIVERGED: lazy_gettext("Training diverged at step {step} of {steps}."),
    ProgressState.FAILED: lazy_gettext("Training failed at step {step} of {steps}."),
}
"""Texts for screen readers."""
AXIS_HEIGHT = 48
"""Height in pixels of the choice of the loss axis, which lies over the top of the curves."""
MAIN_HEIGHT, COURSE_HEIGHT = 420, 242
"""Heights in pixels of the loss curves and of the accuracy next to them, above the messages."""


@dataclass(frozen=True)
class Picture:
    """A picture of a run.

    Parameters
    ----------
    name : str
        Name with which the browser requests it.
    key : str
        Key of its element on the page.
    height : int
        In pixels.
    seconds : float
        Time between two drawings during training.
    build : callable
        Returns the figure.
    is_main : bool
        True for the page's main picture.
    """

    name: str
    key: str
    height: int
    seconds: float
    build: Callable[[], Plain]
    is_main: bool = False

    @property
    def live(self) -> dict[str, object]:
        """Data with which the browser requests it."""
        return {"name": self.name, "seconds": self.seconds}


def pictures(job: Job, snapshot: Snapshot) -> Mapping[str, Picture]:
    """Return the pictures of a run at one point in training, by name. None is drawn yet."""
    run = job.run
    history, settings = snapshot.history, run.hyperparameters
    before, now = run.initial_parameters, snapshot.network.parameters
    title = _("{loss}, summed over {digits} digits").format(
        loss=LOSSES[settings.loss].title, digits=numeral(settings.batch_size)
    )

    def guesses() -> Plain:
        shown = snapshot.test[:MAX_GUESSES]
        probabilities = snapshot.network.predict_proba(shown.pixels)
        return following.guesses(figures.guesses.plain(shown.images, shown.labels, probabilities), len(shown))

    def begins_at(digits: int = settings.batch_size) -> float | None:
        """Return the loss of `digits` digits before the first step, scaled from the first batch."""
        if snapshot.step:
            loss = float(history.recorded_losses[0, 0])
        else:
            batch = batch_of(run, 0)
            logits = snapshot.network.logits(batch.pixels).astype(float)
            loss = LOSSES[settings.loss].value(logits, softmax_or_nan(logits), batch.one_hot)
        return loss * digits / settings.batch_size if np.isfinite(loss) else None

    other = job.branched_from
    parent = None if other is None or other.forgotten else other.run.snapshot.history

    def curves(logarithmic: bool) -> Plain:
        figure = figures.loss_curves.plain(
            history.recorded_losses, logarithmic, title, snapshot.step, settings.batches, parent, begins_at()
        )
        figure["layout"]["margin"] = {"l": 10, "r": 10, "t": AXIS_HEIGHT, "b": 10}
        return figure

    def course() -> Plain:
        return figures.progress_curves.plain(history, snapshot.batch, parent=parent, begins_at=begins_at(1))

    def neurons() -> Plain:
        return figures.neuron_images.plain(now, votes=votes(now))

    def weights(layer: int) -> Picture:
        build, height = partial(figures.weights_before_after.plain, before, now, layer), 400 if layer else 460
        return Picture(f"weights {layer + 1}", f"weights_{layer + 1}", height, WEIGHTS_SECONDS, build)

    every = [
        Picture("losses linear", "losses", MAIN_HEIGHT, CURVES_SECONDS, partial(curves, False), is_main=True),
        Picture("losses log", "losses", MAIN_HEIGHT, CURVES_SECONDS, partial(curves, True), is_main=True),
        Picture("course", "course", COURSE_HEIGHT, ACCURACY_SECONDS, course),
        Picture("guesses", "guesses", 260, GUESSES_SECONDS, guesses),
        *map(weights, range(len(now.weights))),
        Picture("neurons", "neurons", 520, WEIGHTS_SECONDS, neurons),
    ]
    return {picture.name: picture for picture in every}


def pace() -> float:
    """Return a factor for the time between two drawings, so that the server still answers a class's clicks."""
    return max(1.0, current_run.pool().counts()["computing"] / 2)


def headline(job: Job, progress: Progress) -> dict[str, object]:
    """Return the progress of a run for the browser, without computing anything.

    Returns
    -------
    dict
        "accuracy", such as "93.3%", or None if it is not known; "step", a text that stays true without updates;
        "words", all other texts; "share" of the steps, 0 to 1; "running"; and "spoken", a text for screen readers.
    """
    settings, judged = job.run.hyperparameters, accuracy.known(job)
    batch = min(progress.step // settings.steps_per_batch + 1, settings.batches)
    count = {"step": numeral(progress.step), "steps": numeral(progress.total_steps)}
    step, spoken = _("step {step} of {steps}").format(**count), str(SPOKEN[progress.state]).format(**count)
    words = [step, _("batch {batch} of {batches}").format(batch=numeral(batch), batches=numeral(settings.batches))]
    if progress.is_running:
        words += _of_running(job.run, progress)
    else:
        unbegun = progress.state == ProgressState.PAUSED and progress.step == 0
        words.append(_("not started") if unbegun else str(STATES[progress.state]))
        words.append(_("{name} engine").format(name=settings.RANGES["engine"].title(job.run.engine)))
    if judged is not None and _lags(judged, progress):
        words.append(_("accuracy after step {step}").format(step=numeral(judged.step)))
    elif judged is not None:
        spoken += " " + _("Test accuracy: {accuracy}.").format(accuracy=in_percent(judged.test_accuracy))
    return {
        "accuracy": None if judged is None else in_percent(judged.test_accuracy),
        "step": step,
        "words": " · ".join(words),
        "share": progress.step / progress.total_steps,
        "running": progress.is_running,
        "spoken": spoken,
    }


def _of_running(run: TrainingRun, progress: Progress) -> list[str]:
    """Return texts on a run in training: waiting, computing (for whom) or replaying known steps, and its speed."""
    if progress.place and not progress.steps_per_second:
        return [_("waiting, {count} ahead of you").format(count=progress.place)]
    if progress.is_known:
        since = datetime.fromtimestamp(run.trajectory.record.known_since).strftime("%H:%M")
        words = [_("already computed at {time}, replayed at your speed").format(time=since)]
    elif progress.others:
        sentence = ngettext(
            "computing for you and {count} other", "computing for you and {count} others", progress.others
        )
        words = [sentence.format(count=progress.others)]
    elif progress.steps_per_second:
        words = [_("computing")]
    else:
        return [_("starting") if run.engine != "compiled" or is_ready() else _("preparing the compiled engine")]
    if progress.steps_per_second:
        words.append(_("{rate} steps per second").format(rate=numeral(progress.steps_per_second, ",.0f")))
        words.append(_("{seconds} s left").format(seconds=numeral(progress.seconds_left or 0, ",.0f")))
    return words


def _lags(judged: Snapshot, progress: Progress) -> bool:
    """Return whether the accuracy belongs to an earlier step and must be labelled with it."""
    behind = progress.step - judged.step
    if progress.is_running:
        return behind > LAG_SECONDS * progress.steps_per_second > 0
    return behind > 0


def unsaved(token: str) -> str | None:
    """Return in plain text what is not saved of the run of the session with this token, and why.

    None if everything is saved, or if the session does not have its own run.
    """
    return storage.trouble_in_words(write=str) if has_own_run(token) else None


def waits(token: str) -> bool:
    """Return whether the run of the session with this token waits to be saved once the store works again."""
    return has_own_run(token) and not storage.is_saving()


def headline_view() -> None:
    """Show the accuracy and the progress of the run, live during training."""
    fragment(_headline)(branching.point(current_run.job().run))


def training_view(messages: Callable[[], None]) -> None:
    """Show the curves, the accuracy, some predictions and the weights, live during training.

    Parameters
    ----------
    messages : callable
        Shows the messages about the run next to the curves.
    """
    run, running = current_run.job().run, current_run.progress().is_running
    left, right = st.columns([3, 2])
    with left:
        fragment(_curves)(running)
    with right, st.container(key="beside"):
        with st.container(key="messages"):
            messages()
        _show(["course"], running)
    sentence = _("Twelve of the {count} test digits, with the network's answers. Select one to see how sure it is.")
    st.caption(sentence.format(count=numeral(len(run.test))))
    _show(["guesses"], running, on_click=take_guess)
    show_guess()
    st.header(_("Before and after"))
    with st.container(horizontal=True, vertical_alignment="center"):
        shown = choice(_("Show"), WAYS_TO_SHOW_WEIGHTS, key="weights_shown", label_visibility="collapsed")
        if run.diverged:
            st.caption(_("These are the last finite weights."))
    if shown == "matrices":  # a link may have chosen the other view
        _show([f"weights {layer + 1}" for layer in range(len(run.initial_parameters.weights))], running)
    else:
        _neurons(running)


def _neurons(running: bool) -> None:
    """Show the weights of each neuron, and the clicked neuron."""
    snapshot = current_run.job().run.snapshot
    parameters = snapshot.network.parameters
    shown = figures.neurons_shown(parameters)
    _show(["neurons"], running, on_click=partial(opened_neuron.take_click, "neurons", shown))
    moment = _("after {steps} steps").format(steps=numeral(snapshot.step))
    opened_neuron.show(parameters, moment, (snapshot.history.serial, snapshot.step))


def _headline(seen: int | None) -> None:
    """Show the headline. The browser reruns this fragment when training ends.

    It also reruns it when the visitor releases the slider. If that changes the point that the page has `seen`, the page
    reruns. The browser does not request the whole page, because that would interrupt the handling of a click.
    """
    job, progress = current_run.job(), current_run.progress()
    running = progress.is_running
    accuracy.provide(job, progress.is_at_work)
    moves, token = progress.is_at_work or accuracy.is_awaited(job), current_run.token()
    feed = feed_address(token) if moves or waits(token) else None
    with st.container(key="test_accuracy"):
        point = branching.point(job.run)
        slider = None if running else slider_data(job.run, stops_address(token, job.run), at=point)
        live_headline(clicks.HEADLINE, headline(job, progress), feed, moves, slider, branching.take_point)
    if clicks.end_was_told() or point != seen:
        st.rerun()  # the whole page, once, because its buttons change


def _curves(running: bool) -> None:
    axis = choice(_("Loss axis"), LOSS_AXES, key="loss_axis", label_visibility="collapsed")
    _show([f"losses {axis}"], running)


def _show(names: list[str], running: bool, on_click: Callable[[], None] | None = None) -> None:
    job = current_run.job()
    snapshot = job.run.snapshot
    known = pictures(job, snapshot)
    for picture in (known[name] for name in names):
        shown, live = (snapshot.moment, picture.name, running), picture.live if running else None
        plot(picture.key, shown, picture.build, picture.height, on_click, live=live, main=picture.is_main)


def take_guess() -> None:
    """Open the clicked digit. Data from a browser is untrusted."""
    number = (clicked("guesses") or {}).get("customdata")
    if isinstance(number, (int, float)) and number in range(MAX_GUESSES):
        st.session_state[OPENED_GUESS] = int(number)


def show_guess() -> None:
    """Show the opened digit over the page until the visitor closes it. The page may run again meanwhile."""
    if visit.just_opened():
        _close_guess()
    if OPENED_GUESS in st.session_state:
        st.dialog(_("How sure is the network?"), on_dismiss=_close_guess)(_guess)()


def _close_guess() -> None:
    st.session_state.pop(OPENED_GUESS, None)


def _guess() -> None:
    snapshot = current_run.job().run.snapshot
    number: int = st.session_state[OPENED_GUESS]
    image, label = snapshot.test.images[number], int(snapshot.test.labels[number])
    probabilities = snapshot.network.predict_proba(snapshot.test.pixels[number : number + 1])[0]
    answer = int(probabilities.argmax())
    sentence = (
        _("After {steps} steps, the network reads this {label} correctly, with a probability of {probability}.")
        if answer == label
        else _("After {steps} steps, the network reads this {label} as {answer}, with a probability of {probability}.")
    )
    steps, probability = numeral(snapshot.step), in_percent(probabilities[answer])
    st.markdown(sentence.format(steps=steps, label=label, answer=answer, probability=probability))
    asked = {"digit": f"test-{number + 1}"}
    st.page_link("pages/why.py", label=_("Why?"), icon=":material/receipt_long:", query_params=asked)
    left, right = st.columns([2, 3], vertical_alignment="center")
    shown = (snapshot.moment, number)
    with left:
        plot("guess_digit", shown, lambda: figures.digit_with_numbers.plain(image), height=230)
    with right:
        plot("guess_bars", shown, lambda: figures.probability_bars.plain(probabilities, answer), height=260)
