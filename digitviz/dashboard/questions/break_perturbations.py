"""Perturbations on "Break it": train on changed digits, next to the same run on unchanged digits."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.choice import choice
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.components.predict_first import predict_first
from digitviz.dashboard.questions.asked_digit import AskedDigit
from digitviz.dashboard.questions.extra_training import ExtraTraining
from digitviz.dashboard.questions.subject import Subject
from digitviz.dashboard.session import current_run
from digitviz.dashboard.session.open_runs import trajectories
from digitviz.dashboard.session.steps import step
from digitviz.datasets import DigitDataset
from digitviz.language import gettext as _
from digitviz.language import joined, lazy_gettext
from digitviz.lesson.dot_product import count_parameters
from digitviz.numbers import numeral
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.perturbations import PERTURBATIONS, shocked
from digitviz.training.pool import ProgressState
from digitviz.training.run import RunState, Snapshot, TrainingRun

KIND = "shock_kind"
PLAIN, SHOCKED = "plain", "shocked"
"""Names of the two runs."""
SHOWN = 4
"""Number of digits before and after the change in the figure shown before training."""
HEIGHT = 370
MAX_KEPT = 20
"""Maximum number of results per session; the oldest are dropped."""
_RESULTS = "shock_results"


Result = Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray]]
"""Steps, test accuracies and test losses at the ends of batches, by run."""


@step(
    title=lazy_gettext("Change the data before training"),
    task=lazy_gettext(
        "Change the [training data](#term-training_data) and train again next to an unchanged run with the same seed. "
        "**Predict** the test accuracy first."
    ),
    question=lazy_gettext("The pixels are shuffled in the same way in every digit. Why does the accuracy hardly fall?"),
    solution=lazy_gettext(
        "The network does not know which pixels are neighbours. It learns a weight for each pixel, wherever it is."
    ),
)
def changed_data(asked: Subject, _pick: Callable[[], AskedDigit]) -> None:
    """Let the visitor choose a perturbation and guess. Train on it next to the plain run, and show both curves."""
    left, right = st.columns([11, 9], gap="medium")
    with right:
        titles = {name: each.title for name, each in PERTURBATIONS.items()}
        name = choice(_("What happens to the digits?"), titles, key=KIND, style="pills", wrap=True)
    base, settings = setting_of(asked)
    mark = (base.id, settings, name)
    extra = ExtraTraining("shock", repr(mark))
    _take(extra, mark)
    result, guess = _results().get(mark), f"shock_guess_{name}"
    with left, st.container(key="shock"):
        if result is None or f"{guess}_committed" not in st.session_state:
            plot("shock_digits", mark, lambda: _examples(base, settings, name), height=HEIGHT, main=True)
        else:
            plot("shock_curves", mark, lambda: _curves(result, name), height=HEIGHT, main=True)
    with right:
        st.markdown(str(PERTURBATIONS[name].meaning))
        question = _("After this training, how many of 100 test digits does the network classify correctly?")
        if predict_first(guess, question, (0, 100, 1), lambda _guess: _answer(result, name)) and result is None:
            extra.controls(_("Train both"), lambda: runs(base, settings, name))
        st.caption(joined([_how_long(asked, settings), *_without(asked)]))


def setting_of(asked: Subject) -> tuple[DigitDataset, Hyperparameters]:
    """Return the digits and settings of both runs: those of the visitor's run, or the notebook's."""
    if asked.run is None:
        digits = current_run.shipped_digits()
        return digits, within_seconds(Hyperparameters(), len(digits))
    digits = asked.run.dataset
    if type(digits) is not DigitDataset:  # drop the distorted copies
        digits = DigitDataset(digits.pixels, digits.labels)
    return digits, within_seconds(asked.run.hyperparameters, len(digits))


def within_seconds(settings: Hyperparameters, digits: int) -> Hyperparameters:
    """Return the settings with fewer batches if needed, so that the run needs at most the notebook's work.

    Work counts multiplications: all weights times the digits of each step, plus all weights times all digits after each
    batch.
    """
    usual, weights = Hyperparameters(), count_parameters(settings.layer_sizes, bias=False)
    most = usual.batches * _work_of_batch(usual, digits)
    if settings.steps_per_batch * settings.batch_size * weights > most:
        steps = max(1, most // (settings.batch_size * weights))
        settings = dataclasses.replace(settings, batches=1, steps_per_batch=steps)
    batches = max(1, min(settings.batches, most // _work_of_batch(settings, digits)))
    return dataclasses.replace(settings, batches=batches, engine="auto")


def _work_of_batch(settings: Hyperparameters, digits: int) -> int:
    weights = count_parameters(settings.layer_sizes, bias=False)
    return weights * (settings.steps_per_batch * settings.batch_size + digits)


def runs(base: DigitDataset, settings: Hyperparameters, name: str) -> dict[str, TrainingRun]:
    """Return the plain run and the run on perturbed digits, with the same seed."""
    after = shocked(base, name, settings.train_fraction, settings.seed)
    digits = {PLAIN: base, SHOCKED: after}
    return {each: TrainingRun(digits[each], settings, trajectories().find, wait_for_compiled=True) for each in digits}


def _results() -> dict[object, Result]:
    results: dict[object, Result] = st.session_state.setdefault(_RESULTS, {})
    return results


def _take(extra: ExtraTraining, mark: object) -> None:
    """Store the curves of finished runs, and drop the runs."""
    if extra.state == ProgressState.FINISHED:
        _results()[mark] = {name: _course(run.snapshot) for name, run in extra.runs.items()}
        while len(_results()) > MAX_KEPT:
            _results().pop(next(iter(_results())))
        extra.drop()


def _course(snapshot: Snapshot) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    history = snapshot.history
    length, ends = history.recorded_losses.shape[1], history.finished_batches
    if snapshot.state is RunState.DIVERGED:  # in the next batch, whose accuracy is nan
        ends = min(ends + 1, history.batches)
    return (np.arange(ends) + 1) * length, history.test_accuracy[:ends], history.test_loss[:ends]


def _answer(result: Result | None, name: str) -> str:
    if result is None:
        return _("Now train both networks to see.")
    last = {run: float(accuracy[-1]) if len(accuracy) else np.nan for run, (_steps, accuracy, _loss) in result.items()}
    unknown = _("unknown, because it diverged")
    of_100 = {run: numeral(100 * share, ".1f") if np.isfinite(share) else unknown for run, share in last.items()}
    said = _("It is **{after}**; without the change it is **{plain}**.")
    because = [PERTURBATIONS[name].because] if np.isfinite(list(last.values())).all() else []
    return joined([said.format(after=of_100[SHOCKED], plain=of_100[PLAIN]), *because])


def _how_long(asked: Subject, settings: Hyperparameters) -> str:
    if asked.run is None:
        said = _("Both are trained for {steps} steps with the notebook's settings.")
    elif asked.run.hyperparameters.total_steps != settings.total_steps:
        said = _("Both are trained with your network's settings, but only for {steps} steps, so it takes just seconds.")
    else:
        said = _("Both are trained for {steps} steps with your network's settings.")
    return said.format(steps=numeral(settings.total_steps))


def _without(asked: Subject) -> list[str]:
    """Return sentences on the visitor's training digits and labels that these two runs do not use."""
    digits = None if asked.run is None else asked.run.dataset
    added = bool(getattr(digits, "copies", 0)), getattr(digits, "extra", None) is not None
    words = {
        (True, False): _("Neither is trained on the distorted copies that your network was trained on."),
        (False, True): _("Neither is trained on the drawings that your network was trained on."),
        (True, True): _("Neither is trained on the distorted copies and drawings that your network was trained on."),
    }
    wrong = _("Neither has the wrong labels that your network was trained on.")
    said = words.get(added, ""), wrong if getattr(digits, "wrong_labels", 0) else ""
    return list(filter(None, said))


def _examples(base: DigitDataset, settings: Hyperparameters, name: str) -> Any:
    """Draw digits before and after the perturbation."""
    before = base.split(settings.train_fraction)
    after = shocked(base, name, settings.train_fraction, settings.seed).split(settings.train_fraction)
    part = int(before[0].id == after[0].id)  # the test digits if the training digits do not change
    old, new = before[part][-SHOWN:], after[part][-SHOWN:]
    said = [_("{label}, before"), _("{label}, after")]
    captions = [said[k].format(label=label) for k, digits in enumerate((old, new)) for label in digits.labels.tolist()]
    return figures.picture_tiles.plain(np.concatenate([old.images, new.images]), captions, columns=SHOWN)


def _curves(result: Result, name: str) -> Any:
    names = {PLAIN: _("without the change"), SHOCKED: str(PERTURBATIONS[name].title)}
    shown = [figures.ComparedRun(names[each], *course) for each, course in result.items()]
    return figures.compared_curves.plain(shown)
