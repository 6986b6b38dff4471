"""Can it be fooled? What becomes of a training when something befalls its digits first."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.choice import choice as one_of
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.components.predict_first import predict_first
from digitviz.dashboard.session import current_run
from digitviz.dashboard.session.asked_digit import AskedDigit
from digitviz.dashboard.session.extra_training import ExtraState, ExtraTraining
from digitviz.dashboard.session.server_wide import trajectories
from digitviz.dashboard.session.subject import Subject
from digitviz.datasets import DigitDataset
from digitviz.drawing.practice import PracticeDataset
from digitviz.language import gettext as _
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.run import Snapshot, TrainingRun
from digitviz.training.shocks import SHOCKS, shocked

KIND = "shock_kind"
PLAIN, SHOCKED = "plain", "shocked"
"""Names of the two runs."""
SHOWN = 4
"""Digits of each kind in the picture before the training."""
HEIGHT = 370
MOST_KEPT = 20
"""Results of a session; the first is forgotten when there are more."""
_RESULTS = "shock_results"


@dataclasses.dataclass(frozen=True, eq=False)
class Course:
    """The course of a training: steps, test accuracy and loss at the ends of its batches."""

    steps: np.ndarray
    accuracy: np.ndarray
    loss: np.ndarray

    @property
    def last(self) -> float:
        """Test accuracy at the end, nan if it is not known."""
        return float(self.accuracy[-1]) if len(self.accuracy) else float("nan")


Result = Mapping[str, Course]


def view(asked: Subject, _choice: Callable[[], AskedDigit]) -> None:
    """Let the reader choose a shock and guess, train beside the plain run, and show both."""
    left, right = st.columns([11, 9], gap="medium")
    with right:
        name = one_of(
            _("What happens to the digits?"), list(SHOCKS), key=KIND, style="pills", wrap=True,
            format_func=lambda each: str(SHOCKS[each].title),
        )  # fmt: skip
    base, settings = setting_of(asked)
    mark = (base.id, settings, name)
    extra = ExtraTraining("shock", repr(mark))
    _take(extra, mark)
    result: Result | None = _results().get(mark)
    with left, st.container(key="shock"):
        guessed = f"shock_guess_{name}_committed" in st.session_state
        if result is None or not guessed:
            plot("shock_digits", mark, lambda: _examples(base, settings, name), height=HEIGHT, main=True)
        else:
            plot("shock_curves", mark, lambda: _curves(result, name), height=HEIGHT, main=True)
    with right:
        st.markdown(str(SHOCKS[name].meaning))
        done = predict_first(
            f"shock_guess_{name}",
            _("Of 100 test digits, how many does the network read correctly after this training?"),
            (0, 100, 1),
            lambda _guess: _answer(result),
        )
        if done and result is None:
            extra.controls(_("Train both"), lambda: runs(base, settings, name))
        st.caption(" ".join([_how_long(asked, settings), *_without(asked)]))


def setting_of(asked: Subject) -> tuple[DigitDataset, Hyperparameters]:
    """Return the digits and the settings of both runs: those of the visitor's run, or the notebook's for the reader."""
    if asked.run is None:
        digits = current_run.shipped_digits()
        return digits, within_seconds(Hyperparameters(), len(digits))
    digits = asked.run.dataset
    if type(digits) is not DigitDataset:  # without its distorted copies
        digits = DigitDataset(digits.pixels, digits.labels)
    return digits, within_seconds(asked.run.hyperparameters, len(digits))


def within_seconds(settings: Hyperparameters, digits: int) -> Hyperparameters:
    """Return the settings with as few batches as it takes for no more work than the notebook's run is.

    Work is counted in multiplications: of a step by the digits of its batch, of the end of a batch by all digits.
    """
    usual = Hyperparameters()
    most = usual.batches * _work_of_batch(usual, digits)
    if settings.steps_per_batch * settings.batch_size * _weights(settings) > most:
        steps = max(1, most // (settings.batch_size * _weights(settings)))
        settings = dataclasses.replace(settings, batches=1, steps_per_batch=steps)
    batches = max(1, min(settings.batches, most // _work_of_batch(settings, digits)))
    return dataclasses.replace(settings, batches=batches, engine="auto")


def _work_of_batch(settings: Hyperparameters, digits: int) -> int:
    return _weights(settings) * (settings.steps_per_batch * settings.batch_size + digits)


def _weights(settings: Hyperparameters) -> int:
    return sum(entering * leaving for entering, leaving in pairwise(settings.layer_sizes))


def runs(base: DigitDataset, settings: Hyperparameters, name: str) -> dict[str, TrainingRun]:
    """Return the plain run and the one after a shock, from the same seed."""
    after = shocked(base, name, settings.train_fraction, settings.seed)
    return {
        PLAIN: TrainingRun(base, settings, trajectories().find, wait_for_compiled=True),
        SHOCKED: TrainingRun(after, settings, trajectories().find, wait_for_compiled=True),
    }


def _results() -> dict[object, Result]:
    results: dict[object, Result] = st.session_state.setdefault(_RESULTS, {})
    return results


def _take(extra: ExtraTraining, mark: object) -> None:
    """Keep the curves of what has been trained, and give up the rest."""
    if extra.state == ExtraState.FINISHED:
        _results()[mark] = {name: _course(snapshot) for name, snapshot in extra.snapshots.items()}
        while len(_results()) > MOST_KEPT:
            _results().pop(next(iter(_results())))
        extra.drop()


def _course(snapshot: Snapshot) -> Course:
    history = snapshot.history
    length, finished = history.recorded_losses.shape[1], history.finished_batches
    steps = (np.arange(finished) + 1) * length
    return Course(steps, history.test_accuracy[:finished], history.test_loss[:finished])


def _answer(result: Result | None) -> str:
    if result is None:
        return _("Now train both networks to see.")
    plain, after = (_of_100(result[name]) for name in (PLAIN, SHOCKED))
    return _("It is **{after}**; without the shock it is **{plain}**.").format(after=after, plain=plain)


def _of_100(course: Course) -> str:
    return f"{100 * course.last:.1f}" if np.isfinite(course.last) else _("not known, for it diverged")


def _how_long(asked: Subject, settings: Hyperparameters) -> str:
    if asked.run is None:
        said = _("Both are trained for {steps} steps with the notebook's settings.")
    elif asked.run.hyperparameters.total_steps != settings.total_steps:
        said = _("Both are trained with your network's settings, but only for {steps} steps, so that it takes seconds.")
    else:
        said = _("Both are trained for {steps} steps with your network's settings.")
    return said.format(steps=f"{settings.total_steps:,}")


def _without(asked: Subject) -> list[str]:
    """Say what the visitor's network has learnt from and these two do not."""
    digits = None if asked.run is None else asked.run.dataset
    if not isinstance(digits, PracticeDataset):
        return []
    match bool(digits.copies), digits.extra is not None:
        case True, True:
            return [_("Neither learns from the distorted copies and the drawings that your network has learnt from.")]
        case True, False:
            return [_("Neither learns from the distorted copies that your network has learnt from.")]
        case False, True:
            return [_("Neither learns from the drawings that your network has learnt from.")]
    return []


def _examples(base: DigitDataset, settings: Hyperparameters, name: str) -> Any:
    """Draw digits before the shock, and what becomes of them."""
    before = base.split(settings.train_fraction)
    after = shocked(base, name, settings.train_fraction, settings.seed).split(settings.train_fraction)
    part = int(before[0].id == after[0].id)  # the test digits where the training digits stay as they are
    old, new = before[part][-SHOWN:], after[part][-SHOWN:]
    said = [_("{label}, before"), _("{label}, after")]
    captions = [said[k].format(label=label) for k, digits in enumerate((old, new)) for label in digits.labels.tolist()]
    return figures.picture_tiles(np.concatenate([old.images, new.images]), captions, columns=SHOWN)


def _curves(result: Result, name: str) -> Any:
    names = {PLAIN: _("without the shock"), SHOCKED: str(SHOCKS[name].title)}
    shown = [
        figures.ComparedRun(names[each], course.steps, course.accuracy, course.loss) for each, course in result.items()
    ]
    return figures.compared_curves(shown)
