"""Compare several runs: their curves in one plot, which are read and not computed, and a table of differences."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.components.table import html_table
from digitviz.dashboard.session import example, kept_runs, run_words as words, storage
from digitviz.dashboard.session.open_runs import open_runs, trajectories
from digitviz.dashboard.session.storage import Unavailable
from digitviz.figures.runs import ComparedRun
from digitviz.language import gettext as _, listed
from digitviz.numbers import in_percent, numeral
from digitviz.store import KeptRun
from digitviz.training.history import History
from digitviz.training.hyperparameters import Hyperparameters, setting_in_words, value_in_words
from digitviz.training.run import RunState

HEIGHT = 420
Curves = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Steps, test accuracy and test loss at the ends of batches."""


def show(runs: Sequence[KeptRun]) -> None:
    """Show the curves of several runs and the differences between them."""
    names = words.names(runs)

    def build() -> dict[str, Any]:
        return figures.runs.compared_curves.plain(list(map(compared, runs, names)), has_one_loss(runs))

    shown = tuple((run.id, run.changed, run.accuracy, name) for run, name in zip(runs, names, strict=True))
    plot("compared_runs", (storage.is_saving(), shown), build, height=HEIGHT)
    if not storage.is_saving():
        st.caption(_("Some of these curves may be only sketches: the saved data cannot be read right now."))
    first, *others = [(run.recipe, run.settings, run.training_data, run.step) for run in runs]
    if all(other == first for other in others):
        st.markdown(_("**No difference**: these runs took the same steps from the same weights on the same digits."))
        return
    differences = _("Differences")
    st.html(html_table([differences, *names], [[title, *values] for title, values in rows(runs)], differences))
    if not has_one_loss(runs):
        st.caption(_("These runs use different losses, so only their accuracies can be compared."))
    if len(set(map(words.test_part, runs))) > 1:
        st.caption(_("These runs are tested on different digits, which alone can make a difference in accuracy."))
        return
    known = [ends for run in runs if (ends := words.accuracy_interval(run))]
    if len(known) == len(runs):
        is_close = max(low for low, _high in known) <= min(high for _low, high in known)
        close = _("**Too close to call**: with other test digits, another run might be the best of them.")
        far = _("**Not just chance**: on other such digits, the best of them would very likely beat the worst, too.")
        st.markdown(close if is_close else far)


def has_one_loss(runs: Sequence[KeptRun]) -> bool:
    """Return whether all runs use the same loss from their first step to their last."""
    losses = {run.settings.get("loss") for run in runs}
    for run in runs:
        if changed := [values["loss"] for _batch, values in words.changes(run) if "loss" in values]:
            losses |= {*changed, run.recipe.get("hyperparameters", {}).get("loss")}
    return len(losses) <= 1


def rows(runs: Sequence[KeptRun]) -> list[tuple[str, list[str]]]:
    """Return the rows of the table: progress, then the settings that differ, with one value per run."""
    learnt = map(words.learnt_from, runs)
    all_rows = [
        (_("Test accuracy"), [words.accuracy_in_words(run) for run in runs]),
        (_("Allowing for chance"), [_interval(run) for run in runs]),
        (_("Steps"), [numeral(run.step) for run in runs]),
        *_settings(runs),
        (_("Changed during training"), [_changes(run) for run in runs]),
        (_("Training data"), [words.data_in_words(data) or _("scikit-learn's 1,797 digits") for data in learnt]),
    ]
    return [(title, values) for place, (title, values) in enumerate(all_rows) if place < 3 or len(set(values)) > 1]


def _interval(run: KeptRun) -> str:
    """Describe the confidence interval of a run's accuracy."""
    ends = words.accuracy_interval(run)
    none = _("diverged") if run.state == RunState.DIVERGED else _("none")
    return none if ends is None else _("{low} to {high}").format(low=in_percent(ends[0]), high=in_percent(ends[1]))


def _settings(runs: Sequence[KeptRun]) -> Iterator[tuple[str, list[str]]]:
    values = [None if settings is None else settings.values for settings in map(words.settings, runs)]
    for name, title in Hyperparameters.TITLES.items():
        yield str(title), [_("unknown") if one is None else value_in_words(name, one[name]) for one in values]


def _changes(run: KeptRun) -> str:
    said = []
    for batch, values in words.changes(run):
        for name, value in values.items():
            try:
                told = setting_in_words(name, value)
            except (ValueError, TypeError, KeyError, ArithmeticError):  # damaged
                continue
            said.append(_("after batch {batch}: {settings}").format(batch=numeral(batch), settings=told))
    return listed(said) or _("nothing")


def compared(run: KeptRun, name: str) -> ComparedRun:
    """Return the curves of a run: complete if they are known, otherwise from its sketch."""
    length = steps_per_batch(run)
    known_curves = _known(run, length)
    steps, accuracy, loss = _of_sketch(run, length) if known_curves is None else known_curves
    known = run.accuracy  # also of the last finite weights of a diverged run, as in the table
    if known is not None and run.step > (steps[-1] if len(steps) else 0):  # the run is in the middle of a batch
        steps, accuracy, loss = np.append(steps, run.step), np.append(accuracy, known), np.append(loss, np.nan)
    elif known is not None and known_curves is None and len(accuracy):
        accuracy[-1] = known
    return ComparedRun(name, steps, accuracy, loss)


def _known(run: KeptRun, length: int) -> Curves | None:
    """Return the curves of a run if it is open or more than half of them is saved. Reading takes about 30 ms."""
    opened = open_runs().find(run.id)
    if opened is not None:
        return _of_history(opened.job.run.history, length)
    if run.owner == example.NOBODY and (held := example.example()) is not None:
        return _of_history(held.history, length)
    try:
        restored = kept_runs.training_of(run.id, trajectories().find)
        history = None if restored is None else restored().history
    except (ValueError, kept_runs.Unmade, Unavailable):  # the plot then has its sketch
        return None
    if history is None:
        return None
    known = np.isfinite(history.test_accuracy[: history.finished_batches]).sum()
    return _of_history(history, length) if known * length > run.step // 2 else None


def steps_per_batch(run: KeptRun) -> int:
    """Return the steps that a run takes on each batch; all of its steps if its settings are unknown."""
    settings = words.settings(run)
    return run.total_steps if settings is None else settings.steps_per_batch


def _of_history(history: History, length: int) -> Curves:
    finished = history.finished_batches
    steps = (np.arange(finished) + 1) * length
    return steps, history.test_accuracy[:finished], history.test_loss[:finished]


def _of_sketch(run: KeptRun, length: int) -> Curves:
    """Spread the sketch over the finished batches. A sketch of few batches holds single steps and is left out."""
    finished = run.step // max(length, 1)
    if finished < kept_runs.FEW_BATCHES or not run.sketch:
        return np.zeros(0), np.zeros(0), np.zeros(0)
    steps = np.linspace(1, finished, len(run.sketch)).round() * length
    return steps, np.full(len(steps), np.nan), np.array(run.sketch)
