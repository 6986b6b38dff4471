"""Training from beginning to end, for a script or a notebook."""

from __future__ import annotations

from digitviz.datasets import DigitDataset
from digitviz.hyperparameters import Hyperparameters
from digitviz.training.run import TrainingRun


def train(dataset: DigitDataset, hyperparameters: Hyperparameters | None = None, progress: bool = False) -> TrainingRun:
    """Train a network to the end.

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
    run = TrainingRun(dataset, hyperparameters)
    if not progress:
        run.advance(run.hyperparameters.total_steps)
        return run

    from tqdm.auto import tqdm

    with tqdm(total=run.hyperparameters.total_steps, unit="step") as bar:
        while taken := run.advance(run.hyperparameters.steps_per_batch):
            bar.update(taken)
            bar.set_postfix_str(f"test accuracy {run.test_accuracy:.1%}")
    return run
