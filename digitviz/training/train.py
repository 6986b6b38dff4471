"""Training from beginning to end, for a script or a notebook."""

from __future__ import annotations

import contextlib

from digitviz.datasets import DigitDataset
from digitviz.training.engines import warm_up
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.run import TrainingRun

WORTH_COMPILING = 50_000
"""Steps from which `train` waits for the compiled engine; numpy takes two seconds for that many of the notebook's."""


def train(dataset: DigitDataset, hyperparameters: Hyperparameters | None = None, progress: bool = False) -> TrainingRun:
    """Train a network to the end.

    With `engine="auto"` and 50,000 steps or more it first prepares the compiled engine. That takes about ten seconds
    the first time on a machine and a third of a second from then on; every later run in the process uses it too.

    Parameters
    ----------
    dataset : DigitDataset
    hyperparameters : Hyperparameters
        The notebook's by default.
    progress : bool
        Show a progress bar in the terminal or the notebook.

    Returns
    -------
    TrainingRun
        Finished, or diverged: see its `state`.
    """
    settings = hyperparameters or Hyperparameters()
    if settings.engine == "auto" and settings.total_steps >= WORTH_COMPILING:
        with contextlib.suppress(ImportError):  # without numba the run says that numpy takes its steps
            warm_up()
    run = TrainingRun(dataset, settings)
    if not progress:
        run.advance(run.hyperparameters.total_steps)
        return run

    from tqdm.auto import tqdm

    with tqdm(total=run.hyperparameters.total_steps, unit="step") as bar:
        while taken := run.advance(run.hyperparameters.steps_per_batch):
            bar.update(taken)
            bar.set_postfix_str(f"test accuracy {run.test_accuracy:.1%}")
    return run
